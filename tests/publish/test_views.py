"""The views answer, are described, and agree with the tables they read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import duckdb
import polars as pl
import pytest

from fcm_migration.catalog.derive import create_statements
from fcm_migration.forecast.nowcast.tables import NOWCAST, NOWCAST_SCORES
from fcm_migration.forecast.tables import SCORES, TRACK_RECORD
from fcm_migration.marts.tables import SERIES
from fcm_migration.publish.brief_evidence_views import BRIEF_ENTRIES
from fcm_migration.publish.entry_views import ENTRIES, Entry
from fcm_migration.publish.figures import FIGURES
from fcm_migration.publish.query import Connection, connect
from fcm_migration.publish.views import VIEWS, View
from fcm_migration.refresh.context import Context


@pytest.fixture(scope="module")
def fcm(published: Context) -> Iterator[Connection]:
    with connect(published.home.root) as connection:
        yield connection


# the toy home has no source of UNHCR's, so that its file lacks the view on decisions
THERE = [view for view in VIEWS if not view.needs]


@pytest.mark.parametrize("view", THERE, ids=lambda view: view.name)
def test_every_view_answers_and_says_what_it_is(fcm: Connection, view: View) -> None:
    said = fcm.sql(
        f"SELECT comment FROM duckdb_views() WHERE view_name = '{view.name}' "  # noqa: S608
        f"AND schema_name = '{view.schema}'"
    )
    assert said.item() == view.comment
    rows = fcm.sql(f"SELECT * FROM {view.qualified}").height  # noqa: S608
    # nothing rises in the toy home, nobody asks for asylum, nobody is known to live anywhere
    empty = (
        "current", "last_known", "totals_per_100k", "by_origin_per_100k", "whats_emerging",
        "policy_effects", "nowcasts", "emerging", "policies", "alert_record", "protection",
        "protection_years", "recognition", "year_total", "other_yearly", "displacement",
        "facilitation", "not_compared", "counting_changes",
    )  # fmt: skip
    assert rows > 0 or view.name in empty


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
    "newer_is_partial", "alert_id", "headline", "explanation",
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
        for name, comment, sql in FIGURES:
            connection.execute(View("mart", name, comment, sql).statements()[0])
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


DIMENSIONS = {
    "indicator": "asylum_claims", "unit": "persons", "destination_iso3": "CAN",
    "origin_iso3": "total", "route": "all", "place": "all", "population_group": "all",
}  # fmt: skip


def _rows_of(**columns: object) -> str:
    """A SELECT of one row of literals; dates and numbers as SQL reads them from text."""
    return "SELECT " + ", ".join(f"'{value}' AS {name}" for name, value in columns.items())


@pytest.fixture
def forecasts() -> Iterator[duckdb.DuckDBPyConnection]:
    """The view on tables made by hand: an edition of 1 December 2025, figures to September 2025."""
    (view,) = [view for view in VIEWS if (view.schema, view.name) == ("forecast", "published")]
    index = [
        _rows_of(series_id=name, source_id="own", frequency=frequency, as_of_date="2025-10-22",
                 **DIMENSIONS)
        for name, frequency in (("m", "M"), ("a", "A"), ("old", "M"))
    ]  # fmt: skip
    targets = [("m", f"2025-{month:02d}-01", month - 9, "2025-09-01") for month in (10, 11, 12)]
    targets += [("a", "2025-01-01", 1, "2024-01-01"), ("old", "2020-02-01", 1, "2020-01-01")]
    quantiles = [
        _rows_of(series_id=name, origin_date=origin, horizon=horizon, target_period=target,
                 model="naive", quantile=level, value=100 + place, is_published=True)
        for name, target, horizon, origin in targets
        for place, level in enumerate((0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975))
    ]  # fmt: skip
    known = [
        ("other", "2025-10-01", 70, False, "M"),
        ("own", "2025-11-01", 3, True, "M"),
        ("other", "2025-11-01", 4, True, "M"),
        ("own", "2025-01-01", 55, True, "A"),
    ]
    flows = [
        _rows_of(source_id=source, frequency=frequency, period_start=day, value=value,
                 is_partial=partial, as_of_date="2025-11-20", **DIMENSIONS)
        for source, day, value, partial, frequency in known
    ]  # fmt: skip
    tables = {
        "mart.series_index": (index, "as_of_date::DATE AS as_of_date"),
        "forecast.quantiles": (
            quantiles,
            "origin_date::DATE AS origin_date, horizon::BIGINT AS horizon, "
            "target_period::DATE AS target_period, quantile::DOUBLE AS quantile, "
            "value::BIGINT AS value, is_published::BOOLEAN AS is_published",
        ),
        "forecast.not_shown": ([_rows_of(series_id="old")], "series_id AS series_id"),
        "mart.flows": (
            flows,
            "period_start::DATE AS period_start, value::BIGINT AS value, "
            "is_partial::BOOLEAN AS is_partial, as_of_date::DATE AS as_of_date",
        ),
        "meta.edition": (
            [_rows_of(published_at="2025-12-01 05:00:00")],
            "published_at::TIMESTAMP AS published_at",
        ),
    }
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA forecast; CREATE SCHEMA mart; CREATE SCHEMA meta")
        for name, (rows, casts) in tables.items():
            union = " UNION ALL ".join(rows)
            connection.execute(f"CREATE TABLE {name} AS SELECT * REPLACE ({casts}) FROM ({union})")  # noqa: S608
        for table in (NOWCAST, NOWCAST_SCORES, SCORES, TRACK_RECORD, SERIES):  # nothing in them
            connection.execute(create_statements(table)[0])
        connection.execute(view.statements()[0])
        yield connection


def test_a_forecast_says_how_old_it_is_and_whether_its_period_is_over(
    forecasts: duckdb.DuckDBPyConnection,
) -> None:
    """Counted to the day of the edition: November is over on 1 December, December is not."""
    asked = (
        "SELECT series_id, target_period, age_months, target_is_over, known_value, "
        "known_is_partial, known_source_id FROM forecast.published ORDER BY 1, 2"
    )
    found = [(name, day.isoformat(), *more) for name, day, *more in forecasts.sql(asked).fetchall()]
    assert found == [
        ("a", "2025-01-01", 11, False, 55, True, "own"),
        # another source has the whole month
        ("m", "2025-10-01", 2, True, 70, False, "other"),
        # two have a part of it: its own comes first
        ("m", "2025-11-01", 2, True, 3, True, "own"),
        ("m", "2025-12-01", 2, False, None, None, None),
    ], "and the series that is not shown is left out"
    forecasts.execute("UPDATE meta.edition SET published_at = TIMESTAMP '2025-11-30 23:00:00'")
    over = forecasts.sql(
        "SELECT target_is_over, age_months FROM forecast.published "
        "WHERE target_period = DATE '2025-11-01'"
    )
    assert over.fetchall() == [(False, 2)]


def test_the_columns_known_before_stand_first_and_in_order(fcm: Connection) -> None:
    """Saved queries of older editions find what they know where it was."""
    columns = fcm.sql("FROM forecast.published LIMIT 0").columns
    assert columns[:22] == [
        "source_id", "indicator", "unit", "destination_iso3", "origin_iso3", "route", "place",
        "population_group", "frequency", "series_id", "origin_date", "horizon", "target_period",
        "model", "median", "lower_50", "upper_50", "lower_80", "upper_80", "lower_95", "upper_95",
        "as_of_date",
    ]  # fmt: skip
    assert columns[22:] == [
        "age_months", "target_is_over", "known_value", "known_is_partial", "known_source_id",
        "last_period", "last_value", "counted_so_far", "counted_to_date", "coverage_80",
        "scored_forecasts", "record_since", "relative_wis", "benchmark", "beats_benchmark", "words",
    ]  # fmt: skip


def test_the_status_counts_what_failed(fcm: Connection) -> None:
    status = fcm.sql("FROM meta.status").row(0, named=True)
    failed = fcm.sql(
        "SELECT count(*) FROM meta.check_results WHERE NOT success AND table_name LIKE 'core.toy%'"
    )
    assert status["failed_expectations"] == failed.item()
    assert status["attribution"]


def test_a_fresh_client_sees_the_entry_views_first(published: Context) -> None:
    """``SHOW TABLES`` names them and nothing else; each column says what it holds."""
    with duckdb.connect(str(published.home.published), read_only=True) as client:
        shown = [name for (name,) in client.sql("SHOW TABLES").fetchall()]
        there = [entry for entry in ENTRIES if not entry.needs]
        assert shown == sorted(entry.name for entry in there)
        for entry in there:
            described = client.execute(
                "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = 'main' "
                "AND table_name = ? ORDER BY column_index",
                [entry.name],
            ).fetchall()
            assert dict(described) == dict(entry.columns)
            assert [name for name, _ in described] == list(entry.columns)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_an_entry_view_says_whose_figure_how_old_and_from_where(entry: Entry) -> None:
    if entry.name == "sources":
        assert {"source_id", "as_of_date", "age_days", "attribution"} <= set(entry.columns)
        return
    assert {"source_id", "as_of_date", "age_months", "unit", "destination"} <= set(entry.columns)
    assert entry.comment.split("?")[0] + "?" in entry.comment


@pytest.mark.parametrize("entry", BRIEF_ENTRIES, ids=lambda entry: entry.name)
def test_a_view_of_the_brief_describes_each_column(fcm: Connection, entry: Entry) -> None:
    described = fcm.sql(
        "SELECT table_name, column_name, comment FROM duckdb_columns() "
        "WHERE schema_name = 'brief' ORDER BY column_index"
    ).filter(pl.col("table_name") == entry.name)
    assert described.drop("table_name").rows() == list(entry.columns.items())
    assert {"destination", "destination_iso3"} <= set(entry.columns)
