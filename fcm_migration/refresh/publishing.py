"""Publish the checked tables as the analysts' file: the last stage of a refresh."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from fcm_migration import folders, store
from fcm_migration.catalog.model import Table
from fcm_migration.core.tables import marked_table
from fcm_migration.errors import FcmError
from fcm_migration.expectations import CHECK_RESULTS, results_frame
from fcm_migration.refresh import journal
from fcm_migration.refresh.checking import checked
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.noting import note_published
from fcm_migration.refresh.remembering import remember_missed, remember_published
from fcm_migration.refresh.tables import warehouse_tables
from fcm_migration.trends.alerts.tables import ALERTS

if TYPE_CHECKING:
    from fcm_migration.notify import Outcome
    from fcm_migration.publish import Edition

MOST_CHANGES = 15
NOT_TOLD = ("other_tables", "check_declared")  # nobody acts on them
# Folders of a home that may be links; the inbox is looked at file by file.
NOT_CLEANED = frozenset(("inbox", "reference", "dagster_home"))


def published_tables(context: Context) -> Mapping[str, Table]:
    """Return every table of the published file but those that publication itself writes."""
    return {
        **warehouse_tables(context.sources),
        CHECK_RESULTS.full_name: CHECK_RESULTS,
    }


def publish_edition(context: Context) -> Edition:
    """Publish the candidates as they lie in the home, and remember the forecasts among them.

    Raises:
        CheckFailedError: a candidate failed a critical expectation.
    """
    from fcm_migration.changes import since
    from fcm_migration.publish import publish
    from fcm_migration.publish.views import AsOf, views_of

    results = checked(context, warehouse_tables(context.sources).values())
    where = context.home.table("meta", CHECK_RESULTS.name)
    store.write(results_frame(results), CHECK_RESULTS, where)
    tables = {
        table: context.home.table(table.layer, table.name)
        for table in published_tables(context).values()
    }
    remember_missed(context)
    edition = publish(
        context.home.published_dir,
        tables,
        views=views_of({table.full_name for table in tables}),
        macros=[AsOf(marked_table(table)) for source in context.sources for table in source.tables],
        now=context.now,
        after=journal.last_sequence(context.home),
        compare=since,
    )
    note_published(context.home, edition)
    remember_published(context)
    return edition


def tell(context: Context) -> list[Outcome]:
    """Send the notifications that the home's notify.toml asks for: alert episodes that opened.

    Called once an edition stands; a channel that fails is an outcome, never an error.
    """
    from fcm_migration.notify import Outcome, notify_opened

    try:
        alerts = store.read(context.home.table(ALERTS.layer, ALERTS.name), ALERTS)
    except FcmError as error:
        return [Outcome("alerts", 0, 0, str(error))]
    return notify_opened(context.home, alerts, context.now)


def current_edition(context: Context) -> Edition | None:
    """Return the edition analysts see now, or None."""
    from fcm_migration.publish.editions import list_editions

    found = [e for e in list_editions(context.home.published_dir) if e.is_current]
    return found[0] if found else None


def check_results(context: Context) -> pl.DataFrame | None:
    """Return the check results of the last publication; None where there are none to rely on."""
    try:
        return store.read(context.home.table("meta", CHECK_RESULTS.name), CHECK_RESULTS)
    except FcmError:
        return None


def changed_checks(before: pl.DataFrame | None, context: Context) -> tuple[str, ...]:
    """Return a sentence for each check that has another result than before this refresh."""
    from fcm_migration.changes import check_lines

    now = check_results(context)
    if before is None or now is None:
        return ()
    return tuple(line.sentence for line in check_lines(before, now))


def changed(published: Path) -> list[str]:
    """Return the sentences on what the edition of a file changed, shortened, and since when.

    Figures by day and week are left out, since those by month say the same.
    """
    from fcm_migration.publish.query import Connection

    with Connection(published) as connection:
        rows = connection.sql("FROM changes ORDER BY line")
    daily = pl.col("frequency").is_in(("D", "W")).fill_null(value=False)
    shown = rows.filter(~pl.col("kind").is_in(NOT_TOLD) & ~daily).get_column("sentence").to_list()
    since = rows.get_column("old_published_at").first()
    told = []
    if isinstance(since, datetime):
        told = [f"Changed since the edition of {since:%Y-%m-%d}:"]
    return told + shortened(shown, "`fcm diff` tells them all", of=rows.height)


def shortened(sentences: Sequence[str], where: str, *, of: int | None = None) -> list[str]:
    """Return the first sentences, and where the others are told.

    Args:
        sentences: what may be told.
        where: where all of them are told.
        of: how many there are in all, if more than the sentences.
    """
    shown = list(sentences[:MOST_CHANGES])
    more = (len(sentences) if of is None else of) - len(shown)
    return [*shown, f"{more} more: {where}."] if more else shown


def clean(context: Context) -> None:
    """Remove what a killed refresh left behind; called under the lock, so nothing is in use.

    Raises:
        LinkError: a folder of the home is a link; nothing was removed.
    """
    from fcm_migration.publish import clean as clean_published

    folders.refuse_links(context.home.root, without=NOT_CLEANED)
    clean_published(context.home.published_dir)
    folders.remove(context.home.downloads, context.home.root)
    store.clean(context.home.root)
