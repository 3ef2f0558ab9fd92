"""Every table of the warehouse, gathered from the registries of sources and steps."""

from __future__ import annotations

from collections.abc import Iterable

from fcm_migration.catalog.model import Table
from fcm_migration.core.tables import core_tables
from fcm_migration.refresh.registry import STEPS
from fcm_migration.sources.base import Source


def warehouse_tables(sources: Iterable[Source]) -> dict[str, Table]:
    """Return every table that is checked before it is published, by full name, in order made."""
    tables = [table for source in sources for table in core_tables(source)]
    tables.sort(key=lambda table: table.layer)  # core, then history
    tables += [table for step in STEPS for table in step.makes]
    return {table.full_name: table for table in tables}


def published_declarations(sources: Iterable[Source]) -> list[Table]:
    """Return every table of the published file, those written at publication included."""
    from fcm_migration.expectations import CHECK_RESULTS
    from fcm_migration.publish.tables import TABLES as WRITTEN_AT_PUBLICATION

    return [*warehouse_tables(sources).values(), CHECK_RESULTS, *WRITTEN_AT_PUBLICATION]
