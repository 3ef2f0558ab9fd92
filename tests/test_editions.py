"""Kept editions: going back, and finding every damage."""

from __future__ import annotations

import json
import os
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.catalog.model import Column, Table
from fcm_migration.config import PUBLISHED_NAME, Home
from fcm_migration.errors import EditionError, UsageError
from fcm_migration.publish import Edition, publish
from fcm_migration.publish.editions import list_editions, rollback, verify
from fcm_migration.publish.query import open_read_only
from tests.small import NOW, publish_counts

BLOCK = 4096


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two editions: counts 1 and 2, then 1 and 3."""
    folder = Home(tmp_path).published_dir
    publish_counts(folder, [1, 2])
    publish_counts(folder, [1, 3])
    return folder


def counts(folder: Path) -> list[int]:
    sql = "SELECT counted_persons FROM mart.counts ORDER BY place"
    with open_read_only(folder / PUBLISHED_NAME) as connection:
        return [row[0] for row in connection.execute(sql).fetchall()]


def current(folder: Path) -> Edition:
    (found,) = (edition for edition in list_editions(folder) if edition.is_current)
    return found


def test_to_the_previous_edition_and_back(folder: Path) -> None:
    old, new = list_editions(folder)
    assert rollback(folder) == current(folder)
    assert (current(folder).edition_id, counts(folder)) == (old.edition_id, [1, 2])
    verify(folder)
    rollback(folder, new.edition_id)
    assert (current(folder).edition_id, counts(folder)) == (new.edition_id, [1, 3])
    assert sorted(path.name for path in folder.iterdir()) == ["editions", PUBLISHED_NAME]


def test_going_back_to_where_one_is_changes_nothing(folder: Path) -> None:
    rollback(folder, current(folder).edition_id)
    assert counts(folder) == [1, 3]
    assert sorted(path.name for path in folder.iterdir()) == ["editions", PUBLISHED_NAME]


def test_an_unchanged_refresh_is_not_the_edition_before(folder: Path) -> None:
    publish_counts(folder, [1, 3])
    rollback(folder)
    assert counts(folder) == [1, 2]


def test_back_from_a_lost_published_file(folder: Path) -> None:
    (folder / PUBLISHED_NAME).unlink()
    rollback(folder)
    assert counts(folder) == [1, 3]


def test_there_may_be_nothing_to_go_back_to(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"no such edition to go back to.*got 0123"):
        rollback(folder, "0123")
    rollback(folder)
    with pytest.raises(UsageError, match="got the edition before the published one"):
        rollback(folder)


def test_a_damaged_edition_is_not_put_in_place(folder: Path) -> None:
    flip(list_editions(folder)[0].path, 5 * BLOCK)
    with pytest.raises(EditionError, match="not as it was published"):
        rollback(folder)
    assert counts(folder) == [1, 3]


def test_whole_editions_verify(folder: Path) -> None:
    report = verify(folder)
    assert [e.sequence for e in report.editions] == [1, 2]
    assert report.rows == 3
    assert "sequence 1" in report.text
    assert report.text.count("whole") == 2
    assert report.text.count("published\n") == 1


def flip(path: Path, offset: int) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1]))


@pytest.mark.parametrize("share", [0.0, 0.001, 0.25, 0.5, 0.75, 0.999])
@pytest.mark.parametrize("which", [0, 1])
def test_one_flipped_bit_is_found_anywhere(folder: Path, share: float, which: int) -> None:
    path = list_editions(folder)[which].path
    flip(path, int(share * path.stat().st_size))
    with pytest.raises(EditionError, match=f"{path.name}: the file is not as it was published"):
        verify(folder)


@pytest.mark.parametrize("size", [0, 1, 100 * BLOCK])
def test_a_truncated_file_is_found(folder: Path, size: int) -> None:
    path = folder / PUBLISHED_NAME
    os.truncate(path, size)
    with pytest.raises(EditionError, match=f"got {size} bytes"):
        verify(folder)


def test_a_missing_published_file_is_found(folder: Path) -> None:
    (folder / PUBLISHED_NAME).unlink()
    with pytest.raises(EditionError, match="nothing is published"):
        verify(folder)


def test_a_missing_kept_edition_is_found_and_forgotten_by_the_next(folder: Path) -> None:
    gone = list_editions(folder)[0].path
    gone.unlink()
    with pytest.raises(EditionError, match=rf"{gone.name}: the file of a kept edition is gone"):
        verify(folder)
    publish_counts(folder, [1, 4])
    assert [e.sequence for e in verify(folder).editions] == [2, 3]


def test_a_log_beside_the_file_is_found(folder: Path) -> None:
    (folder / f"{PUBLISHED_NAME}.wal").write_bytes(b"")
    with pytest.raises(EditionError, match="something wrote to it"):
        verify(folder)


def test_a_file_put_there_by_somebody_else_is_found(folder: Path) -> None:
    target = folder / PUBLISHED_NAME
    same_bytes = target.read_bytes()
    target.unlink()
    target.write_bytes(same_bytes)
    with pytest.raises(EditionError, match="none of the editions this package wrote"):
        verify(folder)


def test_figures_are_compared_with_the_candidates_not_only_bytes(folder: Path) -> None:
    edition = current(folder)
    facts = edition.path.with_suffix(".json")
    data = json.loads(facts.read_text())
    data["tables"]["mart.counts"][1] = "0" * 64
    facts.write_text(json.dumps(data))
    with pytest.raises(EditionError, match=r"mart\.counts: a table is not as it was published"):
        verify(folder)


def test_a_key_in_another_order_than_the_columns_is_no_damage(tmp_path: Path) -> None:
    """Rows lie by the key's own order: year, then name, though the columns stand otherwise."""
    table = Table(
        "mart",
        "named",
        "Simulated.",
        "year and name",
        (
            Column("name", "string", "Name."),
            Column("year", "integer", "Year."),
        ),
        ("year", "name"),
    )
    where = tmp_path / "named.parquet"
    rows = pl.DataFrame({"name": ["b", "a"], "year": [2014, 2015]})
    store.write(rows, table, where)
    folder = Home(tmp_path).published_dir
    publish(folder, {table: where}, views=(), now=NOW)
    assert verify(folder).rows == 2
