"""Metadata: sources, releases, attempts, revisions, changed layouts, coverage and its gaps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.core.tables import LAYOUT_DRIFT, REVISED_PERIODS, REVISIONS
from fcm_migration.marts.coverage import COVERAGE, GAPS, coverage, gaps
from fcm_migration.marts.tables import FLOWS
from fcm_migration.metadata.tables import (
    ATTEMPTS,
    COUNTRY_LABELS,
    SNAPSHOT_FILES,
    SNAPSHOTS,
    SOURCES,
)
from fcm_migration.metadata.tables import INDICATORS as INDICATORS_TABLE
from fcm_migration.refresh.step import Inputs, Made, Step
from fcm_migration.sources.base import Offer

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context


def _given(context: Context) -> Mapping[str, Any]:
    """Return the archive and its releases as tables; they change with every attempt."""
    from fcm_migration.metadata.build import gather

    flows = store.read(context.home.table(FLOWS.layer, FLOWS.name), FLOWS)
    found = gather(context.home, context.archive, context.sources, context.reference, flows)
    offers = {s.source_id: [astuple(offer) for offer in s.offers] for s in context.sources}
    return {"offers": offers, **{table.full_name: frame for table, frame in found.items()}}


def make(inputs: Inputs) -> Made:
    """Return the metadata tables."""
    covered = coverage(inputs.read(FLOWS))
    sources: pl.DataFrame = inputs.given[SOURCES.full_name]
    without = set(sources.filter(pl.col("releases") == 0).get_column("source_id"))
    awaited = {
        source_id: [Offer(*offer) for offer in offers]
        for source_id, offers in inputs.given["offers"].items()
        if source_id in without
    }
    rows = [vars(item) for item in INDICATORS]
    made = {
        INDICATORS_TABLE: pl.DataFrame(rows, schema=polars_schema(INDICATORS_TABLE), orient="row"),
        COVERAGE: covered,
        GAPS: gaps(covered, awaited),
    }
    return made | {
        table: inputs.given[table.full_name] for table in STEP.makes if table not in made
    }


STEP = Step(
    name="metadata",
    title="gather the metadata tables",
    makes=(
        SOURCES,
        SNAPSHOTS,
        SNAPSHOT_FILES,
        ATTEMPTS,
        INDICATORS_TABLE,
        COUNTRY_LABELS,
        REVISIONS,
        REVISED_PERIODS,
        LAYOUT_DRIFT,
        COVERAGE,
        GAPS,
    ),
    make=make,
    reads=(FLOWS,),
    given=_given,
)
