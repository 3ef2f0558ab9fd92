"""The watched series, grouped in scopes whose series are tested and ranked together.

A scope holds the series of one source, indicator, destination and frequency that break down one
dimension: the origins of one route, the routes, or the places. Its total is the published series
of them all together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Bools, Floats
from fcm_migration.catalog.columns import SERIES_COLUMNS
from fcm_migration.periods import PERIOD_LENGTH
from fcm_migration.trends.watch.rolling import mean_of
from fcm_migration.trends.watch.settings import (
    ABSENT_IS_ZERO,
    FREQUENCY_SPECS,
    WATCHED,
    FrequencySpec,
)

IDENTITY = tuple(column.name for column in SERIES_COLUMNS)
DIMENSIONS = ("origin", "route", "place")
COUNTRY_CLASSES = ("country", "territory", "former_state")  # others are no origins to watch
FACTS = (*IDENTITY, "rounding", "as_of_date")
FIGURES = ("period_start", "value", "is_suppressed", "is_held_back")
PANEL_COLUMNS = (*FACTS, "scope", "dimension", "is_total", *FIGURES)


@dataclass(frozen=True)
class Scope:
    """Series of one scope, T periods x N series.

    Attributes:
        name: source/indicator/destination/route/frequency/dimension.
        dimension: dimension that the series break down: origin, route or place.
        frequency: M, Q or A.
        facts: one row (:data:`FACTS`) per series, in the order of the columns of ``values``.
        periods: first days of all periods, one per row.
        values: counts. 0 where the destination reported the period but not the series, and the
            mean of the year before was below ABSENT_IS_ZERO a month. NaN where that mean was
            higher, the figure is withheld or held back under an unreviewed label, or nothing was
            reported for the period.
        total: published total of the scope, T; the sum of the series where none is published.
        is_filled: True where ``values`` has 0 for a figure that is not printed; None for nowhere.
    """

    name: str
    dimension: str
    frequency: str
    facts: pl.DataFrame
    periods: tuple[date, ...]
    values: Floats
    total: Floats
    is_filled: Bools | None = None

    @property
    def printed(self) -> Floats:
        """``values`` as far as they are printed: NaN where a 0 was filled in."""
        return (
            self.values if self.is_filled is None else np.where(self.is_filled, np.nan, self.values)
        )

    @property
    def series(self) -> tuple[str, ...]:
        """Names of the series, in the order of the columns of ``values``."""
        return tuple(self.facts.get_column("series_id"))

    @property
    def spec(self) -> FrequencySpec:
        """Constants that depend on the frequency."""
        return FREQUENCY_SPECS[self.frequency]

    def row(self, period: date) -> int:
        """Return the row of a period by its first day; KeyError if the scope has none."""
        try:
            return self.periods.index(period)
        except ValueError:
            raise KeyError(period) from None

    def until(self, row: int) -> Scope:
        """Return the scope as it was when ``row`` was the newest period."""
        rows = slice(0, row + 1)
        filled = None if self.is_filled is None else self.is_filled[rows]
        return replace(
            self,
            periods=self.periods[rows],
            values=self.values[rows],
            total=self.total[rows],
            is_filled=filled,
        )


def watched_panel(series: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Return the watched rows of ``mart.series`` with their scopes: :data:`PANEL_COLUMNS`.

    Args:
        series: ``mart.series`` without figures that a break makes another quantity.
        index: ``mart.series_index``.
    """
    whole = (pl.col("place") == "all", pl.col("origin_iso3") == "total", pl.col("route") == "all")
    country = pl.col("origin_class").is_in(COUNTRY_CLASSES)
    dimension = (
        pl.when(country & whole[0])
        .then(pl.lit("origin"))
        .when(whole[1] & ~whole[0])
        .then(pl.lit("place"))
        .when(whole[1])
        .then(pl.lit("route"))
    )
    chosen = index.filter(
        pl.col("indicator").is_in(WATCHED)
        & (pl.col("population_group") == "all")
        & pl.col("frequency").is_in(list(FREQUENCY_SPECS))
    ).with_columns(dimension.alias("dimension"), pl.lit(value=False).alias("is_total"))
    chosen = chosen.filter(pl.col("dimension").is_not_null())
    route = pl.when(pl.col("dimension") == "origin").then(pl.col("route")).otherwise(pl.lit("all"))
    named = ("source_id", "indicator", "destination_iso3", route, "frequency", "dimension")
    totals = chosen.filter(pl.col("dimension") == "route").with_columns(
        pl.lit("origin").alias("dimension"), pl.lit(value=True).alias("is_total")
    )
    both = pl.concat([chosen, totals]).with_columns(
        pl.concat_str(*named, separator="/").alias("scope")
    )
    rows = series.select("series_id", *FIGURES)
    return (
        both.select(*FACTS, "scope", "dimension", "is_total")
        .join(rows, on="series_id")
        .select(PANEL_COLUMNS)
    )


