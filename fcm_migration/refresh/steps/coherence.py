"""Coherence: published forecasts made to add up, from parts to totals."""

from __future__ import annotations

from fcm_migration.forecast.coherence.tables import COHERENT
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step


def make(inputs: Inputs) -> Made:
    """Return ``forecast.coherent``."""
    from fcm_migration.forecast.coherence import coherent_forecasts

    quantiles, index, series = map(inputs.read, (QUANTILES, SERIES_INDEX, SERIES))
    return {COHERENT: coherent_forecasts(quantiles, index, series)}


STEP = Step(
    name="coherence",
    title="make forecasts add up",
    makes=(COHERENT,),
    make=make,
    reads=(QUANTILES, SERIES, SERIES_INDEX),
)
