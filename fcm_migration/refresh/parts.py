"""Harmonised flows of each source, made separately."""

from __future__ import annotations

from pathlib import Path

from fcm_migration import stamps, store
from fcm_migration.config import Home
from fcm_migration.core.reading import read_latest
from fcm_migration.core.tables import latest_table
from fcm_migration.marts.countries import alias_name, read_aliases
from fcm_migration.marts.harmonise import harmonise
from fcm_migration.marts.tables import FLOWS, HELD_BACK
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import code_of
from fcm_migration.sources.base import Source


def harmonised_part(context: Context, source: Source) -> dict[str, store.Stored]:
    """Write a source's rows of the flows, unless they are current; return both files by table."""
    paths = {
        table: part_path(context.home, source.source_id, table.name) for table in (FLOWS, HELD_BACK)
    }
    stamp = paths[FLOWS].with_name("inputs.json")
    inputs = _inputs(context, source)
    if not stamps.is_current(stamp, inputs, paths):
        known = read_aliases(context.reference(alias_name(source.country_scheme)))
        made = harmonise(source, read_latest(context.home, source), known)
        stamps.write(stamp, inputs, {FLOWS: made.flows, HELD_BACK: made.held}, paths)
    return {table.full_name: store.facts(path) for table, path in paths.items()}


def part_path(home: Home, source_id: str, table_name: str) -> Path:
    """Return where a source's rows of ``flows`` or ``held_back`` lie."""
    return home.root / "mart" / "parts" / source_id / f"{table_name}.parquet"


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
