"""Each source's own part of a refresh: its core tables, and its rows of the harmonised flows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fcm_migration import stamps, store
from fcm_migration.core.reading import read_latest
from fcm_migration.core.tables import latest_table
from fcm_migration.marts.countries import alias_name, read_aliases
from fcm_migration.marts.harmonise import harmonise
from fcm_migration.marts.tables import FLOWS, HELD_BACK
from fcm_migration.metadata.build import newest_period_end
from fcm_migration.metadata.freshness import Freshness, freshness
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import code_of
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources.base import Source


def build_source(context: Context, source: Source) -> dict[str, store.Stored]:
    """Parse what is new in a source's archive and rebuild its core tables; by full name.

    A source without any release yet (not bundled, not reached) has its tables without rows.
    """
    return settle_source(context, source).stored


def harmonised_part(context: Context, source: Source) -> dict[str, store.Stored]:
    """Write a source's rows of the flows, unless they are current; return both files by table."""
    folder = context.home.root / "mart" / "parts" / source.source_id
    paths = {
        FLOWS: folder / "flows.parquet",
        HELD_BACK: folder / "held_back.parquet",
    }
    stamp = folder / "inputs.json"
    inputs = _inputs(context, source)
    if not stamps.is_current(stamp, inputs, paths):
        known = read_aliases(context.reference(alias_name(source.country_scheme)))
        made = harmonise(source, read_latest(context.home, source), known)
        stamps.write(stamp, inputs, {FLOWS: made.flows, HELD_BACK: made.held}, paths)
    return {table.full_name: store.facts(path) for table, path in paths.items()}


@dataclass(frozen=True)
class Newest:
    """The newest figures of a source: where they come from, and how fresh they are."""

    as_of: date | None
    obtained: str | None
    period_end: date | None
    freshness: Freshness


def newest_of(context: Context, source: Source) -> Newest:
    """Return the newest figures of a source, and how fresh they are on the context's day.

    Reads the source's core tables, as they were last built.
    """
    usable = context.archive.usable(source.source_id)
    release = max(usable, key=lambda snapshot: snapshot.order, default=None)
    end = None
    if release is not None:
        part = harmonised_part(context, source)[FLOWS.full_name]
        end = newest_period_end(store.read(part.path, FLOWS)).get(source.source_id)
    found = freshness(
        context.today,
        as_of=release.as_of if release else None,
        newest_period_end=end,
        stale_after_days=source.cadence.stale_after_days,
        discontinued_since=source.cadence.discontinued_since,
    )
    return Newest(
        release.as_of if release else None, release.obtained if release else None, end, found
    )


def _inputs(context: Context, source: Source) -> dict[str, object]:
    tables = [latest_table(table) for table in source.tables]
    alias = context.reference(alias_name(source.country_scheme))
    return {
        "code": code_of(harmonise.__module__, read_aliases.__module__, source.module),
        "aliases": store.sha256_file(alias) if alias.is_file() else None,
        "reads": {
            table.full_name: store.facts(context.home.table(table.layer, table.name)).content_hash
            for table in tables
        },
    }
