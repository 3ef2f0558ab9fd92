"""The published forecast: which model for each series and range of horizons, and how wide.

Both are decided at a forecast origin from earlier forecasts whose targets had been observed by
then: the model by their scores, the width of intervals by their coverage.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.forecast.models.engine import PoolRun, to_counts
from fcm_migration.forecast.scores import INTERVALS, MEDIAN
from fcm_migration.forecast.settings import Settings

CANDIDATES = (
    "blend", "naive_blend", "naive", "ses", "naive_ses", "naive_seasonal",
)  # fmt: skip
LEAK, GAIN, NARROWEST, WIDEST = 0.8, 0.32, -0.25, 0.5
UPWARD = 0.5  # share of a widening applied to the upper side: in full it ruins the score


@dataclass(frozen=True)
class Choice:
    """The models published at one forecast origin.

    Attributes:
        models: place in CANDIDATES, series x bands.
        relative: past WIS of the published model relative to naive, own and pool's record
            combined, series x bands; NaN without a record.
        judged: number of past origins the choice is based on, by band.
    """

    models: Ints
    relative: Floats
    judged: tuple[int, ...]


def choose(run: PoolRun, row: int, settings: Settings) -> Choice:
    """Return the model chosen for every series and range of horizons at an origin.

    The default is the blend (naive beyond the trusted horizon and in pools too small for a
    regression). Another candidate is published if its past score is better by a margin; the score
    is the mean of a series' own record and its pool's, the own one weighing n / (n + shrink). With
    too few judged origins, and for series to which nothing is fitted, naive is published.
    """
    index = run.rows.index(row)
    bands = run.bands
    naive = CANDIDATES.index("naive")
    models = np.full((len(run.pool.series), len(bands)), naive)
    relative = np.full(models.shape, np.nan)
    judged = []
    for place, (low, high) in enumerate(bands):
        scores, origins = _records(run, row, low, high, settings.shrink)
        judged.append(origins)
        if 2 * origins < run.pool.spec.judged:
            continue
        trusted = run.regressed[index, low - 1] and low <= run.pool.spec.trusted
        incumbent = CANDIDATES.index("blend") if trusted else naive
        margin = settings.margin if trusted else settings.naive_margin
        best = np.argmin(scores, axis=0)
        gain = scores[incumbent] - np.take_along_axis(scores, best[None], 0)[0]
        best = np.where(gain > margin, best, incumbent)
        # a series with less than a year of history has no seasonal naive forecast
        chosen = np.where(run.fitted[index], best, naive)
        chosen = np.where(_known(run, index, chosen, low, high), chosen, naive)
        models[:, place] = chosen
        ratio = np.take_along_axis(scores, chosen[None], 0)[0] - scores[naive]
        relative[:, place] = np.where(run.fitted[index], np.exp(ratio), np.nan)
    return Choice(models, relative, tuple(judged))


def _records(run: PoolRun, row: int, low: int, high: int, shrink: float) -> tuple[Floats, int]:
    """Return log WIS of each candidate relative to naive (candidates x series), and origins."""
    fitted = run.fitted[run.rows.index(row)]
    half = run.pool.rounding / 2  # so that a series without any error does not dominate
    steps, counts, origins = [], [], 0
    for step in range(low, high + 1):
        window = _window(run, row, step)
        if not window:
            continue
        base = run.losses["naive"][window, :, step - 1]
        both = np.isfinite(base) & run.fitted[window]
        number = both.sum(axis=0)
        origins = max(origins, len(window))
        known = np.where(number > 0, number, 1)
        other = np.where(both, base, 0.0).sum(axis=0) / known
        ratios = []
        for model in CANDIDATES:
            mine = run.losses[model][window, :, step - 1]
            own = np.where(both, np.where(np.isnan(mine), base, mine), 0.0).sum(axis=0) / known
            ratios.append(np.where(number > 0, np.log((own + half) / (other + half)), np.nan))
        steps.append(np.stack(ratios))
        counts.append(number)
    if not steps:
        return np.zeros((len(CANDIDATES), len(fitted))), 0
    own, number = _mean(np.stack(steps)), np.max(np.stack(counts), axis=0)
    usable = fitted & np.isfinite(own).all(axis=0)
    pool = own[:, usable].mean(axis=1) if usable.any() else np.zeros(len(CANDIDATES))
    weight = number / (number + shrink)
    combined = (
        weight * np.where(np.isfinite(own), own, pool[:, None]) + (1 - weight) * pool[:, None]
    )
    return combined, origins if usable.any() else 0


def _mean(values: Floats) -> Floats:
    """Return the mean of the known values over the first axis; NaN where none is known."""
    known = np.isfinite(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    mean: Floats = np.where(known.any(axis=0), total / np.maximum(known.sum(axis=0), 1), np.nan)
    return mean


def _window(run: PoolRun, row: int, step: int) -> list[int]:
    """Return the places of the judged origins: the newest with a target observed by a row."""
    newest = row - step
    return [
        place
        for place, origin in enumerate(run.rows)
        if newest - run.pool.spec.judged < origin <= newest
    ]


def _known(run: PoolRun, index: int, chosen: Ints, low: int, high: int) -> Bools:
    known = np.ones(len(chosen), dtype=np.bool_)
    for place, model in enumerate(CANDIDATES):
        made = np.isfinite(run.logs[model][index][:, low - 1 : high]).all(axis=(1, 2))
        known &= (chosen != place) | made
    return known


def published(run: PoolRun, row: int, choice: Choice) -> Floats:
    """Return published quantiles in counts (series x horizon x QUANTILE_LEVELS) at an origin."""
    index = run.rows.index(row)
    models = _by_step(run, choice)
    logs = _picked(run, index, models)
    for step in range(1, run.horizon + 1):
        factors = _factors(run, row, step, models[:, step - 1])
        wide = _widened(logs[:, step - 1], factors)
        logs[:, step - 1] = np.where(run.fitted[index][:, None], wide, logs[:, step - 1])
    return run.counts(logs, index)


def _by_step(run: PoolRun, choice: Choice) -> Ints:
    """Return the place in CANDIDATES, series x horizon."""
    which = [place for place, (low, high) in enumerate(run.bands) for _ in range(low, high + 1)]
    places: Ints = choice.models[:, which]
    return places


def _picked(run: PoolRun, index: int, models: Ints) -> Floats:
    """Log quantiles of each series' model: series x horizon x QUANTILE_LEVELS."""
    logs: Floats = run.logs["naive"][index].copy()
    for place, model in enumerate(CANDIDATES):
        where = models == place
        logs[where] = run.logs[model][index][where]
    return logs


