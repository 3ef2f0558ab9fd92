"""Constants of precedents (docs/decisions/alerts.md)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Precedent:
    """How the distance of two episodes is measured, and how many are shown.

    Attributes:
        growth: one unit of distance in doublings of growth, and of growth over the common factor.
        level: one unit in doublings of the expected level.
        residual: one unit in points of the score's part for the residual.
        days_before: days by which a precedent must be older, so that its outcome was known.
        shown: precedents of each alert.
    """

    growth: float = 1.0
    level: float = 2.0
    residual: float = 10.0
    days_before: int = 365
    shown: int = 3


PRECEDENT = Precedent()
