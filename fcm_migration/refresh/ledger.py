"""The ledger: published forecasts, kept for comparison with what is observed later.

What counts is what was shown as a forecast, in an edition made before the period forecast ended; a
figure of a period that was over is no forecast, whatever had been published of it by then. The
first forecast published from an origin is the one that counts: a later one from the same origin, on
revised figures, is not counted. Where the files lie: :mod:`ledger_files`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from fcm_migration import store
from fcm_migration.forecast.scores import LEVEL_COLUMNS
from fcm_migration.marts.reviewed import SERIES_BREAKS, without_cuts
from fcm_migration.marts.tables import SERIES
from fcm_migration.periods import period_end
from fcm_migration.refresh import ledger_files

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context

KEYS = ["series_id", "origin_date", "horizon"]
KEPT = ("series_id", "origin_date", "horizon", "target_period", "model", *LEVEL_COLUMNS)
COLUMNS = (*KEPT, "made_date")


def observed_since(context: Context) -> pl.DataFrame:
    """Return published forecasts whose target has been observed since, beside what was observed.

    Those published when their target period was over are left out (also of older ledgers).
    Without columns where there is none: a first publication alone changes no record.
    """
    ledger = read(context)
    if ledger is None:
        return pl.DataFrame()
    series = store.read(context.home.table(SERIES.layer, SERIES.name), SERIES)
    breaks = store.read(context.home.table(SERIES_BREAKS.layer, SERIES_BREAKS.name), SERIES_BREAKS)
    # a figure that a break makes another quantity (a half-year called a year) was not forecast
    comparable = without_cuts(series, breaks)
    observed = comparable.filter(pl.col("value").is_not_null()).select(
        "series_id",
        pl.col("period_start").alias("target_period"),
        pl.col("value").alias("observed_value"),
        period_end().alias("target_end_date"),
    )
    seen = ledger.join(observed, on=["series_id", "target_period"])
    in_time = seen.filter(pl.col("made_date") <= pl.col("target_end_date"))
    kept = in_time.drop("target_end_date").sort(KEYS)
    return pl.DataFrame() if kept.is_empty() else kept


def read(context: Context) -> pl.DataFrame | None:
    """Return the first forecast published from each origin; None without any that can be read.

    A damaged file is named in the report and left out.
    """
    ledger = ledger_files.read(context.home, COLUMNS)
    for found in ledger.damaged:
        context.report(found.words)
    if ledger.rows is None:
        return None
    first = ledger.rows.sort("made_date", maintain_order=True)
    return first.unique(KEYS, keep="first", maintain_order=True)
