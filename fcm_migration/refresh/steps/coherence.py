"""Coherence: published forecasts made to add up, from parts to totals."""

from __future__ import annotations

from fcm_migration.forecast.coherence.tables import COHERENT
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.shown import with_nowcasts
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step

READ = (QUANTILES, SERIES_INDEX, SERIES, NOT_SHOWN, NOWCAST)


def make(inputs: Inputs) -> Made:
    """Return ``forecast.coherent``."""
    from fcm_migration.forecast.coherence import coherent_forecasts

    quantiles, index, series, hidden, nowcast = map(inputs.read, READ)
    published = with_nowcasts(quantiles.filter("is_published"), nowcast)
    old = hidden.get_column("series_id").to_list()
    return {COHERENT: coherent_forecasts(published, index, series, old)}


STEP = Step(
    name="coherence",
    title="make forecasts add up",
    makes=(COHERENT,),
    make=make,
    reads=READ,
)
