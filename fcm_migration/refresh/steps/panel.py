"""Panel: gapless series from the flows, spliced ones, and the reviewed breaks of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.marts.reviewed import (
    BREAKS,
    OVERLAPS,
    SERIES_BREAKS,
    series_breaks,
)
from fcm_migration.marts.series import absent_is_zero, build_series, count_breaks
from fcm_migration.marts.splices import SPLICES_TABLE, splice
from fcm_migration.marts.tables import FLOWS, HELD_BACK, SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context


def _given(context: Context) -> Mapping[str, Any]:
    return {"absent_is_zero": absent_is_zero(context.sources)}


def make(inputs: Inputs) -> Made:
    """Return the series, their index and splices, and the reviewed breaks and overlaps."""
    series, index = build_series(
        inputs.read(FLOWS), inputs.given["absent_is_zero"], inputs.read(HELD_BACK)
    )
    spliced, entries, proofs = splice(series, index)
    breaks = read_declared(inputs.file("breaks.csv"), BREAKS)
    overlaps = read_declared(inputs.file("overlaps.csv"), OVERLAPS)
    index = pl.concat([index, entries])
    found = series_breaks(index, breaks)
    return {
        SERIES: pl.concat([series, spliced]),
        SERIES_INDEX: count_breaks(index, found),
        SPLICES_TABLE: proofs,
        BREAKS: breaks,
        SERIES_BREAKS: found,
        OVERLAPS: overlaps,
    }


STEP = Step(
    name="panel",
    title="build the panel of series",
    makes=(SERIES, SERIES_INDEX, SPLICES_TABLE, BREAKS, SERIES_BREAKS, OVERLAPS),
    make=make,
    reads=(FLOWS, HELD_BACK),
    reviewed=("breaks.csv", "overlaps.csv"),
    given=_given,
)
