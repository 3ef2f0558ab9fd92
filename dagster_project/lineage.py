"""Arrows drawn into a step's tables: the tables it reads, or fewer where that is clearer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import dagster as dg

from dagster_project.metadata import asset_key
from fcm_migration.catalog.model import Table
from fcm_migration.core.tables import REVISIONS, history_table
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.metadata.tables import SOURCES
from fcm_migration.refresh.step import Step
from fcm_migration.sources.base import Source

PANEL = (SERIES, SERIES_INDEX)


def arrows(step: Step, sources: Sequence[Source]) -> Mapping[Table, list[dg.AssetKey]]:
    """Return the upstream assets of each table of a step.

    An arrow from every core table to every table would be a thicket no browser draws: alerts show
    their panel alone (the history it is replayed from is upstream of that too), and each metadata
    table what it says most about.
    """
    if step.name == "metadata":
        history = [history_table(table) for source in sources for table in source.tables]
        drawn = {REVISIONS: history, SOURCES: [FLOWS, *PANEL]}
        read = {table: drawn.get(table, [FLOWS]) for table in step.makes}
    else:
        every = [t for t in step.tables_read(sources) if not _is_replayed(step, t)]
        read = dict.fromkeys(step.makes, every)
    return {table: [asset_key(other) for other in others] for table, others in read.items()}


def _is_replayed(step: Step, table: Table) -> bool:
    return step.name == "alerts" and table.layer == "history"
