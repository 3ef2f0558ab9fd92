"""Facilitation: proxies, signs consistent with organised movement and what else explains each."""

from __future__ import annotations

from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step
from fcm_migration.trends.facilitation import TABLES
from fcm_migration.trends.facilitation.tables import FACILITATION

READ = (FLOWS, SERIES, SERIES_INDEX, SERIES_BREAKS)


def make(inputs: Inputs) -> Made:
    """Return ``trend.facilitation_proxies``."""
    from fcm_migration.trends.facilitation import facilitation_proxies

    return {FACILITATION: facilitation_proxies(*map(inputs.read, READ))}


STEP = Step(
    name="facilitation",
    title="look for signs of facilitation",
    makes=TABLES,
    make=make,
    reads=READ,
)
