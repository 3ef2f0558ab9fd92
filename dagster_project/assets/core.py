"""Core tables of each source, latest and history, with their checks. Parsing is the library's."""

from collections.abc import Iterator, Sequence
from functools import partial

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.failures import plain_failures
from dagster_project.metadata import (
    archive_key,
    asset_key,
    picture_metadata,
    spec,
    stored_metadata,
)
from dagster_project.resources import FcmHome
from fcm_migration.core.tables import core_tables
from fcm_migration.refresh.settling import settle_source
from fcm_migration.reports.pictures.sources import source_picture
from fcm_migration.sources.base import Source


def _asset(source: Source) -> dg.AssetsDefinition:
    tables = core_tables(source)

    @dg.multi_asset(
        name=f"core_{source.source_id}",
        specs=[spec(t, [archive_key(source)], kinds={"polars", "parquet"}) for t in tables],
        check_specs=check_specs(tables),
        op_tags={"source": source.source_id},
    )
    @plain_failures
    def core(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
        library = fcm.context(context.log)
        settled = settle_source(library, source)
        plots = picture_metadata(partial(source_picture, library, source))
        aside = {"set aside": list(settled.set_aside)} if settled.set_aside else {}
        for table in tables:
            metadata = {**stored_metadata(settled.stored[table.full_name]), **plots, **aside}
            yield dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)
            yield run_check(library, table)

    return core


def assets(sources: Sequence[Source]) -> list[dg.AssetsDefinition]:
    """The core tables of each source."""
    return [_asset(source) for source in sources]
