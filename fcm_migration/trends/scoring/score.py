"""How real a movement is, from 0 to 100: four parts that rank alerts and are published with them.

The score says nothing on how much more will come: at the time of an alert nothing measured does
(docs/decisions/alerts.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.trends.detection.rules import Signals
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import shifted
from fcm_migration.trends.watch.settings import SCORE


@dataclass(frozen=True)
class Parts:
    """Points of the score, each T x N; NaN where a figure is unknown."""

    surprise: Floats
    growth: Floats
    persistence: Floats
    own: Floats

    @property
    def score(self) -> Floats:
        """The sum of the parts, 0 to 100."""
        return self.surprise + self.growth + self.persistence + self.own


def parts(scope: Scope, found: Signals) -> Parts:
    """Points for surprise, growth, persistence and growth beyond the tide.

    Surprise counts up to SCORE.surprise, growth and own growth (logarithms to base 2) up to
    SCORE.growth doublings, persistence the periods of the last three with a surprise of at least
    SCORE.lasting. For drops the inverse of every ratio.
    """
    sign = -1.0 if found.drops else 1.0
    z = sign * found.surprise
    with np.errstate(invalid="ignore"):
        lasting = np.stack([shifted(z, lag) >= SCORE.lasting for lag in range(3)]).mean(axis=0)
    lasting = np.where(np.isnan(scope.values), np.nan, lasting)
    return Parts(
        _points(z / SCORE.surprise, SCORE.points_surprise),
        _points(sign * np.log2(found.growth) / SCORE.growth, SCORE.points_growth),
        lasting * SCORE.points_persistence,
        _points(sign * np.log2(found.own) / SCORE.growth, SCORE.points_own),
    )


def _points(share: Floats, points: float) -> Floats:
    counted: Floats = points * np.clip(share, 0.0, 1.0)
    return counted
