"""The views answer, say what they are, and agree with the tables they stand on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import pytest

from fcm_migration.publish.query import Connection, connect
from fcm_migration.publish.views import VIEWS, View
from fcm_migration.refresh.context import Context


@pytest.fixture(scope="module")
def fcm(published: Context) -> Iterator[Connection]:
    with connect(published.home.root) as connection:
        yield connection


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_view_answers_and_says_what_it_is(fcm: Connection, view: View) -> None:
    said = fcm.sql(f"SELECT comment FROM duckdb_views() WHERE view_name = '{view.name}'")  # noqa: S608
    assert said.item() == view.comment
    rows = fcm.sql(f"SELECT * FROM {view.qualified}").height  # noqa: S608
    # nothing rises in the toy home
    assert rows > 0 or view.name in ("current", "last_known")


DAY = "2024-12-31"
OCTOBER = date(2024, 10, 1)
USUAL = {
    "series_id": ("VARCHAR", "a"),
    "source_id": ("VARCHAR", "s"),
    "indicator": ("VARCHAR", "i"),
    "destination_iso3": ("VARCHAR", "USA"),
    "frequency": ("VARCHAR", "M"),
    "period": ("DATE", OCTOBER),
    "last_period": ("DATE", OCTOBER),
    "is_headlined": ("BOOLEAN", True),
    "revised_until": ("DATE", None),
}
NOT_ASKED = (
    "score", "tier", "direction", "kind", "origin_iso3", "route", "place", "observed", "expected",
    "bound", "unit", "ratio", "episode_start", "public_from", "newer_period", "newer_value",
    "newer_is_partial", "alert_id", "explanation",
)  # fmt: skip
Seen = list[tuple[str, int, bool]]


def now_and_last(day: str, *alerts: dict[str, object]) -> tuple[Seen, Seen]:
    """Return (series, age, is provisional) of trend.current and trend.last_known on a day."""
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in USUAL.items())
    others = ", ".join(f"NULL AS {name}" for name in NOT_ASKED)
    seen = []
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA trend; CREATE SCHEMA mart; CREATE SCHEMA meta")
        connection.execute(f"CREATE TABLE mart.series_index ({columns})")
        connection.execute(f"CREATE TABLE meta.edition AS SELECT TIMESTAMP '{day}' AS published_at")
        for alert in alerts:
            values = [alert.get(name, usual) for name, (_, usual) in USUAL.items()]
            connection.table("mart.series_index").insert(values)
        connection.execute(
            "CREATE TABLE trend.alerts AS "  # noqa: S608
            f"SELECT * EXCLUDE last_period, {others} FROM mart.series_index"
        )
        for name in ("current", "last_known"):
            (view,) = [view for view in VIEWS if (view.schema, view.name) == ("trend", name)]
            connection.execute(view.statements()[0])
            rows = connection.table(view.qualified).order("series_id")
            seen.append(rows.select("series_id", "age_months", "is_provisional").fetchall())
    return seen[0], seen[1]


def at(day: date) -> dict[str, object]:
    """An alert of that period, the newest of its series."""
    return {"period": day, "last_period": day}


def test_what_is_current_ended_within_a_year_of_the_edition() -> None:
    """The age counts from the end of the period to the day the edition was made."""
    october = {"series_id": "a"}
    assert now_and_last(DAY, october) == ([("a", 2, False)], [])
    assert now_and_last("2025-10-31", october) == ([("a", 12, False)], [])
    assert now_and_last("2025-11-01", october) == ([], [("a", 12, False)])
    assert now_and_last("2026-11-01", october) == ([], [("a", 24, False)])
    year = {"frequency": "A", **at(date(2023, 1, 1))}
    assert now_and_last(DAY, {**year, "series_id": "y"}) == ([("y", 12, False)], [])
    quarter = {"frequency": "Q", **at(date(2024, 7, 1))}
    assert now_and_last(DAY, {**quarter, "series_id": "q"}) == ([("q", 3, False)], [])


def test_only_what_is_headlined_at_the_newest_period_of_its_own_series_is_shown() -> None:
    over = {"series_id": "over", "last_period": date(2024, 11, 1)}
    listed = {"series_id": "listed", "is_headlined": False}
    elsewhere = {"series_id": "elsewhere", "destination_iso3": "DEU"}
    assert now_and_last(DAY, over, listed, elsewhere) == ([], [])
    # the series ended long ago, and its source has gone on without it
    ended = {"series_id": "ended", **at(date(2015, 1, 1))}
    assert now_and_last(DAY, ended, {"series_id": "goes on"}) == ([("goes on", 2, False)], [])
    assert now_and_last(DAY, ended) == ([], [("ended", 119, False)])
    # an old indicator is not outdated by another one of the same source
    other = {"series_id": "goes on", "indicator": "j"}
    assert now_and_last(DAY, ended, other)[1] == [("ended", 119, False)]


def test_a_figure_is_provisional_until_its_day() -> None:
    until = {"revised_until": date(2024, 12, 31)}
    assert now_and_last(DAY, until)[0] == [("a", 2, True)]
    assert now_and_last("2025-01-01", until)[0] == [("a", 2, False)]


def test_totals_and_origins_never_meet(fcm: Connection) -> None:
    totals = fcm.sql("SELECT period_start, value FROM mart.totals_by_month ORDER BY 1")
    summed = fcm.sql(
        "SELECT month_start_date AS period_start, sum(claims_persons)::BIGINT AS value "
        "FROM core.toy_claims GROUP BY 1 ORDER BY 1"
    )
    assert totals.equals(summed)
    assert fcm.sql("SELECT count(*) FROM mart.by_origin WHERE origin_iso3 = 'total'").item() == 0
    both = fcm.sql(
        "SELECT (SELECT count(*) FROM mart.totals_by_month) + (SELECT count(*) FROM mart.by_origin)"
    )
    assert both.item() == fcm.sql("SELECT count(*) FROM mart.flows").item()


def test_a_published_forecast_is_one_row_a_month_with_nested_intervals(fcm: Connection) -> None:
    rows = fcm.sql("FROM forecast.published")
    index = fcm.sql("SELECT series_id FROM mart.series_index WHERE frequency = 'M'")
    assert rows.select("series_id", "horizon").is_duplicated().sum() == 0
    assert rows.height == 12 * index.height
    for row in rows.iter_rows(named=True):
        band = ("lower_95", "lower_80", "lower_50", "median", "upper_50", "upper_80", "upper_95")
        figures = [row[name] for name in band]
        assert figures == sorted(figures)
        months = 12 * (row["target_period"].year - row["origin_date"].year)
        assert months + row["target_period"].month - row["origin_date"].month == row["horizon"]
    stored = fcm.sql(
        "SELECT q.value FROM forecast.quantiles q WHERE q.is_published AND quantile = 0.1 "
        "ORDER BY series_id, horizon"
    )
    assert rows.sort("series_id", "horizon")["lower_80"].equals(stored["value"], check_names=False)


def test_the_status_counts_what_failed(fcm: Connection) -> None:
    status = fcm.sql("FROM meta.status").row(0, named=True)
    failed = fcm.sql(
        "SELECT count(*) FROM meta.check_results WHERE NOT success AND table_name LIKE 'core.toy%'"
    )
    assert status["failed_expectations"] == failed.item()
    assert status["attribution"]
