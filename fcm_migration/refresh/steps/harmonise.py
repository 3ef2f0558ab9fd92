"""Harmonise: the rows of every source in one table of flows; unreviewed labels are held back.

Periods that reviewed breaks declare incomplete are marked so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.errors import SourceError
from fcm_migration.marts.incomplete import mark_incomplete
from fcm_migration.marts.reviewed import BREAKS
from fcm_migration.marts.tables import FLOWS
from fcm_migration.metadata.tables import QUARANTINED_LABELS
from fcm_migration.refresh.step import Inputs, Made, Step
from fcm_migration.store import Stored, read

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context
    from fcm_migration.sources.base import Source


def _reads(sources: Sequence[Source]) -> Sequence[Table]:
    from fcm_migration.core.tables import latest_table

    return [latest_table(table) for source in sources for table in source.tables]


def _parts(context: Context) -> Mapping[str, Any]:
    """Each source's part, made by itself: a source that is unchanged costs nothing."""
    from fcm_migration.refresh.sources import harmonised_part

    return {"parts": [harmonised_part(context, source) for source in context.sources]}


def make(inputs: Inputs) -> Made:
    """Return ``mart.flows`` and ``meta.quarantined_labels``.

    Raises:
        SourceError: no source has a release, so there is nothing to publish.
    """
    parts: Sequence[Mapping[str, Stored]] = inputs.given["parts"]
    made = {
        table: pl.concat(read(part[table.full_name].path, table) for part in parts)
        for table in (FLOWS, QUARANTINED_LABELS)
    }
    breaks = read_declared(inputs.file("breaks.csv"), BREAKS)
    made[FLOWS] = mark_incomplete(made[FLOWS], breaks)
    if made[FLOWS].is_empty():
        raise SourceError(
            "no source has a usable release",
            expected="a download, a bundled edition or a file in the inbox",
            remedy="fcm ingest SOURCE FILE...",
        )
    return made


STEP = Step(
    name="harmonise",
    title="harmonise",
    makes=(FLOWS, QUARANTINED_LABELS),
    make=make,
    reads=_reads,
    reviewed=("breaks.csv",),
    given=_parts,
)
