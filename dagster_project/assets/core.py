"""Core tables of each source, latest and history, with their checks. Parsing is the library's."""

from collections.abc import Iterator, Sequence
from functools import partial

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.failures import plain_failures
from dagster_project.lineage import Arrows, arrows
from dagster_project.metadata import asset_key, picture_metadata, spec, stored_metadata
from dagster_project.plots import traces
from dagster_project.resources import FcmHome
from dagster_project.versions import versions_now
from fcm_migration.core.tables import core_tables
from fcm_migration.refresh.settling import settle_source
from fcm_migration.reports.pictures.sources import source_picture
from fcm_migration.sources.base import Source

KINDS = {"polars", "parquet"}


def _asset(source: Source, drawn: Arrows) -> dg.AssetsDefinition:
    # each history before the table that hangs on it
    tables = sorted(core_tables(source), key=lambda table: table.layer, reverse=True)

    @dg.multi_asset(
        name=f"core_{source.source_id}",
        specs=[spec(t, drawn[asset_key(t)], kinds=KINDS, group=t.layer) for t in tables],
        check_specs=check_specs(tables),
        op_tags={"source": source.source_id},
    )
    @plain_failures
    def core(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
        library = fcm.context(context.log)
        settled = settle_source(library, source)
        plots = picture_metadata(partial(source_picture, library, source))
        aside = {"set aside": list(settled.set_aside)} if settled.set_aside else {}
        made, small = versions_now(library), traces(library, tables)
        for table in tables:
            key, name = asset_key(table), table.full_name
            shown = {**plots, **small.get(name, {}), **aside}
            metadata = {**stored_metadata(settled.stored[name]), **shown}
            yield dg.MaterializeResult(asset_key=key, metadata=metadata, data_version=made[key])
            yield run_check(library, table)

    return core


def assets(sources: Sequence[Source]) -> list[dg.AssetsDefinition]:
    """The core tables of each source."""
    drawn = arrows(sources)
    return [_asset(source, drawn) for source in sources]
