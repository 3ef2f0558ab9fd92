"""The published file: complete, described, keyed by declaration, and replaced in one step."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from fcm_migration import originals, store
from fcm_migration.catalog.derive import quote_identifier
from fcm_migration.catalog.model import Table
from fcm_migration.changes import since
from fcm_migration.config import PUBLISHED_NAME, Home
from fcm_migration.errors import ConformError, EditionError
from fcm_migration.publish import STORAGE_VERSION, clean, known, prune, publish
from fcm_migration.publish import build as build_module
from fcm_migration.publish import edition as edition_module
from fcm_migration.publish.build import own_tables
from fcm_migration.publish.change_tables import CHANGES
from fcm_migration.publish.change_tables import TABLES as CHANGE_TABLES
from fcm_migration.publish.editions import verify
from fcm_migration.publish.query import open_read_only
from fcm_migration.publish.stored import STORED
from fcm_migration.publish.tables import TABLES as EDITION_TABLES
from fcm_migration.publish.views import View, views_of
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.publishing import published_tables
from fcm_migration.refresh.tables import published_declarations
from tests.forging import as_an_older_version, forge
from tests.small import BIG, COUNTS, NOW, candidates, publish_counts


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Home(tmp_path).published_dir


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with open_read_only(path) as connection:
        return connection.execute(sql).fetchall()


def test_rows_arrive_as_they_were_stored(folder: Path) -> None:
    edition = publish_counts(folder, [3, None, 1])
    rows = "SELECT place, counted_persons, share FROM mart.counts ORDER BY place"
    assert ask(edition.path, rows) == [
        ("place 0", 3, 0.0),
        ("place 1", None, 1 / 3),
        ("place 2", 1, 2 / 3),
    ]
    assert ask(edition.path, "SELECT place FROM mart.big") == [("place 0",)]


def test_the_file_is_of_the_storage_format_1_4(folder: Path) -> None:
    edition = publish_counts(folder, [1])
    header = edition.path.read_bytes()[:64]
    assert header[8:12] == b"DUCK"
    assert int.from_bytes(header[12:20], "little") == 67  # the newest that DuckDB 1.4 reads
    ((tags,),) = ask(
        edition.path, "SELECT tags['storage_version'] FROM duckdb_databases() WHERE NOT internal"
    )
    assert str(tags).startswith("v1.4.0")
    assert edition.storage_version == STORAGE_VERSION == "v1.4.0"


def test_every_column_and_table_of_every_layer_says_what_it_is(published: Context) -> None:
    declared = {
        (table.layer, table.name, column.name): column
        for table in published_declarations(published.sources)
        for column in table.columns
    }
    found = ask(
        published.home.published,
        "SELECT c.schema_name, c.table_name, c.column_name, c.comment "  # noqa: S608
        "FROM duckdb_columns() c "
        "JOIN duckdb_tables() t USING (schema_name, table_name) WHERE NOT c.internal "
        f"AND schema_name <> '{STORED}'",
    )
    assert {row[:3] for row in found} == set(declared)
    for schema, table, name, comment in found:
        column = declared[str(schema), str(table), str(name)]
        assert str(comment).startswith(column.description)
        assert column.unit is None or str(comment).endswith(f"[{column.unit}]")
    relations = "SELECT comment FROM {}() WHERE NOT internal"
    for kind in ("duckdb_tables", "duckdb_views"):
        assert all(comment for (comment,) in ask(published.home.published, relations.format(kind)))


def test_every_key_is_declared_and_none_is_built(published: Context) -> None:
    path = published.home.published
    declared = published_declarations(published.sources)
    named = "SELECT schema_name || '.' || table_name, comment FROM duckdb_tables()"
    found = ask(path, f"{named} WHERE schema_name <> '{STORED}'")
    comments = {str(name): str(comment) for name, comment in found}
    assert set(comments) == {table.full_name for table in declared}
    for table in declared:
        assert f" Key: {', '.join(table.key)}." in comments[table.full_name]
    built = "SELECT DISTINCT constraint_type FROM duckdb_constraints()"
    assert ask(path, built) == [("NOT NULL",)]
    assert ask(path, "SELECT count(*) FROM duckdb_indexes()") == [(0,)]
    (edition,) = known(published.home.published_dir)
    assert edition.keys == {t.full_name: t.key for t in published_tables(published).values()}


def test_every_key_is_unique_in_the_file_and_proven_by_an_expectation(published: Context) -> None:
    """Those four aside that tell of the others: the file itself is held to their keys."""
    path = published.home.published
    for table in published_declarations(published.sources):
        key = ", ".join(map(quote_identifier, table.key))
        repeated = f"SELECT 1 FROM {table.full_name} GROUP BY {key} HAVING count(*) > 1"  # noqa: S608
        assert ask(path, repeated) == [], table.full_name
    proven = ask(
        path,
        "SELECT table_name FROM meta.check_results WHERE expectation = 'key' AND success "
        "AND kind = 'structural' AND severity = 'critical'",
    )
    unlisted = {"meta.check_results", *(table.full_name for table in EDITION_TABLES)}
    all_tables = {table.full_name for table in published_declarations(published.sources)}
    assert {name for (name,) in proven} == all_tables - unlisted


@pytest.mark.parametrize("again", [False, True])
def test_a_doubled_row_stops_the_publication(folder: Path, tmp_path: Path, again: bool) -> None:
    """Whether every table is written anew or only those that changed, here the notes."""
    if again:
        publish_counts(folder, [1, 2], note="before")
    tables = candidates(tmp_path / "c", [1, 2])
    (notes,) = [table for table in tables if table != COUNTS]
    doubled = pl.concat([pl.read_parquet(tables[notes])] * 2)
    forge(tables[notes], doubled, rows=2)
    before = known(folder)
    with pytest.raises(EditionError, match=r"meta\.notes: a key stands more than once .*'n'"):
        publish(folder, tables, views=(BIG,), now=NOW)
    assert known(folder) == before


@pytest.mark.parametrize(
    "table",
    [table for table in EDITION_TABLES if table not in CHANGE_TABLES],
    ids=lambda table: table.name,
)
def test_a_doubled_row_of_the_files_own_tables_stops_the_publication(
    folder: Path, monkeypatch: pytest.MonkeyPatch, table: Table
) -> None:
    def doubled(*given: Any) -> dict[Table, pl.DataFrame]:
        made = own_tables(*given)
        return {**made, table: pl.concat([made[table], made[table].head(1)])}

    monkeypatch.setattr(edition_module, "own_tables", doubled)
    with pytest.raises(ConformError, match="stand more than once"):
        publish_counts(folder, [1])
    monkeypatch.setattr(build_module, "conform", lambda frame, _: frame)
    with pytest.raises(EditionError, match=rf"{table.full_name}: a key stands more than once"):
        publish_counts(folder, [1])
    assert known(folder) == []


def test_a_doubled_row_of_what_changed_stops_the_publication(folder: Path) -> None:
    def doubled(_old: Path | None, _new: Path) -> dict[Table, pl.DataFrame]:
        rows = since(None, folder)[CHANGES]
        return {CHANGES: pl.concat([rows, rows])}

    tables = candidates(folder.parent / "c", [1])
    with pytest.raises(ConformError, match=r"meta\.changes.*stand more than once"):
        publish(folder, tables, views=(BIG,), now=NOW, compare=doubled)
    assert known(folder) == []


def test_the_bare_client_reads_every_type(published: Context) -> None:
    """No time zone (an extension's), and no integer wider than 64 bits, in tables and views."""
    types = "SELECT DISTINCT data_type FROM duckdb_columns() WHERE NOT internal"
    found = {name for (name,) in ask(published.home.published, types)}
    assert found <= {"VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"}
    assert {"VARCHAR", "BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP"} <= found
    said = {name for (name,) in ask(published.home.published, "SELECT data_type FROM meta.columns")}
    assert said == found


def test_the_bare_client_reads_every_table_and_view(published: Context) -> None:
    """Every row, with no way to load or install what the client lacks."""
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True, config={"
        "'autoload_known_extensions': 'false', 'autoinstall_known_extensions': 'false'}); "
        "names = c.sql('SELECT database_name, schema_name, table_name FROM duckdb_tables() "
        "UNION ALL SELECT database_name, schema_name, view_name FROM duckdb_views() "
        "WHERE NOT internal').fetchall(); "
        "print(sum(len(c.sql('FROM ' + '.'.join(n)).fetchall()) for n in names), len(names))"
    )
    command = [sys.executable, "-c", code, str(published.home.published)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    rows, relations = map(int, done.stdout.split())
    views = views_of(published_tables(published))
    stored = sum(view.is_stored for view in views)
    assert (rows > 1_000, relations) == (
        True,
        len(published_declarations(published.sources)) + len(views) + stored,
    )


def test_moments_are_in_utc_whatever_the_time_zone_of_whoever_publishes(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.small import publish_counts; "
        "publish_counts(Path(sys.argv[1]), [1])"
    )
    environment = {**os.environ, "TZ": "Asia/Tokyo"}
    command = [sys.executable, "-c", code, str(folder)]
    subprocess.run(command, env=environment, check=True, timeout=120)
    (seen,) = ask(folder / PUBLISHED_NAME, "SELECT seen_at FROM mart.counts")
    (published,) = ask(folder / PUBLISHED_NAME, "SELECT published_at FROM meta.edition")
    assert seen == published == (NOW.replace(tzinfo=None),)
    verify(folder)


def test_the_dictionary_inside_is_the_declaration(published: Context) -> None:
    path = published.home.published
    declared = [
        (t.layer, t.name, c.name, c.unit, c.name in t.key)
        for t in published_declarations(published.sources)
        for c in t.columns
    ]
    columns = "SELECT schema_name, table_name, column_name, unit, is_key FROM meta.columns"
    assert sorted(ask(path, columns), key=str) == sorted(declared, key=str)
    tables = dict(ask(path, "SELECT schema_name || '.' || table_name, row_count FROM meta.tables"))
    assert set(tables) == set(published_tables(published))
    ((flows,),) = ask(path, "SELECT count(*) FROM mart.flows")
    assert tables["mart.flows"] == flows > 0


def test_the_identity_of_an_edition_is_its_content(folder: Path, tmp_path: Path) -> None:
    first = publish_counts(folder, [1, 2])
    elsewhere = publish_counts(tmp_path / "other" / "published", [1, 2], note="another note")
    assert elsewhere.edition_id == first.edition_id
    again = publish_counts(folder, [1, 2])
    assert (again.edition_id, again.sequence) == (first.edition_id, 2)
    changed = publish_counts(folder, [1, 3])
    assert changed.edition_id != first.edition_id
    assert ask(changed.path, "SELECT edition_id, sequence FROM meta.edition") == [
        (changed.edition_id, 3)
    ]


def test_a_reader_of_the_old_file_is_not_disturbed(folder: Path) -> None:
    old = publish_counts(folder, [1])
    editions = known(folder)
    with open_read_only(editions[0].path) as reader:
        new = publish_counts(folder, [5])
        assert reader.execute("SELECT counted_persons FROM mart.counts").fetchall() == [(1,)]
    assert ask(new.path, "SELECT counted_persons FROM mart.counts") == [(5,)]
    assert [e.is_current for e in known(folder)] == [False, True]
    assert old.edition_id != new.edition_id


def test_only_so_many_editions_are_kept_and_each_once(folder: Path) -> None:
    for count in (1, 2, 3, 3, 4):
        publish_counts(folder, [count], keep=2)
    assert [e.sequence for e in known(folder)] == [4, 5]
    files = sorted(path.suffix for path in (folder / "editions").iterdir())
    assert files == [".duckdb", ".duckdb", ".json", ".json", ".spare", ".spare"]


def test_the_published_edition_is_never_pruned(folder: Path) -> None:
    from fcm_migration.publish.editions import rollback

    for count in (1, 2, 3):
        publish_counts(folder, [count])
    oldest = known(folder)[0]
    rollback(folder, oldest.edition_id)
    prune(folder, keep=1)
    assert [e.sequence for e in known(folder)] == [1, 3]


def test_what_a_killed_publication_left_is_removed(folder: Path) -> None:
    edition = publish_counts(folder, [1])
    (folder / "building.fcm-part").write_bytes(b"half")
    (folder / "building.fcm-part.wal").write_bytes(b"half")
    orphan = folder / "editions" / "000002-aaaaaaaaaaaa.duckdb"  # its facts were never written
    orphan.write_bytes(b"half")
    (folder / "editions" / "000003-bbbbbbbbbbbb.json").write_text("{}")
    clean(folder)
    assert sorted(p.name for p in folder.iterdir()) == ["editions", "fcm_migration.duckdb"]
    (kept,) = known(folder)
    facts = kept.path.with_suffix(".json")
    left = {kept.path, facts, originals.spare_of(facts)}
    assert set((folder / "editions").iterdir()) == left
    assert ask(edition.path, "SELECT counted_persons FROM mart.counts") == [(1,)]


def test_a_stray_log_is_set_aside_not_deleted(folder: Path) -> None:
    publish_counts(folder, [1])
    (folder / "fcm_migration.duckdb.wal").write_bytes(b"somebody wrote")
    edition = publish_counts(folder, [2])
    (aside,) = folder.glob("*.wal.quarantined")
    assert aside.read_bytes() == b"somebody wrote"
    assert ask(edition.path, "SELECT counted_persons FROM mart.counts") == [(2,)]


def test_cleaning_where_nothing_was_published_does_nothing(folder: Path) -> None:
    clean(folder)
    assert not folder.exists()


def test_a_view_that_does_not_answer_stops_the_publication(folder: Path, tmp_path: Path) -> None:
    before = publish_counts(folder, [1])
    bad = View("mart", "bad", "Fails.", "SELECT CAST(place AS INTEGER) FROM mart.counts")
    with pytest.raises(duckdb.ConversionException):
        publish(folder, candidates(tmp_path / "c", [2]), views=(bad,), now=NOW)
    assert ask(before.path, "SELECT counted_persons FROM mart.counts") == [(1,)]
    assert [e.sequence for e in known(folder)] == [1]


def test_rows_lost_on_the_way_stop_the_publication(folder: Path, tmp_path: Path) -> None:
    tables = candidates(tmp_path / "c", [1, 2])
    forge(tables[COUNTS], pl.read_parquet(tables[COUNTS]), rows=3)
    with pytest.raises(EditionError, match=r"lost rows.*expected 3; got 2"):
        publish(folder, tables, views=(), now=NOW)
    assert known(folder) == []


def test_a_candidate_this_package_did_not_write_is_refused(folder: Path, tmp_path: Path) -> None:
    tables = candidates(tmp_path / "c", [1])
    with_other_bytes = store.read(tables[COUNTS], COUNTS).with_columns(share=pl.lit(0.5))
    with_other_bytes.write_parquet(tables[COUNTS])
    with pytest.raises(EditionError, match="the bytes that were written"):
        publish(folder, tables, views=(), now=NOW)


def test_an_editions_facts_are_readable_by_others(folder: Path) -> None:
    edition = publish_counts(folder, [1])
    (path,) = (folder / "editions").glob("*.json")
    facts = json.loads(path.read_text())
    assert facts["sha256"] == store.sha256_file(edition.path) == edition.sha256
    assert facts["size"] == edition.path.stat().st_size
    assert facts["published_at"] == "2024-06-15T12:00:00+00:00"


def test_an_unchanged_table_is_taken_from_the_edition_in_place(folder: Path) -> None:
    """Only what changed is read again: here another note, and the edition's own rows."""
    first = publish_counts(folder, [1, 2], note="first")
    counts = folder.parent / "candidates" / "counts.parquet"
    tables = candidates(folder.parent / "candidates", [1, 2], "second")
    other = store.read(counts, COUNTS).with_columns(counted_persons=pl.lit(7, pl.Int64))
    forge(counts, other)  # the same words about it, other rows
    second = publish(folder, tables, views=(BIG,), now=NOW)
    assert (second.edition_id, second.sequence) == (first.edition_id, first.sequence + 1)
    assert ask(second.path, "SELECT sum(counted_persons) FROM mart.counts") == [(3,)]
    assert ask(second.path, "SELECT note FROM meta.notes") == [("second",)]
    assert ask(second.path, "SELECT sequence FROM meta.edition") == [(2,)]
    assert ask(second.path, "SELECT count(*) FROM mart.big") == [(1,)]
    hashes = dict(ask(second.path, "SELECT table_name, table_hash FROM meta.tables"))
    assert hashes == {n.split(".")[1]: found for n, (_, found) in second.tables.items()}
    verify(folder)


def test_comments_outlive_an_exchange_of_tables(folder: Path) -> None:
    for note in ("a", "b", "c"):
        edition = publish_counts(folder, [1, 2], note=note)
    keyed = "SELECT count(*) FROM duckdb_tables() WHERE contains(comment, ' Key: ')"
    assert ask(edition.path, keyed) == [(len(edition.tables) + len(EDITION_TABLES),)]
    bare = "SELECT count(*) FROM duckdb_columns() WHERE comment IS NULL AND NOT internal"
    assert ask(edition.path, f"{bare} AND schema_name = 'meta'") == [(0,)]


@pytest.mark.parametrize("harm", ["a flipped bit", "another view", "facts of an older version"])
def test_an_edition_that_is_not_whole_or_alike_is_built_anew(folder: Path, harm: str) -> None:
    edition = publish_counts(folder, [1, 2])
    kept, views = known(folder)[0].path, (BIG,)
    if harm == "a flipped bit":
        raw = bytearray(kept.read_bytes())
        raw[len(raw) // 2] ^= 1
        kept.chmod(0o644)
        kept.write_bytes(raw)  # in place: the published path is a link to the same bytes
    elif harm == "another view":
        views = (View("mart", "big", "All counts.", "SELECT * FROM mart.counts"),)
    else:
        as_an_older_version(kept.with_suffix(".json"), lambda facts: facts.pop("structure"))
    tables = candidates(folder.parent / "candidates", [1, 2])
    again = publish(folder, tables, views=views, now=NOW)
    assert (again.edition_id, again.sequence) == (edition.edition_id, 2)
    expected = 2 if harm == "another view" else 1
    assert ask(again.path, "SELECT count(*) FROM mart.big") == [(expected,)]
    assert [e.sequence for e in known(folder)] == [2]
    verify(folder)


def test_a_file_does_not_grow_with_unchanged_publications(folder: Path) -> None:
    first = publish_counts(folder, [1] * 5000)
    for number in range(6):
        last = publish_counts(folder, [1] * 5000, note=f"note {number}")
    assert last.size < 2 * first.size
    assert last.sequence == 7
