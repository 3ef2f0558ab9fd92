"""Which periods of which series are alerts: growth, season, size, and a surprise that is rare.

Every figure of a period is made of that period and earlier ones; a test cuts the data to prove it.
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
    baseline,
    dispersion,
    p_values,
    surprise,
)
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import mean_of, shifted, sum_of
from fcm_migration.trends.watch.settings import BUILD_UP, RULES


@dataclass(frozen=True)
class Signals:
    """Everything the rules look at, each T x N (periods by series) unless said otherwise.

    Attributes:
        active: series that are tested.
        mean: mean of the year before (per period, at least 1).
        alpha: dispersion at that mean.
        surprise: signed surprise.
        p: share of quiet periods at least as surprising, one-sided.
        q: the same adjusted over the scope's active series of the period.
        growth: recent level over the year before it.
        own: growth over what the scope has in common.
        common: T; movement in common.
        build_up: large series that grow slowly but lastingly.
        alert: whether the rules of the lower tier hold.
        strong: whether those of the upper one do.
        drops: True where falls are meant: growth below 1, negative surprise.
    """

    active: Bools
    mean: Floats
    alpha: Floats
    surprise: Floats
    p: Floats
    q: Floats
    growth: Floats
    own: Floats
    common: Floats
    build_up: Bools
    alert: Bools
    strong: Bools
    drops: bool


def signals(scope: Scope, calibrated: Mapping[int, Calibration], *, drops: bool = False) -> Signals:
    """Apply the rules to one scope.

    Args:
        scope: the series.
        calibrated: by year, from :func:`fcm_migration.trends.surprise.calibrations`.
        drops: whether falls are looked for.
    """
    tested, mean = active(scope), baseline(scope)
    alpha, z, p = _surprises(scope, mean, calibrated, drops=drops)
    growth = grown(scope)
    common = common_factor(scope, growth, tested)
    q = adjusted(p, tested & ((scope.values >= 1) | drops))
    with np.errstate(invalid="ignore"):
        moved = _moved(scope, growth, mean, q, drops=drops) & tested
        rare = p <= RULES.p_value
        sure = q <= RULES.false_discovery
        slow = _build_up(scope, growth) & tested if not drops else np.zeros_like(tested)
        strong = moved & sure & rare & ~_small(scope, growth, mean, drops=drops)
        alert = (moved & (rare | sure)) | slow
    own = growth / common[:, None]
    return Signals(
        tested, mean, alpha, z, p, q, growth, own, common, slow, alert, strong, drops
    )  # fmt: skip


def grown(scope: Scope) -> Floats:
    """Recent level over the year before it, two added to both: T x N."""
    recent = mean_of(scope.values, scope.rhythm.recent)
    before = mean_of(scope.values, scope.rhythm.year, lag=scope.rhythm.recent)
    ratio: Floats = (recent + 2.0) / (before + 2.0)
    return ratio


def _surprises(
    scope: Scope, mean: Floats, calibrated: Mapping[int, Calibration], *, drops: bool
) -> tuple[Floats, Floats, Floats]:
    alpha, z, p = (np.full(scope.values.shape, np.nan) for _ in range(3))
    years = np.array([period.year for period in scope.periods])
    for year in np.unique(years):
        rows = years == year
        known = calibrated[int(year)]
        alpha[rows] = dispersion(mean[rows], known, scope.rhythm.months)
        z[rows] = surprise(scope.values[rows], mean[rows], alpha[rows])
        p[rows] = p_values(z[rows], known, drops=drops)
    return alpha, z, p


def _moved(scope: Scope, growth: Floats, mean: Floats, q: Floats, *, drops: bool) -> Bools:
    """Growth, season, size and level of the period itself; falls are rises of the inverse."""
    rhythm, y = scope.rhythm, scope.values
    sign = -1.0 if drops else 1.0
    season = seasonal(scope, growth, sign)
    alone = ((y + 2.0) / (mean + 2.0)) ** sign
    enough = growth**sign / season >= RULES.growth
    usual = np.maximum(season, seasonal(scope, alone**sign, sign))
    enough |= (alone / usual >= RULES.quick) & (q <= RULES.quick_discovery)
    last_year = ((y + 2.0) / (shifted(y, rhythm.year) + 2.0)) ** sign
    lately = np.stack([shifted(y, lag) for lag in range(1, rhythm.held + 1)])
    if drops:
        large = (mean >= rhythm.least) & (mean * rhythm.held >= rhythm.least_held)
        kept = y * rhythm.kept <= np.fmin.reduce(lately)
    else:
        large = (y >= rhythm.least) & (sum_of(y, rhythm.held) >= rhythm.least_held)
        kept = y >= rhythm.kept * np.fmax.reduce(lately)
    moved: Bools = enough & (last_year >= RULES.season) & large & kept
    return moved


def seasonal(scope: Scope, growth: Floats, sign: float) -> Floats:
    """Least growth at this time of year in each of the last years; 1 where one of them had none."""
    if scope.rhythm.year == 1:
        return np.ones_like(growth)
    past = [shifted(growth, scope.rhythm.year * back) for back in range(1, RULES.seasons + 1)]
    least = np.minimum.reduce([year**sign for year in past])  # NaN where a year is unknown
    return np.where(np.isnan(least), 1.0, np.maximum(least, 1.0))


def _small(scope: Scope, growth: Floats, mean: Floats, *, drops: bool) -> Bools:
    """Small monthly figures whose growth is not large: chance moves them easily."""
    if scope.rhythm.months > 1:
        return np.zeros_like(growth, dtype=bool)
    level = mean if drops else scope.values
    small: Bools = (level < RULES.small) & (growth ** (-1 if drops else 1) < RULES.small_growth)
    return small


def _build_up(scope: Scope, growth: Floats) -> Bools:
    """Large series whose quarter is well above the year before it and the same quarter then."""
    y, rhythm = scope.values, scope.rhythm
    quarter = max(1, 3 // rhythm.months)
    level = mean_of(y, quarter)
    before = mean_of(y, rhythm.year, lag=quarter)
    with np.errstate(invalid="ignore", divide="ignore"):
        year_ago = level / np.maximum(shifted(level, rhythm.year), 1.0)
        risen: Bools = (
            (level >= BUILD_UP.least * rhythm.months)
            & (level / np.maximum(before, 1.0) >= BUILD_UP.growth)
            & (year_ago >= BUILD_UP.growth)
            & (y >= BUILD_UP.held * shifted(y, 1))
            & (growth / seasonal(scope, growth, 1.0) >= RULES.own_weak)
        )
    return risen


def adjusted(p: Floats, tested: Bools) -> Floats:
    """Benjamini-Hochberg adjusted p-values over the series tested in each period; NaN elsewhere.

    Benjamini & Hochberg, J. R. Statist. Soc. B 57 (1995) 289: the smallest false discovery rate at
    which a test of the period is rejected.
    """
    used = np.where(tested & ~np.isnan(p), p, np.inf)
    order = np.argsort(used, axis=1, kind="stable")
    ranked = np.take_along_axis(used, order, axis=1)
    number = np.isfinite(ranked).sum(axis=1, keepdims=True)
    rank = np.arange(1, used.shape[1] + 1)
    with np.errstate(invalid="ignore"):
        scaled = np.where(np.isfinite(ranked), ranked * number / rank, np.inf)
    least = np.minimum.accumulate(scaled[:, ::-1], axis=1)[:, ::-1]
    out = np.empty_like(used)
    np.put_along_axis(out, order, np.minimum(least, 1.0), axis=1)
    return np.where(np.isfinite(used), out, np.nan)
