"""Score of an alert from 0 to 100: the sum of four published parts, by which alerts are ranked.

It says how clear a movement is, not how far it will go: nothing measured at the time of an alert
predicts that (docs/decisions/alerts.md).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.trends.detection.rules import Signals
from fcm_migration.trends.scoring.settings import SCORE
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import shifted


@dataclass(frozen=True)
class Parts:
    """Parts of the score in points, each T x N; NaN where a figure is unknown."""

    residual: Floats
    growth: Floats
    persistence: Floats
    own: Floats

    @property
    def score(self) -> Floats:
        """Sum of the parts, 0 to 100."""
        return self.residual + self.growth + self.persistence + self.own


def parts(scope: Scope, found: Signals) -> Parts:
    """Return the points for residual, growth, persistence and growth over the common factor.

    The residual counts up to SCORE.residual, growth up to SCORE.growth doublings; persistence is
    the share of the last three periods with a residual of at least SCORE.lasting. For drops every
    ratio is inverted.
    """
    sign = -1.0 if found.drops else 1.0
    z = sign * found.residual
    with np.errstate(invalid="ignore"):
        lasting = np.stack([shifted(z, lag) >= SCORE.lasting for lag in range(3)]).mean(axis=0)
    lasting = np.where(np.isnan(scope.values), np.nan, lasting)
    return Parts(
        _points(z / SCORE.residual, SCORE.points_residual),
        _points(sign * np.log2(found.growth) / SCORE.growth, SCORE.points_growth),
        lasting * SCORE.points_persistence,
        _points(sign * np.log2(found.own) / SCORE.growth, SCORE.points_own),
    )


def _points(share: Floats, points: float) -> Floats:
    """Return ``points`` times ``share``, the share limited to 0 to 1."""
    counted: Floats = points * np.clip(share, 0.0, 1.0)
    return counted
