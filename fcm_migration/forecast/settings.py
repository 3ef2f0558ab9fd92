"""The constants of the forecasts, with where each comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

VERSION = 5  # raise it when a fit changes meaning: cached fits are then made anew
QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
Z_SCORES = (-1.959964, -1.281552, -0.67449, 0.0, 0.67449, 1.281552, 1.959964)
SEASON = 12
BANDS = ((1, 3), (4, 6), (7, 12))
FITTED = ("damped_ets", "local_level")
# series are calibrated by their likes in size (mean of two years): near zero, counts err otherwise
SIZES = (0.5, 2.5, 10.0, 100.0)


@dataclass(frozen=True)
class Settings:
    """How forecasts are made.

    Attributes:
        window: months a fitted model sees (120, as the published peers on these series).
        refit_every: fitted parameters are estimated in months divisible by this (calendar), and
            only filtered in between, so a forecast does not depend on when it is asked for.
        memory: months of past errors that calibrate an interval (15 years).
        judged: origins whose outcome decides which model is published.
        gate_average, gate_single: relative WIS that an average of members, or a member alone, must
            stay below on judged origins to displace naive. On US origins of 2013 to 2021 the
            averages gained 1 to 9 % in every two-year block, while the best single member of one
            block was often the worst of the next (docs/decisions/forecasts.md).
        track_record: origins scored for the published table.
        min_level: mean of two years from which a series' errors enter the pool.
        min_pool: errors a pool must have before its quantiles are used.
        pooled_refit_every: the pooled regression is estimated in months divisible by this.
        min_pooled: earlier series-months that a pooled regression needs.
        ridge: its penalty on standardised columns, relative to their variance.
        cache_dir: where fits are kept between refreshes; None keeps nothing.
        workers: processes; the result does not depend on it.
    """

    window: int = 120
    refit_every: int = 3
    memory: int = 180
    judged: int = 24
    gate_average: float = 0.99
    gate_single: float = 0.9
    track_record: int = 24
    min_level: float = 10.0
    min_pool: int = 60
    pooled_refit_every: int = 6
    min_pooled: int = 600
    ridge: float = 0.3
    cache_dir: Path | None = None
    workers: int = 1
