"""Small panels of simulated series in the declared shape of the marts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.marts.tables import SERIES, SERIES_INDEX

STEP = {"M": 1, "Q": 3, "A": 12}


def months_on(first: date, months: int) -> date:
    """The first day of the month so many months on."""
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def one(
    origin: str,
    values: Sequence[int | None],
    *,
    source: str = "us_ohss_usbp",
    indicator: str = "border_encounters",
    unit: str = "events",
    destination: str = "USA",
    route: str = "all",
    frequency: str = "M",
    first: date = date(2019, 1, 1),
) -> dict[str, object]:
    """One series; None where nothing was reported."""
    return {
        "series_id": f"{source}/{indicator}/{destination}/{origin}/{route}/all/all/{frequency}",
        "source_id": source,
        "indicator": indicator,
        "unit": unit,
        "destination_iso3": destination,
        "origin_iso3": origin,
        "origin_class": "total" if origin == "total" else "country",
        "route": route,
        "place": "all",
        "population_group": "all",
        "frequency": frequency,
        "first_period": first,
        "values": list(values),
    }


def marts(several: Sequence[dict[str, object]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``mart.series`` and ``mart.series_index`` of these series."""
    index, rows = [], []
    for each in several:
        values: list[int | None] = each["values"]  # type: ignore[assignment]
        first: date = each["first_period"]  # type: ignore[assignment]
        step = STEP[str(each["frequency"])]
        usual = {"rounding": 1, "suppressed": 0, "missing": 0, "held_back": 0, "breaks": 0}
        last = months_on(first, step * (len(values) - 1))
        facts = {**usual, **each, "periods": len(values), "last_period": last}
        facts["as_of_date"] = date(2025, 1, 1)
        index.append({name: facts[name] for name in SERIES_INDEX.column_names})
        for number, value in enumerate(values):
            row = {**facts, "period_start": months_on(first, step * number), "value": value}
            row |= {"is_suppressed": False, "is_implied_zero": False, "is_held_back": False}
            rows.append({name: row[name] for name in SERIES.column_names})
    return (
        conform(pl.DataFrame(rows, schema=polars_schema(SERIES)), SERIES),
        conform(pl.DataFrame(index, schema=polars_schema(SERIES_INDEX)), SERIES_INDEX),
    )
