"""The harmonised tables: flows, then the panel of series. No harmonising is written here."""

from collections.abc import Iterator

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.metadata import asset_key, spec, stored_metadata
from dagster_project.resources import FcmHome
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.meta_tables import QUARANTINED_LABELS
from fcm_migration.refresh.steps import build_flows, build_panel, core_tables
from fcm_migration.sources import SOURCES
from fcm_migration.store import facts

KINDS = {"polars", "parquet"}
CORE = [asset_key(table) for source in SOURCES for table in core_tables(source)]
LATEST = [key for key in CORE if not key.path[-1].endswith("_history")]


@dg.multi_asset(
    specs=[spec(table, LATEST, kinds=KINDS) for table in (FLOWS, QUARANTINED_LABELS)],
    check_specs=check_specs((FLOWS, QUARANTINED_LABELS)),
)
def flows(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Harmonise every source; unreviewed country labels are held back."""
    library = fcm.context(context.log)
    build_flows(library)
    for table in (FLOWS, QUARANTINED_LABELS):
        stored = facts(library.home.table(table.layer, table.name))
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata=stored_metadata(stored))
        yield run_check(library, table)


@dg.multi_asset(
    specs=[spec(table, [asset_key(FLOWS)], kinds=KINDS) for table in (SERIES, SERIES_INDEX)],
    check_specs=check_specs((SERIES, SERIES_INDEX)),
)
def panel(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Build the gapless panel that models read."""
    library = fcm.context(context.log)
    stored = build_panel(library)
    for table in (SERIES, SERIES_INDEX):
        metadata = stored_metadata(stored[table.name])
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)
        yield run_check(library, table)


ASSETS = [flows, panel]
