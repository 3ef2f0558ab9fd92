"""The forecast tables with a fan chart. No statistics are written here."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.metadata import asset_key, picture_metadata, spec, stored_metadata
from dagster_project.resources import FcmHome
from fcm_migration.forecast.tables import TABLES
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.forecasting import build_forecast
from fcm_migration.reports.plots.series import forecast_picture

PANEL = [asset_key(table) for table in (SERIES, SERIES_INDEX, SERIES_BREAKS)]


@dg.multi_asset(
    specs=[spec(table, PANEL, kinds={"python", "parquet"}) for table in TABLES],
    check_specs=check_specs(TABLES),
)
def forecasts(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Forecast every monthly series and score past forecasts."""
    library = fcm.context(context.log)
    stored = build_forecast(library)
    plots = picture_metadata(forecast_picture(library))
    for table in TABLES:
        metadata = {**stored_metadata(stored[table.name]), **plots}
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)
        yield run_check(library, table)


ASSETS = [forecasts]
