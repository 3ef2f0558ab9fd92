"""Forecasts that were published, kept to be compared with what is observed later.

What counts is what was shown as a forecast, in an edition made before the period forecast ended; a
figure of a period that was over is no forecast, whatever had been published of it by then. The
first forecast published from an origin is the one that counts: a later one from the same origin, on
revised figures, is not written over it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from fcm_migration import originals, store
from fcm_migration.errors import DamagedError
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.forecast.shown import shown
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES as MADE
from fcm_migration.forecast.tables import TRACK_RECORD
from fcm_migration.marts.reviewed import SERIES_BREAKS, without_cuts
from fcm_migration.marts.tables import SERIES
from fcm_migration.periods import period_end

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context

KEYS = ["series_id", "origin_date", "horizon"]
KEPT = ("series_id", "origin_date", "horizon", "target_period", "model", *LEVEL_COLUMNS)


def remember_published(context: Context) -> None:
    """Add what has just been published, from origins not yet in the ledger, with today's date.

    Only what is shown as a forecast is added.
    """
    made = store.read(context.home.table("forecast", "quantiles"), MADE)
    hidden = store.read(context.home.table(NOT_SHOWN.layer, NOT_SHOWN.name), NOT_SHOWN)
    quantiles = shown(made, hidden)
    names = dict(zip(QUANTILE_LEVELS, LEVEL_COLUMNS, strict=True))
    fresh = (
        quantiles.with_columns(pl.col("quantile").replace_strict(names, return_dtype=pl.String))
        .pivot("quantile", index=[*KEYS, "target_period", "model"], values="value")
        .select(*KEPT, pl.lit(context.today).alias("made_date"))
        if not quantiles.is_empty()
        else pl.DataFrame()
    )
    before = _read(context)
    if before is not None and not fresh.is_empty():
        fresh = pl.concat([before, fresh.join(before, on=KEYS, how="anti")])
    if not fresh.is_empty():
        originals.write_frame(fresh.sort(KEYS), ledger_path(context))


def observed_since(context: Context) -> pl.DataFrame:
    """Return published forecasts whose target has been observed since, beside what was observed.

    Those published when their target period was over are left out (also of older ledgers).
    Without columns where there is none: a first publication alone changes no record.
    """
    ledger = _read(context)
    if ledger is None:
        return pl.DataFrame()
    series = store.read(context.home.table(SERIES.layer, SERIES.name), SERIES)
    breaks = store.read(context.home.table(SERIES_BREAKS.layer, SERIES_BREAKS.name), SERIES_BREAKS)
    # what a break makes another quantity (a half-year called a year) is not what was forecast
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


def _read(context: Context) -> pl.DataFrame | None:
    """Return the ledger, or None where nothing has been published yet.

    One of which both copies are damaged is set aside and said: `fcm verify --archive` lists it.
    """
    path = ledger_path(context)
    try:
        return originals.read_frame(path)
    except DamagedError:
        originals.set_aside(path)
        return None


def ledger_path(context: Context) -> Path:
    """Return where the ledger lies."""
    return context.home.root / "forecast" / "ledger" / f"{TRACK_RECORD.name}.parquet"
