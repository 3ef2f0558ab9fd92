"""Proxies of sea crossings: persons per boat, and the share of arrivals on the busiest days."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.trends.facilitation.explanation import (
    BOAT_REASONS,
    DAY_REASONS,
    explain_boats,
    explain_days,
)
from fcm_migration.trends.facilitation.settings import BOATS, BUSIEST, GROWTH, LEAST_BOATS

Row = dict[str, Any]
_KEYS = ("source_id", "destination_iso3", "route")


def persons_per_boat(flows: pl.DataFrame, series_breaks: pl.DataFrame) -> Iterator[Row]:
    """Yield persons per boat for each complete year and quarter with a boat.

    Args:
        flows: ``mart.flows``.
        series_breaks: ``meta.series_breaks``; nothing is compared across one that makes the
            figures another quantity.
    """
    counted, cuts = _counted(flows), _cuts(series_breaks)
    for (source, destination, route, frequency), part in counted.group_by(
        *_KEYS, "frequency", maintain_order=True
    ):
        known = {row["period"]: row for row in part.rows(named=True)}
        days = cuts.get((source, destination, route), [])
        for period, row in sorted(known.items()):
            year_ago = period.replace(year=period.year - 1)
            begun = max([day for day in days if day <= period], default=date.min)
            first = known[min(other for other in known if other >= begun)]
            before = None if begun > year_ago else known.get(year_ago)
            yield {
                "destination_iso3": destination,
                "route": route,
                "frequency": frequency,
                "source_id": source,
                **_boat_row(row, before, first),
            }


def _boat_row(row: Row, before: Row | None, first: Row) -> Row:
    """Return the figures of one period, against the year before and the first comparable period."""
    value = row["persons"] / row["boats"]
    base = before["persons"] / before["boats"] if before else None
    is_enough = before is not None and min(row["boats"], before["boats"]) >= LEAST_BOATS
    return {
        "period": row["period"],
        "proxy": "persons_per_boat",
        "proxy_value": value,
        "compared_value": base,
        "value_unit": "persons per boat",
        "threshold": GROWTH,
        "threshold_kind": "ratio",
        "is_present": value >= GROWTH * base if is_enough and base is not None else None,
        "reason": explain_boats(row, first, base),
        "other_explanations": BOAT_REASONS,
        "as_of_date": row["as_of_date"],
    }


def bunched_days(flows: pl.DataFrame) -> Iterator[Row]:
    """Yield the share of arrivals on the busiest days, for each year with every day published.

    Args:
        flows: ``mart.flows``.
    """
    days = _whole(flows, "D").filter(pl.col("indicator").is_in(list(BOATS.values())))
    years = days.with_columns(pl.col("period_start").dt.truncate("1y").alias("period"))
    for (source, destination, route), part in years.group_by(*_KEYS, maintain_order=True):
        before: tuple[date, float] | None = None
        for (period,), year in sorted(part.group_by("period"), key=lambda item: str(item[0][0])):
            start = pl.Series([period]).item()
            length = (start.replace(year=start.year + 1) - start).days
            values = year.get_column("value").sort(descending=True)
            if year.height != length or values.null_count() or values.sum() == 0:
                continue
            number = math.floor(BUSIEST * length)  # 18 of 365
            top, total = int(values.head(number).sum()), int(values.sum())
            value = 100.0 * top / total
            last = before is not None and before[0].year == start.year - 1
            base = before[1] if before is not None and last else None
            yield {
                "destination_iso3": destination,
                "route": route,
                "frequency": "A",
                "period": start,
                "proxy": "bunched_days",
                "source_id": source,
                "proxy_value": value,
                "compared_value": base,
                "value_unit": "per cent",
                "threshold": GROWTH,
                "threshold_kind": "ratio",
                "is_present": None if base is None else value >= GROWTH * base,
                "reason": explain_days(top, total, number, base),
                "other_explanations": DAY_REASONS,
                "as_of_date": year.get_column("as_of_date").max(),
            }
            before = (start, value)


def _cuts(series_breaks: pl.DataFrame) -> dict[tuple[str, ...], list[date]]:
    """Return the days on which a series of boats becomes another quantity, by source and route."""
    found: dict[tuple[str, ...], list[date]] = {}
    cut = series_breaks.filter(pl.col("treatment") == "cut").drop_nulls("break_first_date")
    for name, day in cut.select("series_id", "break_first_date").iter_rows():
        source, indicator, destination, _, route, *_ = name.split("/")
        if indicator in BOATS:
            found.setdefault((source, destination, route), []).append(day)
    return found


def _whole(flows: pl.DataFrame, frequency: str) -> pl.DataFrame:
    """Return the complete periods of totals over all origins, places and groups."""
    return flows.filter(
        (pl.col("frequency") == frequency)
        & (pl.col("place") == "all")
        & (pl.col("origin_iso3") == "total")
        & (pl.col("population_group") == "all")
        & ~pl.col("is_partial")
    ).sort("source_id", "destination_iso3", "route", "period_start")


def _counted(flows: pl.DataFrame) -> pl.DataFrame:
    """Return persons and boats of complete years and quarters, summed from months where needed."""
    parts = []
    for boats, persons in BOATS.items():
        for source, frequency, length, number in (
            ("M", "A", "1y", 12),
            ("M", "Q", "1q", 3),
            ("A", "A", "1y", 1),
        ):
            rows = _whole(flows, source).with_columns(
                pl.col("period_start").dt.truncate(length).alias("period")
            )
            chosen = rows.filter(pl.col("indicator").is_in([boats, persons]))
            made = chosen.group_by(*_KEYS, "period").agg(
                *(
                    pl.col("value").filter(pl.col("indicator") == name).sum().alias(alias)
                    for name, alias in ((boats, "boats"), (persons, "persons"))
                ),
                *(
                    pl.col("value").filter(pl.col("indicator") == name).count().alias(alias)
                    for name, alias in ((boats, "months"), (persons, "other_months"))
                ),
                pl.col("as_of_date").max(),
            )
            whole = (pl.col("months") == number) & (pl.col("other_months") == number)
            parts.append(
                made.filter(whole & (pl.col("boats") > 0)).with_columns(
                    pl.lit(frequency).alias("frequency")
                )
            )
    return pl.concat(parts).sort(*_KEYS, "frequency", "period")
