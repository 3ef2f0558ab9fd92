"""Policies and breaks that a series' chart has to name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.marts.reviewed import SELECTORS, selected
from fcm_migration.reports.charts import Mark

MOST = 6  # the newest; more would hide the figures
CHANGES = ("unit", "coverage", "definition", "method", "policy", "level")


def marks_of(
    series: Mapping[str, Any], policies: pl.DataFrame, breaks: pl.DataFrame, first: date
) -> tuple[Mark, ...]:
    """Return the dates to mark in a series' chart, oldest first.

    Args:
        series: a row of ``mart.series_index``.
        policies: rows of ``meta.policy_events``; a check on what no policy touched is none.
        breaks: rows of ``meta.series_breaks``.
        first: first day drawn; what ended before is left out.
    """
    own = pl.DataFrame([{name: series[name] for name in SELECTORS}])
    found = [
        Mark(row["policy_date"], row["policy_words"])
        for row in policies.rows(named=True)
        if row["expected_direction"] != "none"
        and row["policy_date"] >= first
        and not own.filter(selected(row)).is_empty()
    ]
    for row in breaks.filter(series_id=series["series_id"]).rows(named=True):
        day, last = row["break_first_date"], row["break_last_date"]
        if day is not None and row["break_kind"] in CHANGES and (last or day) >= first:
            found.append(Mark(day, row["words"], last))
    found.sort(key=lambda mark: (mark.day, mark.words))
    return tuple(found[-MOST:])
