"""Alerts, what they resemble and their record, with a picture. No rule is written here."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.metadata import asset_key, picture_metadata, spec, stored_metadata
from dagster_project.resources import FcmHome
from fcm_migration.marts.reviewed import POLICY_EVENTS
from fcm_migration.refresh.alerting import READ, build_alerts
from fcm_migration.reports.plots.series import alert_pictures
from fcm_migration.trends.alerts.tables import TABLES

UPSTREAM = [asset_key(table) for table in (*READ, POLICY_EVENTS)]


@dg.multi_asset(
    specs=[spec(table, UPSTREAM, kinds={"python", "parquet"}) for table in TABLES],
    check_specs=check_specs(TABLES),
)
def alerts(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Raise every alert of the record as it would have been raised then."""
    library = fcm.context(context.log)
    stored = build_alerts(library)
    plots = {name: picture_metadata(drawn) for name, drawn in alert_pictures(library).items()}
    for table in TABLES:
        shown = plots.get(table.name, {})
        metadata = {**stored_metadata(stored[table.full_name]), **shown}
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)
        yield run_check(library, table)


ASSETS = [alerts]
