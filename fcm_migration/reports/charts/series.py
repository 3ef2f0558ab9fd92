"""A series with its forecast: what was counted, the fan ahead, and the dates that matter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts.chart import Mark, require
from fcm_migration.reports.charts.labels import (
    PERIOD,
    TIMES,
    capitalised,
    change,
    day_words,
    figure,
    period_words,
    spoken,
)

PAST = {"period_start": pl.Date, "value": pl.Float64, "is_provisional": pl.Boolean}
LEVELS = ("95", "80", "50")
BOUNDS = tuple(f"{side}_{level}" for level in LEVELS for side in ("lower", "upper"))
AHEAD = {"target_period": pl.Date, "median": pl.Float64} | dict.fromkeys(BOUNDS, pl.Float64)
CHANCE = {"95": "19 in 20", "80": "8 in 10", "50": "1 in 2"}
YEAR = {"M": 12, "Q": 4, "A": 1}


@dataclass(frozen=True)
class SoFar:
    """What is counted of a period that is not complete.

    Attributes:
        value: the count.
        day: the day it was counted to.
        period_start: first day of its period.
    """

    value: float
    day: date
    period_start: date


@dataclass(frozen=True)
class Level:
    """A mean or an expectation over some periods: a dashed level line with its words."""

    first: date
    last: date
    value: float
    words: str


@dataclass(frozen=True)
class Series:
    """A series to draw, with or without a forecast.

    Attributes:
        title: what is to be seen, in a sentence.
        what: what is counted, in words, with whom and where.
        unit: its unit with the period: "people a month".
        frequency: D, W, M, Q or A.
        source: publisher.
        as_of: day of the release the figures are from.
        past: columns PAST, oldest first; a null value is a gap, never a zero.
        ahead: columns AHEAD, one row a period from the first one not known; None for no forecast.
        today: the day the chart is made for; periods between it and ``as_of`` are shaded.
        so_far: what is counted of the first period ahead.
        marks: policies and breaks.
        levels: expected or mean levels.
        remarks: further sentences to stand below the drawing.
    """

    title: str
    what: str
    unit: str
    frequency: str
    source: str
    as_of: date
    past: pl.DataFrame
    ahead: pl.DataFrame | None = None
    today: date | None = None
    so_far: SoFar | None = None
    marks: tuple[Mark, ...] = ()
    levels: tuple[Level, ...] = ()
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse frames of other columns, and a series without any figure."""
        require(self.past, PAST, "Series.past")
        if self.ahead is not None:
            require(self.ahead, AHEAD, "Series.ahead")
        if self.known.is_empty():
            raise UsageError("a series without a figure cannot be drawn", where=self.what)

    @property
    def known(self) -> pl.DataFrame:
        """Return the rows of ``past`` that have a figure."""
        return self.past.drop_nulls("value")

    def dated(self, day: date) -> str:
        """Return a period with its preposition: in July 2025, on 21 August 2026."""
        return f"{'on' if self.frequency in ('D', 'W') else 'in'} {self.named(day)}"

    @property
    def newest(self) -> dict[str, Any]:
        """Return the newest row with a figure, a complete one where there is any."""
        complete = self.known.filter(~pl.col("is_provisional"))
        return (self.known if complete.is_empty() else complete).row(-1, named=True)

    @property
    def running(self) -> dict[str, Any] | None:
        """Return the forecast of the period that ``so_far`` counts; None where there is none."""
        if self.so_far is None or self.ahead is None:
            return None
        own = self.ahead.filter(target_period=self.so_far.period_start)
        return None if own.is_empty() else own.row(0, named=True)

    def titled(self, title: str) -> Series:
        """Return the series under another title."""
        return replace(self, title=title)

    def named(self, day: date, *, short: bool = False) -> str:
        """Return a period of the series in words."""
        return period_words(day, self.frequency, short=short)


def subtitle(series: Series) -> str:
    """Return unit, "as of" and source."""
    said = f"{capitalised(series.unit)}. Figures as of {day_words(series.as_of)}, {series.source}."
    if series.ahead is None or series.ahead.is_empty():
        return said
    known = series.known.get_column("period_start")[-1]
    return f"{said} Forecast from figures to {series.named(known)}."


def alternative(series: Series) -> str:
    """Return the alternative text: the newest figure, and the forecast that matters most."""
    last, first = series.newest, series.known.row(0, named=True)
    said = [
        f"{series.what}, {series.unit}, {series.named(first['period_start'])} to "
        f"{series.named(last['period_start'])}: {figure(last['value'])} "
        f"{series.dated(last['period_start'])}{on_the_year(series)}"
    ]
    if series.ahead is not None and not series.ahead.is_empty():
        target = series.ahead.row(-1, named=True)
        said.append(
            f"; forecast for {series.named(target['target_period'])} {figure(target['median'])}, "
            f"with 8 chances in 10 that it lies between {figure(target['lower_80'])} and "
            f"{figure(target['upper_80'])}"
        )
    return f"{''.join(said)}. Source: {series.source}, as of {series.as_of.isoformat()}."


def on_the_year(series: Series) -> str:
    """Return the newest figure's change on the same period of the year before."""
    each = YEAR.get(series.frequency)
    days = series.past.get_column("period_start").to_list()
    place = days.index(series.newest["period_start"])
    if each is None or place < each:
        return ""
    before, last = series.past.get_column("value")[place - each], series.newest["value"]
    if not before:
        return ""
    percent = 100 * (last / before - 1)
    words = change(percent)
    if words.endswith(TIMES):
        return f", {words.removesuffix(TIMES)} times the year before"
    return f", {words} on the year before"


def figures(series: Series) -> pl.DataFrame:
    """Return a row a period: figure, whether provisional, and the forecast's bounds."""
    names = {"period_start": "period", "value": "figure"}
    past = series.past.select(*PAST).rename(names)
    if series.ahead is None:
        return past.with_columns(series_words(series.frequency))
    ahead = series.ahead.select(*AHEAD).rename({"target_period": "period"})
    joined = past.join(ahead, on="period", how="full", coalesce=True).sort("period")
    return joined.with_columns(series_words(series.frequency))


def series_words(frequency: str) -> pl.Expr:
    """Return the expression that puts the column ``period`` into words."""
    return pl.col("period").map_elements(
        lambda day: period_words(day, frequency), return_dtype=pl.String
    )


def cut_words(series: Series, top: float) -> str:
    """Return which bounds run on beyond the axis and how far; empty where the edge says it."""
    if series.ahead is None:
        return ""
    cut = []
    for level in LEVELS[:2]:
        row = series.ahead.sort(f"upper_{level}", "target_period").row(-1, named=True)
        is_printed = row["target_period"] == series.ahead.get_column("target_period")[-1]
        if row[f"upper_{level}"] > top and not is_printed:
            when = series.named(row["target_period"], short=True)
            cut.append(f"{CHANCE[level]} runs on to {spoken(row[f'upper_{level}'])} in {when}")
    return "; ".join(cut)


def notes(series: Series) -> list[str]:
    """Return what has to be explained below the drawing: hollow points, and numbered dates."""
    said = []
    if series.so_far:
        whole = ""
        if row := series.running:
            low, high = figure(row["lower_80"]), figure(row["upper_80"])
            whole = (
                f" Upright: 8 in 10 range of the whole {PERIOD[series.frequency]}, {low} to {high}."
            )
        day = day_words(series.so_far.day)
        said.append(f"Hollow: {figure(series.so_far.value)} counted by {day}.{whole}")
    elif series.past.get_column("is_provisional").any():
        said.append("Hollow: provisional or incomplete figures.")
    return [*said, *series.remarks]
