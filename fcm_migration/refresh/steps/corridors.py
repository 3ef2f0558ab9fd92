"""Corridors: each origin on each route, what was seen upstream first, and protection beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.core.tables import latest_table
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.shown import shown, with_nowcasts
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.countries import alias_name, read_aliases, resolve
from fcm_migration.marts.reviewed import OVERLAPS, SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step
from fcm_migration.trends.alerts.tables import ALERTS
from fcm_migration.trends.corridors import TABLES

if TYPE_CHECKING:
    from fcm_migration.sources.base import Source

READ = (SERIES, SERIES_INDEX, SERIES_BREAKS, OVERLAPS, ALERTS, QUANTILES, NOT_SHOWN, NOWCAST)
# The one source read beside the marts, which keep no decisions on the substance. A registry
# without it (a test's) has corridors without decisions.
DECISIONS = "unhcr_asylum_decisions"


def _decisions(sources: Sequence[Source]) -> Source | None:
    return next((source for source in sources if source.source_id == DECISIONS), None)


def _reads(sources: Sequence[Source]) -> Sequence[Table]:
    source = _decisions(sources)
    return (*READ, latest_table(source.tables[0])) if source else READ


def _reviewed(sources: Sequence[Source]) -> Sequence[str]:
    source = _decisions(sources)
    return (alias_name(source.country_scheme),) if source else ()


def make(inputs: Inputs) -> Made:
    """Return the corridors, what was seen upstream first, and protection beside them.

    Raises:
        UsageError: UNHCR's alias table is missing or broken.
    """
    from fcm_migration.trends.corridors import rank_corridors

    series, index, breaks, overlaps, alerts, quantiles, hidden, nowcast = map(inputs.read, READ)
    forecasts = with_nowcasts(shown(quantiles, hidden), nowcast)
    decisions = _decided(inputs)
    return rank_corridors(series, index, breaks, overlaps, alerts, forecasts, decisions)


def _decided(inputs: Inputs) -> pl.DataFrame | None:
    """Return decisions on reviewed origins; the others are held back."""
    table = inputs.table(f"core.{DECISIONS}")
    if table is None:
        return None
    draft = inputs.read(table).with_columns(pl.col("origin_unhcr_code").alias("origin_label"))
    (known,) = inputs.reviewed.values()
    return resolve(draft, read_aliases(known))[0].drop("origin_label")


STEP = Step(
    name="corridors",
    title="rank the corridors",
    makes=TABLES,
    make=make,
    reads=_reads,
    reviewed=_reviewed,
)
