"""Vintages in the published file: as of any day by macro and by --as-of, revisions, layouts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest

from fcm_migration.catalog import conform
from fcm_migration.errors import UsageError
from fcm_migration.publish.answers import run_query
from fcm_migration.publish.query import Connection, connect
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.run import refresh
from tests.toy import TOY, write_release
from tests.toy_home import rows, toy_context

FIRST, SECOND, THIRD = "2024-03-01", "2024-04-01", "2024-05-01"
MARCH = "2023-03"


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """Three releases.

    The second revises one figure, withdraws one and prints a new one in a covered month; the third
    takes the first revision back and prints a new month.
    """
    root = tmp_path_factory.mktemp("vintages")
    made = toy_context(root)
    first = [row for row in rows() if row[0] != "2023-06" or row[1] == "Chad"]
    second = [
        (month, label, "9" if (month, label) == (MARCH, "Chad") else count)
        for month, label, count in first
        if (month, label) != ("2022-05", "Chad")
    ] + [(MARCH, "=1+1", "4")]
    third = [
        (month, label, "2" if (month, label) == (MARCH, "Chad") else count)
        for month, label, count in second
    ] + [("2023-07", "Chad", "1")]
    for day, release in ((FIRST, first), (SECOND, second), (THIRD, third)):
        ingest(made, TOY, [write_release(root / "given", day, release)])
    refresh(made)
    return made


@pytest.fixture(scope="module")
def fcm(context: Context) -> Iterator[Connection]:
    with connect(context.home.root) as connection:
        yield connection


def chad(fcm: Connection, day: str) -> list[int | None]:
    found = fcm.sql(
        f"SELECT claims_persons FROM core.toy_claims_as_of('{day}') "  # noqa: S608
        f"WHERE origin = 'Chad' AND month_start_date = '{MARCH}-01'"
    )
    return found.get_column("claims_persons").to_list()


def test_the_macro_answers_as_of_any_day(fcm: Connection) -> None:
    truth = rows()[26][2]
    assert [row[0] for row in rows() if row[1] == "Chad"][26] == MARCH
    days = {
        "2024-02-29": [],
        FIRST: [int(truth)],
        "2024-03-31": [int(truth)],
        SECOND: [9],
        THIRD: [2],
        "2030-01-01": [2],
    }
    assert {day: chad(fcm, day) for day in days} == days
    latest = fcm.sql("FROM core.toy_claims ORDER BY ALL").drop(
        "as_of_date", "snapshot_id", "obtained"
    )
    assert fcm.sql("FROM core.toy_claims_as_of(current_date) ORDER BY ALL").equals(latest)
    said = fcm.sql("SELECT comment FROM duckdb_functions() WHERE function_name LIKE '%_as_of'")
    assert "What stood published on a day" in said.item()


def test_a_query_as_of_a_day_sees_no_later_word(
    context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    question = (
        "SELECT claims_persons, (SELECT count(*) FROM meta.sources) AS sources "
        "FROM core.toy_claims WHERE origin = 'Chad' AND month_start_date = '2023-03-01'"
    )
    for day, figure in ((date(2024, 4, 15), 9), (date(2024, 5, 1), 2)):
        run_query(context.home.published, question, fmt="json", as_of=day)
        assert json.loads(capsys.readouterr().out) == [{"claims_persons": figure, "sources": 1}]


@pytest.mark.parametrize(
    "question",
    [
        "FROM mart.flows",
        "FROM history.toy_claims",
        "FROM read_csv('/etc/passwd')",
        "ATTACH '/tmp/x.db'",
    ],
)
def test_as_of_a_day_there_is_no_mart_and_no_way_out(context: Context, question: str) -> None:
    with pytest.raises(UsageError) as caught:
        run_query(context.home.published, question, as_of=date(2024, 4, 15))
    if "mart" in question or "history" in question:
        assert "histories, marts and forecasts without --as-of" in str(caught.value)


def test_revisions_say_what_changed_and_where(fcm: Connection) -> None:
    found = fcm.sql("FROM meta.revisions ORDER BY as_of_date").to_dicts()
    assert [row["as_of_date"].isoformat() for row in found] == [SECOND, THIRD]
    second, third = found
    truth = int(rows()[26][2])
    assert second["measure"] == "claims_persons"
    assert (second["changed"], second["appeared"], second["vanished"]) == (1, 1, 1)
    assert (second["net_change"], second["completed"]) == (9 - truth, 0)
    assert second["largest_change"] == 9 - truth
    assert second["first_revised_period"] == date(2022, 5, 1)
    assert second["last_revised_period"] == date(2023, 3, 1)
    assert second["revised_pct"] == pytest.approx(100 * 3 / (second["compared"] + 2))
    assert (third["changed"], third["added"], third["is_newest"]) == (1, 1, True)
    assert (third["appeared"], third["vanished"], third["net_change"]) == (0, 0, -7)
    periods = fcm.sql("SELECT as_of_date, period_start, changed FROM meta.revised_periods")
    assert sorted(periods.rows()) == [
        (date(2024, 4, 1), date(2022, 5, 1), 0),
        (date(2024, 4, 1), date(2023, 3, 1), 1),
        (date(2024, 5, 1), date(2023, 3, 1), 1),
    ]


def test_a_new_mark_or_column_is_reported_as_a_difference(context: Context) -> None:
    """The toy's columns never change; the mark for withheld figures goes with its last cell."""
    from fcm_migration.archive.releases import one_per_day, usable_releases
    from fcm_migration.metadata.build import layout_drift

    releases = one_per_day(usable_releases(context.home, context.archive, TOY))
    assert "column origin" in releases[0].layout
    assert layout_drift(TOY, releases).is_empty()
    from dataclasses import replace

    changed = replace(
        releases[-1], layout=("column count", "column month", "column nationality", "mark -")
    )
    drift = layout_drift(TOY, [*releases[:-1], changed])
    assert drift.select("change", "trait").rows() == [
        ("appeared", "column nationality"),
        ("vanished", "column origin"),
    ]


def test_releases_of_one_day_have_one_layout_together(context: Context) -> None:
    """The parts of a moving window are brought on one day, each with its own labels."""
    from dataclasses import replace

    from fcm_migration.archive.releases import one_per_day, usable_releases
    from fcm_migration.core.tables import LAYOUT_DRIFT
    from fcm_migration.metadata.build import layout_drift

    first, second, *_ = one_per_day(usable_releases(context.home, context.archive, TOY))
    day = [replace(second, layout=layout) for layout in (("a",), ("b",), ("a", "b"), ("b",))]
    drift = layout_drift(TOY, [replace(first, layout=("a", "c")), *day])
    conform(drift, LAYOUT_DRIFT)
    assert drift.select("change", "trait").rows() == [("appeared", "b"), ("vanished", "c")]
