"""Constants of surges, outcomes and the score (docs/decisions/alerts.md)."""

from __future__ import annotations

from dataclasses import dataclass

# surges that begin in 100 active series-periods, from which a year counts as a boom
BOOM = 1.0


@dataclass(frozen=True)
class SurgeRule:
    """Thresholds of a surge: growth of a year, its sum, and the smallest base of a month."""

    growth: float = 3.0
    size: float = 500.0
    base: float = 10.0


@dataclass(frozen=True)
class Window:
    """Months around an onset in which an episode must open to have found the surge."""

    before: int = 6
    after: int = 3


@dataclass(frozen=True)
class Confirmed:
    """Growth of the half-year after an alert over the year before it, and its smallest sum."""

    growth: float = 1.5
    size: float = 60.0


@dataclass(frozen=True)
class Score:
    """Points of each part of the score, and the figure that earns all of a part's points."""

    points_residual: float = 40.0
    points_growth: float = 30.0
    points_persistence: float = 20.0
    points_own: float = 10.0
    residual: float = 6.0
    growth: float = 3.0
    lasting: float = 1.8


SURGE = SurgeRule()
WINDOW = Window()
CONFIRMED = Confirmed()
SCORE = Score()
