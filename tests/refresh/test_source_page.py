"""The report on one source: facts, last attempts, remarks, quarantine, and how to bring a file."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from fcm_migration.archive.snapshots import Attempt
from fcm_migration.errors import LayoutError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest, obtain
from fcm_migration.refresh.source_page import source_lines
from fcm_migration.sources.base import Parsed
from tests.toy import TOY, write_release

ROWS = [("2024-01", "Chad", "5"), ("2024-02", "Chad", "-")]


def text(context: Context) -> str:
    return "\n".join(source_lines(context, TOY))


def test_a_source_nobody_has_looked_at(context: Context) -> None:
    shown = text(context)
    assert shown.startswith(f"toy: {TOY.title}\n")
    assert "freshness: never obtained" in shown
    assert "Nobody has looked yet." in shown
    assert "No remarks on a release." in shown
    assert "fcm ingest toy FILE" in shown


def test_looks_are_told_newest_first_and_repetitions_once(context: Context) -> None:
    outcomes = ["ok", "timeout", "timeout", "timeout", "unchanged"]
    for day, outcome in enumerate(outcomes):
        moment = context.now + timedelta(days=day)
        detail = f"what came of it: {outcome}"
        context.archive.record(Attempt("toy", moment, outcome, detail, None))
    lines = [line for line in source_lines(context, TOY) if "what came of it" in line]
    words = [line.split(": what")[0].rpartition(": ")[2] for line in lines]
    assert words == ["unchanged", "timeout", "ok"]
    first = (context.now + timedelta(days=1)).strftime("%Y-%m-%d %H:%M")
    assert f"(3 times since {first})" in lines[1]
    for day in range(20):
        moment = context.now + timedelta(days=10 + day)
        context.archive.record(Attempt("toy", moment, "ok", f"what came of it: {day}", None))
    lines = [line for line in source_lines(context, TOY) if "what came of it" in line]
    assert len(lines) == 5


def test_remarks_on_the_newest_release_and_why_one_is_not_used(
    context: Context, tmp_path: Path
) -> None:
    def parse(files: object) -> Parsed:
        return dataclasses.replace(TOY.parse(files), notes=("A remark of the parser.",))  # type: ignore[arg-type]

    remarking = dataclasses.replace(TOY, parse=parse)
    context = dataclasses.replace(context, sources=(remarking,))
    ingest(context, remarking, [write_release(tmp_path, "2024-03-01", ROWS)])
    bad = write_release(tmp_path, "2024-04-01", ROWS)
    bad.write_text(bad.read_text().replace("count", "number"))
    with pytest.raises(LayoutError):
        ingest(context, remarking, [bad])
    obtain(dataclasses.replace(context, offline=True), remarking)
    shown = "\n".join(source_lines(context, remarking))
    assert "Remarks on the newest release in use:\n  A remark of the parser.\n" in shown
    assert "In quarantine (see `fcm review`): 2024-04-01_" in shown
    assert "another header" in shown
