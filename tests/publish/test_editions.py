"""Kept editions: going back, and finding every damage."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.catalog.model import Column, Table
from fcm_migration.config import PUBLISHED_NAME, Home
from fcm_migration.errors import EditionError, UsageError
from fcm_migration.publish import Edition, publish
from fcm_migration.publish.editions import list_editions, rollback, verify
from fcm_migration.publish.query import open_as_of, open_read_only
from tests.forging import as_an_older_version, rewrite
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
    assert report.text.count("undamaged") == 2
    assert report.text.count("published\n") == 1


def flip(path: Path, offset: int) -> None:
    path.chmod(0o644)
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
    path.chmod(0o644)
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
    other_bytes = target.read_bytes() + b"more"
    target.unlink()
    target.write_bytes(other_bytes)
    with pytest.raises(EditionError, match="none of the editions this package wrote"):
        verify(folder)


def test_figures_are_compared_with_the_candidates_not_only_bytes(folder: Path) -> None:
    edition = current(folder)
    facts = edition.path.with_suffix(".json")
    rewrite(facts, lambda data: data["tables"]["mart.counts"].__setitem__(1, "0" * 64))
    with pytest.raises(EditionError, match=r"mart\.counts: a table is not as it was published"):
        verify(folder)


def test_a_key_in_another_order_than_the_columns_is_no_damage(tmp_path: Path) -> None:
    """Rows lie by the key's own order: year, then name, though the columns stand otherwise."""
    folder = Home(tmp_path).published_dir
    publish(folder, {NAMED: named(tmp_path)}, views=(), now=NOW)
    assert verify(folder).rows == 2
    facts = next((folder / "editions").glob("*.json"))
    data = json.loads(facts.read_text())
    assert data["keys"] == {"mart.named": ["year", "name"]}
    rewrite(facts, lambda data: data.update(keys={"mart.named": ["name", "year"]}))
    with pytest.raises(EditionError, match=r"mart\.named: a table is not as it was published"):
        verify(folder)


NAMED = Table(
    "mart",
    "named",
    "Simulated.",
    "year and name",
    (
        Column("name", "string", "Name."),
        Column("year", "integer", "Year."),
        Column("seen_at", "timestamp", "When (UTC).", nullable=True),
    ),
    ("year", "name"),
)


def named(folder: Path) -> Path:
    where = folder / "named.parquet"
    rows = pl.DataFrame({"name": ["b", "a"], "year": [2014, 2015], "seen_at": [NOW, None]})
    store.write(rows, NAMED, where)
    return where


def by_an_older_version(folder: Path) -> Edition:
    """An edition as once written: keys built, moments with a time zone, writable, fewer facts."""
    publish(folder, {NAMED: named(folder.parent)}, views=(), now=NOW)
    (edition,) = list_editions(folder)
    for path in (edition.path, folder / PUBLISHED_NAME):
        path.unlink()
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{edition.path}' AS old (STORAGE_VERSION 'v1.0.0')")
        connection.execute("CREATE SCHEMA old.mart")
        connection.execute(
            "CREATE TABLE old.mart.named (name VARCHAR, year BIGINT, seen_at TIMESTAMPTZ)"
        )
        connection.execute(
            "INSERT INTO old.mart.named SELECT * FROM read_parquet(?)", [str(named(folder.parent))]
        )
        connection.execute("ALTER TABLE old.mart.named ADD PRIMARY KEY (year, name)")
    edition.path.chmod(0o644)
    os.link(edition.path, folder / PUBLISHED_NAME)
    facts = edition.path.with_suffix(".json")
    found = {"sha256": store.sha256_file(edition.path), "size": edition.path.stat().st_size}
    as_an_older_version(facts, lambda data: (data.pop("keys"), data.update(found)))
    return list_editions(folder)[0]


def test_an_edition_of_an_older_version_verifies_and_is_gone_back_to(tmp_path: Path) -> None:
    folder = Home(tmp_path).published_dir
    old = by_an_older_version(folder)
    assert (old.keys, mode(old.path)) == ({}, 0o644)
    assert verify(folder).rows == 2
    assert rollback(folder, old.edition_id).edition_id == old.edition_id
    assert (mode(old.path), mode(folder / PUBLISHED_NAME)) == (0o444, 0o444)
    publish_counts(folder, [1])
    rollback(folder)
    assert verify(folder).rows == 2


