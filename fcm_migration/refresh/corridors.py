"""Corridors and protection beside them as a step: series, alerts and forecasts in, tables out."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.core.build import latest_table
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.countries import aliases, resolve
from fcm_migration.marts.reviewed import OVERLAPS, SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.stamped import hashes, is_current, making
from fcm_migration.sources.base import Source
from fcm_migration.trends.alerts.tables import ALERTS
from fcm_migration.trends.corridors.tables import CORRIDOR_PROTECTION, CORRIDORS, UPSTREAM, VERSION

MADE = (CORRIDORS, UPSTREAM, CORRIDOR_PROTECTION)
READ = (SERIES, SERIES_INDEX, SERIES_BREAKS, OVERLAPS, ALERTS, QUANTILES)
# The one core table that is read: the marts keep no decisions on the substance. It is older than
# the marts, which are made of it, and need not be there.
DECISIONS = "unhcr_asylum_decisions"


def build_corridors(context: Context) -> dict[str, store.Stored]:
    """Write :data:`MADE`, by full name, unless what they are made of is unchanged.

    Raises:
        UsageError: UNHCR's alias table is missing or broken.
    """
    paths = {table: context.home.table(table.layer, table.name) for table in (*MADE, *READ)}
    source = _decisions_source(context)
    stamp = context.home.root / "trend" / "corridors.inputs.json"
    inputs: dict[str, object] = {
        "version": VERSION,
        **hashes(context.home, READ),
    }
    if source is not None:
        known = aliases(context.reference_dir, source.country_scheme)
        inputs |= hashes(context.home, [latest_table(source.tables[0])])
        inputs["aliases"] = store.content_hash(known)
    if not is_current(stamp, inputs, {table: paths[table] for table in MADE}):
        from fcm_migration.trends.corridors.build import make_corridors
        from fcm_migration.trends.corridors.protection import protection
        from fcm_migration.trends.corridors.upstream import lead_times

        context.report("corridors")
        with making(stamp, inputs):
            series, index, breaks, overlaps, alerts, quantiles = (
                store.read(paths[table], table) for table in READ
            )
            upstream = lead_times(alerts, index)
            corridors = make_corridors(series, index, breaks, alerts, quantiles, upstream, overlaps)
            beside = protection(corridors, series, index, _decided(context, source))
            store.write(corridors, CORRIDORS, paths[CORRIDORS])
            store.write(upstream, UPSTREAM, paths[UPSTREAM])
            store.write(beside, CORRIDOR_PROTECTION, paths[CORRIDOR_PROTECTION])
    return {table.full_name: store.facts(paths[table]) for table in MADE}


def _decisions_source(context: Context) -> Source | None:
    """The source of decisions, if this home has it and its table."""
    for source in context.sources:
        if source.source_id == DECISIONS and _path(context, source).exists():
            return source
    return None


def _path(context: Context, source: Source) -> Path:
    table = latest_table(source.tables[0])
    return context.home.table(table.layer, table.name)


def _decided(context: Context, source: Source | None) -> pl.DataFrame | None:
    """Decisions with the origins that are reviewed; the others stand in quarantine."""
    if source is None:
        return None
    core = store.read(_path(context, source), latest_table(source.tables[0]))
    draft = core.with_columns(pl.col("origin_unhcr_code").alias("origin_label"))
    return resolve(draft, aliases(context.reference_dir, source.country_scheme))[0]
