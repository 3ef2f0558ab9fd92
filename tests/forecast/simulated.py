"""Simulated series for the tests of the forecasts; nothing here was ever counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.forecast.panel import Pool

Floats = NDArray[np.float64]


def months(count: int, first: date = date(2015, 1, 1)) -> list[date]:
    """The first days of ``count`` months from ``first``."""
    start = first.year * 12 + first.month - 1
    return [date((start + i) // 12, (start + i) % 12 + 1, 1) for i in range(count)]


def periods(count: int, first: date = date(2015, 1, 1), frequency: str = "M") -> list[date]:
    """The first days of ``count`` months, quarters or years from ``first``."""
    step = {"M": 1, "Q": 3, "A": 12}[frequency]
    return months(step * count, first)[::step]


def panel(
    series: Mapping[str, Sequence[float | None]],
    *,
    first: date = date(2015, 1, 1),
    pool: str = "simulated",
    rounding: float = 1.0,
    frequency: str = "M",
) -> pl.DataFrame:
    """A long panel of the given series, all beginning in the same period."""
    parts = [
        pl.DataFrame(
            {
                "series_id": [f"simulated_{name}"] * len(values),
                "pool": [pool] * len(values),
                "frequency": [frequency] * len(values),
                "period_start": periods(len(values), first, frequency),
                "value": pl.Series(list(values), dtype=pl.Float64, strict=False),
                "rounding": [float(rounding)] * len(values),
            }
        )
        for name, values in series.items()
    ]
    return pl.concat(parts).sort("series_id", "period_start")


def pool_of(values: Floats, frequency: str = "M", rounding: float = 1.0) -> Pool:
    """A pool of counts (periods x series), from January 2010 on."""
    names = tuple(f"simulated_{i:02d}" for i in range(values.shape[1]))
    days = tuple(periods(len(values), date(2010, 1, 1), frequency))
    return Pool("simulated", frequency, names, days, values, np.full(len(names), rounding))


def random_walks(number: int, length: int, *, sd: float = 0.2, level: float = 300) -> Floats:
    """Counts (length x number) whose logarithm is a random walk, as arrivals tend to look."""
    rng = np.random.default_rng(20260101)
    steps = rng.normal(0, sd, (length, number))
    steps[0] = rng.normal(0, 0.5, number)
    walk: Floats = np.round(level * np.exp(np.cumsum(steps, axis=0)))
    return walk


def mixed(number: int = 4, length: int = 72) -> dict[str, list[float | None]]:
    """Random walks beside the awkward: all zero, constant, one spike, a gap, a late start."""
    walks = random_walks(number, length)
    found: dict[str, list[float | None]] = {
        f"walk_{i}": [float(v) for v in walks[:, i]] for i in range(number)
    }
    found["all_zero"] = [0.0] * length
    found["constant"] = [120.0] * length
    found["one_spike"] = [0.0] * (length - 20) + [5000.0] + [0.0] * 19
    withheld: list[float | None] = [float(v) for v in walks[:, 0] // 2 + 50]
    withheld[30:34] = [None] * 4
    withheld[length - 8] = None
    found["gap"] = withheld
    return found


def seasonal(number: int, length: int, *, season: int = 12, sd: float = 0.1) -> Floats:
    """Counts (length x number) that share a season and differ in level and noise."""
    rng = np.random.default_rng(11)
    wave = 0.6 * np.sin(np.arange(length) * 2 * np.pi / season)
    logs = rng.uniform(5, 8, number) + wave[:, None] + rng.normal(0, sd, (length, number))
    counts: Floats = np.round(np.exp(logs))
    return counts
