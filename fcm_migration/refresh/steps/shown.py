"""Shown: which series are still reported, so that their forecasts are shown."""

from __future__ import annotations

from fcm_migration.forecast.shown import not_shown
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step


def make(inputs: Inputs) -> Made:
    """Return ``forecast.not_shown``."""
    return {NOT_SHOWN: not_shown(inputs.read(QUANTILES), inputs.read(SERIES_INDEX))}


STEP = Step(
    name="shown",
    title="choose the forecasts that are shown",
    makes=(NOT_SHOWN,),
    make=make,
    reads=(QUANTILES, SERIES_INDEX),
)
