"""Drivers: upstream figures tried as leading indicators of the published forecasts."""

from __future__ import annotations

from fcm_migration.forecast.drivers_tables import DRIVERS
from fcm_migration.forecast.tables import TRACK_RECORD
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step

READ = (TRACK_RECORD, FLOWS, SERIES_INDEX)


def make(inputs: Inputs) -> Made:
    """Return ``forecast.drivers``."""
    from fcm_migration.studies.drivers.declared import try_drivers

    return {DRIVERS: try_drivers(*map(inputs.read, READ))}


STEP = Step(name="drivers", title="try the drivers", makes=(DRIVERS,), make=make, reads=READ)
