"""Forecasts that were published, kept to be compared with what is observed later.

What counts is what was shown as a forecast, in an edition made before the period forecast ended; a
figure of a period that was over is no forecast, whatever had been published of it by then. The
first forecast published from an origin is the one that counts: a later one from the same origin, on
revised figures, is not counted. Where the files lie: :mod:`ledger_files`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from fcm_migration import store
from fcm_migration.errors import FcmError
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.forecast.shown import shown
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES as MADE
from fcm_migration.marts.reviewed import SERIES_BREAKS, without_cuts
from fcm_migration.marts.tables import SERIES
from fcm_migration.periods import period_end
from fcm_migration.publish import known
from fcm_migration.publish.query import Connection
from fcm_migration.refresh import journal, ledger_files
from fcm_migration.refresh.noting import note_remembered

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context

KEYS = ["series_id", "origin_date", "horizon"]
KEPT = ("series_id", "origin_date", "horizon", "target_period", "model", *LEVEL_COLUMNS)
COLUMNS = (*KEPT, "made_date")


def remember_published(context: Context) -> None:
    """Add what has just been published, from origins not yet in the ledger, with today's date.

    Only what is shown as a forecast is added.
    """
    made = store.read(context.home.table("forecast", "quantiles"), MADE)
    hidden = store.read(context.home.table(NOT_SHOWN.layer, NOT_SHOWN.name), NOT_SHOWN)
    _remember(context, made, hidden, context.today)
    note_remembered(context.home, context.now)


def remember_missed(context: Context) -> None:
    """Add what a refresh published that ended before it could add it (killed, a full disk).

    It is read from the edition, which holds what was really published; the tables in the home may
    be others by now. Call it before the next edition takes the place of the last.
    """
    noted = journal.runs(context.home)
    missed = {run.started_at for run in noted if not run.is_remembered}
    for edition in known(context.home.published_dir):
        if edition.published_at not in missed:
            continue
        try:
            with Connection(edition.path) as connection:
                made = connection.sql("FROM forecast.quantiles")
                hidden = connection.sql("FROM forecast.not_shown")
        except FcmError as error:
            name = edition.edition_id
            context.report(f"forecasts of edition {name} may be missing in the ledger: {error}")
            continue
        _remember(context, made, hidden, edition.published_at.date())
        note_remembered(context.home, edition.published_at)


def _remember(context: Context, made: pl.DataFrame, hidden: pl.DataFrame, day: date) -> None:
    ledger_files.take_over(context.home, COLUMNS)
    quantiles = shown(made, hidden)
    if quantiles.is_empty():
        return
    names = dict(zip(QUANTILE_LEVELS, LEVEL_COLUMNS, strict=True))
    fresh = (
        quantiles.with_columns(pl.col("quantile").replace_strict(names, return_dtype=pl.String))
        .pivot("quantile", index=[*KEYS, "target_period", "model"], values="value")
        .select(*KEPT, pl.lit(day).alias("made_date"))
    )
    before = _read(context)
    if before is not None:
        fresh = fresh.join(before, on=KEYS, how="anti")
    if not fresh.is_empty():
        ledger_files.add(context.home, fresh.sort(KEYS), day)


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
