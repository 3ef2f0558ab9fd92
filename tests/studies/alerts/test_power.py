"""Known ramps in quiet series: where they are put, and which of them are found."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fcm_migration.errors import UsageError
from fcm_migration.studies.alerts.power import FACTORS, RAMPS, margins, power_table
from fcm_migration.studies.alerts.ramps import BANDS, memory, packs, put, quiet_spots, ramped
from fcm_migration.trends.detection.residuals import calibrations
from fcm_migration.trends.detection.rules import signals
from fcm_migration.trends.watch.panel import Scope, scopes, watched_panel
from fcm_migration.trends.watch.rolling import mean_of, shifted
from tests.trends.panels import marts, one

YEARS = 6
FIRST = date(2009, 1, 1)


def noisy(levels: list[float], seed: int = 5) -> Scope:
    """Negative binomial counts (dispersion .1) around constant levels, rounded to 10."""
    random = np.random.default_rng(seed)
    several = []
    for number, level in enumerate(levels):
        spread = random.gamma(10.0, level / 10.0, 12 * YEARS)
        counts = (np.round(random.poisson(spread) / 10.0) * 10).astype(int).tolist()
        several.append(
            one(f"A{chr(65 + number // 26)}{chr(65 + number % 26)}", counts, first=FIRST)
        )
    series, index = marts(several)
    index = index.with_columns(rounding=pl.lit(10, dtype=pl.Int64))
    return next(scopes(watched_panel(series, index)))


@pytest.fixture(scope="module")
def quiet() -> Scope:
    return noisy([20.0] * 5 + [50.0] * 6 + [200.0] * 3 + [1000.0] * 2)


@pytest.fixture(scope="module")
def table(quiet: Scope) -> pl.DataFrame:
    rules = {
        "year on year": (
            lambda scope: scope.values / np.maximum(shifted(scope.values, 12), 1),
            1.5,
        ),
        "always": (lambda scope: np.ones_like(scope.values), 0.5),
        "never": (lambda scope: np.full_like(scope.values, np.nan), 0.5),
    }
    return power_table(quiet, calibrations([quiet]), rules)


def test_a_ramp_is_reached_in_equal_steps_and_held() -> None:
    month = np.full(6, 100.0)
    assert ramped(month, 4.0, 3, 10.0).tolist() == [200, 300, 400, 400, 400, 400]
    assert ramped(month, 1.5, 1, 10.0).tolist() == [150] * 6
    # 10 x 1.5 lies between two figures the publisher could print
    assert ramped(np.full(2, 30.0), 1.5, 1, 20.0).tolist() == [40, 40]


def test_ramps_are_put_into_quiet_months_near_a_size(quiet: Scope) -> None:
    grown = quiet.values.copy()
    grown[48:, 0] *= 5  # not quiet around this
    grown[:, 1] = 90.0  # between the sizes 50 and 200
    scope = replace(quiet, values=grown)
    found = quiet_spots(scope)
    mean = mean_of(scope.values, 12, lag=1)
    after = shifted(mean_of(scope.values, 12), -12)
    assert {spot.series for spot in found} == set(range(16)) - {1}
    assert {spot.band for spot in found} == {0, 1, 2, 3}
    for spot in found:
        at = spot.row, spot.series
        assert spot.row >= 24
        assert spot.row % 3 == 0
        assert 1 / 1.5 <= mean[at] / BANDS[spot.band] <= 1.5
        assert 0.67 <= after[at] / mean[at] <= 1.5
    assert not [s for s in found if s.series == 0 and 39 <= s.row <= 51]


def test_no_two_ramps_of_a_copy_share_a_month_or_a_memory(quiet: Scope) -> None:
    spots = quiet_spots(quiet)
    reach, forgets = 8, memory(quiet)
    copies = packs(spots, reach, forgets)
    assert sorted(number for copy in copies for number in copy) == list(range(len(spots)))
    assert len(copies) < len(spots) / 3
    for copy in copies:
        rows = [spots[number].row for number in copy]
        assert min(np.diff(rows), default=reach) >= reach
        for series in {spots[number].series for number in copy}:
            own = [spots[number].row for number in copy if spots[number].series == series]
            assert min(np.diff(own), default=999) >= reach + forgets


def test_the_margin_agrees_with_the_rule(quiet: Scope) -> None:
    values = quiet.values.copy()
    values[60:70, ::3] *= 3
    values[40:50, ::4] *= 2
    scope = replace(quiet, values=values)
    found = signals(scope, calibrations([quiet]))
    alert, strong = margins(scope, found)
    assert found.alert.sum() > found.strong.sum() > 10
    assert np.array_equal(alert >= 1, found.alert)
    assert np.array_equal(strong >= 1, found.strong)
    # loosened, a rule speaks in more months, never where nothing is tested
    assert (alert >= 0.7).sum() > found.alert.sum()
    assert not (np.isfinite(alert) & ~found.active).any()


@pytest.mark.torture
def test_the_share_found_is_that_of_ramps_put_in_one_by_one(
    quiet: Scope, table: pl.DataFrame
) -> None:
    """Copies that hold several ramps say the same as copies that hold one."""
    by_year, spots = calibrations([quiet]), quiet_spots(quiet)
    factor, ramp, band = 2.0, 3, 1
    hits: dict[str, list[bool]] = {"ALERT": [], "STRONG": []}
    for spot in spots:
        if spot.band != band:
            continue
        values = quiet.values.copy()
        put(values, quiet, spot, factor, ramp, spot.series, len(values))
        found = signals(replace(quiet, values=values), by_year)
        rows = slice(spot.row, spot.row + ramp + 2)
        hits["ALERT"].append(bool(found.alert[rows, spot.series].any()))
        hits["STRONG"].append(bool(found.strong[rows, spot.series].any()))
    for rule, own in hits.items():
        cell = table.filter(
            rule=rule, threshold_kind="own", mean_band=BANDS[band], factor=factor, ramp_months=ramp
        )
        assert cell.item(0, "windows") == len(own)
        assert cell.item(0, "detected") == pytest.approx(np.mean(own), abs=0.011)


def test_larger_ramps_are_found_more_often(table: pl.DataFrame) -> None:
    own = table.filter(rule="ALERT", threshold_kind="own")
    assert own.height == len(BANDS) * (len(FACTORS) + 1) * len(RAMPS)
    for (_, _), part in own.group_by("mean_band", "ramp_months"):
        shares = part.sort("factor").get_column("detected").to_list()
        assert shares == sorted(shares)
        assert shares[0] < 0.1
        assert shares[-1] > 0.9
    assert own.filter(pl.col("detected_low") > pl.col("detected")).is_empty()
    assert own.filter(pl.col("detected_high") < pl.col("detected")).is_empty()
    strong = table.filter(rule="STRONG", threshold_kind="own")
    assert (strong["detected"] <= own["detected"]).all()


def test_rules_are_compared_at_equal_false_alarms(table: pl.DataFrame) -> None:
    equal = table.filter(threshold_kind="equal_false_alarms")
    assert (equal.get_column("false_per_100") <= 1.0).all()
    bands = equal.filter(pl.col("rule") == "year on year").unique("mean_band")
    mean = bands.get_column("band_false_per_100").mean()
    assert mean == pytest.approx(bands.item(0, "false_per_100"))
    own = table.filter(rule="year on year", threshold_kind="own")
    assert own.item(0, "false_per_100") > 2
    assert own.item(0, "threshold") < bands.item(0, "threshold")


def test_a_rule_that_always_speaks_and_one_that_never_does(table: pl.DataFrame) -> None:
    large = table.filter(pl.col("mean_band") >= 50, threshold_kind="own")
    always, never = large.filter(rule="always"), large.filter(rule="never")
    assert always.get_column("detected").min() == 1.0
    assert never.get_column("detected").max() == 0.0
    # every origin finds it: the interval is that of as many binomial trials as origins
    first = always.row(0, named=True)
    assert first["detected_low"] == pytest.approx(0.025 ** (1 / first["origins"]))
    assert never.row(0, named=True)["detected_high"] < 1
    silent = table.filter(pl.col("rule") != "ALERT", threshold_kind="equal_false_alarms")
    assert silent.filter(rule="never").get_column("threshold").is_infinite().all()
    assert silent.filter(rule="always").get_column("detected").max() == 0.0


@pytest.mark.torture
def test_nothing_of_later_years_is_used_and_nothing_is_left_to_chance(quiet: Scope) -> None:
    values = quiet.values.copy()
    values[42:] *= 7
    by_year = calibrations([quiet])
    changed = replace(quiet, values=values)
    tables = [power_table(s, by_year, {}, before=date(2012, 7, 1)) for s in (quiet, changed)]
    assert_frame_equal(*tables)


def test_what_cannot_be_measured_is_refused(quiet: Scope) -> None:
    by_year = calibrations([quiet])
    with pytest.raises(UsageError, match="no month"):
        power_table(quiet, by_year, {}, before=date(2000, 1, 1))
    with pytest.raises(UsageError, match="no quiet stretch"):
        power_table(quiet, by_year, {}, before=date(2010, 6, 1))
    with pytest.raises(UsageError, match="monthly"):
        power_table(replace(quiet, frequency="Q"), by_year, {})
