"""Settings of the forecasts, with the reason for each value."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# upper bounds of size classes (mean of two years): errors are calibrated within a class, because
# counts near zero err in a different way
SIZES = (0.5, 2.5, 10.0, 100.0)
FEWEST = {"M": 8, "Q": 8, "A": 5}  # a series with fewer observed periods is too short


@dataclass(frozen=True)
class FrequencySpec:
    """Settings that depend on how often a series is published.

    Attributes:
        frequency: M, Q or A.
        season: periods per year.
        horizon: periods ahead that are published.
        memory: periods of past errors and rows used for calibration and estimation (15 years; for
            annual series the whole past).
        judged: past origins whose outcome decides the shares of the models and the widths.
        track_record: origins scored for the published tables.
        estimated_every: pooled regressions are estimated in periods divisible by this (calendar).
        smoothed_every: the same for exponential smoothing, which is only filtered in between;
            0: none is fitted (annual series are short and many, and on UNHCR's AutoETS has 1.07
            to 1.09 of naive's WIS).
        window: periods used by exponential smoothing.
        trusted: half of the horizon over which the prior share of the blend falls towards naive's.
        gain: how strongly intervals react to those lately missed.
        upward: share of a widening applied to the upper side. Months ahead it ruins the score (US,
            origins 2021 to 2023, a year ahead: 1.12 of naive in full, 1.01 with a tenth); quarters
            and years gain by half of it.
    """

    frequency: str
    season: int
    horizon: int
    memory: int
    judged: int
    track_record: int
    estimated_every: int
    smoothed_every: int
    window: int
    trusted: int
    gain: float
    upward: float


FREQUENCY_SPECS = {
    "M": FrequencySpec("M", 12, 12, 180, 24, 24, 12, 12, 120, 6, 0.2, 0.1),
    "Q": FrequencySpec("Q", 4, 4, 60, 12, 24, 4, 4, 60, 2, 0.32, 0.5),
    "A": FrequencySpec("A", 1, 2, 40, 6, 9, 3, 0, 40, 4, 0.32, 0.5),
}


@dataclass(frozen=True)
class Settings:
    """How forecasts are made.

    Attributes:
        min_level: mean of two years from which a series' errors enter the pool.
        min_pool: errors a pool must have before its quantiles are used.
        min_pooled: earlier series-periods that a pooled regression needs.
        ridge: penalty of the location-scale regression on standardised columns, relative to
            their variance.
        check_ridge: the same for the quantile regression.
        shrink: origins that a series' own record must have to weigh as much as its pool's.
        cache_dir: where fits are kept between refreshes; None keeps nothing.
        workers: processes; the result does not depend on it.
        scheduler: address of a Dask scheduler whose workers fit instead of local processes.
    """

    min_level: float = 10.0
    min_pool: int = 60
    min_pooled: int = 600
    ridge: float = 1.0
    check_ridge: float = 0.5
    shrink: float = 24.0
    cache_dir: Path | None = None
    workers: int = 1
    scheduler: str | None = None
