"""Every table of the warehouse, gathered from the declarations of each layer."""

from __future__ import annotations

from collections.abc import Iterable

from fcm_migration import meta_tables, vintage_tables
from fcm_migration.catalog.model import Table
from fcm_migration.forecast import (
    coherence_tables,
    drivers_tables,
    nowcast_tables,
    scenario_tables,
)
from fcm_migration.forecast import tables as forecast_tables
from fcm_migration.marts import reviewed
from fcm_migration.marts import tables as mart_tables
from fcm_migration.marts.coverage import COVERAGE, GAPS
from fcm_migration.marts.splices import SPLICES_TABLE
from fcm_migration.refresh.steps import core_tables
from fcm_migration.sources.base import Source
from fcm_migration.trends import (
    alert_tables,
    breaks_tables,
    corridors_tables,
    policy_tables,
    proxies_tables,
)

TREND_TABLES = (
    *breaks_tables.TABLES,
    *proxies_tables.TABLES,
    *policy_tables.TABLES,
    *alert_tables.TABLES,
    *corridors_tables.TABLES,
)


def warehouse_tables(sources: Iterable[Source]) -> dict[str, Table]:
    """Every table that is checked before it is published, by full name, in layer order."""
    tables = [table for source in sources for table in core_tables(source)]
    tables.sort(key=lambda table: table.layer)  # core, then history
    tables += [*mart_tables.TABLES, *forecast_tables.TABLES, *meta_tables.TABLES]
    tables += coherence_tables.TABLES
    tables += drivers_tables.TABLES
    tables += nowcast_tables.TABLES
    tables += scenario_tables.TABLES
    tables += [reviewed.POLICY_EVENTS, *TREND_TABLES]
    tables += [*reviewed.FILES.values(), reviewed.SERIES_BREAKS, SPLICES_TABLE]
    tables += [*vintage_tables.TABLES, COVERAGE, GAPS]
    return {table.full_name: table for table in tables}


def published_declarations(sources: Iterable[Source]) -> list[Table]:
    """Every table of the published file, those written at publication included."""
    from fcm_migration.edition_tables import TABLES as EDITION_TABLES
    from fcm_migration.expectations import CHECK_RESULTS

    return [*warehouse_tables(sources).values(), CHECK_RESULTS, *EDITION_TABLES]
