"""Phrases of the sentences on changes: spans of periods, figures, names of series and sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.catalog.wording import ALL, TOTAL, country_names
from fcm_migration.periods import MONTHS, QUARTERS
from fcm_migration.publish.brief_words import SAID, UNITS
from fcm_migration.publish.pair import Pair

WHOLE_ROUTE = {item.indicator: item.total_route for item in INDICATORS if item.total_route}
PERIODS = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "A": "year"}
Row = Mapping[str, Any]
_NONE = pl.DataFrame(
    schema=dict.fromkeys(("indicator", "destination_iso3", "route", "what"), pl.String)
)


def day_said(day: date) -> str:
    """Return a day as people write it: 21 August 2026."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def period_said(day: date, frequency: str) -> str:
    """Return a period by its first day: July 2025, the third quarter of 2024, 2025, 3 May 2026."""
    if frequency == "A":
        return str(day.year) if day.month == 1 else f"the year from {day_said(day)}"
    if frequency == "Q":
        return f"the {QUARTERS[(day.month - 1) // 3]} quarter of {day.year}"
    if frequency == "M":
        return f"{MONTHS[day.month - 1]} {day.year}"
    return day_said(day) if frequency == "D" else f"the week beginning {day_said(day)}"


def span_said(first: date, last: date, frequency: str) -> str:
    """Return one period, or the first and the last of several."""
    one, other = period_said(first, frequency), period_said(last, frequency)
    if first == last:
        return one
    if frequency == "W":
        return f"the weeks beginning {day_said(first)} to {day_said(last)}"
    return f"{one} to {other}"


def count(number: int, noun: str, many: str = "") -> str:
    """Return a number with its noun: 1 figure, 2,345 figures."""
    return f"{number:,} {noun if number == 1 else many or f'{noun}s'}"


def figure(value: float | None, unit: str = "") -> str:
    """Return a figure with its unit; what a cell without one says."""
    if value is None:
        return "no figure, or one withheld"
    said = f"{value:,.0f}"
    return f"{said} {UNITS.get(unit, unit)}" if unit else said


@dataclass(frozen=True)
class Names:
    """What sources, measures and countries are called in the newer edition."""

    sources: Mapping[str, Row]
    measures: Mapping[tuple[str, str], str]
    titles: Mapping[str, str]
    countries: Mapping[str, str]

    def source(self, source_id: str) -> str:
        """Return who publishes a source, and what it holds."""
        row = self.sources.get(source_id)
        return source_id if row is None else f"{row['publisher']}, {source_id}"

    def measure(self, indicator: str, destination: str | None) -> str:
        """Return what an indicator counts, in one of the five countries or anywhere."""
        said = self.measures.get((indicator, destination or ""))
        return said or self.titles.get(indicator, indicator.replace("_", " "))

    def whose(self, row: Row, *, is_only: bool = False) -> str:
        """Return whose figures a series are, within its measure and destination.

        Args:
            row: a series.
            is_only: no other series stands beside it, so that all origins need not be named.
        """
        parts = []
        if row["destination_iso3"] not in (*FIVE, "none"):
            parts.append(f"in {self.country(row['destination_iso3'])}")
        origin = row["origin_iso3"]
        if origin != TOTAL:
            parts.append(f"from {self.country(origin)}")
        elif not is_only:
            parts.append("all origins")
        for name in ("route", "place", "population_group"):
            is_implied = name == "route" and row[name] == WHOLE_ROUTE.get(row["indicator"])
            if row[name] != ALL and not is_implied:
                parts.append(str(row[name]).replace("_", " "))
        return ", ".join(parts)

    def country(self, code: str) -> str:
        """Return the name of a country or of another code."""
        return self.countries.get(code, code.replace("_", " "))


def names_of(pair: Pair) -> Names:
    """Return the names that stand in the newer edition."""
    sources = pair.table("meta.sources", "source_id", "publisher")
    indicators = pair.table("meta.indicators", "indicator", "title")
    countries = pair.table("meta.countries", "country_code", "country_name")
    named = not (indicators.is_empty() or countries.is_empty())
    said = pair.sql(SAID.replace("FROM meta.", "FROM new.meta.")) if named else _NONE
    whole = {
        (row["indicator"], row["destination_iso3"]): row["what"]
        for row in said.filter(route=ALL).iter_rows(named=True)
    }
    return Names(
        {row["source_id"]: row for row in sources.iter_rows(named=True)},
        whole,
        dict(indicators.iter_rows()),
        country_names(countries),
    )
