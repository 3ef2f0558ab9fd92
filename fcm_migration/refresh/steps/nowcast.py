"""Nowcast: totals of periods that have begun or are not yet published, and how good they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fcm_migration.catalog.model import Table
from fcm_migration.core.tables import core_tables
from fcm_migration.forecast.nowcast.tables import NOWCAST, NOWCAST_SCORES
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context
    from fcm_migration.sources.base import Source

READ = (QUANTILES, FLOWS, SERIES_INDEX)
BOATS, PAGE, APPLICATIONS = (
    "uk_small_boats",
    "uk_small_boats_daily_page",
    "unhcr_asylum_applications",
)
REFERENCE = ("unhcr_half_year_ratios.csv", "unhcr_half_year_scores.csv")


def _own(sources: Sequence[Source]) -> list[Source]:
    return [source for source in sources if source.source_id in (BOATS, PAGE, APPLICATIONS)]


def _reads(sources: Sequence[Source]) -> Sequence[Table]:
    return (*READ, *(table for source in _own(sources) for table in core_tables(source)))


def _reviewed(sources: Sequence[Source]) -> Sequence[str]:
    return REFERENCE if any(source.source_id == APPLICATIONS for source in sources) else ()


def _given(context: Context) -> Mapping[str, Any]:
    from fcm_migration.core.reading import release_dates

    return {
        "releases": {s.source_id: release_dates(context.home, s) for s in _own(context.sources)},
        "frozen": sorted(
            s.source_id for s in context.sources if s.cadence.stale_after_days is None
        ),
    }


def make(inputs: Inputs) -> Made:
    """Return the nowcasts and their scores."""
    from fcm_migration.config import Home
    from fcm_migration.refresh.context import Context
    from fcm_migration.refresh.nowcast_tasks import nowcasts

    root = inputs.tables[FLOWS].parents[1]
    context = Context(Home(root), datetime(2000, 1, 1, tzinfo=UTC), inputs.sources)
    for path in inputs.reviewed.values():
        context = replace(context, reference_dir=path.parent)
    made = nowcasts(context)
    return {NOWCAST: made.nowcast, NOWCAST_SCORES: made.scores}


STEP = Step(
    name="nowcast",
    title="nowcast",
    makes=(NOWCAST, NOWCAST_SCORES),
    make=make,
    reads=_reads,
    reviewed=_reviewed,
    given=_given,
    calls_sources=True,
)
