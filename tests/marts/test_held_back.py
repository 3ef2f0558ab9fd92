"""Where a label is held back, an absent origin is unknown, not zero (and only there)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from fcm_migration.catalog import conform
from fcm_migration.catalog.derive import empty
from fcm_migration.forecast.panel import pools
from fcm_migration.marts.countries import aliases
from fcm_migration.marts.harmonise import Harmonised, harmonise
from fcm_migration.marts.panel import model_panel, modelled
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.series import absent_is_zero, build_series
from fcm_migration.marts.tables import FLOWS, HELD_BACK, SERIES, SERIES_INDEX
from fcm_migration.trends.watch.panel import scopes, watched_panel
from tests.marts.test_build import core
from tests.toy import TOY, write_aliases

MONTHS = [date(2024, month, 1) for month in range(1, 7)]
LABELS = {"Iran": "IRN", "Peru": "PER", "Chad": "TCD", "Gaza": "PSE", "West Bank": "PSE"}
ZEROS, NO_ZEROS = absent_is_zero((TOY,)), list[str]()


def made_of(folder: Path, rows: list[tuple[date, str, int | None]]) -> Harmonised:
    reference = write_aliases(folder, LABELS)
    made = harmonise(TOY, core(rows), aliases(reference, TOY.country_scheme))
    conform(made.held, HELD_BACK)
    return Harmonised(conform(made.flows, FLOWS), made.held)


def relabelled(month: int) -> list[tuple[date, str, int | None]]:
    """Iran and Peru by month; in one of them Iran bears a label nobody has reviewed."""
    rows: list[tuple[date, str, int | None]] = [(day, "Peru", 30) for day in MONTHS]
    rows += [(day, "Iran", 1_000 + number) for number, day in enumerate(MONTHS)]
    name = "Iran (Islamic Republic of)"
    return [
        (day, name if (day, label) == (MONTHS[month], "Iran") else label, count)
        for day, label, count in rows
    ] + [(MONTHS[0], "Chad", 2)]


def of(series: pl.DataFrame, origin: str) -> pl.DataFrame:
    return series.filter(origin_iso3=origin).sort("period_start")


@pytest.mark.parametrize("month", [3, 5])
@pytest.mark.parametrize("zero", [ZEROS, NO_ZEROS])
def test_an_absent_origin_is_unknown_where_a_label_is_held_back(
    tmp_path: Path, month: int, zero: list[str]
) -> None:
    made = made_of(tmp_path, relabelled(month))
    assert made.held.get_column("period_start").to_list() == [MONTHS[month]]
    series, index = build_series(made.flows, zero, made.held)
    conform(series, SERIES)
    conform(index, SERIES_INDEX)
    iran = of(series, "IRN")
    expected: list[int | None] = [1_000 + number for number in range(6)]
    expected[month] = None
    assert iran.get_column("value").to_list() == expected
    assert iran.get_column("is_held_back").to_list() == [n == month for n in range(6)]
    assert not iran.get_column("is_implied_zero").any()
    row = index.filter(origin_iso3="IRN").row(0, named=True)
    assert (row["missing"], row["held_back"], row["last_period"]) == (1, 1, MONTHS[5])
    # those that stand under their own labels, and all together, are known
    assert of(series, "PER").get_column("value").to_list() == [30] * 6
    assert of(series, "total").get_column("value").null_count() == 0


def test_other_periods_keep_their_zeros(tmp_path: Path) -> None:
    made = made_of(tmp_path, relabelled(3))
    series, _ = build_series(made.flows, ZEROS, made.held)
    chad = of(series, "TCD")
    assert chad.get_column("value").to_list() == [2, 0, 0, None, 0, 0]
    assert chad.get_column("is_implied_zero").to_list() == [False, True, True, False, True, True]


def test_only_the_scope_of_the_label_is_unknown(tmp_path: Path) -> None:
    """A label held back on one route says nothing of another route or destination."""
    made = made_of(tmp_path, relabelled(3))
    for name, other in (("route", "airport"), ("destination_iso3", "FRA")):
        flows = pl.concat([made.flows, made.flows.with_columns(pl.lit(other).alias(name))])
        series, _ = build_series(flows, ZEROS, made.held)
        chad = of(series.filter(pl.col(name) == other), "TCD")
        assert chad.get_column("value").to_list() == [2, 0, 0, 0, 0, 0]


def test_a_partial_period_is_left_out_as_ever(tmp_path: Path) -> None:
    made = made_of(tmp_path, relabelled(5))
    newest = pl.col("period_start") == MONTHS[5]
    partial = [frame.with_columns(is_partial=newest) for frame in (made.flows, made.held)]
    series, index = build_series(partial[0], NO_ZEROS, partial[1])
    assert set(index.filter(origin_iso3="IRN").get_column("last_period")) == {MONTHS[4]}
    assert not series.get_column("is_held_back").any()


def test_a_sum_that_may_lack_a_part_is_unknown(tmp_path: Path) -> None:
    """Two labels make one origin; where one of them may be the one held back, there is no sum."""
    rows: list[tuple[date, str, int | None]] = []
    for number, day in enumerate(MONTHS):
        rows += [(day, "Gaza", 5), (day, "Chad", 1)]
        rows += [(day, "West Bank" if number < 5 else "West Bank and East Jerusalem", 40)]
    made = made_of(tmp_path, rows)
    series, _ = build_series(made.flows, ZEROS, made.held)
    assert of(series, "PSE").get_column("value").to_list() == [45] * 5 + [None]
    assert of(series, "PSE").get_column("is_held_back").to_list() == [False] * 5 + [True]
    assert of(series, "TCD").get_column("value").to_list() == [1] * 6
    # without the label that awaits review, the other part alone is what the publisher counted
    alone = made_of(tmp_path, rows[:-1])
    series, _ = build_series(alone.flows, ZEROS, alone.held)
    assert of(series, "PSE").get_column("value").to_list() == [45] * 5 + [5]


def test_neither_forecasts_nor_alerts_take_unknown_for_zero(tmp_path: Path) -> None:
    made = made_of(tmp_path, relabelled(5))
    series, index = build_series(made.flows, ZEROS, made.held)
    panel = model_panel(series, index, empty(SERIES_BREAKS), **modelled((TOY,)))
    (pool,) = pools(panel)
    place = next(n for n, name in enumerate(pool.series) if "/IRN/" in name)
    assert pool.last_observed()[place] == 4
    assert pool.filled()[5, place] == pytest.approx(np.log1p(1_004))
    (scope,) = [s for s in scopes(watched_panel(series, index)) if s.dimension == "origin"]
    place = next(n for n, name in enumerate(scope.series) if "/IRN/" in name)
    assert np.isnan(scope.values[5, place])
    small = next(n for n, name in enumerate(scope.series) if "/TCD/" in name)
    np.testing.assert_array_equal(scope.values[:, small], [2, 0, 0, 0, 0, np.nan])
    assert scope.total[5] == 30 + 1_005  # as published; without a total the sum is unknown
    alone = series.filter(pl.col("origin_iso3") != "total")
    (scope,) = [s for s in scopes(watched_panel(alone, index)) if s.dimension == "origin"]
    np.testing.assert_array_equal(np.isnan(scope.total), [False] * 5 + [True])
