"""Proxies of facilitation. No arithmetic is written here."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.metadata import asset_key, spec, stored_metadata
from dagster_project.resources import FcmHome
from fcm_migration.refresh.proxies import MADE, READ, build_proxies

UPSTREAM = [asset_key(table) for table in READ]


@dg.multi_asset(
    specs=[spec(table, UPSTREAM, kinds={"python", "parquet"}) for table in MADE],
    check_specs=check_specs(MADE),
)
def proxies(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """List signs consistent with organised movement, and what else explains each."""
    library = fcm.context(context.log)
    stored = build_proxies(library)
    for table in MADE:
        metadata = stored_metadata(stored[table.full_name])
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)
        yield run_check(library, table)


ASSETS = [proxies]
