"""The coherent forecasts. No statistics are written here."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.metadata import asset_key, spec, stored_metadata
from dagster_project.resources import FcmHome
from fcm_migration.forecast.coherence.tables import COHERENT
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.reconciling import build_coherent

UPSTREAM = [asset_key(table) for table in (QUANTILES, SERIES, SERIES_INDEX)]


@dg.multi_asset(
    specs=[spec(COHERENT, UPSTREAM, kinds={"python", "parquet"})],
    check_specs=check_specs((COHERENT,)),
)
def coherent(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Make the published forecasts add up, from parts to totals."""
    library = fcm.context(context.log)
    metadata = stored_metadata(build_coherent(library))
    yield dg.MaterializeResult(asset_key=asset_key(COHERENT), metadata=metadata)
    yield run_check(library, COHERENT)


ASSETS = [coherent]
