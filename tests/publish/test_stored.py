"""Views whose rows are computed when an edition is made: the same rows, never of another day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from fcm_migration.publish import Edition, publish
from fcm_migration.publish.query import Connection, connect
from fcm_migration.publish.stored import STORED, dependent, table_of
from fcm_migration.publish.views import VIEWS, View, views_of
from fcm_migration.refresh.context import Context
from tests.small import NOW, candidates

BIG = View(
    "mart",
    "big",
    "Counts above one.",
    "SELECT * FROM mart.counts WHERE counted_persons > 1 ORDER BY place DESC",
    (("place", "Where."),),
    is_stored=True,
)
AGED = View(
    "main",
    "aged",
    "Places and the year of the edition.",
    "SELECT place, year(published_at) AS year FROM mart.big CROSS JOIN meta.edition",
    is_stored=True,
)
NOTED = View("meta", "noted", "The note in capitals.", "SELECT upper(note) AS note FROM meta.notes")
LOUD = View("main", "loud", "The note again.", "SELECT note FROM meta.noted", is_stored=True)
ALL = (BIG, AGED, NOTED, LOUD)


def published_on(
    folder: Path, years: int, note: str, counts: tuple[int, ...] = (1, 2, 3)
) -> Edition:
    """Publish three counts so many years after the first day."""
    tables = candidates(folder.parent / "candidates", counts, note)
    return publish(folder, tables, views=ALL, now=NOW + timedelta(days=366 * years))


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_the_view_reads_rows_that_were_stored(tmp_path: Path) -> None:
    path = published_on(tmp_path / "published", 0, "n").path
    assert ask(path, "SELECT place FROM mart.big") == [("place 2",), ("place 1",)]
    ((sql,),) = ask(path, "SELECT sql FROM duckdb_views() WHERE view_name = 'big'")
    assert f"{STORED}.mart_big" in str(sql)
    assert "counts" not in str(sql)
    said = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'mart_big'"
    words = dict(ask(path, said))
    assert words["place"] == "Where."
    assert words["share"] == "See mart.big."
    ((comment,),) = ask(path, "SELECT comment FROM duckdb_tables() WHERE table_name = 'mart_big'")
    assert "mart.big" in str(comment)


def test_a_copy_of_an_edition_computes_what_depends_on_the_exchanged_tables(tmp_path: Path) -> None:
    """The day of the edition and the note are new; what reads the counts alone is left alone."""
    folder = tmp_path / "published"
    first = published_on(folder, 0, "one")
    assert ask(first.path, "FROM main.aged") == [("place 2", 2024), ("place 1", 2024)]
    second = published_on(folder, 1, "two")
    assert ask(second.path, "FROM main.aged") == [("place 2", 2025), ("place 1", 2025)]
    assert ask(second.path, "FROM main.loud") == [("TWO",)]
    assert ask(second.path, "SELECT count(*) FROM mart.big") == [(2,)]
    third = published_on(folder, 1, "two", (1, 2, 1))
    assert ask(third.path, "FROM main.aged") == [("place 1", 2025)]


def test_what_depends_on_a_table_is_found_through_other_views() -> None:
    assert dependent(ALL, {"meta.notes"}) == [LOUD]
    assert dependent(ALL, {"meta.edition"}) == [AGED]
    assert dependent(ALL, {"mart.counts"}) == [BIG, AGED]
    assert dependent(ALL, {"core.other"}) == []
    # a figure of an age, whoever reads it: all of them count to the day of the edition
    aged = {view.name for view in VIEWS if view.is_stored and "age_months" in view.sql}
    assert aged <= {view.name for view in dependent(VIEWS, {"meta.edition"})}


def test_publishing_again_and_again_takes_no_more_room(tmp_path: Path) -> None:
    folder = tmp_path / "published"
    many = tuple(range(1, 20_000))
    sizes = [published_on(folder, n, f"note {n}", many).size for n in range(5)]
    assert max(sizes) <= 1.25 * sizes[0]


def test_a_view_without_its_table_is_left_out_or_empty() -> None:
    needed = {name for view in VIEWS for name in view.needs}
    assert needed == {"core.unhcr_asylum_decisions"}
    assert views_of(needed) == list(VIEWS)
    without = {(view.schema, view.name): view for view in views_of(())}
    every = {(view.schema, view.name): view for view in VIEWS}
    assert set(every) - set(without) == {("main", "recognition")}
    # its readers find an empty view of the same columns in its place
    said = ("brief", "recognition")
    with duckdb.connect() as connection:
        found = connection.sql(without[said].sql)
        assert found.columns == [name for name, _said in every[said].columns]
        assert found.fetchall() == []


@pytest.fixture(name="fcm", scope="module")
def toy(published: Context) -> Connection:
    return connect(published.home.root)


@pytest.mark.parametrize(
    "view", [v for v in VIEWS if v.is_stored and not v.needs], ids=lambda v: v.name
)
def test_stored_rows_are_those_of_the_views_own_sql(fcm: Connection, view: View) -> None:
    assert fcm.sql(f"FROM {view.qualified}").equals(fcm.sql(f"FROM {table_of(view)}"))
    computed = fcm.sql(f"FROM ({view.sql})")
    stored = fcm.sql(f"FROM {view.qualified}")
    assert stored.schema == computed.schema
    assert sorted(map(repr, stored.rows())) == sorted(map(repr, computed.rows()))
