"""Scopes: what is absent is zero only where the destination reported; what is withheld never."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from fcm_migration.trends.watch.panel import Scope, scopes, watched_panel
from tests.trends.panels import marts, one

FIRST = date(2019, 1, 1)


def made(series: pl.DataFrame, index: pl.DataFrame) -> dict[str, Scope]:
    return {scope.name: scope for scope in scopes(watched_panel(series, index))}


def without(series: pl.DataFrame, origin: str, months: list[int]) -> pl.DataFrame:
    """Without the rows of an origin in these months of 2019."""
    gone = (pl.col("origin_iso3") == origin) & pl.col("period_start").dt.month().is_in(months)
    return series.filter(~gone)


def withheld(series: pl.DataFrame, origin: str, month: int) -> pl.DataFrame:
    here = (pl.col("origin_iso3") == origin) & (pl.col("period_start").dt.month() == month)
    return series.with_columns(
        pl.when(here).then(None).otherwise("value").alias("value"),
        pl.when(here).then(pl.lit(value=True)).otherwise("is_suppressed").alias("is_suppressed"),
    )


def origins() -> tuple[pl.DataFrame, pl.DataFrame]:
    return marts([one("AAA", [10] * 6), one("BBB", [20] * 6), one("total", [35] * 6)])


NAME = "us_ohss_usbp/border_encounters/USA/all/M/origin"


def test_absent_rows_are_zero_only_where_the_destination_reported() -> None:
    series, index = origins()
    series = without(without(series, "AAA", [2, 3]), "total", [3])
    scope = made(series, index)[NAME]
    nan = np.nan
    assert scope.facts.get_column("origin_iso3").to_list() == ["AAA", "BBB"]
    np.testing.assert_array_equal(scope.values[:, 0], [10, 0, nan, 10, 10, 10])
    np.testing.assert_array_equal(scope.values[:, 1], [20] * 6)
    np.testing.assert_array_equal(scope.total, [35, 35, nan, 35, 35, 35])


def test_without_a_total_any_figure_says_that_the_destination_reported() -> None:
    series, index = marts([one("AAA", [10] * 6), one("BBB", [20] * 6)])
    series = without(without(series, "AAA", [2, 3]), "BBB", [3])
    scope = made(series, index)[NAME]
    nan = np.nan
    np.testing.assert_array_equal(scope.values[:, 0], [10, 0, nan, 10, 10, 10])
    np.testing.assert_array_equal(scope.values[:, 1], [20, 20, nan, 20, 20, 20])
    np.testing.assert_array_equal(scope.total, [30, 20, nan, 30, 30, 30])


def test_withheld_figures_are_unknown_and_never_zero() -> None:
    series, index = origins()
    scope = made(withheld(series, "AAA", 4), index)[NAME]
    np.testing.assert_array_equal(scope.values[:, 0], [10, 10, 10, np.nan, 10, 10])
    assert not np.isnan(scope.values[:, 1]).any()


def test_before_a_series_begins_it_is_zero_while_others_are_reported() -> None:
    series, index = marts(
        [one("AAA", [10] * 6), one("BBB", [7] * 2, first=date(2019, 5, 1)), one("total", [9] * 6)]
    )
    scope = made(series, index)[NAME]
    assert scope.periods[0] == FIRST
    np.testing.assert_array_equal(scope.values[:, 1], [0, 0, 0, 0, 7, 7])


@pytest.mark.parametrize("odd", ["stateless", "unknown", "other"])
def test_only_countries_and_territories_alert(odd: str) -> None:
    series, index = origins()
    index = index.with_columns(
        pl.when(pl.col("origin_iso3") == "BBB")
        .then(pl.lit(odd))
        .otherwise("origin_class")
        .alias("origin_class")
    )
    scope = made(series, index)[NAME]
    assert scope.facts.get_column("origin_iso3").to_list() == ["AAA"]
    np.testing.assert_array_equal(scope.total, [35] * 6)  # it stays in what was published


def test_quantities_that_are_not_watched_are_left_out() -> None:
    stock = one("AAA", [10] * 6, indicator="refugees", unit="persons")
    assert made(*marts([stock])) == {}
    series, index = origins()
    grouped = index.with_columns(population_group=pl.lit("family_units"))
    assert made(series, grouped) == {}


def test_totals_of_routes_are_a_scope_of_their_own_and_the_whole_of_their_origins() -> None:
    series, index = marts(
        [
            one("AAA", [10] * 6, route="coastal_border"),
            one("total", [15] * 6, route="coastal_border"),
            one("total", [40] * 6),
        ]
    )
    found = made(series, index)
    assert sorted(found) == [
        "us_ohss_usbp/border_encounters/USA/all/M/route",
        "us_ohss_usbp/border_encounters/USA/coastal_border/M/origin",
    ]
    np.testing.assert_array_equal(found[sorted(found)[1]].total, [15] * 6)
    assert found[sorted(found)[0]].facts.get_column("route").to_list() == ["all", "coastal_border"]


def test_a_scope_is_cut_at_a_row_and_finds_its_periods() -> None:
    scope = made(*origins())[NAME]
    cut = scope.until(2)
    assert cut.periods == scope.periods[:3]
    assert cut.values.shape == (3, 2)
    assert len(cut.total) == 3
    assert scope.row(date(2019, 4, 1)) == 3
    with pytest.raises(KeyError):
        cut.row(date(2019, 4, 1))
