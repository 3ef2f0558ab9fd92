"""Deviance residuals against the mean of the year before, and their empirical p-values.

The residual is that of a negative binomial whose dispersion depends on size. Its p-value is the
share of quiet periods of the same source with at least as large a residual. Dispersion and p-values
are estimated anew for every calendar year from earlier years only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.trends.detection.settings import (
    ALPHA_FLOOR,
    BANDS,
    LEAST_PAIRS,
    PRIOR_ALPHA,
    PRIOR_DROPS,
    PRIOR_SURGES,
    PRIOR_WEIGHT,
    QUIET,
)
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import mean_of, shifted, sum_of
from fcm_migration.trends.watch.settings import ACTIVE_SUM


@dataclass(frozen=True)
class Calibration:
    """Calibration of one source for one year, estimated from earlier years.

    Attributes:
        alpha: dispersion by size band (BANDS) of a month's mean.
        surges: deviance residuals of quiet periods, sorted.
        drops: their negatives, sorted.
    """

    alpha: Floats
    surges: Floats
    drops: Floats


def expected_level(scope: Scope) -> Floats:
    """Return the mean of the year before each period, at least 1, T x N."""
    return np.maximum(mean_of(scope.values, scope.spec.year, lag=1), 1.0)


def active(scope: Scope) -> Bools:
    """Flag series whose sum over the two years up to a period is at least ACTIVE_SUM, T x N."""
    known = ~np.isnan(scope.values)
    return known & (sum_of(scope.values, scope.spec.active) >= ACTIVE_SUM)


def tested(scope: Scope) -> Bools:
    """Flag the active periods with enough history to be tested (denominator of rates), T x N."""
    past = mean_of(scope.values, scope.spec.year, lag=scope.spec.recent)
    return active(scope) & ~np.isnan(past)


def deviance_residual(values: Floats, mean: Floats, alpha: Floats) -> Floats:
    """Return the signed square root of the negative binomial deviance of ``values`` at ``mean``.

    The variance is mean + alpha mean^2; see McCullagh & Nelder, Generalized Linear Models, 1989.
    """
    size = 1.0 / alpha
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(values > 0, values * np.log(np.maximum(values, 1e-9) / mean), 0.0)
        deviance = 2.0 * (own - (values + size) * np.log((values + size) / (mean + size)))
    signed: Floats = np.sign(values - mean) * np.sqrt(np.maximum(deviance, 0.0))
    return signed


def dispersion(mean: Floats, calibration: Calibration, months: int) -> Floats:
    """Return the dispersion at a mean per period of ``months`` months; longer periods vary less."""
    band = np.searchsorted(BANDS, np.nan_to_num(mean) / months, side="right")
    spread: Floats = calibration.alpha[band] * (1.0 if months == 1 else 2.0 / 3.0)
    return spread


def calibrations(scopes: Sequence[Scope]) -> Mapping[int, Calibration]:
    """Return the calibration of each calendar year that the scopes reach.

    Args:
        scopes: scopes of one source and frequency; each series is in one scope only.
    """
    years = {period.year for scope in scopes for period in scope.periods}
    pairs = [_pairs(scope) for scope in scopes]
    return {year: _calibrated(scopes, pairs, year) for year in sorted(years)}


def p_values(z: Floats, calibration: Calibration, *, drops: bool = False) -> Floats:
    """Return the share of quiet periods with residuals at least as large as ``z``; NaN where it is.

    The declared distribution (PRIOR_SURGES, PRIOR_DROPS) counts as PRIOR_WEIGHT quiet periods
    beside the source's own.
    """
    own = calibration.drops if drops else calibration.surges
    signed = -z if drops else z
    above = len(own) - np.searchsorted(own, signed, side="left")
    declared = np.array(PRIOR_DROPS if drops else PRIOR_SURGES)
    prior = np.exp(np.interp(signed, declared[:, 0], np.log(declared[:, 1])))
    share: Floats = (above + PRIOR_WEIGHT * prior) / (len(own) + PRIOR_WEIGHT)
    return np.where(np.isnan(z), np.nan, share)


@dataclass(frozen=True)
class _Pairs:
    """Figures, means of the year before each, and the year from which a period counts as quiet."""

    year: Ints
    value: Floats
    mean: Floats
    months: int
    quiet_from: Ints  # year from which the period is known as quiet; 9999 if it is not


def _pairs(scope: Scope) -> _Pairs:
    spec = scope.spec
    mean = mean_of(scope.values, spec.year, lag=1)
    next_year = shifted(mean_of(scope.values, spec.year), -spec.year)
    floored = np.maximum(mean, 1.0)
    with np.errstate(invalid="ignore"):
        change = next_year / floored
        quiet = (mean >= QUIET.least * spec.months) & (change >= QUIET.low)
        quiet &= change <= QUIET.high
    years = np.array([period.year for period in scope.periods])
    known = shifted(years[:, None].astype(np.float64), -spec.year)  # year of the last one needed
    known_from = np.where(np.isnan(known), 9999, known + 1).astype(np.int64)
    usable = active(scope) & ~np.isnan(mean)
    rows = np.broadcast_to(years[:, None], mean.shape)[usable]
    since = np.broadcast_to(known_from, mean.shape)[usable]
    return _Pairs(
        rows,
        scope.values[usable],
        floored[usable],
        spec.months,
        np.where(quiet[usable], since, 9999),
    )


def _calibrated(scopes: Sequence[Scope], pairs: Sequence[_Pairs], year: int) -> Calibration:
    months = scopes[0].spec.months
    past = [pair.year < year for pair in pairs]
    value = np.concatenate([p.value[keep] for p, keep in zip(pairs, past, strict=True)])
    mean = np.concatenate([p.mean[keep] for p, keep in zip(pairs, past, strict=True)])
    alpha = _alphas(value / months, mean / months)
    known = Calibration(alpha, np.empty(0), np.empty(0))
    quiet = [pair.quiet_from <= year for pair in pairs]
    value = np.concatenate([p.value[keep] for p, keep in zip(pairs, quiet, strict=True)])
    mean = np.concatenate([p.mean[keep] for p, keep in zip(pairs, quiet, strict=True)])
    z = deviance_residual(value, mean, dispersion(mean, known, months))
    return Calibration(alpha, np.sort(z), np.sort(-z))


def _alphas(value: Floats, mean: Floats) -> Floats:
    """Return the dispersion of each size band: robust variance of log ratios less Poisson variance.

    max(floor, (1.4826 MAD log((y+5)/(m+5)))^2 - median((m+8.3)/(m+5)^2)); 8.3 is the variance of
    rounding to 10.
    """
    alpha = np.array(PRIOR_ALPHA)
    band = np.searchsorted(BANDS, mean, side="right")
    for number in range(len(alpha)):
        chosen = band == number
        if chosen.sum() < LEAST_PAIRS:
            continue
        ratio = np.log((value[chosen] + 5.0) / (mean[chosen] + 5.0))
        spread = 1.4826 * np.median(np.abs(ratio - np.median(ratio)))
        counting = np.median((mean[chosen] + 8.3) / (mean[chosen] + 5.0) ** 2)
        alpha[number] = max(ALPHA_FLOOR, spread**2 - counting)
    return alpha
