"""The log of attempts: damaged lines are left out, said, and dropped by the next refresh."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fcm_migration.archive import log
from fcm_migration.archive.model import Attempt
from fcm_migration.store import SEAL

LOOKS = [
    Attempt("toy", datetime(2024, 6, day, tzinfo=UTC), "ok", f"look {day}", None)
    for day in (1, 2, 3)
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    where = tmp_path / "attempts" / "toy.jsonl"
    for look in LOOKS:
        log.record(where, look)
    return where


def test_what_is_recorded_is_read(path: Path) -> None:
    assert log.attempts(path, "toy") == LOOKS
    assert log.damaged_lines(path, "toy") == 0
    assert log.attempts(path.with_name("none.jsonl"), "toy") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("2024-06-02", "2025-06-02"), ("look 2", "look 7"), ('"seal"', '"seam"'), ("{", "[")],
)
def test_a_changed_line_is_left_out_and_then_dropped(
    path: Path, old: str, new: str, caplog: pytest.LogCaptureFixture
) -> None:
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace(old, new)
    path.write_text("\n".join(lines) + "\n")
    assert log.attempts(path, "toy") == [LOOKS[0], LOOKS[2]]
    assert log.damaged_lines(path, "toy") == 1
    log.mend(path, "toy")
    assert "loses 1 line(s) that cannot be read" in caplog.text
    assert path.read_text().splitlines() == [lines[0], lines[2]]
    log.mend(path, "toy")
    assert log.attempts(path, "toy") == [LOOKS[0], LOOKS[2]]


def test_any_bytes_are_read_and_a_look_after_them_has_its_own_line(path: Path) -> None:
    path.write_bytes(b"\xff\x00garbage\n[[[[\n" + path.read_bytes()[:-30])  # its end cut off
    log.record(path, LOOKS[0])
    assert log.attempts(path, "toy") == [*LOOKS[:2], LOOKS[0]]


def test_the_log_of_another_source_is_no_log_of_this_one(path: Path) -> None:
    assert log.attempts(path, "other") == []
    assert log.damaged_lines(path, "other") == 3


def test_lines_of_older_versions_have_no_seal(path: Path) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text(
        "".join(json.dumps({k: v for k, v in data.items() if k != SEAL}) + "\n" for data in lines)
    )
    assert log.attempts(path, "toy") == LOOKS
