"""Advice on using a forecast, by pool and period ahead: the first table of the page on skill."""

from __future__ import annotations

from typing import Any

import polars as pl

from fcm_migration.reports.skill.facts import Facts

BETTER = 0.95  # relative WIS: at least five per cent better than the last figure repeated
WORSE = 1.02
HOLDS = 0.75  # of the 80 % interval; five points are what two years of origins can tell
LEAST = {"M": 12, "Q": 8, "A": 4}  # forecast origins, by frequency
SHOWN = {"M": (1, 3, 6, 12), "Q": (1, 2, 4), "A": (1, 2)}

Section = dict[str, Any]


def advice(facts: Facts) -> Section:
    """Return a row per pool and period ahead, and the meaning of the verdicts."""
    return {
        "better": BETTER,
        "worse": WORSE,
        "holds": HOLDS,
        "least": LEAST,
        "rows": [row for pool in (*facts.main, *facts.annual) for row in _rows(facts, pool)],
    }


def _rows(facts: Facts, pool: str) -> list[Section]:
    frequency = facts.frequency(pool)
    own = facts.horizons.filter(
        pl.col("horizon").is_in(SHOWN.get(frequency, (1,))),
        pool=pool,
        window="all",
        scored_model="published",
    )
    rows = own.sort("horizon").with_columns(pl.lit(frequency).alias("frequency")).rows(named=True)
    return [{**row, "verdict": verdict(row)} for row in rows]


def verdict(row: Section) -> str:
    """Return in words whether such forecasts are of use.

    Args:
        row: frequency, origins, relative_wis_mean and coverage_80 of published forecasts.
    """
    if (row["origins"] or 0) < LEAST.get(row["frequency"], max(LEAST.values())):
        return "not judged yet"
    score, held = round(row["relative_wis_mean"], 2), round(row["coverage_80"], 2)
    if score > WORSE:
        return "no: repeating the last figure did better"
    if score > BETTER:
        words = "no better than the last figure repeated"
        return words if held >= HOLDS else f"{words}; expect more misses than the interval says"
    return "yes" if held >= HOLDS else "yes, but expect more misses than the interval says"
