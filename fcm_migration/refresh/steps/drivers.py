"""Drivers: the record of upstream figures tried as leading indicators, as reviewed."""

from __future__ import annotations

from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.forecast.drivers import DRIVERS, RECORD_FILE
from fcm_migration.refresh.step import Inputs, Made, Step


def make(inputs: Inputs) -> Made:
    """Return ``forecast.drivers``."""
    return {DRIVERS: read_declared(inputs.file(RECORD_FILE), DRIVERS)}


STEP = Step(
    name="drivers",
    title="read the record of drivers",
    makes=(DRIVERS,),
    make=make,
    reviewed=(RECORD_FILE,),
)
