"""The harmonised tables: flows, then the panel of series. No harmonising is written here."""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.metadata import asset_key, spec, stored_metadata
from dagster_project.resources import FcmHome
from fcm_migration.core.build import latest_table
from fcm_migration.marts.tables import FLOWS
from fcm_migration.metadata.tables import QUARANTINED_LABELS
from fcm_migration.refresh.steps import PANEL, build_flows, build_panel
from fcm_migration.sources.base import Source
from fcm_migration.store import facts

KINDS = {"polars", "parquet"}


def _flows(sources: Sequence[Source]) -> dg.AssetsDefinition:
    latest = [asset_key(latest_table(table)) for source in sources for table in source.tables]

    @dg.multi_asset(
        specs=[spec(table, latest, kinds=KINDS) for table in (FLOWS, QUARANTINED_LABELS)],
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

    return flows


@dg.multi_asset(
    specs=[spec(table, [asset_key(FLOWS)], kinds=KINDS) for table in PANEL],
    check_specs=check_specs(PANEL),
)
def panel(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
    """Build the gapless panel that models read."""
    library = fcm.context(context.log)
    stored = build_panel(library)
    for table in PANEL:
        metadata = stored_metadata(stored[table.name])
        yield dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)
        yield run_check(library, table)


def assets(sources: Sequence[Source]) -> list[dg.AssetsDefinition]:
    """The harmonised flows and the panel."""
    return [_flows(sources), panel]
