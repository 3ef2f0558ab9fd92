"""The views answer, say what they are, and agree with the tables they stand on."""

from __future__ import annotations

from collections.abc import Iterator

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
    assert rows > 0 or view.name == "current"  # nothing rises in the toy home


def test_current_alerts_are_the_newest_that_are_headlined() -> None:
    (view,) = [view for view in VIEWS if view.name == "current"]
    months = [f"2023-{month:02d}-01" for month in range(6, 13)]
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA trend; CREATE SCHEMA mart")
        connection.execute(
            "CREATE TABLE mart.series_index AS SELECT 's' AS source_id, 'i' AS indicator, "
            "'USA' AS destination_iso3, 'M' AS frequency, DATE '2023-12-01' AS last_period"
        )
        others = [
            "tier", "direction", "kind", "origin_iso3", "route", "place", "observed", "expected",
            "upper", "unit", "ratio", "episode_start", "as_of", "is_provisional", "explanation",
        ]  # fmt: skip
        nulls = ", ".join(f"NULL AS {name}" for name in others)
        rows = " UNION ALL ".join(
            f"SELECT 's' AS source_id, 'i' AS indicator, 'USA' AS destination_iso3, "
            f"'M' AS frequency, DATE '{month}' AS period, {number} AS score, "
            f"{headlined} AS is_headlined, '{month}{headlined}' AS alert_id, {nulls}"
            for number, month in enumerate(months)
            for headlined in (True, False)
        )
        connection.execute(f"CREATE TABLE trend.alerts AS {rows}")
        create, _ = view.statements()
        connection.execute(create)
        connection.execute(
            "INSERT INTO mart.series_index VALUES ('other', 'i', 'USA', 'M', DATE '2024-06-01')"
        )
        asked = "SELECT alert_id, age_months FROM trend.current ORDER BY period DESC"
        found = connection.sql(asked).fetchall()
    months = ["2023-12-01True", "2023-11-01True", "2023-10-01True"]
    assert found == list(zip(months, (6, 7, 8), strict=True))


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
