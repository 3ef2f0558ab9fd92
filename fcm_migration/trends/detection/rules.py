"""Rules of an alert: growth beyond the season, a minimum size, and a rare deviance residual.

Every figure of a period depends on that period and earlier ones only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.trends.detection.common_factor import common_factor
from fcm_migration.trends.detection.residuals import (
    Calibration,
    active,
    deviance_residual,
    dispersion,
    expected_level,
    p_values,
)
from fcm_migration.trends.detection.settings import BUILD_UP, RULES
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import mean_of, shifted, sum_of


@dataclass(frozen=True)
class Signals:
    """Figures that the rules of an alert use, each T x N (periods x series) unless stated.

    Attributes:
        active: whether the series has enough people to be tested.
        expected: mean of the year before (per period, at least 1).
        alpha: dispersion at that mean.
        residual: signed deviance residual.
        p: one-sided p-value: share of quiet periods with at least as large a residual.
        q: p-value adjusted over the scope's active series of the period; for rises over those in
            which anybody was counted.
        growth: recent level over the year before it.
        own: growth over the common factor.
        common: common factor of the scope, T.
        build_up: whether a large series grows slowly but steadily.
        beyond: whether the figure is above what is expected and the recent level above the year
            before (for drops both below). Nothing else is an alert: a surge whose figure is below
            the expected one would contradict itself.
        alert: whether the rules of the lower tier hold.
        strong: whether the rules of the upper tier hold.
        drops: True if falls are looked for: growth below 1 and negative residuals.
    """

    active: Bools
    expected: Floats
    alpha: Floats
    residual: Floats
    p: Floats
    q: Floats
    growth: Floats
    own: Floats
    common: Floats
    build_up: Bools
    beyond: Bools
    alert: Bools
    strong: Bools
    drops: bool


def signals(scope: Scope, by_year: Mapping[int, Calibration], *, drops: bool = False) -> Signals:
    """Apply the rules to one scope.

    Args:
        scope: the series.
        by_year: from :func:`fcm_migration.trends.detection.residuals.calibrations`.
        drops: whether falls are looked for instead of rises.
    """
    tested, mean = active(scope), expected_level(scope)
    alpha, z, p = _residuals(scope, mean, by_year, drops=drops)
    growth = growth_ratio(scope)
    common = common_factor(scope, growth, tested)
    # a period in which nobody was counted can be a fall, but no rise: it is no test of one
    q = adjusted_p_values(p, tested & ((scope.values >= 1) | drops))
    with np.errstate(invalid="ignore"):
        beyond = (
            (scope.values < mean) & (growth < 1.0)
            if drops
            else (scope.values > mean) & (growth > 1.0)
        )
        moved = _moved(scope, growth, mean, q, drops=drops) & tested & beyond
        rare = p <= RULES.p_value
        sure = q <= RULES.false_discovery
        slow = _build_up(scope, growth) & tested & beyond if not drops else np.zeros_like(tested)
        strong = moved & sure & rare & ~_small(scope, growth, mean, drops=drops)
        alert = (moved & (rare | sure)) | slow
    own = growth / common[:, None]
    return Signals(
        tested, mean, alpha, z, p, q, growth, own, common, slow, beyond, alert, strong, drops
    )  # fmt: skip


def growth_ratio(scope: Scope) -> Floats:
    """Return the recent level over the mean of the year before it, 2 added to both, T x N."""
    recent = mean_of(scope.values, scope.spec.recent)
    before = mean_of(scope.values, scope.spec.year, lag=scope.spec.recent)
    ratio: Floats = (recent + 2.0) / (before + 2.0)
    return ratio


def _residuals(
    scope: Scope, mean: Floats, by_year: Mapping[int, Calibration], *, drops: bool
) -> tuple[Floats, Floats, Floats]:
    """Return dispersion, deviance residual and p-value of every figure, each T x N."""
    alpha, z, p = (np.full(scope.values.shape, np.nan) for _ in range(3))
    years = np.array([period.year for period in scope.periods])
    for year in np.unique(years):
        rows = years == year
        known = by_year[int(year)]
        alpha[rows] = dispersion(mean[rows], known, scope.spec.months)
        z[rows] = deviance_residual(scope.values[rows], mean[rows], alpha[rows])
        p[rows] = p_values(z[rows], known, drops=drops)
    return alpha, z, p


def _moved(scope: Scope, growth: Floats, mean: Floats, q: Floats, *, drops: bool) -> Bools:
    """Flag periods that meet the rules on growth, season, size and level, T x N.

    A fall meets them where the inverse of its ratios does.
    """
    spec, y = scope.spec, scope.values
    sign = -1.0 if drops else 1.0
    season = seasonal(scope, growth, sign)
    alone = ((y + 2.0) / (mean + 2.0)) ** sign
    enough = growth**sign / season >= RULES.growth
    usual = np.maximum(season, seasonal(scope, alone**sign, sign))
    enough |= (alone / usual >= RULES.quick) & (q <= RULES.quick_discovery)
    last_year = ((y + 2.0) / (shifted(y, spec.year) + 2.0)) ** sign
    lately = np.stack([shifted(y, lag) for lag in range(1, spec.held + 1)])
    if drops:
        large = (mean >= spec.least) & (mean * spec.held >= spec.least_held)
        kept = y * spec.kept <= np.fmin.reduce(lately)
    else:
        large = (y >= spec.least) & (sum_of(y, spec.held) >= spec.least_held)
        kept = y >= spec.kept * np.fmax.reduce(lately)
    moved: Bools = enough & (last_year >= RULES.season) & large & kept
    return moved


def seasonal(scope: Scope, growth: Floats, sign: float) -> Floats:
    """Return the growth that the season alone explains, at least 1, T x N.

    It is the smallest growth at this time of year in the last RULES.seasons years; 1 where one of
    those years is unknown or had none.
    """
    if scope.spec.year == 1:
        return np.ones_like(growth)
    past = [shifted(growth, scope.spec.year * back) for back in range(1, RULES.seasons + 1)]
    least = np.minimum.reduce([year**sign for year in past])  # NaN where a year is unknown
    return np.where(np.isnan(least), 1.0, np.maximum(least, 1.0))


def _small(scope: Scope, growth: Floats, mean: Floats, *, drops: bool) -> Bools:
    """Flag small monthly figures without large growth, which chance alone explains, T x N."""
    if scope.spec.months > 1:
        return np.zeros_like(growth, dtype=bool)
    level = mean if drops else scope.values
    small: Bools = (level < RULES.small) & (growth ** (-1 if drops else 1) < RULES.small_growth)
    return small


def _build_up(scope: Scope, growth: Floats) -> Bools:
    """Flag large series well above the year before and the same quarter a year ago, T x N."""
    y, spec = scope.values, scope.spec
    quarter = max(1, 3 // spec.months)
    level = mean_of(y, quarter)
    before = mean_of(y, spec.year, lag=quarter)
    with np.errstate(invalid="ignore", divide="ignore"):
        year_ago = level / np.maximum(shifted(level, spec.year), 1.0)
        risen: Bools = (
            (level >= BUILD_UP.least * spec.months)
            & (level / np.maximum(before, 1.0) >= BUILD_UP.growth)
            & (year_ago >= BUILD_UP.growth)
            & (y >= BUILD_UP.held * shifted(y, 1))
            & (growth / seasonal(scope, growth, 1.0) >= RULES.own_weak)
        )
    return risen


def adjusted_p_values(p: Floats, tested: Bools) -> Floats:
    """Return Benjamini-Hochberg adjusted p-values over the series tested in each period, T x N.

    NaN where a series is not tested. Benjamini & Hochberg, J. R. Statist. Soc. B 57 (1995) 289.
    """
    from scipy.stats import false_discovery_control  # slow to import, and only alerts need it

    used = tested & ~np.isnan(p)
    adjusted = np.full(p.shape, np.nan)
    for row in np.flatnonzero(used.any(axis=1)):
        adjusted[row, used[row]] = false_discovery_control(p[row, used[row]])
    return adjusted
