"""Nowcast: totals of periods that have begun or are not yet published, and their past scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.core.tables import core_tables
from fcm_migration.forecast.nowcast.tables import (
    APPLICATIONS,
    NOWCAST,
    NOWCAST_SCORES,
    REFERENCE_FILES,
    SMALL_BOATS,
    SMALL_BOATS_PAGE,
)
from fcm_migration.forecast.shown import shown
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context
    from fcm_migration.sources.base import Source

READ = (FLOWS, QUANTILES, NOT_SHOWN, SERIES_INDEX)
# the core table that is read of each source, latest and history
TABLE_NAMES = {
    SMALL_BOATS: "uk_small_boats_daily",
    SMALL_BOATS_PAGE: "uk_small_boats_daily_page",
    APPLICATIONS: "unhcr_asylum_applications",
}


def _reads(sources: Sequence[Source]) -> Sequence[Table]:
    own = [source for source in sources if source.source_id in TABLE_NAMES]
    names = TABLE_NAMES.values()
    return (*READ, *(t for source in own for t in core_tables(source) if t.name in names))


def _reviewed(sources: Sequence[Source]) -> Sequence[str]:
    has_applications = any(source.source_id == APPLICATIONS for source in sources)
    return tuple(REFERENCE_FILES) if has_applications else ()


def _given(context: Context) -> Mapping[str, Any]:
    from fcm_migration.core.reading import release_dates

    return {
        "releases": {
            source.source_id: release_dates(context.home, source)
            for source in context.sources
            if source.source_id in TABLE_NAMES
        },
        "frozen": sorted(s.source_id for s in context.sources if s.cadence.interval_days is None),
    }


def make(inputs: Inputs) -> Made:
    """Return the nowcasts and their scores."""
    from fcm_migration.forecast.nowcast import make_nowcasts

    known = inputs.given["releases"]
    made = make_nowcasts(
        inputs.read(FLOWS),
        shown(inputs.read(QUANTILES), inputs.read(NOT_SHOWN)),
        inputs.read(SERIES_INDEX),
        latest={
            source: _read(inputs, f"core.{TABLE_NAMES[source]}")
            for source in (SMALL_BOATS, SMALL_BOATS_PAGE)
            if source in known
        },
        releases={
            source: _releases(inputs, source)
            for source in (SMALL_BOATS, APPLICATIONS)
            if source in known
        },
        reference={
            name: read_declared(inputs.file(name), table)
            for name, table in REFERENCE_FILES.items()
            if name in inputs.reviewed
        },
        frozen=inputs.given["frozen"],
    )
    return {NOWCAST: made.nowcast, NOWCAST_SCORES: made.scores}


def _releases(inputs: Inputs, source_id: str) -> list[tuple[Any, pl.DataFrame]]:
    """Return day and rows of each release of a source, oldest first."""
    from fcm_migration.core.vintages import rows_as_of

    days = inputs.given["releases"][source_id]
    history = _read(inputs, f"history.{TABLE_NAMES[source_id]}")
    return [(day, rows_as_of(history, days, day)) for day in days]


def _read(inputs: Inputs, full_name: str) -> pl.DataFrame:
    declared = inputs.table(full_name)
    if declared is None:
        raise KeyError(full_name)
    return inputs.read(declared)


STEP = Step(
    name="nowcast",
    title="nowcast",
    makes=(NOWCAST, NOWCAST_SCORES),
    make=make,
    reads=_reads,
    reviewed=_reviewed,
    given=_given,
)
