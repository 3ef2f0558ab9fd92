"""What the forecasts' benchmark measures, as records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from benchmarks import forecast_scores as scores


@dataclass(frozen=True)
class Speed:
    """CPU time of one forecast of a judged series from one origin, all horizons, one process.

    ``ours_ms`` is the engine given the judged series alone, ``pool_ms`` given their whole pool
    (per series-origin of the pool); ``peers_ms`` is by model; ``share`` ours of the trio's sum.
    """

    set: str
    series: int
    series_origins: int
    horizon: int
    ours_ms: float
    pool_series: int
    pool_ms: float
    peers_ms: Mapping[str, float]
    share: float | None


@dataclass(frozen=True)
class Growth:
    """CPU time and memory of the engine on a set beside simulated copies of it."""

    set: str
    copies: int
    series: int
    seconds: float
    ms_per_series_origin: float
    panel_bytes: int
    result_bytes: int
    bytes_before: int
    bytes_peak: int


@dataclass(frozen=True)
class Asked:
    """What was judged: figures of which source and release, from which origins."""

    set: str
    source_id: str
    indicator: str
    frequency: str
    first_origin: str
    last_origin: str
    series: int
    as_of_date: str | None


@dataclass(frozen=True)
class Outcome:
    """All that was measured."""

    asked: list[Asked]
    ratios: list[scores.Ratio]
    coverage: list[scores.Coverage]
    worse: list[scores.Worse]
    speed: list[Speed]
    growth: list[Growth]
    cost_exponent: float
    bytes_per_byte: float
    by_series: pl.DataFrame
    peers_version: str | None
