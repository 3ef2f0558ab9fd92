"""How surprising a figure is beside the mean of the year before it, calibrated on quiet periods.

The deviance residual of a negative binomial with a dispersion by size measures surprise; how often
quiet periods of the same source were as surprising is its p-value. Both are estimated anew for
every calendar year from the years before it, so that nothing later is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import mean_of, shifted, sum_of
from fcm_migration.trends.watch.settings import (
    ACTIVE_SUM,
    ALPHA_FLOOR,
    BANDS,
    LEAST_PAIRS,
    PRIOR_ALPHA,
    PRIOR_DROPS,
    PRIOR_NULL,
    PRIOR_WEIGHT,
    QUIET,
)


@dataclass(frozen=True)
class Calibration:
    """What one source taught before one year.

    Attributes:
        alpha: dispersion by size band (BANDS) of a month's mean.
        surges: surprises of quiet periods, sorted.
        drops: their negatives, sorted.
    """

    alpha: Floats
    surges: Floats
    drops: Floats


def baseline(scope: Scope) -> Floats:
    """Mean of the year before each period, at least 1."""
    return np.maximum(mean_of(scope.values, scope.rhythm.year, lag=1), 1.0)


def active(scope: Scope) -> Bools:
    """Whether a series has enough in the two years up to each period to be tested."""
    known = ~np.isnan(scope.values)
    return known & (sum_of(scope.values, scope.rhythm.active) >= ACTIVE_SUM)


def tested(scope: Scope) -> Bools:
    """Active periods that have enough of a past to be judged: the denominator of every rate."""
    past = mean_of(scope.values, scope.rhythm.year, lag=scope.rhythm.recent)
    return active(scope) & ~np.isnan(past)


def surprise(values: Floats, mean: Floats, alpha: Floats) -> Floats:
    """Signed square root of the negative binomial deviance of ``values`` at ``mean``.

    Variance is mean + alpha mean^2; see McCullagh & Nelder, Generalized Linear Models, 1989.
    """
    size = 1.0 / alpha
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(values > 0, values * np.log(np.maximum(values, 1e-9) / mean), 0.0)
        deviance = 2.0 * (own - (values + size) * np.log((values + size) / (mean + size)))
    signed: Floats = np.sign(values - mean) * np.sqrt(np.maximum(deviance, 0.0))
    return signed


def dispersion(mean: Floats, calibration: Calibration, months: int) -> Floats:
    """Dispersion for a mean per period of ``months`` months; longer periods vary less."""
    band = np.searchsorted(BANDS, np.nan_to_num(mean) / months, side="right")
    spread: Floats = calibration.alpha[band] * (1.0 if months == 1 else 2.0 / 3.0)
    return spread


def calibrations(scopes: Sequence[Scope]) -> Mapping[int, Calibration]:
    """Calibration of one source for every calendar year its scopes reach.

    Args:
        scopes: the scopes of one source and frequency, each series in one scope only.

    Returns:
        by year: estimated from the periods before it alone.
    """
    years = {period.year for scope in scopes for period in scope.periods}
    pairs = [_pairs(scope) for scope in scopes]
    return {year: _calibrated(scopes, pairs, year) for year in sorted(years)}


def p_values(z: Floats, calibration: Calibration, *, drops: bool = False) -> Floats:
    """Share of quiet periods at least as surprising as ``z``; NaN where ``z`` is.

    The source's own quiet periods count each; the declared ones (PRIOR_NULL, PRIOR_DROPS)
    count as PRIOR_WEIGHT periods together.
    """
    own = calibration.drops if drops else calibration.surges
    signed = -z if drops else z
    above = len(own) - np.searchsorted(own, signed, side="left")
    levels = np.array(PRIOR_DROPS if drops else PRIOR_NULL)
    prior = np.exp(np.interp(signed, levels[:, 0], np.log(levels[:, 1])))
    share: Floats = (above + PRIOR_WEIGHT * prior) / (len(own) + PRIOR_WEIGHT)
    return np.where(np.isnan(z), np.nan, share)


@dataclass(frozen=True)
class _Pairs:
    """Figures beside their baselines, and when it is known that they were quiet."""

    year: Ints
    value: Floats
    mean: Floats
    months: int
    quiet_from: Ints  # year from which the period is known as quiet; 9999 if it is not


def _pairs(scope: Scope) -> _Pairs:
    rhythm = scope.rhythm
    mean = mean_of(scope.values, rhythm.year, lag=1)
    next_year = shifted(mean_of(scope.values, rhythm.year), -rhythm.year)
    floored = np.maximum(mean, 1.0)
    with np.errstate(invalid="ignore"):
        change = next_year / floored
        quiet = (mean >= QUIET.least * rhythm.months) & (change >= QUIET.low)
        quiet &= change <= QUIET.high
    years = np.array([period.year for period in scope.periods])
    known = shifted(years[:, None].astype(np.float64), -rhythm.year)  # year of the last one needed
    known_from = np.where(np.isnan(known), 9999, known + 1).astype(np.int64)
    usable = active(scope) & ~np.isnan(mean)
    rows = np.broadcast_to(years[:, None], mean.shape)[usable]
    since = np.broadcast_to(known_from, mean.shape)[usable]
    return _Pairs(
        rows,
        scope.values[usable],
        floored[usable],
        rhythm.months,
        np.where(quiet[usable], since, 9999),
    )


def _calibrated(scopes: Sequence[Scope], pairs: Sequence[_Pairs], year: int) -> Calibration:
    months = scopes[0].rhythm.months
    past = [pair.year < year for pair in pairs]
    value = np.concatenate([p.value[keep] for p, keep in zip(pairs, past, strict=True)])
    mean = np.concatenate([p.mean[keep] for p, keep in zip(pairs, past, strict=True)])
    alpha = _alphas(value / months, mean / months)
    known = Calibration(alpha, np.empty(0), np.empty(0))
    quiet = [pair.quiet_from <= year for pair in pairs]
    value = np.concatenate([p.value[keep] for p, keep in zip(pairs, quiet, strict=True)])
    mean = np.concatenate([p.mean[keep] for p, keep in zip(pairs, quiet, strict=True)])
    z = surprise(value, mean, dispersion(mean, known, months))
    return Calibration(alpha, np.sort(z), np.sort(-z))


def _alphas(value: Floats, mean: Floats) -> Floats:
    """Dispersion by band: the robust variance of log ratios less what counting alone makes.

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
