"""The steps between the archive and the published file; each reads and writes the home only."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.archive.releases import usable_releases
from fcm_migration.catalog.model import Table
from fcm_migration.core.build import build_core, history_table, latest_table, read_latest
from fcm_migration.errors import SourceError
from fcm_migration.marts.build import build_series, count_breaks, harmonise
from fcm_migration.marts.reviewed import (
    BREAKS,
    OVERLAPS,
    SERIES_BREAKS,
    read_reviewed,
    series_breaks,
)
from fcm_migration.marts.splices import SPLICES_TABLE, splice
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.metadata.tables import QUARANTINED_LABELS
from fcm_migration.refresh.context import Context
from fcm_migration.sources.base import Source

MART_VERSION = 2
PANEL = (SERIES, SERIES_INDEX, SPLICES_TABLE, BREAKS, SERIES_BREAKS, OVERLAPS)


def build_source(context: Context, source: Source) -> dict[str, store.Stored]:
    """Parse what is new in a source's archive and rebuild its core tables.

    A source without any release yet (not bundled, not reached) has its tables without rows.
    """
    return build_core(context.home, source, usable_releases(context.home, context.archive, source))


def core_tables(source: Source) -> tuple[Table, ...]:
    """The source's published core tables: latest and history of each."""
    return tuple(
        table
        for declared in source.tables
        for table in (latest_table(declared), history_table(declared))
    )


def build_flows(context: Context) -> store.Stored:
    """Harmonise every source into ``mart.flows``; unreviewed labels go to quarantine.

    A source whose core tables and aliases are unchanged is taken from the last build.

    Raises:
        SourceError: no source has a release, so there is nothing to publish.
    """
    flows, unresolved = [], []
    for source in context.sources:
        part = harmonised_part(context, source)
        flows.append(part / "flows.parquet")
        unresolved.append(part / "unresolved.parquet")
    labels = pl.concat(pl.read_parquet(path) for path in unresolved)
    store.write(labels, QUARANTINED_LABELS, context.home.table("meta", "quarantined_labels"))
    frame = pl.concat(pl.read_parquet(path) for path in flows)
    if frame.is_empty():
        raise SourceError(
            "no source has a usable release",
            expected="a download, a bundled edition or a file in the inbox",
            remedy="fcm ingest SOURCE FILE...",
        )
    return store.write(frame, FLOWS, context.home.table("mart", "flows"))


def harmonised_part(context: Context, source: Source) -> Path:
    """Write one source's part of the flows unless it is there already; return its folder."""
    folder = context.home.root / "mart" / "parts" / source.source_id
    alias = context.reference_dir / "country_aliases" / f"{source.country_scheme}.csv"
    inputs = {
        "version": f"{MART_VERSION}.{source.parser_version}",
        "aliases": store.sha256_file(alias),
        **{
            table.name: store.facts(context.home.table("core", table.name)).content_hash
            for table in source.tables
        },
    }
    stamp = folder / "inputs.json"
    if not (stamp.exists() and store.read_json(stamp) == inputs):
        stamp.unlink(missing_ok=True)
        made = harmonise(source, read_latest(context.home, source), context.reference_dir)
        store.write(made.flows, FLOWS, folder / "flows.parquet")
        store.write(made.unresolved, QUARANTINED_LABELS, folder / "unresolved.parquet")
        store.write_json(stamp, inputs)
    return folder


def build_panel(context: Context) -> dict[str, store.Stored]:
    """Build :data:`PANEL` from ``mart.flows``: the series, spliced ones, and their breaks."""
    flows = store.read(context.home.table("mart", "flows"), FLOWS)
    series, index = build_series(flows, context.sources)
    spliced, entries, proofs = splice(series, index)
    breaks = read_reviewed(context.reference_dir, "breaks.csv")
    index = pl.concat([index, entries])
    found = series_breaks(index, breaks)
    made = {
        SERIES: pl.concat([series, spliced]),
        SERIES_INDEX: count_breaks(index, found),
        SPLICES_TABLE: proofs,
        BREAKS: breaks,
        SERIES_BREAKS: found,
        OVERLAPS: read_reviewed(context.reference_dir, "overlaps.csv"),
    }
    return {
        table.name: store.write(frame, table, context.home.table(table.layer, table.name))
        for table, frame in made.items()
    }
