"""Year totals of the bundled edition: what is counted stays, and every total has its scores."""

from __future__ import annotations

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.model import Table
from fcm_migration.config import Home
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.forecast.year_totals.tables import YEAR_TOTAL_SCORES, YEAR_TOTALS
from fcm_migration.marts.tables import SERIES
from fcm_migration.publish.query import connect


def read(home: Home, table: Table) -> pl.DataFrame:
    return store.read(home.table(table.layer, table.name), table)


def test_totals_of_the_bundled_edition(bundled_home: Home) -> None:
    totals, series = read(bundled_home, YEAR_TOTALS), read(bundled_home, SERIES)
    nowcast = read(bundled_home, NOWCAST)
    kinds = set(totals.select("source_id", "indicator", "year_kind").unique().iter_rows())
    assert kinds == {
        ("uk_small_boats", "small_boat_arrivals", "calendar"),
        ("uk_small_boats", "small_boats", "calendar"),
        ("ca_ircc_asylum", "asylum_claims", "calendar"),
        ("us_cbp_sbo", "land_border_encounters", "calendar"),
        ("us_cbp_sbo", "land_border_encounters", "us_fiscal"),
        ("us_cbp_nationwide", "nationwide_encounters", "calendar"),
        ("us_cbp_nationwide", "nationwide_encounters", "us_fiscal"),
        ("us_ohss_usbp", "border_encounters", "calendar"),
        ("us_ohss_usbp", "border_encounters", "us_fiscal"),
    }
    for row in totals.filter(pl.col("quantile") == 0.5).iter_rows(named=True):
        mine = series.filter(pl.col("series_id") == row["series_id"])
        year = mine.filter(
            pl.col("period_start").is_between(row["first_month_date"], row["origin_date"])
        )
        counted = int(year["value"].sum())
        running = nowcast.filter(
            (pl.col("series_id") == row["series_id"])
            & (pl.col("nowcast_task") == "uk_small_boats_month")
        )
        counted += 0 if running.is_empty() else int(running["counted_so_far"][0])
        assert row["counted_so_far"] == counted
        assert row["months_counted"] == year.height
        assert row["has_nowcast"] == (not running.is_empty())
        assert row["value"] > row["counted_so_far"]


def test_a_year_with_one_month_to_come_is_that_month(bundled_home: Home) -> None:
    """Fiscal 2025 at the southwest border ends with September, the first month ahead."""
    totals = read(bundled_home, YEAR_TOTALS).filter(
        (pl.col("year_kind") == "us_fiscal") & (pl.col("months_counted") == 11)
    )
    month = read(bundled_home, QUANTILES).filter("is_published", pl.col("horizon") == 1)
    both = totals.join(month, on=["series_id", "quantile"], suffix="_month")
    assert both.height == 7
    apart = (both["value"] - both["counted_so_far"] - both["value_month"]).abs()
    assert (apart <= 0.02 * both["value_month"] + 1).all()


def test_the_edition_holds_both_tables(bundled_home: Home) -> None:
    """The bundled home of the tests knows three past origins: no year of them is complete."""
    totals, scores = read(bundled_home, YEAR_TOTALS), read(bundled_home, YEAR_TOTAL_SCORES)
    with connect(bundled_home.root) as fcm:
        assert fcm.sql("FROM forecast.year_totals").height == totals.height > 0
        assert fcm.sql("FROM forecast.year_total_scores").height == scores.height
