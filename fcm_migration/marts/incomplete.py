"""Mark periods that were not over or not fully reported, whatever the source's own rows say."""

from __future__ import annotations

import polars as pl

from fcm_migration.marts.reviewed import selected
from fcm_migration.periods import period_end

KIND = "partial"


def mark_incomplete(flows: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Return flows with ``is_partial`` also where a person declared it or the calendar shows it.

    A period is incomplete where ``meta.breaks`` has an entry of kind ``partial`` with a window
    that holds it (such as a country whose half-year was never completed), and where the release
    is dated before the period's last day.

    Args:
        flows: rows of ``mart.flows``.
        breaks: rows of ``meta.breaks``.
    """
    marked = pl.col("is_partial") | (period_end() > pl.col("as_of_date"))
    for entry in breaks.filter(pl.col("break_kind") == KIND).iter_rows(named=True):
        first, last = entry["break_first_date"], entry["break_last_date"]
        if first is not None and last is not None:
            inside = pl.col("period_start").is_between(first, last)
            marked = marked | (selected(entry) & inside)
    return flows.with_columns(marked.alias("is_partial"))
