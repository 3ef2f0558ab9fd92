"""Naive and seasonal naive forecasts with intervals calibrated on pooled past errors.

An error is measured in units of its own series' scale (see :func:`panel.scales`), so the errors of
all series of a pool calibrate each other's intervals. Only errors whose target had been observed by
the forecast origin are used. What the scale of a too short series has not seen yet is filled with
the movement of longer ones (see :func:`panel.unseen_movement`).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from fcm_migration.arrays import Floats, Ints
from fcm_migration.forecast.panel import (
    MOVED_SHARE,
    Pool,
    means,
    scales,
    unseen_movement,
    weights,
)
from fcm_migration.forecast.scores import MEDIAN, QUANTILE_LEVELS, Z_SCORES
from fcm_migration.forecast.settings import SIZES, Settings

MEMBERS = ("naive", "seasonal_naive")


class Calibrated:
    """A pool prepared once: scales, weights and scaled errors of both members by horizon."""

    def __init__(self, pool: Pool, horizon: int, settings: Settings) -> None:
        self._settings = settings
        self._z = pool.filled()
        self._season, self._memory = pool.spec.season, pool.spec.memory
        level = means(pool.values, 2 * self._season)
        self._weight = weights(pool.values, level, settings.min_level)
        self._size = np.digitize(level, SIZES)
        self.scale = scales(self._z, pool.values, pool.rounding, self._season)
        self.scale += MOVED_SHARE * unseen_movement(pool, self._size)
        self._observed = ~np.isnan(pool.values)
        self._errors = {
            (member, step): self._scaled_errors(member, step)
            for member in MEMBERS
            for step in range(1, horizon + 1)
        }

    def centre(self, member: str, row: int, step: int) -> Floats:
        """Return a member's point forecast (log scale) of every series, ``step`` periods ahead."""
        seasonal = member == "seasonal_naive"
        source = row + step - self._season * (1 + (step - 1) // self._season) if seasonal else row
        centre: Floats = np.full(self._z.shape[1], np.nan) if source < 0 else self._z[source]
        return centre

    def _scaled_errors(self, member: str, step: int) -> Errors:
        """Return (observed - centre) / scale of every origin row with both, in rising order."""
        rows = len(self._z) - step
        errors = np.full_like(self._z, np.nan)
        for row in range(max(rows, 0)):
            known = self._observed[row] & self._observed[row + step]
            error = (self._z[row + step] - self.centre(member, row, step)) / self.scale[row]
            errors[row, known] = error[known]
        origin, column = np.nonzero(np.isfinite(errors))
        found = errors[origin, column]
        order = np.argsort(found, kind="stable")
        origin, column = origin[order], column[order]
        return Errors(
            found[order], origin, self._size[origin, column], self._weight[origin, column]
        )

    def quantiles(self, member: str, row: int, step: int) -> Floats:
        """Return quantiles (log scale, series x QUANTILE_LEVELS) of a forecast made at a row.

        Series are calibrated by the errors of their size class, or of all series where these are
        few: counts near zero err in a different way. With too few errors in the whole pool, the
        quantiles are those of a normal random walk with the series' own scale.
        """
        errors = self._errors[member, step]
        seen = (errors.row >= max(0, row - self._memory)) & (errors.row <= row - step)
        known, size, weight = errors.value[seen], errors.size[seen], errors.weight[seen]
        spread = np.empty((self._z.shape[1], len(QUANTILE_LEVELS)))
        for wanted in np.unique(self._size[row]):
            alike = size == wanted
            if alike.sum() < self._settings.min_pool:
                alike = np.ones_like(alike)
            enough = alike.sum() >= self._settings.min_pool
            spread[self._size[row] == wanted] = (
                centred(sorted_quantiles(known[alike], weight[alike]))
                if enough
                else np.sqrt(step) * np.array(Z_SCORES)
            )
        centre = self.centre(member, row, step)
        made: Floats = centre[:, None] + self.scale[row][:, None] * spread
        return made


@dataclass(frozen=True)
class Errors:
    """Scaled errors in rising order, with origin row, size class and weight of each."""

    value: Floats
    row: Ints
    size: Ints
    weight: Floats


def centred(quantiles: Floats) -> Floats:
    """Return the quantiles less their median, so that a naive forecast's median is the last value.

    A past drift of the pool (a route that was new, peaks that weigh more) is not extrapolated.
    """
    moved: Floats = quantiles - quantiles[MEDIAN]
    return moved


def weighted_quantiles(values: Floats, weights: Floats) -> Floats:
    """Return weighted empirical quantiles at QUANTILE_LEVELS, linear between weight mid-points."""
    order = np.argsort(values, kind="stable")
    return sorted_quantiles(values[order], weights[order])


def sorted_quantiles(values: Floats, weights: Floats) -> Floats:
    """Return :func:`weighted_quantiles` of values in rising order.

    A level beyond the outermost mid-point lies on the tail of a normal distribution that has the
    sample's median and passes through the outermost value: a few errors do not bound the next one.
    Where the outermost value holds the quartile itself, it is too heavy to tell a tail, and every
    level beyond it is that value.
    """
    position = (np.cumsum(weights) - 0.5 * weights) / weights.sum()
    found: Floats = np.interp(QUANTILE_LEVELS, position, values)
    for end, quartile, beyond in ((0, 0.25, np.less), (-1, 0.75, np.greater)):
        edge = float(position[end])
        if beyond(edge, quartile):
            outside = beyond(QUANTILE_LEVELS, edge)
            ratio = np.array(Z_SCORES)[outside] / NormalDist().inv_cdf(edge)
            found[outside] = found[MEDIAN] + ratio * (values[end] - found[MEDIAN])
    return found
