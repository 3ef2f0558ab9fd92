"""The view of the forecasts that are shown: one answer for a period, its record and its words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.catalog.model import Table
from fcm_migration.config import Home
from fcm_migration.forecast.nowcast.tables import NOWCAST, NOWCAST_SCORES
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.forecast.shown import shown, with_nowcasts
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES, SCORES, TRACK_RECORD
from fcm_migration.publish.query import Connection, connect
from fcm_migration.publish.views import VIEWS

KEYS = ["series_id", "horizon", "target_period"]
BOATS = ("small_boat_arrivals", "small_boats")


@pytest.fixture(scope="module")
def view(bundled_home: Home) -> Iterator[pl.DataFrame]:
    with connect(bundled_home.root) as fcm:
        assert isinstance(fcm, Connection)
        yield fcm.sql("FROM forecast.published")


def read(home: Home, table: Table) -> pl.DataFrame:
    return store.read(home.table(table.layer, table.name), table)


def test_the_view_shows_what_is_kept_as_published(view: pl.DataFrame, bundled_home: Home) -> None:
    """The SQL of the view and ``with_nowcasts``, which the ledger keeps, give the same rows."""
    quantiles, hidden, nowcast = (read(bundled_home, t) for t in (QUANTILES, NOT_SHOWN, NOWCAST))
    names = dict(zip(QUANTILE_LEVELS, LEVEL_COLUMNS, strict=True))
    kept = (
        with_nowcasts(shown(quantiles, hidden), nowcast)
        .with_columns(pl.col("quantile").replace_strict(names, return_dtype=pl.String))
        .pivot("quantile", index=[*KEYS, "model", "counted_so_far"], values="value")
    )
    columns = [*KEYS, "model", "counted_so_far", *LEVEL_COLUMNS]
    assert view.select(columns).sort(KEYS).equals(kept.select(columns).sort(KEYS))


def test_a_running_month_is_the_nowcast_and_not_below_what_is_counted(
    view: pl.DataFrame, bundled_home: Home
) -> None:
    nowcast = read(bundled_home, NOWCAST).filter(pl.col("nowcast_task") == "uk_small_boats_month")
    running = view.filter((pl.col("model") == "nowcast") & pl.col("indicator").is_in(BOATS))
    assert set(running["indicator"]) == set(BOATS)
    for row in running.iter_rows(named=True):
        own = nowcast.filter(pl.col("series_id") == row["series_id"]).sort("quantile")
        assert [row[name] for name in LEVEL_COLUMNS] == own["value"].to_list()
        assert row["target_period"] == own["target_period"][0]
        assert row["lower_95"] >= row["counted_so_far"] == own["counted_so_far"][0]
        assert f"{row['counted_so_far']:,} counted so far" in row["words"]
        assert row["horizon"] == 1
    later = view.filter(pl.col("indicator").is_in(BOATS) & (pl.col("horizon") > 1))
    assert "nowcast" not in set(later["model"])


def test_a_forecast_carries_its_last_figure_and_its_record(
    view: pl.DataFrame, bundled_home: Home
) -> None:
    scores = read(bundled_home, SCORES).filter(pl.col("scored_model") == "published")
    past = read(bundled_home, TRACK_RECORD).filter(pl.col("record_kind") == "backtest")
    since = past.group_by("series_id", "horizon").agg(first=pl.col("origin_date").min())
    record = scores.join(since, on=["series_id", "horizon"])
    forecasts = view.filter(pl.col("model") != "nowcast")
    both = forecasts.join(record, on=["series_id", "horizon"], suffix="_scored")
    assert both.height == forecasts.filter(pl.col("scored_forecasts") > 0).height > 100
    assert (both["scored_forecasts"] == both["origins"]).all()
    assert both["coverage_80"].equals(both["coverage_80_scored"])
    assert both["relative_wis"].equals(both["relative_wis_scored"])
    assert (both["record_since"] == both["first"]).all()
    known = both.filter(pl.col("relative_wis").is_not_null())
    assert known["beats_benchmark"].equals((known["relative_wis"] < 1).alias("beats_benchmark"))
    assert view["last_value"].is_not_null().all()
    assert view["words"].is_not_null().all()


def test_a_nowcast_carries_the_record_of_nowcasts(view: pl.DataFrame, bundled_home: Home) -> None:
    scores = read(bundled_home, NOWCAST_SCORES).filter(pl.col("nowcast_method") == "published")
    running = view.filter((pl.col("model") == "nowcast") & pl.col("indicator").is_in(BOATS))
    for row in running.iter_rows(named=True):
        days = (row["counted_to_date"] - row["target_period"]).days + 1
        (stage,) = scores.filter(
            (pl.col("nowcast_task") == "uk_small_boats_month")
            & (pl.col("indicator") == row["indicator"])
            & (pl.col("vintage_basis") == "today's release cut")
            & ((pl.col("stage").str.extract(r"(\d+)").cast(pl.Int64) - days).abs() <= 2)
        ).iter_rows(named=True)
        assert row["coverage_80"] == stage["coverage_80"]
        assert row["scored_forecasts"] == stage["cases"]
        assert row["benchmark"] == "pro rata"
        assert row["beats_benchmark"] == (stage["relative_wis"] < 1)


MIDDLE = """
    CREATE VIEW mart.flows AS FROM published.mart.flows UNION ALL
    SELECT * REPLACE (period_start + INTERVAL 1 YEAR AS period_start, true AS is_partial)
    FROM published.mart.flows
    WHERE source_id = 'unhcr_population' AND year(period_start) = 2025
"""


def with_the_middle_of_2026(home: Home) -> pl.DataFrame:
    """The view over the edition's tables; simulated: stocks of 2025 as those of mid-2026."""
    (view,) = (one for one in VIEWS if (one.schema, one.name) == ("forecast", "published"))
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{home.published}' AS published (READ_ONLY)")
        for table in sorted(set(re.findall(r"\b(?:forecast|mart|meta)\.\w+", view.sql))):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {table.partition('.')[0]}")
            if table != "mart.flows":
                connection.execute(f"CREATE VIEW {table} AS FROM published.{table}")
        connection.execute(MIDDLE)
        connection.execute(view.statements()[0])
        return connection.sql("FROM forecast.published").pl()


def test_a_stock_printed_for_the_middle_of_a_year_stands_beside_its_forecast(
    bundled_home: Home,
) -> None:
    """It is no floor of the year's end, which may be lower, and the words tell it."""
    view = with_the_middle_of_2026(bundled_home)
    stocks = view.filter(pl.col("indicator").is_in(["refugees", "asylum_seekers_pending"]))
    assert stocks["counted_so_far"].null_count() == stocks.height
    printed = stocks.filter("known_is_partial")
    assert printed.height > 500
    assert (printed["median"] < printed["known_value"]).any()
    for row in printed.head(50).iter_rows(named=True):
        assert f"A source already prints {row['known_value']:,}, of a part or " in row["words"]
    flows = view.filter(pl.col("counted_so_far").is_not_null())
    assert not flows["words"].str.contains("A source already prints").any()