def _factors(run: PoolRun, row: int, step: int, models: Ints) -> Floats:
    """Return by how much each of INTERVALS is widened (log), by adaptive conformal inference.

    After every judged origin whose target is known, f <- LEAK f + GAIN (share missed - nominal),
    within bounds (Gibbs and Candes 2021, Adaptive conformal inference under distribution shift;
    without leak and bounds it costs more in score than it gains). It starts from zero at the first
    judged origin, so it does not depend on what else is computed.
    """
    window = _window(run, row, step)
    columns = np.flatnonzero(run.fitted[run.rows.index(row)])
    factors = np.zeros(len(INTERVALS))
    if not window or not len(columns):
        return factors
    logs = run.logs["naive"][window, :, step - 1][:, columns]
    for place in np.unique(models[columns]):
        mine = models[columns] == place
        logs[:, mine] = run.logs[CANDIDATES[place]][window, :, step - 1][:, columns[mine]]
    observed = run.observed[window, :, step - 1][:, columns]
    used = run.fitted[window][:, columns] & np.isfinite(observed)
    ceiling = run.ceiling[window, :, step - 1][:, columns]
    for at in np.flatnonzero(used.any(axis=1)):
        wide = _widened(logs[at], factors)[:, None]
        made = to_counts(wide, ceiling[at][:, None], run.pool.rounding[columns])[:, 0]
        for level, (percent, low, high) in enumerate(INTERVALS):
            inside = (observed[at] >= made[:, low]) & (observed[at] <= made[:, high])
            missed = 1.0 - inside[used[at]].mean()
            moved = LEAK * factors[level] + GAIN * (missed - (1 - percent / 100))
            factors[level] = np.clip(moved, NARROWEST, WIDEST)
    return factors


def _widened(logs: Floats, factors: Floats) -> Floats:
    """Return quantiles (last axis) moved away from the median; the upper side by less."""
    stretch = np.ones(logs.shape[-1])
    for (_, low, high), factor in zip(INTERVALS, factors, strict=True):
        stretch[low], stretch[high] = np.exp(factor), np.exp(UPWARD * factor)
    middle = logs[..., MEDIAN : MEDIAN + 1]
    moved: Floats = middle + (logs - middle) * stretch
    return moved
