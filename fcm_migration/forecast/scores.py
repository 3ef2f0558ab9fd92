"""Quantile levels and intervals of every forecast, and the scores of quantile forecasts.

Declared and computed here only: models, backtests, nowcasts, coherence, scenarios, studies and
reports all use these levels and this weighted interval score. The constants load without NumPy, so
that table declarations can use them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fcm_migration.arrays import Floats

QUANTILE_LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
# standard normal quantiles at these levels
Z_SCORES = (-1.959964, -1.281552, -0.67449, 0.0, 0.67449, 1.281552, 1.959964)
# the same levels as column names: the ends of three intervals around the median
LEVEL_COLUMNS = ("lower_95", "lower_80", "lower_50", "median", "upper_50", "upper_80", "upper_95")
MEDIAN = QUANTILE_LEVELS.index(0.5)
# nominal coverage in per cent, and the places of both ends among the quantile levels
INTERVALS = ((50, 2, 4), (80, 1, 5), (95, 0, 6))
INTERVAL_LEVELS = tuple(percent for percent, _, _ in INTERVALS)
COVERAGE_COLUMNS = tuple(f"coverage_{percent}" for percent in INTERVAL_LEVELS)


def quantile_losses(observed: Floats, quantiles: Floats) -> Floats:
    """Return the quantile loss at every level.

    Args:
        observed: counts, any shape; NaN where nothing was observed.
        quantiles: the same shape and one more axis for QUANTILE_LEVELS.

    Returns:
        losses in the unit of the counts, shape of ``quantiles``; NaN where nothing was observed.
    """
    import numpy as np
    import scoringrules

    losses: Floats = scoringrules.quantile_score(
        observed[..., None], quantiles, np.array(QUANTILE_LEVELS)
    )
    return losses


def wis(observed: Floats, quantiles: Floats) -> Floats:
    """Return the weighted interval score of the median and the 50, 80 and 95 % intervals.

    (|y - m| / 2 + sum of alpha/2 * IS_alpha) / (K + 1/2): Bracher, Ray, Gneiting and Reich (2021),
    Evaluating epidemic forecasts in an interval format. It equals twice the mean quantile loss and
    is computed that way: the weighted_interval_score of scoringrules 0.10 without numba uses the
    median itself where its distance from the observation belongs.

    Args:
        observed: counts, any shape; NaN where nothing was observed.
        quantiles: the same shape and one more axis for QUANTILE_LEVELS.

    Returns:
        scores in the unit of the counts, NaN where nothing was observed.
    """
    score: Floats = 2.0 * quantile_losses(observed, quantiles).mean(axis=-1)
    return score


def coverage(observed: Floats, quantiles: Floats) -> dict[str, Floats]:
    """Return by COVERAGE_COLUMNS 1 where the observed count lies inside the interval, else 0.

    Args:
        observed: counts, one per case.
        quantiles: cases x QUANTILE_LEVELS.
    """
    return {
        f"coverage_{percent}": (
            (observed >= quantiles[:, low]) & (observed <= quantiles[:, high])
        ).astype(float)
        for percent, low, high in INTERVALS
    }
