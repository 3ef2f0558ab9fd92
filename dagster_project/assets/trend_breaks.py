"""Lasting changes of level in the watched series. No arithmetic is written here."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.metadata import asset_key, spec, stored_metadata
from dagster_project.resources import FcmHome
from fcm_migration.refresh.trend_breaks import MADE, READ, build_trend_breaks

UPSTREAM = [asset_key(table) for table in READ]


@dg.multi_asset(
    specs=[spec(table, UPSTREAM, kinds={"python", "parquet"}) for table in MADE],
    check_specs=check_specs(MADE),
)
def trend_breaks(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Find where the level of a watched series changed and stayed."""
    library = fcm.context(context.log)
    stored = build_trend_breaks(library)
    for table in MADE:
        metadata = stored_metadata(stored[table.full_name])
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)
        yield run_check(library, table)


ASSETS = [trend_breaks]
