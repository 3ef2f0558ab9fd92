"""What changed, as it is kept in an edition and told: refreshes of the toy home, and fcm diff."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fcm_migration.cli import cli
from fcm_migration.errors import EditionError, UsageError
from fcm_migration.publish.editions import list_editions
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.report import what_changed
from fcm_migration.refresh.run import Summary, refresh
from tests.toy_home import NOW, copy_home, give


def changes(context: Context) -> list[dict[str, Any]]:
    with Connection(context.home.published) as connection:
        return connection.sql("FROM changes").rows(named=True)


def again(context: Context, day: str, last: str) -> tuple[Context, Summary]:
    """Give the home another release, and refresh it a day later."""
    later = replace(context, now=NOW + timedelta(days=1))
    give(later, day, last)
    return later, refresh(later)


@pytest.fixture(scope="module")
def two(published: Context, tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A home with two editions; read it only."""
    return again(copy_home(published, tmp_path_factory.mktemp("two")), "2024-02-15", "9")[0]


def fcm(context: Context, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(context.home.root), *arguments])


def test_the_first_edition_says_that_it_is(published: Context) -> None:
    (row,) = changes(published)
    assert row["kind"] == "first_edition"
    assert "There is no earlier edition" in row["sentence"]
    ended = fcm(published, "diff")
    assert isinstance(ended.exception, UsageError)
    assert "there is no earlier edition with other figures" in str(ended.exception)


def test_a_refresh_tells_what_it_changed_and_a_second_that_nothing_did(own_home: Context) -> None:
    later, summary = again(own_home, "2024-02-15", "9")
    rows = changes(later)
    assert {"release_added", "revised"} <= {row["kind"] for row in rows}
    (revised,) = (row for row in rows if row["kind"] == "revised")
    assert (revised["old_value"], revised["new_value"], revised["items"]) == (6, 13, 2)
    said = what_changed(summary)
    assert said[0] == f"Changed since the edition of {NOW:%Y-%m-%d}:"
    assert revised["sentence"] in said

    second = refresh(replace(later, now=NOW + timedelta(days=2)))
    assert what_changed(second)[0].startswith("Nothing changed: ")
    told = [row["sentence"] for row in rows if row["kind"] != "other_tables"]
    assert [r["sentence"] for r in changes(later) if r["kind"] != "other_tables"] == told

    # a check with another result is told though no figure changed, and many are cut
    failed = replace(second, checks=("A check failed that passed before: x.",))
    assert what_changed(failed)[1:] == ["A check failed that passed before: x."]
    said = what_changed(replace(second, checks=tuple(f"Check {n}." for n in range(40))))
    assert len(said) == 17  # what is said first, fifteen, and that there are more
    assert said[-1] == "25 more: they stand in meta.check_results."


def test_diff_takes_names_sequences_and_files(two: Context, tmp_path: Path) -> None:
    old, new = list_editions(two.home.published_dir)
    texts = {
        fcm(two, "diff", *arguments).stdout
        for arguments in (
            (),
            (old.edition_id,),
            (str(old.sequence), new.edition_id),
            (str(old.path), str(new.path)),
        )
    }
    (text,) = texts
    assert text.startswith(f"From edition {old.edition_id} of 15 June 2024 (12:00 UTC) to ")
    assert "\nRevisions\n  " in text
    back = fcm(two, "diff", new.edition_id, old.edition_id)
    assert back.exit_code == 0
    assert "13 before, 6 " in back.stdout

    out = tmp_path / "diff.json"
    assert fcm(two, "diff", "--format", "json", "--out", str(out)).exit_code == 0
    document = json.loads(out.read_text())
    assert {row["kind"] for row in document["changed_series"]} == {"revised"}
    assert [row["line"] for row in document["changes"]] == [*range(1, len(document["changes"]) + 1)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("0123456789ab",), "no such edition or file"),
        (("1", "nowhere.duckdb"), "no such edition or file"),
    ],
)
def test_diff_names_what_it_does_not_know(
    published: Context, arguments: tuple[str, ...], words: str
) -> None:
    ended = fcm(published, "diff", *arguments)
    assert isinstance(ended.exception, UsageError)
    assert words in str(ended.exception)


def test_diff_reads_no_damaged_edition(two: Context, tmp_path: Path) -> None:
    mine = copy_home(two, tmp_path)
    old, _ = list_editions(mine.home.published_dir)
    old.path.chmod(0o644)
    with old.path.open("r+b") as file:
        file.seek(old.size // 2)
        file.write(b"\1" * 64)
    ended = fcm(mine, "diff")
    assert isinstance(ended.exception, EditionError)
    assert "not as it was published" in str(ended.exception)