def scopes(panel: pl.DataFrame) -> Iterator[Scope]:
    """Yield the scopes of a panel in the order of their names, but those of a total alone."""
    for (name,), part in sorted(panel.group_by("scope"), key=lambda item: str(item[0][0])):
        members = part.filter(~pl.col("is_total"))
        if not members.is_empty():
            yield _scope(str(name), members, part.filter(pl.col("is_total")))


def _scope(name: str, members: pl.DataFrame, total: pl.DataFrame) -> Scope:
    facts = members.select(FACTS).unique().sort("series_id")
    frequency = str(facts.item(0, "frequency"))
    starts = pl.concat([members.get_column("period_start"), total.get_column("period_start")])
    span = pl.select(
        pl.date_range(pl.lit(starts.min()), pl.lit(starts.max()), PERIOD_LENGTH[frequency]).alias(
            "period_start"
        )
    )
    order = facts.get_column("series_id").to_list()
    values = _wide(members, span, order)
    withheld, held = (
        _marked(members, mark, span, order) for mark in ("is_suppressed", "is_held_back")
    )
    whole = _wide(total, span, total.get_column("series_id").unique().to_list()[:1])
    # where the destination publishes a total, every period that has one was reported
    reported: Bools = np.any(~np.isnan(whole if whole.shape[1] else values), axis=1)
    # a total published before its parts says nothing of them yet
    known = np.flatnonzero(np.any(~np.isnan(values), axis=1))
    reported[known[-1] + 1 if len(known) else 0 :] = False
    absent = np.isnan(values) & ~withheld & ~held & reported[:, None]
    values[absent] = 0.0
    values[absent & _unlikely_zero(values, frequency)] = np.nan
    # a sum that lacks held-back rows is no total
    known_whole = reported & ~held.any(axis=1)
    summed = np.where(known_whole, np.nansum(values, axis=1), np.nan)
    published = whole[:, 0] if whole.shape[1] else np.full(len(values), np.nan)
    return Scope(
        name,
        name.rsplit("/", 1)[-1],
        frequency,
        facts,
        tuple(span.get_column("period_start")),
        values,
        np.where(np.isnan(published), summed, published),
        absent,
    )


def _marked(rows: pl.DataFrame, mark: str, span: pl.DataFrame, order: Sequence[str]) -> Bools:
    """Return where a column of truth values is true, as periods x series."""
    numbers = rows.with_columns(pl.col(mark).cast(pl.Int64).alias("value"))
    found: Bools = _wide(numbers, span, order) == 1
    return found


def _unlikely_zero(values: Floats, frequency: str) -> Bools:
    """Flag figures whose year before has so high a mean that a row left out is no zero."""
    spec = FREQUENCY_SPECS[frequency]
    with np.errstate(invalid="ignore"):
        high: Bools = mean_of(values, spec.year, lag=1) >= ABSENT_IS_ZERO * spec.months
    return high


def _wide(rows: pl.DataFrame, span: pl.DataFrame, order: Sequence[str]) -> Floats:
    """Return values as periods x series, in the order of ``span`` and ``order``."""
    if not order:
        return np.empty((span.height, 0))
    wide = rows.pivot("series_id", index="period_start", values="value")
    wide = span.join(wide, on="period_start", how="left").sort("period_start")
    return wide.select(order).cast(pl.Float64).to_numpy().astype(np.float64)
