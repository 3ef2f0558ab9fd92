"""Expected sum of the remaining days of a period of a daily series, and its uncertainty.

Each method expects the remaining days at a pace of its own. The errors of that expectation are
learnt from every earlier day, on which the same number of following days would have been expected
in the same way. Errors are on the log scale; days of a similar season, of a similar level and of
recent years weigh more. Nothing after the last known day is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.arrays import Floats
from fcm_migration.forecast.scores import QUANTILE_LEVELS

CANDIDATES = (
    "pro_rata",
    "last_28_days",
    "last_56_days",
    "last_year",
    "last_56_days_and_last_year",
)
FEWEST_WINDOWS = 365  # earlier days to learn from: a year, so that every season has been seen
WARM_UP = 90  # days at the beginning without a usable pace
YEAR = 365
YEAR_SLACK = 10  # days before and after the same days a year ago
NEAR_DAYS, FAR_WEIGHT = 45, 0.15  # days apart within a season, and the weight of other seasons
MEMORY_DAYS = 1500.0  # the weight falls by a factor e in this many days
# Small and large counts vary differently: errors made at a similar expectation (kernel on its
# logarithm with this standard deviation) weigh more than the rest.
LIKE_LEVEL, UNLIKE_WEIGHT = 1.0, 0.05
WIDEST = 0.995


@dataclass(frozen=True)
class Days:
    """A daily series without gaps.

    Attributes:
        first: its first day.
        counts: its counts.
        offset: added before taking logarithms: a count that makes little difference to a day
            (persons: 5, boats: 1), so that days without arrivals have a finite logarithm.
    """

    first: date
    counts: Floats
    offset: float

    @cached_property
    def sums(self) -> Floats:
        """Cumulative sums: sum of the first t days, at t."""
        return np.concatenate([[0.0], np.cumsum(self.counts)])

    @cached_property
    def season(self) -> Floats:
        """Day of the year of the last of the first t days, at t."""
        days = pl.Series([self.first]).dt.offset_by("-1d")[0]
        dates = pl.date_range(days, self.day(len(self.counts)), "1d", eager=True)
        return dates.dt.ordinal_day().cast(pl.Float64).to_numpy()

    def day(self, known: int) -> date:
        """Return the last of the first ``known`` days."""
        return self.first + timedelta(days=known - 1)

    def known(self, day: date) -> int:
        """Return the number of days known at the end of a day."""
        return (day - self.first).days + 1

    def pace(self, length: int) -> Floats:
        """Return, at t, the mean of the last ``length`` of the first t days."""
        at = np.arange(len(self.sums))
        back = np.maximum(at - length, 0)
        pace: Floats = (self.sums - self.sums[back]) / np.maximum(at - back, 1)
        return pace

    def pace_a_year_ago(self, coming: int) -> Floats:
        """Return, at t, the mean of the coming days a year ago, YEAR_SLACK days more on each side.

        NaN where the series is too short.
        """
        at = np.arange(len(self.sums)) - YEAR
        low = at - YEAR_SLACK
        high = np.minimum(at + coming + YEAR_SLACK, np.arange(len(self.sums)))
        safe = np.maximum(low, 0)
        pace = (self.sums[np.maximum(high, 0)] - self.sums[safe]) / np.maximum(high - safe, 1)
        return np.where(low >= 0, pace, np.nan)


@dataclass(frozen=True)
class Window:
    """A number of days to come after a number of counted ones, at every day t of a series."""

    days: Days
    counted: int
    coming: int

    @cached_property
    def expected(self) -> dict[str, Floats]:
        """Return, by method and at t, the expected sum of the days that follow the first t."""
        days = self.days
        recent = days.pace(56)
        ago = days.pace_a_year_ago(self.coming)
        ago = np.where(np.isnan(ago), recent, ago)
        level = np.log(self.coming * recent + days.offset)
        year = np.log(self.coming * ago + days.offset)
        both = np.exp((level + year) / 2) - days.offset
        return {
            "pro_rata": self.coming * days.pace(self.counted),
            "last_28_days": self.coming * days.pace(28),
            "last_56_days": self.coming * recent,
            "last_year": self.coming * ago,
            "last_56_days_and_last_year": np.maximum(both, 0.0),
        }

    @cached_property
    def observed(self) -> Floats:
        """Return the observed sum of the coming days at every t for which all are known."""
        sums = self.days.sums
        observed: Floats = sums[self.coming :] - sums[: len(sums) - self.coming]
        return observed

    @cached_property
    def errors(self) -> dict[str, tuple[NDArray[np.int64], Floats, Floats]]:
        """Return by method: the known t in rising order of error, errors, log expectations."""
        offset = self.days.offset
        found = {}
        for name, expected in self.expected.items():
            level = np.log(expected[: len(self.observed)] + offset)
            error = np.log(self.observed + offset) - level
            order = np.argsort(error, kind="stable")
            order = order[order >= WARM_UP]
            found[name] = (order, error[order], level[order])
        return found

    def weights(self, known: int) -> Floats:
        """Return the weight of each t after the first ``known`` days; zero where not yet known."""
        at = np.arange(len(self.observed))
        apart = np.abs(self.days.season[: len(at)] - self.days.season[known])
        apart = np.minimum(apart, YEAR - apart)
        weight = np.where(apart <= NEAR_DAYS, 1.0, FAR_WEIGHT)
        weight = weight * np.exp(-(known - at) / MEMORY_DAYS)
        return np.where(at + self.coming <= known, weight, 0.0)

    def quantiles(self, known: int, methods: Sequence[str]) -> dict[str, Floats] | None:
        """Return quantiles of the sum of the days that follow the first ``known``, by method.

        Levels are widened as in split conformal prediction, by one part in the number of errors
        learnt from; overlapping windows count as one.

        Returns:
            quantiles at QUANTILE_LEVELS by method; None with too few earlier days.
        """
        if known - self.coming - WARM_UP + 1 < FEWEST_WINDOWS:
            return None
        seen = self.weights(known)
        offset = self.days.offset
        found = {}
        for name in methods:
            order, error, level = self.errors[name]
            weight = seen[order]
            learnt = weight > 0.0  # later errors must not even serve for interpolation
            weight, error, level = weight[learnt], error[learnt], level[learnt]
            apart = (level - np.log(self.expected[name][known] + offset)) / LIKE_LEVEL
            weight = weight * (np.exp(-(apart**2) / 2) + UNLIKE_WEIGHT)
            effective = weight.sum() ** 2 / (weight**2).sum() / self.coming
            cumulated = (np.cumsum(weight) - weight / 2) / weight.sum()
            spread = np.interp(widened(max(effective, 1.0)), cumulated, error)
            sums = (self.expected[name][known] + offset) * np.exp(spread) - offset
            found[name] = np.maximum(np.round(sums), 0.0)
        return found


def widened(effective: float) -> Floats:
    """Return QUANTILE_LEVELS with each interval's level times 1 + 1/n, at most WIDEST."""
    levels = np.array(QUANTILE_LEVELS)
    inside = np.minimum(np.abs(1 - 2 * levels) * (1 + 1 / effective), WIDEST)
    wide: Floats = 0.5 + np.sign(levels - 0.5) * inside / 2
    return wide


def joined_days(file: pl.DataFrame, page: pl.DataFrame) -> pl.DataFrame:
    """Return the file's days followed by those a page shows after them, up to the first gap.

    Args:
        file: day, value, as_of_date; without gaps.
        page: the same columns; days may be missing.

    Returns:
        day, value, as_of_date, by day, without gaps; the file's figure wherever it has one.
    """
    if file.is_empty():
        return file
    file = file.sort("day")
    last = file.get_column("day")[-1]
    later = page.filter(pl.col("day") > last).sort("day")
    place = (pl.col("day") - last).dt.total_days()
    return pl.concat([file, later.filter(place == pl.int_range(1, pl.len() + 1))])
