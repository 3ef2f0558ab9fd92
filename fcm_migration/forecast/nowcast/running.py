"""Nowcasts of the running month or week of a daily series, and scores of past ones.

The method published is the one with the best past scores at the same stage of the period.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.forecast.nowcast.days import CANDIDATES, Days, Window
from fcm_migration.forecast.nowcast.scoring import chosen_at, scored
from fcm_migration.forecast.nowcast.tables import MONTH_TASK, PUBLISHED, WEEK_TASK
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.periods import PERIOD_LENGTH

SIMPLE = "pro_rata"
FEWEST_TARGETS = 12  # past periods needed to choose a method other than the simple rule
RELEASE_STAGE = "at each release"


@dataclass(frozen=True)
class Task:
    """A kind of running period.

    Attributes:
        name: name of the task in the tables.
        frequency: M or W.
        stages: numbers of days counted after which past nowcasts are scored.
    """

    name: str
    frequency: str
    stages: tuple[int, ...]

    @property
    def step(self) -> str:
        """Length of the period in Polars' notation."""
        return "1w" if self.frequency == "W" else PERIOD_LENGTH[self.frequency]

    def stage(self, counted: int) -> int:
        """Return the stage nearest to the number of days counted, the lower of two."""
        return min(self.stages, key=lambda days: (abs(days - counted), days))


MONTH = Task(MONTH_TASK, "M", (5, 10, 15, 20, 25))
WEEK = Task(WEEK_TASK, "W", (2, 4, 6))


def running(days: Days, task: Task) -> tuple[date, int, int] | None:
    """Return first day, days known and length of the period running on the last known day.

    None where that day is the last of its period: no period is running.
    """
    last = days.day(len(days.counts))
    begin = _begin(last, task.step)
    length = (_next(begin, task.step) - begin).days
    counted = (last - begin).days + 1
    return None if counted == length else (begin, counted, length)


def _begin(day: date, step: str) -> date:
    found: date = pl.Series([day]).dt.truncate(step)[0]
    return found


def _next(day: date, step: str) -> date:
    found: date = pl.Series([day]).dt.offset_by(step)[0]
    return found


@dataclass(frozen=True)
class RunningTotal:
    """The nowcast total of a running period.

    Attributes:
        begin: first day of the period.
        counted: days known.
        length: days of the period.
        counted_sum: sum of the days known.
        method: the method that is published.
        quantiles: quantiles of the total at QUANTILE_LEVELS.
    """

    begin: date
    counted: int
    length: int
    counted_sum: float
    method: str
    quantiles: Floats


def nowcast(days: Days, task: Task, cases: pl.DataFrame) -> RunningTotal | None:
    """Return the nowcast of the running period, by the method with the best past score.

    Args:
        days: the days known.
        task: month or week.
        cases: what :func:`past_cases` returns for the same days and task.

    Returns:
        None where no period is running or too few days are known.
    """
    found = _all_methods(days, task)
    if found is None:
        return None
    begin, counted, length, so_far, totals = found
    method = method_now(days, task, cases, counted)
    return RunningTotal(begin, counted, length, so_far, method, totals[method])


def _all_methods(days: Days, task: Task) -> tuple[date, int, int, float, dict[str, Floats]] | None:
    found = running(days, task)
    if found is None:
        return None
    begin, counted, length = found
    known = len(days.counts)
    coming = Window(days, counted, length - counted).quantiles(known, CANDIDATES)
    if coming is None:
        return None
    so_far = float(days.sums[known] - days.sums[known - counted])
    return begin, counted, length, so_far, {name: so_far + q for name, q in coming.items()}


def method_now(days: Days, task: Task, cases: pl.DataFrame, counted: int) -> str:
    """Return the method chosen on the last known day, after ``counted`` days of its period."""
    mine = cases.filter(pl.col("stage") == stage_name(task, task.stage(counted)))
    return chosen_at(mine, days.day(len(days.counts)), CANDIDATES, SIMPLE, FEWEST_TARGETS)


def stage_name(task: Task, counted: int) -> str:
    """Return the name of a stage: ``after 10 days of the month``."""
    return f"after {counted:02} days of the {'week' if task.frequency == 'W' else 'month'}"


class Cases:
    """Past nowcasts as they are gathered, then scored all at once."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, date, date, date]] = []
        self.observed: list[float] = []
        self.quantiles: list[Floats] = []

    def scored(self) -> pl.DataFrame:
        """Return stage, nowcast_method, target_period, origin_date, known_date and measures."""
        schema = {"stage": pl.String, "nowcast_method": pl.String} | dict.fromkeys(
            ("target_period", "origin_date", "known_date"), pl.Date
        )
        frame = pl.DataFrame(self.rows, schema=schema, orient="row")
        levels = np.array(self.quantiles, dtype=np.float64).reshape(-1, len(QUANTILE_LEVELS))
        return scored(frame, np.array(self.observed, dtype=np.float64), levels)


def past_cases(days: Days, task: Task) -> pl.DataFrame:
    """Return scored nowcasts by every method of every complete past period at each stage.

    Returns:
        stage, nowcast_method, target_period, origin_date (last day counted), known_date (last day
        of the period) and the measures of :func:`scoring.scored`.
    """
    begun = _begin(days.first, task.step)
    whole = pl.date_range(begun, days.day(len(days.counts)), task.step, eager=True)
    windows: dict[tuple[int, int], Window] = {}
    cases = Cases()
    for begin in whole:
        length = (_next(begin, task.step) - begin).days
        start = days.known(begin) - 1
        end = start + length
        if start < 0 or end > len(days.counts):
            continue
        for counted in task.stages:
            key = (counted, length - counted)
            window = windows.setdefault(key, Window(days, *key))
            known = start + counted
            coming = window.quantiles(known, CANDIDATES) or {}
            so_far = days.sums[known] - days.sums[start]
            stage = stage_name(task, counted)
            for method, sums in coming.items():
                cases.rows.append((stage, method, begin, days.day(known), days.day(end)))
                cases.observed.append(days.sums[end] - days.sums[start])
                cases.quantiles.append(so_far + sums)
    return cases.scored()


def vintage_cases(
    releases: Sequence[Days], truth: Days, task: Task, truth_cases: pl.DataFrame
) -> pl.DataFrame:
    """Return scored nowcasts made from each real release, observed in the newest release.

    Args:
        releases: the days each release held, oldest first.
        truth: the days of the newest release.
        task: month or week.
        truth_cases: :func:`past_cases` of the newest release.

    Returns:
        cases as :func:`past_cases` returns them, all of one stage, by every method and, as
        ``published``, by the one chosen on that release's own past; periods that are not over are
        left out.
    """
    cases = Cases()
    for days in releases:
        found = _all_methods(days, task)
        if found is None:
            continue
        begin, counted, length, _, totals = found
        start = truth.known(begin) - 1
        end = start + length
        if end > len(truth.counts):
            continue
        # a release without revisions has the same past cases as the newest one up to its day
        unrevised = np.array_equal(days.counts, truth.counts[: len(days.counts)])
        own = truth_cases if unrevised else past_cases(days, task)
        chosen = method_now(days, task, own, counted)
        for method, total in [*totals.items(), (PUBLISHED, totals[chosen])]:
            last = days.day(len(days.counts))
            cases.rows.append((RELEASE_STAGE, method, begin, last, truth.day(end)))
            cases.observed.append(truth.sums[end] - truth.sums[start])
            cases.quantiles.append(total)
    return cases.scored()
