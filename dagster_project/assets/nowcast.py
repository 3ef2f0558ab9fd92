"""The nowcast tables: periods begun or not yet published. No statistics are written here."""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.metadata import asset_key, spec, stored_metadata
from dagster_project.resources import FcmHome
from fcm_migration.core.build import history_table
from fcm_migration.forecast.nowcast.tables import TABLES
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX
from fcm_migration.refresh.nowcasting import READ_SOURCES, build_nowcast
from fcm_migration.sources.base import Source


def assets(sources: Sequence[Source]) -> list[dg.AssetsDefinition]:
    """The nowcasts and their scores."""
    own = [source for source in sources if source in READ_SOURCES]
    upstream = [asset_key(table) for table in (QUANTILES, FLOWS, SERIES_INDEX)]
    upstream += [asset_key(history_table(table)) for source in own for table in source.tables]

    @dg.multi_asset(
        specs=[spec(table, upstream, kinds={"python", "parquet"}) for table in TABLES],
        check_specs=check_specs(TABLES),
    )
    def nowcasts(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
        """Nowcast running months, half-years and periods not yet published."""
        library = fcm.context(context.log)
        stored = build_nowcast(library)
        for table in TABLES:
            metadata = stored_metadata(stored[table.name])
            yield dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)
            yield run_check(library, table)

    return [nowcasts]
