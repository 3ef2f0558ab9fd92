"""Ramps of known size, added to quiet stretches of real series.

After Enki et al., PLoS ONE 11 (2016) e0160759, who added outbreaks to real counts of a surveillance
system. Here a series' own figures are multiplied by a factor that rises over some months and then
stays, and are rounded as the publisher rounds. Noise grows with the level, as in real rises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.trends.detection.residuals import active
from fcm_migration.trends.detection.settings import QUIET, RULES
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import mean_of, shifted

BANDS = (20.0, 50.0, 200.0, 1000.0)  # mean of a month
NEAR = 1.5  # a window belongs to a band if its mean is at most so many times as large or small
EVERY = 3  # months from one window of a series to its next


@dataclass(frozen=True)
class Spot:
    """Where a ramp is put: first row of the rise, column, and the band of the mean before it."""

    row: int
    series: int
    band: int


def quiet_spots(scope: Scope) -> list[Spot]:
    """Return every third quiet month of active series near one of the sizes, by row and series.

    Two years precede each and one follows it. Quiet is defined as in
    :mod:`fcm_migration.trends.detection.residuals`: the year after is like the year before.
    """
    year = scope.spec.year
    mean = mean_of(scope.values, year, lag=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        change = shifted(mean_of(scope.values, year), -year) / mean
        quiet = (mean >= QUIET.least) & (change >= QUIET.low) & (change <= QUIET.high)
        apart = np.abs(np.log(mean[..., None] / np.array(BANDS)))
    near = np.min(np.nan_to_num(apart, nan=np.inf), axis=-1) <= np.log(NEAR)
    band = np.argmin(np.nan_to_num(apart, nan=np.inf), axis=-1)
    rows = np.arange(len(mean))
    due = ((rows >= 2 * year) & (rows % EVERY == 0))[:, None]
    found = np.argwhere(quiet & near & due & active(scope))
    return [Spot(int(row), int(series), int(band[row, series])) for row, series in found]


def ramped(values: Floats, factor: float, ramp: int, rounding: float) -> Floats:
    """Return consecutive months multiplied by a factor that rises to its full size and stays.

    Args:
        values: counts from the first month of the rise on.
        factor: reached in month ``ramp``.
        ramp: months until then, in equal steps.
        rounding: what the publisher rounds to.
    """
    grown = np.minimum(np.arange(1, len(values) + 1) / ramp, 1.0)
    changed: Floats = np.round(values * (1.0 + (factor - 1.0) * grown) / rounding) * rounding
    return changed


def put(
    values: Floats, scope: Scope, spot: Spot, factor: float, ramp: int, column: int, reach: int
) -> None:
    """Put a ramp into ``column`` of ``values`` from the spot on, for ``reach`` months."""
    rows = slice(spot.row, spot.row + reach)
    rounding = scope.facts.item(spot.series, "rounding") or 1
    values[rows, column] = ramped(scope.values[rows, spot.series], factor, ramp, float(rounding))


def memory(scope: Scope) -> int:
    """Return how many months before a figure the rules use."""
    spec = scope.spec
    return max(spec.year * (RULES.seasons + 1) + spec.recent, spec.active)


def packs(spots: Sequence[Spot], reach: int, forgets: int) -> list[list[int]]:
    """Return the numbers of the spots of each copy; each spot goes to the first copy with room.

    Args:
        spots: by row.
        reach: months that a ramp lasts; no two of a copy share one.
        forgets: months after it before the same series may rise again.
    """
    copies: list[list[int]] = []
    free: list[int] = []  # first month of each copy in which none rises any more
    used: list[dict[int, int]] = []  # first month in which a series has forgotten its last rise
    for number, spot in enumerate(spots):
        for pack, series in enumerate(used):
            if free[pack] <= spot.row and series.get(spot.series, 0) <= spot.row:
                break
        else:
            pack = len(copies)
            copies.append([])
            free.append(0)
            used.append({})
        copies[pack].append(number)
        free[pack] = spot.row + reach
        used[pack][spot.series] = spot.row + reach + forgets
    return copies