def test_the_next_publication_protects_the_editions_of_older_versions(tmp_path: Path) -> None:
    folder = Home(tmp_path).published_dir
    old = by_an_older_version(folder)
    publish_counts(folder, [1])
    assert [mode(edition.path) for edition in list_editions(folder)] == [0o444, 0o444]
    assert list_editions(folder)[0].sequence == old.sequence


def test_as_of_a_day_an_older_versions_edition_is_refused(tmp_path: Path) -> None:
    publish_counts(tmp_path / "published", [1])
    with pytest.raises(EditionError, match="without a schema history"):
        open_as_of(tmp_path / "published" / PUBLISHED_NAME, date(2024, 1, 1))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


ORDINARY = """
import json, os, resource, sys
from pathlib import Path
import duckdb, pandas, polars, pyarrow  # before the rights to read them may be given up
from fcm_migration.publish.editions import list_editions, rollback, verify
from fcm_migration.publish.query import connect
from tests.forging import as_an_older_version, rewrite
from tests.small import publish_counts
polars.DataFrame({"x": [1]}).to_arrow()
home = Path(sys.argv[1])
if os.getuid() == 0:
    os.chown(home, 65534, 65534)
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
folder = home / "published"
publish_counts(folder, [1])
publish_counts(folder, [1], note="only the notes changed: a copy")
publish_counts(folder, [2], keep=2)
(folder / "building.fcm-part").write_bytes(b"left by a killed run")
(folder / "building.fcm-part").chmod(0o444)
publish_counts(folder, [3], keep=2)
rollback(folder)
refused = []
for path in (folder / "fcm_migration.duckdb", *(e.path for e in list_editions(folder))):
    for way in ("r+b", "ab", "wb"):
        try:
            path.open(way)
        except PermissionError:
            refused.append(way)
    try:
        duckdb.connect(str(path)).execute("CREATE TABLE x AS SELECT 1")
    except duckdb.Error:
        refused.append("duckdb")
with connect(home) as fcm:
    counts = fcm.sql("SELECT counted_persons FROM mart.counts").to_series().to_list()
kept = [edition.sequence for edition in verify(folder).editions]
print(json.dumps({"user": os.getuid(), "refused": refused, "counts": counts, "kept": kept}))
"""


def test_an_ordinary_user_cannot_write_to_what_is_published_but_can_publish() -> None:
    """Modes mean nothing to root, so root becomes nobody for this; its owner is refused as well."""
    with tempfile.TemporaryDirectory(dir="/tmp") as home:
        command = [sys.executable, "-c", ORDINARY, home]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["user"] != 0
    assert found["refused"] == ["r+b", "ab", "wb", "duckdb"] * 3
    assert (found["counts"], found["kept"]) == ([2], [3, 4])


def test_published_files_can_be_read_by_all_and_written_by_none(folder: Path) -> None:
    files = [folder / PUBLISHED_NAME, *(edition.path for edition in list_editions(folder))]
    assert [mode(path) for path in files] == [0o444] * 3
    assert all(mode(place) & 0o200 for place in (folder, folder / "editions"))


@pytest.mark.parametrize("how", ["-a", "-r"])
def test_a_copied_home_is_as_good_as_the_first(folder: Path, tmp_path: Path, how: str) -> None:
    """``cp -r`` makes two files of a published file and its edition: the bytes count."""
    copied = tmp_path / "copied"
    subprocess.run(["cp", how, str(folder), str(copied)], check=True)
    assert verify(copied).rows == verify(folder).rows
    assert (current(copied).edition_id, counts(copied)) == (current(folder).edition_id, [1, 3])
    rollback(copied)
    assert counts(copied) == [1, 2]
    assert publish_counts(copied, [1, 4]).sequence == 3
    assert verify(copied).editions[-1].is_current


def test_a_copy_with_a_damaged_byte_is_found(folder: Path, tmp_path: Path) -> None:
    copied = tmp_path / "copied"
    subprocess.run(["cp", "-r", str(folder), str(copied)], check=True)
    published = copied / PUBLISHED_NAME
    published.chmod(0o644)
    with published.open("r+b") as file:
        file.seek(5000)
        file.write(b"damage")
    with pytest.raises(EditionError, match="none of the editions"):
        verify(copied)
