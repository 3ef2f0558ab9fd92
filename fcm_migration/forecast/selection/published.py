"""Published forecast of an origin: models mixed by their shares, intervals widened as needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.forecast.models.engine import PoolRun
from fcm_migration.forecast.selection.doubt import doubted, doubts, jumps
from fcm_migration.forecast.selection.shares import Shares, mixed, shares
from fcm_migration.forecast.selection.width import widen
from fcm_migration.forecast.settings import Settings


@dataclass(frozen=True)
class Published:
    """The published forecast of one forecast origin.

    Attributes:
        counts: quantiles in counts, series x horizon x QUANTILE_LEVELS.
        shares: the models it is made of.
        doubt: probability that the newest figure passes, by series; 0 where it is not doubted.
    """

    counts: Floats
    shares: Shares
    doubt: Floats


def published(run: PoolRun, rows: Sequence[int], settings: Settings) -> dict[int, Published]:
    """Return the published forecasts of some origins of a run, by row."""
    found = jumps(run.pool)
    made = {}
    for row in rows:
        index, chosen = run.rows.index(row), shares(run, row, settings)
        logs = widen(run, row, chosen.values, mixed(run, index, chosen.values))
        doubt = doubts(found, row)
        if doubt.any() and row - 1 in run.rows:
            logs = doubted(logs, _before(run, row, chosen.values), doubt)
        made[row] = Published(run.counts(logs, index), chosen, doubt)
    return made


def _before(run: PoolRun, row: int, values: Floats) -> Floats:
    """Return the forecast of the origin before for the same periods, each one further ahead.

    Beyond the horizon of the run the last one stands twice.
    """
    earlier = mixed(run, run.rows.index(row - 1), values)
    moved: Floats = np.concatenate([earlier[:, 1:], earlier[:, -1:]], axis=1)
    return moved
