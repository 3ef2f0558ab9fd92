"""Farrington-flexible: expected counts and upper bounds by quasi-Poisson regression.

Noufaily et al. (2013), Statistics in Medicine 32, 1206-1222, as the R package surveillance 1.20.3
computes it (``farringtonFlexible``; Salmon, Schumacher and Hoehle 2016, Journal of Statistical
Software 70(10)). Counted back from a month the design is the same for every month, so that all
months of all series are one batch; its columns are groups of calendar months and one trend, so that
the normal equations have a closed solution.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.errors import UsageError
from fcm_migration.studies.alerts.baselines.regression import Batch, Reference, regression, sums_of

AT_ONCE = 500  # regressions worked on together: few enough for the processor's cache


@dataclass(frozen=True)
class Settings:
    """Arguments of ``farringtonFlexible``, under plainer names.

    Attributes:
        years: b, years back.
        year: periods of a year: 12; a quarterly series has 4.
        half_window: w, months beside the same month of a year ago that count as the same season.
        seasons: noPeriods, groups of calendar months, that of the same season included.
        trend: whether a trend is fitted. It is kept (pThresholdTrend 1) unless it leads to expect
            more than was ever observed in the reference months.
        method: threshold by negative-binomial quantile of the mean (nbPlugin), of the upper
            quantile of the mean (muan), or by the delta method on the 2/3 power (delta).
        alpha: upper tail beyond the threshold.
        residual: standardised Anscombe residual from which a reference month weighs less.
        skipped: pastWeeksNotIncluded, newest months left out beside the current one.
        least, least_months: limit54, the sum of newest months under which nothing is said.
    """

    years: int = 5
    year: int = 12
    half_window: int = 1
    seasons: int = 10
    trend: bool = True
    method: Literal["nbPlugin", "muan", "delta"] = "nbPlugin"
    alpha: float = 0.01
    residual: float = 2.58
    skipped: int = 6
    least: float = 5.0
    least_months: int = 4

    @property
    def reach(self) -> int:
        """Months back of the oldest reference month."""
        return self.year * self.years + self.half_window


FLEXIBLE = Settings()


@dataclass(frozen=True)
class Expected:
    """Expected count and upper bound of every month of every series; NaN where there is none.

    Attributes:
        expected: expected count.
        upper: upper bound.
        phi: dispersion, at least 1.
        mean: mean of the distribution whose quantile is the upper bound (mu0 in R; under muan the
            mean's own upper quantile; R's own mu0 under delta has no meaning and is not copied).
        has_trend: 1 where a trend was kept, else 0.
        score: (count - expected) / (upper - expected), an alarm above 1. R's own score subtracts
            the logarithm of the mean under nbPlugin and muan; above 1 both agree. Where nothing is
            expected, so that mean and threshold are zero, the count itself.
    """

    expected: Floats
    upper: Floats
    phi: Floats
    mean: Floats
    has_trend: Floats
    score: Floats


@dataclass(frozen=True)
class _Robust:
    """Prediction of a reweighted regression for the current month, one row each.

    Attributes:
        level: logarithm of the mean.
        error: its standard error, as R has it.
        phi: dispersion, at least 1.
        converged: whether the first regression did.
    """

    level: Floats
    error: Floats
    phi: Floats
    converged: Bools


def farrington(
    counts: Floats, settings: Settings = FLEXIBLE, exposure: Floats | None = None
) -> Expected:
    """Return expected count and upper bound of every month, from the years before it.

    Args:
        counts: months x series, a row for every calendar month, NaN where unknown.
        settings: see :class:`Settings`.
        exposure: months x 1 or months x series, population of which the counts are a share (R's
            offset); a month where it is zero or unknown is unknown.

    Returns:
        arrays months x series; NaN before ``years`` years and ``half_window`` months of history,
        where all reference months of the current season are unknown, where the month itself is
        unknown, and where the newest months sum to less than ``least``.

    Raises:
        UsageError: negative counts, or more seasons than a year leaves room for.
    """
    counts = np.asarray(counts, dtype=np.float64)
    reference = reference_of(settings)
    if np.nanmin(counts, initial=0.0) < 0:
        raise UsageError("a regression on counts", expected="none below zero")
    offset = np.zeros_like(counts)
    if exposure is not None:
        offset = np.log(np.where(exposure > 0, exposure, np.nan)) + offset
        counts = np.where(np.isnan(offset), np.nan, counts)
    wanted = (_recent(counts, settings.least_months) >= settings.least) & ~np.isnan(counts)
    wanted[: settings.reach] = False
    made = _fitted(counts, offset, wanted, reference, settings)
    wanted &= ~np.isnan(made["u"])
    mean, upper = (np.where(wanted, made[name], np.nan) for name in ("mean", "u"))
    score = (counts - mean) / np.where(upper > mean, upper - mean, 1.0)
    return Expected(mean, upper, made["phi"], made["mu"], made["trend"], score)


def _fitted(
    counts: Floats, offset: Floats, wanted: Bools, reference: Reference, settings: Settings
) -> dict[str, Floats]:
    """Return the figures of :func:`_thresholds` for the wanted months, each months x series."""
    made = {name: np.full(counts.shape, np.nan) for name in ("mean", "phi", "trend", "u", "mu")}
    first = settings.reach
    rows, columns = np.nonzero(wanted)
    if not len(rows):
        return made
    back = first + reference.times.astype(np.int64)
    windows, offsets = _windows(counts, first), _windows(offset, first)
    for start in range(0, len(rows), AT_ONCE):
        row, column = rows[start : start + AT_ONCE], columns[start : start + AT_ONCE]
        past, offs = windows[row - first, column][:, back], offsets[row - first, column]
        batch = Batch(past, np.nan_to_num(offs[:, back]), offset[row, column])
        for name, part in _thresholds(batch, reference, settings).items():
            made[name][row, column] = part
    return made


def reference_of(settings: Settings) -> Reference:
    """Return the groups of the reference months; the last is that of the current month.

    What lies between two windows is split into equal groups, the first ones a month longer where
    it does not divide; with one group only the windows count.
    """
    between = settings.year - 2 * settings.half_window - 1
    others = settings.seasons - 1
    if settings.half_window < 0 or not 0 <= others <= between:
        raise UsageError("seasons of a year", expected=f"1 to {between + 1}", got=settings.seasons)
    after = np.full(between, -1)
    for group, months in enumerate(np.array_split(np.arange(between), max(1, others))):
        after[months] = group if others else -1
    window = np.full(2 * settings.half_window + 1, others)
    years = np.tile(np.concatenate([window, after]), settings.years)
    groups = np.concatenate([years, window[: settings.half_window]])
    times = np.arange(-settings.reach, 0)
    kept = (groups >= 0) & (times < -settings.skipped)
    chosen = groups[kept].astype(np.int64)
    members = (chosen[:, None] == np.arange(settings.seasons)).astype(np.float64)
    return Reference(chosen, times[kept].astype(np.float64), members)


def _windows(values: Floats, months: int) -> Floats:
    return np.lib.stride_tricks.sliding_window_view(values, months, axis=0)


def _recent(counts: Floats, months: int) -> Floats:
    """Return the sum of the known newest months; NaN where there are fewer months."""
    summed = np.full(counts.shape, np.nan)
    if len(counts) >= months:
        summed[months - 1 :] = np.nansum(_windows(counts, months), axis=-1)
    return summed


def _thresholds(batch: Batch, reference: Reference, settings: Settings) -> dict[str, Floats]:
    """Return expected count, upper bound, dispersion and trend of one batch."""
    own = _robust(batch, reference, settings, trend=settings.trend)
    has_trend = np.zeros(len(batch.now), dtype=np.bool_)
    if settings.trend:
        highest = np.max(np.nan_to_num(batch.counts, nan=-1.0), axis=1)
        with np.errstate(over="ignore"):  # a trend without bounds is none
            has_trend = own.converged & (np.exp(own.level) <= highest)
        flat = _robust(batch.at(~has_trend), reference, settings, trend=False)
        for name in ("level", "error", "phi", "converged"):
            getattr(own, name)[~has_trend] = getattr(flat, name)
    level = np.where(own.converged, own.level, np.nan)
    mean, phi = np.exp(level), np.where(own.converged, own.phi, np.nan)
    standing, upper = _upper(level, own.error, phi, settings)
    trend = np.where(own.converged, has_trend, np.nan)
    return {"mean": mean, "u": upper, "phi": phi, "trend": trend, "mu": standing}


def _upper(level: Floats, error: Floats, phi: Floats, settings: Settings) -> tuple[Floats, Floats]:
    """Return the mean of the distribution, and the upper bound as its quantile."""
    from scipy.stats import nbinom, norm, poisson

    beyond = float(norm.ppf(1.0 - settings.alpha))
    mean = np.exp(level)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        quantile = np.exp(level + beyond * error)
        if settings.method == "delta":
            spread = np.sqrt(4.0 / 9.0 * np.cbrt(mean) * (phi + mean * error**2))
            return quantile, (mean ** (2.0 / 3.0) + beyond * spread) ** 1.5
        standing = mean if settings.method == "nbPlugin" else quantile
        usable = np.where(np.isfinite(standing), standing, np.nan)
        upper = np.full(len(level), np.nan)
        wide = phi > 1.0
        upper[wide] = nbinom.ppf(
            1.0 - settings.alpha, usable[wide] / (phi[wide] - 1.0), 1.0 / phi[wide]
        )
        upper[~wide] = poisson.ppf(1.0 - settings.alpha, usable[~wide])
    return standing, upper


def _robust(batch: Batch, reference: Reference, settings: Settings, *, trend: bool) -> _Robust:
    """Fit, give less weight to months far above their mean, and fit again."""
    known = (~np.isnan(batch.counts)).astype(np.float64)
    filled = replace(batch, counts=np.nan_to_num(batch.counts))
    counts = filled.counts
    fit = regression(filled, known, reference, trend=trend)
    used = known @ reference.members > 0
    free = known.sum(axis=1) - used.sum(axis=1) - trend
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        off = (counts - fit.mean) / fit.mean
        phi = np.maximum((fit.weight * off**2).sum(axis=1) / free, 1.0)
        sums = sums_of(fit.weight, reference, trend=trend)
        lever = 1.0 / sums.total[:, reference.groups] + sums.centred**2 / sums.squares[:, None]
        hat = fit.weight * lever
        residual = 1.5 * (np.cbrt(counts) ** 2 * fit.mean ** (-1.0 / 6.0) - np.sqrt(fit.mean))
        residual /= np.sqrt(phi[:, None] * (1.0 - hat))
        share = np.where(residual > settings.residual, residual**-2.0, 1.0) * known
        prior = share * (known.sum(axis=1) / share.sum(axis=1))[:, None]
        fit = replace(regression(filled, prior, reference, trend=trend), converged=fit.converged)
        off = (counts - fit.mean) / fit.mean
        phi = np.maximum((fit.weight * off**2).sum(axis=1) / free, 1.0)
        # R has put the prior weights in the place of the working weights by the time it predicts
        scale = (prior * off**2).sum(axis=1) / free
        sums = sums_of(fit.weight, reference, trend=trend)
        now = reference.current
        variance = 1.0 / sums.total[:, now] + (sums.centre[:, now] ** 2 / sums.squares)
        error = np.sqrt(scale * variance)
    usable = fit.converged & used[:, now] & (free > 0)
    return _Robust(fit.level[:, now] + batch.now, error, phi, usable)
