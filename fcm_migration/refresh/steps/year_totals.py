"""Year totals: what a year will come to, from the published forecasts of its months."""

from __future__ import annotations

from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.shown import shown
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES, TRACK_RECORD
from fcm_migration.forecast.year_totals.tables import TABLES, YEAR_TOTAL_SCORES, YEAR_TOTALS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step

READ = (QUANTILES, NOT_SHOWN, NOWCAST, TRACK_RECORD, SERIES, SERIES_INDEX)


def make(inputs: Inputs) -> Made:
    """Return the totals of the running year, and how good such totals were."""
    from fcm_migration.forecast.year_totals import make_year_totals

    quantiles, hidden, nowcast, track, series, index = map(inputs.read, READ)
    made = make_year_totals(shown(quantiles, hidden), nowcast, track, series, index)
    return {YEAR_TOTALS: made.totals, YEAR_TOTAL_SCORES: made.scores}


STEP = Step(
    name="year_totals",
    title="add up the year",
    makes=TABLES,
    make=make,
    reads=READ,
)
