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
    # nothing rises in the toy home
    assert rows > 0 or view.name in ("current", "last_known")


DAY = "2024-12-31"
COLUMNS = {
    "series_id": "a",
    "score": 50,
    "destination_iso3": "USA",
    "frequency": "M",
    "period": "DATE '2024-10-01'",
    "is_headlined": "true",
    "revised_until": "CAST(NULL AS DATE)",
    "last_period": "DATE '2024-10-01'",
    "indicator": "i",
}
SAID = (
    "tier", "direction", "kind", "origin_iso3", "route", "place", "observed", "expected", "bound",
    "unit", "ratio", "episode_start", "public_from", "newer_period", "newer_value",
    "newer_is_partial", "source_id", "alert_id", "explanation",
)  # fmt: skip


def now_and_last(day: str, *alerts: dict[str, object]) -> tuple[list[object], list[object]]:
    """Return (series, age, is provisional) of trend.current and trend.last_known on a day."""
    rows = []
    for alert in alerts:
        known = {**COLUMNS, **alert}
        quoted = [
            f"{value if str(value).startswith(('DATE', 'CAST', 'true', 'false')) else repr(value)} "
            f"AS {name}"
            for name, value in known.items()
        ]
        rows.append("SELECT " + ", ".join([*quoted, *(f"NULL AS {name}" for name in SAID)]))
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA trend; CREATE SCHEMA mart; CREATE SCHEMA meta")
        connection.execute(f"CREATE TABLE every AS {' UNION ALL '.join(rows)}")
        connection.execute("CREATE VIEW trend.alerts AS SELECT * EXCLUDE last_period FROM every")
        connection.execute(
            "CREATE VIEW mart.series_index AS SELECT DISTINCT series_id, source_id, indicator, "
            "destination_iso3, frequency, last_period FROM every"
        )
        connection.execute("UPDATE every SET source_id = 's'")
        connection.execute(f"CREATE TABLE meta.edition AS SELECT TIMESTAMP '{day}' AS published_at")
        found = []
        for name in ("current", "last_known"):
            (view,) = [view for view in VIEWS if (view.schema, view.name) == ("trend", name)]
            connection.execute(view.statements()[0])
            asked = "SELECT series_id, age_months, is_provisional FROM trend." + name
            found.append(connection.sql(f"{asked} ORDER BY series_id").fetchall())
    return found[0], found[1]


def test_what_is_current_ended_within_a_year_of_the_edition() -> None:
    """The age counts from the end of the period to the day the edition was made."""
    october = {"series_id": "a"}
    assert now_and_last(DAY, october) == ([("a", 2, False)], [])
    assert now_and_last("2025-10-31", october) == ([("a", 12, False)], [])
    assert now_and_last("2025-11-01", october) == ([], [("a", 12, False)])
    assert now_and_last("2026-11-01", october) == ([], [("a", 24, False)])
    year = {"frequency": "A", "period": "DATE '2023-01-01'", "last_period": "DATE '2023-01-01'"}
    assert now_and_last(DAY, {**year, "series_id": "y"}) == ([("y", 12, False)], [])
    quarter = {"frequency": "Q", "period": "DATE '2024-07-01'", "last_period": "DATE '2024-07-01'"}
    assert now_and_last(DAY, {**quarter, "series_id": "q"}) == ([("q", 3, False)], [])


def test_only_what_is_headlined_at_the_newest_period_of_its_own_series_is_shown() -> None:
    over = {"series_id": "over", "last_period": "DATE '2024-11-01'"}
    listed = {"series_id": "listed", "is_headlined": "false"}
    elsewhere = {"series_id": "elsewhere", "destination_iso3": "DEU"}
    nothing: tuple[list[object], list[object]] = ([], [])
    assert now_and_last(DAY, over, listed, elsewhere) == nothing
    # the series ended long ago, and its source has gone on without it
    ended = {
        "series_id": "ended",
        "period": "DATE '2015-01-01'",
        "last_period": "DATE '2015-01-01'",
    }
    assert now_and_last(DAY, ended, {"series_id": "goes on"}) == ([("goes on", 2, False)], [])
    assert now_and_last(DAY, ended) == ([], [("ended", 119, False)])
    # an old indicator is not outdated by another one of the same source
    other = {"series_id": "goes on", "indicator": "j"}
    assert now_and_last(DAY, ended, other)[1] == [("ended", 119, False)]


def test_a_figure_is_provisional_until_its_day() -> None:
    until = {"revised_until": "DATE '2024-12-31'"}
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


def test_of_several_sources_and_routes_one_figure_is_the_total() -> None:
    """A figure before none, a whole period before a part, the source declared first, the newest."""
    flows = [
        # source, indicator, route, month, value, is_partial, as_of
        ("first", "claims", "all", "2024-01-01", 10, False, "2024-03-01"),
        ("second", "claims", "all", "2024-01-01", 11, False, "2024-04-01"),
        ("first", "claims", "airport", "2024-01-01", 4, False, "2024-03-01"),
        ("first", "claims", "all", "2024-02-01", 5, True, "2024-03-01"),
        ("second", "claims", "all", "2024-02-01", 12, False, "2024-04-01"),
        ("second", "claims", "all", "2024-03-01", 13, False, "2024-04-01"),
        ("third", "claims", "all", "2024-03-01", 14, False, "2024-05-01"),
        ("first", "claims", "all", "2024-03-01", None, False, "2024-06-01"),
        ("border", "one_border", "southwest", "2024-01-01", 99, False, "2024-03-01"),
        ("boats", "boats", "channel", "2024-01-01", 7, False, "2024-03-01"),
    ]
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA mart; CREATE SCHEMA meta")
        connection.execute(
            "CREATE TABLE meta.indicators AS SELECT * FROM (VALUES ('claims', 'all'), "
            "('one_border', NULL), ('boats', 'channel')) t(indicator, total_route)"
        )
        connection.execute(
            "CREATE TABLE meta.overlaps AS SELECT 'first' AS source_id, 'claims' AS indicator, "
            "'second' AS other_source_id, 'claims' AS other_indicator, 'same' AS relation"
        )
        connection.execute(
            "CREATE TABLE mart.flows (source_id VARCHAR, indicator VARCHAR, route VARCHAR, "
            "period_start DATE, value BIGINT, is_partial BOOLEAN, as_of_date DATE, "
            "unit VARCHAR DEFAULT 'persons', destination_iso3 VARCHAR DEFAULT 'CAN', "
            "origin_iso3 VARCHAR DEFAULT 'total', origin_class VARCHAR DEFAULT 'total', "
            "place VARCHAR DEFAULT 'all', population_group VARCHAR DEFAULT 'all', "
            "frequency VARCHAR DEFAULT 'M', is_suppressed BOOLEAN DEFAULT false, "
            "rounding BIGINT DEFAULT 1, obtained VARCHAR DEFAULT 'inbox')"
        )
        for row in flows:
            connection.execute(
                "INSERT INTO mart.flows (source_id, indicator, route, period_start, value, "
                "is_partial, as_of_date) VALUES (?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        for view in VIEWS:
            if view.schema == "mart":
                connection.execute(view.statements()[0])
        found = connection.sql(
            "SELECT indicator, month(period_start), source_id, value FROM mart.totals_by_month "
            "ORDER BY ALL"
        ).fetchall()
        every = connection.sql("SELECT count(*) FROM mart.totals_by_route").fetchall()
    assert found == [
        ("boats", 1, "boats", 7),
        ("claims", 1, "first", 10),
        ("claims", 2, "second", 12),
        ("claims", 3, "third", 14),
    ]
    assert every == [(len(flows),)]


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
