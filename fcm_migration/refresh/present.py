"""What stands in a home, without making anything: tables, releases, edition, who made them.

Only what is as it was written counts: the bytes of each table and of the published file are
compared with their seals, so a damaged one is as if it were absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fcm_migration import store
from fcm_migration.archive.lock import holder_of
from fcm_migration.archive.model import Attempt, Snapshot
from fcm_migration.catalog.model import Table
from fcm_migration.config import Home
from fcm_migration.errors import EditionError
from fcm_migration.publish.standing import Standing, standing
from fcm_migration.refresh import journal
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.tables import warehouse_tables


@dataclass(frozen=True)
class Present:
    """What stands in a home while no refresh runs in it.

    Attributes:
        edition: the published edition, undamaged.
        tables: rows and content of every undamaged table, by full name.
        releases: the releases in use, by source; sources without any are left out.
        looks: the last look for a release, by source.
        maker: who ran the last refresh: "fcm refresh", or a run of Dagster.
        moment: when the refresh that published the edition began; the time of publication where
            the journal does not tell.
    """

    edition: Standing
    tables: Mapping[str, store.Stored]
    releases: Mapping[str, Sequence[Snapshot]]
    looks: Mapping[str, Attempt]
    maker: str
    moment: datetime


def present(context: Context) -> Present | None:
    """Return what stands in a home; None while a refresh runs, and without a sound edition."""
    home = context.home
    noted = journal.runs(home)
    if holder_of(home.root) is not None:
        return None
    edition = standing(home)
    if not edition.is_whole or edition.published_at is None:
        return None
    tables = stored_tables(home, warehouse_tables(context.sources).values())
    archive = context.archive
    releases = {s.source_id: archive.usable(s.source_id) for s in context.sources}
    looks = {s.source_id: archive.attempts(s.source_id)[-1:] for s in context.sources}
    if holder_of(home.root) is not None or journal.runs(home) != noted:
        return None  # one began meanwhile: some tables may be its own already
    began = [run.started_at for run in noted if run.edition_id == edition.edition_id]
    return Present(
        edition,
        tables,
        {name: found for name, found in releases.items() if found},
        {name: found[0] for name, found in looks.items() if found},
        noted[-1].holder if noted else "fcm refresh",
        began[-1] if began else edition.published_at,
    )


def stored_tables(home: Home, tables: Iterable[Table]) -> dict[str, store.Stored]:
    """Return the facts of every undamaged table of a home, by full name."""
    found = {}
    for table in tables:
        try:
            found[table.full_name] = store.facts(home.table(table.layer, table.name))
        except EditionError:
            continue  # missing or damaged
    return found


def as_refreshed(context: Context, moment: datetime) -> Context:
    """Return the context as it was at a refresh's moment; some checks depend on the day."""
    return replace(context, now=moment)
