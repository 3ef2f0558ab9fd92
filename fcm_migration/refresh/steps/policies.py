"""Policies: what followed each reviewed policy, against placebo dates, and what was displaced."""

from __future__ import annotations

from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.marts.reviewed import POLICY_EVENTS, SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step
from fcm_migration.trends.policies import TABLES

READ = (SERIES, SERIES_INDEX, SERIES_BREAKS)
FILE = "policy_events.csv"


def make(inputs: Inputs) -> Made:
    """Return the reviewed policies, their effects, the placebos and the displacement.

    Raises:
        UsageError: an entry of the reviewed table contradicts itself.
    """
    from fcm_migration.trends.policies import judge_policies

    declared = read_declared(inputs.file(FILE), POLICY_EVENTS)
    series, index, breaks = map(inputs.read, READ)
    made = judge_policies(series, index, breaks, declared)
    return {POLICY_EVENTS: declared, **made}


STEP = Step(
    name="policies",
    title="judge the policies",
    makes=(POLICY_EVENTS, *TABLES),
    make=make,
    reads=READ,
    reviewed=(FILE,),
)
