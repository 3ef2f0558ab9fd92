"""Nowcasting as a step: forecast.nowcast and forecast.nowcast_scores into the home."""

from __future__ import annotations

from pathlib import Path

from fcm_migration import store
from fcm_migration.forecast.nowcast_tables import NOWCAST, NOWCAST_SCORES, TABLES
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.nowcast_reference import FILES
from fcm_migration.refresh.stamped import is_current, making
from fcm_migration.sources.uk_small_boats import SOURCE as BOATS
from fcm_migration.sources.uk_small_boats_daily_page import SOURCE as PAGE
from fcm_migration.sources.unhcr_asylum_applications import SOURCE as APPLICATIONS

VERSION = 1
READ = (QUANTILES, FLOWS, SERIES_INDEX)
READ_SOURCES = (BOATS, PAGE, APPLICATIONS)


def build_nowcast(context: Context) -> dict[str, store.Stored]:
    """Nowcast what is begun or not yet published, unless nothing that is read has changed."""
    stamp = context.home.root / "forecast" / "nowcast_inputs.json"
    inputs = _inputs(context)
    paths = {table.name: context.home.table("forecast", table.name) for table in TABLES}
    if not is_current(stamp, inputs, {table: paths[table.name] for table in TABLES}):
        from fcm_migration.refresh.nowcast_tasks import nowcasts  # numpy, only where it is needed

        with making(stamp, inputs):
            made = nowcasts(context)
            store.write(made.nowcast, NOWCAST, paths["nowcast"])
            store.write(made.scores, NOWCAST_SCORES, paths["nowcast_scores"])
    return {name: store.facts(path) for name, path in paths.items()}


def _inputs(context: Context) -> dict[str, object]:
    home = context.home
    own = [source for source in context.sources if source in READ_SOURCES]
    tables = [home.table(table.layer, table.name) for table in READ]
    for source in own:
        tables += [home.table("core", table.name) for table in source.tables]
        tables += [home.table("history", table.name) for table in source.tables]
    frozen = [s.source_id for s in context.sources if s.cadence.stale_after_days is None]
    return {
        "version": VERSION,
        "tables": {f"{p.parent.name}/{p.name}": store.facts(p).content_hash for p in tables},
        "releases": {s.source_id: _text(home.core / f"{s.source_id}.inputs.json") for s in own},
        "reference": {name: _hash(context.reference_dir / name) for name in FILES},
        "frozen": sorted(frozen),
    }


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _hash(path: Path) -> str | None:
    return store.sha256_file(path) if path.exists() else None
