"""Proxies of place: dominant region or sector, and several origins that appear together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from fcm_migration.trends.facilitation.explanation import (
    FIRST_REASONS,
    PLACE_REASONS,
    explain_appearances,
    explain_switch,
    explain_switched,
)
from fcm_migration.trends.facilitation.settings import (
    BY_REGION,
    FEW_BEFORE,
    LEAST_FLOW,
    LEAST_ORIGINS,
    SEVERAL,
    SWITCH,
    SWITCHED,
    TIMES_HIGHEST,
)
from fcm_migration.trends.watch.panel import COUNTRY_CLASSES, Scope

Row = dict[str, Any]
_KEYS = ["source_id", "destination_iso3"]


def switches(flows: pl.DataFrame) -> Iterator[Row]:
    """Yield by year the changes of dominant region of each origin, of the route, and of sectors.

    Args:
        flows: ``mart.flows``.
    """
    months = flows.filter(
        pl.col("indicator").is_in(BY_REGION)
        & (pl.col("frequency") == "M")
        & (pl.col("population_group") == "all")
        & ~pl.col("is_partial")
    ).with_columns(pl.col("period_start").dt.truncate("1y").alias("period"))
    total = months.filter(
        (pl.col("origin_iso3") == "total") & (pl.col("place") == "all") & (pl.col("route") == "all")
    )
    whole = total.group_by(*_KEYS, "period").agg(
        pl.col("value").sum().alias("whole"), pl.col("value").count().alias("months")
    )
    whole = whole.filter(pl.col("months") == 12).drop("months")
    country = pl.col("origin_class").is_in(COUNTRY_CLASSES) & (pl.col("place") == "all")
    regions = _changes(
        months.filter(country & (pl.col("route") != "all")).with_columns(part=pl.col("route")),
        whole,
    )
    sectors = _changes(
        months.filter(
            (pl.col("origin_iso3") == "total") & (pl.col("place") != "all")
            & (pl.col("route") == "all")
        ).with_columns(part=pl.col("place")),
        whole,
    )  # fmt: skip
    yield from (_switch(row, "dominant_region", counts=False) for row in regions)
    yield from (_switch(row, "dominant_sector", counts=True) for row in sectors)
    yield from _switched(regions, whole)


def first_appearances(scope: Scope) -> Iterator[Row]:
    """Yield a row for each quarter and year of a scope of origins, from its third year on."""
    back, quarter = 2 * scope.spec.year, 3 // scope.spec.months
    found = appearances(scope)
    facts = scope.facts.row(0, named=True)
    shared = {
        "destination_iso3": facts["destination_iso3"],
        "route": facts["route"],
        "source_id": facts["source_id"],
        "proxy": "first_appearances",
        "value_unit": "origins",
        "threshold": float(SEVERAL),
        "threshold_kind": "at_least",
        "other_explanations": FIRST_REASONS,
        "as_of_date": scope.facts.get_column("as_of_date").max(),
    }
    for frequency, length in (("Q", quarter), ("A", scope.spec.year)):
        for row in range(back, len(scope.periods) - length + 1):
            start = scope.periods[row]
            if (start.month - 1) % (3 if frequency == "Q" else 12):
                continue
            # three months that end within the period
            ends = range(row + quarter - 1 if frequency == "Q" else row, row + length)
            most = max(
                ([o for r, o in found if end - quarter < r <= end] for end in ends),
                key=len,
            )
            earlier = sum(r < row for r, _ in found)
            base = earlier * quarter / (row - back) if row > back else None
            period = {"frequency": frequency, "period": start}
            yield shared | period | _appeared(most, base, str(facts["unit"]))


def _appeared(origins: list[str], base: float | None, unit: str) -> Row:
    """Return the figures of a period: the origins that appear, and their usual number before."""
    return {
        "proxy_value": float(len(origins)),
        "compared_value": base,
        "is_present": len(origins) >= SEVERAL,
        "reason": explain_appearances(origins, unit, base),
    }


def appearances(scope: Scope) -> list[tuple[int, str]]:
    """Return the first appearances of a scope: row and origin, at most one of each in two years.

    An origin appears with a figure of TIMES_HIGHEST its highest in the two years before, of the
    size an alert needs, after at most FEW_BEFORE in those years. None of these may be withheld.
    """
    spec, back = scope.spec, 2 * scope.spec.year
    found = []
    for column, origin in enumerate(scope.facts.get_column("origin_iso3")):
        y, last = scope.values[:, column], -back
        for row in range(back, len(y)):
            past, recent = y[row - back : row], y[row - spec.held + 1 : row + 1]
            new = past.sum() <= FEW_BEFORE and y[row] >= TIMES_HIGHEST * past.max()
            large = y[row] >= spec.least and recent.sum() >= spec.least_held
            if new and large and row - last > back:  # NaN is neither
                found.append((row, str(origin)))
                last = row
    return sorted(found)


def is_watched(scope: Scope) -> bool:
    """Return whether a scope can show several first appearances."""
    many = len(scope.series) >= LEAST_ORIGINS
    return scope.dimension == "origin" and scope.frequency in ("M", "Q") and many


def _changes(rows: pl.DataFrame, whole: pl.DataFrame) -> list[Row]:
    """Return by origin and year the share of the dominant part, old or new, that changed more."""
    keys = [*_KEYS, "origin_iso3"]
    summed = rows.group_by(*keys, "period", "part").agg(
        pl.col("value").sum(), pl.col("as_of_date").max()
    )
    summed = summed.join(whole, on=[*_KEYS, "period"])  # whole years only
    changes = []
    for (source, destination, origin), part in sorted(summed.group_by(keys), key=lambda i: str(i)):
        years: dict[date, dict[str, int]] = {}
        for period, name, value in part.select("period", "part", "value").sort("part").iter_rows():
            years.setdefault(period, {})[name] = value
        for period, now in sorted(years.items()):
            before = years.get(period.replace(year=period.year - 1), {})
            if min(sum(now.values()), sum(before.values())) < LEAST_FLOW:
                continue
            shares, old = _shares(now), _shares(before)
            leaders = (max(old, key=lambda n: old[n]), max(shares, key=lambda n: shares[n]))
            name = max(leaders, key=lambda n: abs(shares.get(n, 0.0) - old.get(n, 0.0)))
            changes.append({
                "source_id": source,
                "destination_iso3": destination,
                "origin_iso3": origin,
                "period": period,
                "part": name,
                "value": 100.0 * shares.get(name, 0.0),
                "before": 100.0 * old.get(name, 0.0),
                "size": sum(now.values()),
                "hhi": float(np.square(list(shares.values())).sum()),
                "hhi_before": float(np.square(list(old.values())).sum()),
                "as_of_date": part.get_column("as_of_date").max(),
            })  # fmt: skip
    return changes


def _shares(counts: dict[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: count / total for name, count in counts.items()}


def _switch(row: Row, proxy: str, *, counts: bool) -> Row:
    """Return the row of one origin's (or the total's) part whose share changed most."""
    return {
        **{name: row[name] for name in ("source_id", "destination_iso3", "origin_iso3")},
        **{name: row[name] for name in ("period", "part", "as_of_date")},
        "route": "all",
        "frequency": "A",
        "proxy": proxy,
        "proxy_value": row["value"],
        "compared_value": row["before"],
        "value_unit": "per cent",
        "threshold": SWITCH,
        "threshold_kind": "change",
        "is_present": abs(row["value"] - row["before"]) >= SWITCH,
        "counts_in_level": counts,
        "concentration": row["hhi"],
        "concentration_before": row["hhi_before"],
        "reason": explain_switch(row),
        "other_explanations": PLACE_REASONS,
    }


def _switched(regions: list[Row], whole: pl.DataFrame) -> Iterator[Row]:
    """Yield the share of each year's flow whose origins changed their dominant region."""
    judged: dict[tuple[str, str, date], list[Row]] = {}
    for row in regions:
        key = (row["source_id"], row["destination_iso3"], row["period"])
        judged.setdefault(key, []).append(row)
    totals = {tuple(row[:3]): row[3] for row in whole.select(*_KEYS, "period", "whole").rows()}
    values: dict[tuple[str, str, date], float] = {}
    for key, rows in sorted(judged.items()):
        source, destination, period = key
        moved = [row for row in rows if abs(row["value"] - row["before"]) >= SWITCH]
        persons = sum(row["size"] for row in moved)
        values[key] = 100.0 * persons / totals[key]
        base = values.get((source, destination, period.replace(year=period.year - 1)))
        yield {
            "source_id": source,
            "destination_iso3": destination,
            "route": "all",
            "frequency": "A",
            "period": period,
            "proxy": "dominant_region",
            "proxy_value": values[key],
            "compared_value": base,
            "value_unit": "per cent",
            "threshold": SWITCHED,
            "threshold_kind": "at_least",
            "is_present": values[key] >= SWITCHED,
            "reason": explain_switched([row["origin_iso3"] for row in moved], persons, totals[key]),
            "other_explanations": PLACE_REASONS,
            "as_of_date": max(row["as_of_date"] for row in rows),
        }
