"""Drivers tried as leading indicators. No statistics are written here."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.metadata import asset_key, spec, stored_metadata
from dagster_project.resources import FcmHome
from fcm_migration.forecast.drivers_tables import DRIVERS
from fcm_migration.refresh.drivers import READ, build_drivers

UPSTREAM = [asset_key(table) for table in READ]


@dg.multi_asset(
    specs=[spec(DRIVERS, UPSTREAM, kinds={"python", "parquet"})],
    check_specs=check_specs((DRIVERS,)),
)
def drivers(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Try every driver whose figures the home holds on past forecasts."""
    library = fcm.context(context.log)
    metadata = stored_metadata(build_drivers(library))
    yield dg.MaterializeResult(asset_key=asset_key(DRIVERS), metadata=metadata)
    yield run_check(library, DRIVERS)


ASSETS = [drivers]
