"""Add published forecasts to the ledger, including those of a refresh that was killed.

Apart from :mod:`ledger`, which a step reads: that step does not depend on how editions are written.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from fcm_migration import store
from fcm_migration.errors import FcmError
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS
from fcm_migration.forecast.shown import shown, with_nowcasts
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES as MADE
from fcm_migration.publish import known
from fcm_migration.publish.query import Connection
from fcm_migration.refresh import journal, ledger, ledger_files
from fcm_migration.refresh.noting import note_remembered

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context


def remember_published(context: Context) -> None:
    """Add the forecasts just published from origins not yet in the ledger, with today's date.

    Only what is shown as a forecast is added: of a running period, its nowcast.
    """
    made, hidden, nowcast = (
        store.read(context.home.table(table.layer, table.name), table)
        for table in (MADE, NOT_SHOWN, NOWCAST)
    )
    _remember(context, with_nowcasts(shown(made, hidden), nowcast), context.today)
    note_remembered(context.home, context.now)


def remember_missed(context: Context) -> None:
    """Add the forecasts of a refresh that ended (killed, disk full) before it could add them.

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
                nowcast = connection.sql("FROM forecast.nowcast")
        except FcmError as error:
            name = edition.edition_id
            context.report(f"forecasts of edition {name} may be missing in the ledger: {error}")
            continue
        rows = with_nowcasts(shown(made, hidden), nowcast)
        _remember(context, rows, edition.published_at.date())
        note_remembered(context.home, edition.published_at)


def _remember(context: Context, quantiles: pl.DataFrame, day: date) -> None:
    ledger_files.take_over(context.home, ledger.COLUMNS)
    if quantiles.is_empty():
        return
    names = dict(zip(QUANTILE_LEVELS, LEVEL_COLUMNS, strict=True))
    fresh = (
        quantiles.with_columns(pl.col("quantile").replace_strict(names, return_dtype=pl.String))
        .pivot("quantile", index=[*ledger.KEYS, "target_period", "model"], values="value")
        .select(*ledger.KEPT, pl.lit(day).alias("made_date"))
    )
    before = ledger.read(context)
    if before is not None:
        fresh = fresh.join(before, on=ledger.KEYS, how="anti")
    if not fresh.is_empty():
        ledger_files.add(context.home, fresh.sort(ledger.KEYS), day)
