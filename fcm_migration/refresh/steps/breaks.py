"""Breaks: lasting changes of level in the watched series, and the policies near each."""

from __future__ import annotations

from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.marts.reviewed import POLICY_EVENTS, SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step
from fcm_migration.trends.breaks import TABLES
from fcm_migration.trends.breaks.tables import BREAKS_FOUND

FILE = "policy_events.csv"


def make(inputs: Inputs) -> Made:
    """Return ``trend.breaks``.

    Raises:
        UsageError: the reviewed policies contradict themselves.
    """
    from fcm_migration.trends.breaks import find_breaks

    series, index, breaks = map(inputs.read, (SERIES, SERIES_INDEX, SERIES_BREAKS))
    policies = read_declared(inputs.file(FILE), POLICY_EVENTS)
    return {BREAKS_FOUND: find_breaks(series, index, breaks, policies)}


STEP = Step(
    name="breaks",
    title="find breaks",
    makes=TABLES,
    make=make,
    reads=(SERIES, SERIES_INDEX, SERIES_BREAKS),
    reviewed=(FILE,),
)
