"""The tables about the tables, and the published edition. No SQL is written here."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.metadata import OWNERS, asset_key, spec, stored_metadata
from dagster_project.resources import FcmHome
from fcm_migration.core.build import history_table
from fcm_migration.core.tables import REVISIONS
from fcm_migration.forecast.coherence.tables import TABLES as COHERENCE_TABLES
from fcm_migration.forecast.drivers_tables import TABLES as DRIVER_TABLES
from fcm_migration.forecast.nowcast.tables import TABLES as NOWCAST_TABLES
from fcm_migration.forecast.tables import TABLES as FORECAST_TABLES
from fcm_migration.marts.tables import FLOWS
from fcm_migration.metadata.tables import QUARANTINED_LABELS, SOURCES
from fcm_migration.refresh.meta import MADE, build_meta, status_rows
from fcm_migration.refresh.publishing import publish_edition, tell
from fcm_migration.refresh.scenarios import MADE as SCENARIO_TABLES
from fcm_migration.refresh.steps import PANEL
from fcm_migration.refresh.tables import TREND_TABLES
from fcm_migration.sources.base import Source

MARTS = [asset_key(table) for table in (FLOWS, *PANEL)]
EDITION = dg.AssetKey(["published", "edition"])


def _about_tables(sources: Sequence[Source]) -> dg.AssetsDefinition:
    # Each table names what it is made of where that shows best: an arrow from every core table to
    # every one of these would be a thicket no browser draws.
    history = [asset_key(history_table(table)) for source in sources for table in source.tables]
    upstream = {REVISIONS: history, SOURCES: MARTS}

    @dg.multi_asset(
        specs=[
            spec(table, upstream.get(table, [asset_key(FLOWS)]), kinds={"parquet"})
            for table in MADE
        ],
        check_specs=check_specs(MADE),
    )
    def about_tables(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
        """Gather the tables about the tables; the sources' state is a table in the metadata."""
        library = fcm.context(context.log)
        stored = build_meta(library)
        status = dg.MetadataValue.table([dg.TableRecord(row) for row in status_rows(library)])
        for table in MADE:
            extra = {"status of the sources": status} if table is SOURCES else {}
            metadata = {**stored_metadata(stored[table.name]), **extra}
            yield dg.MaterializeResult(asset_key=asset_key(table), metadata=metadata)
            yield run_check(library, table)

    return about_tables


def _edition() -> dg.AssetsDefinition:
    forecasts = (
        *FORECAST_TABLES,
        *COHERENCE_TABLES,
        *DRIVER_TABLES,
        *NOWCAST_TABLES,
        *SCENARIO_TABLES,
    )
    made = (*forecasts, *TREND_TABLES, *MADE, QUARANTINED_LABELS)
    others = [asset_key(table) for table in made]

    @dg.asset(
        key=EDITION,
        deps=[*MARTS, *others],  # core tables are upstream of these
        description="The analysts' DuckDB file, replaced in one step.\n\nOnly candidates checked "
        "as they stand are published; a failed critical expectation leaves the last edition.",
        group_name="published",
        kinds={"duckdb"},
        owners=OWNERS,
    )
    def edition(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
        """Publish the candidates, and tell those who asked of episodes that opened."""
        library = fcm.context(context.log)
        made = publish_edition(library)
        metadata: dict[str, Any] = {
            "edition": made.edition_id,
            "sequence": made.sequence,
            "tables": len(made.tables),
            "size in bytes": made.size,
            "file": dg.MetadataValue.path(str(made.path)),
            "told": [outcome.words for outcome in tell(library)],
        }
        yield dg.MaterializeResult(asset_key=EDITION, metadata=metadata)

    return edition


def assets(sources: Sequence[Source]) -> list[dg.AssetsDefinition]:
    """The tables about the tables and the edition."""
    return [_about_tables(sources), _edition()]
