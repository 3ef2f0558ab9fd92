"""Policies: what followed each reviewed policy, against placebo dates, and what was displaced."""

from __future__ import annotations

from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.marts.reviewed import POLICY_EVENTS, SERIES_BREAKS, without_cuts
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step
from fcm_migration.trends.policies.tables import DISPLACEMENT, PLACEBOS, POLICY_EFFECTS

FILE = "policy_events.csv"


def make(inputs: Inputs) -> Made:
    """Return the reviewed policies, their effects, the placebos and the displacement.

    Raises:
        UsageError: an entry of the reviewed table contradicts itself.
    """
    from fcm_migration.trends.policies.displacement import displacement
    from fcm_migration.trends.policies.effects import policy_effects, watched
    from fcm_migration.trends.policies.events import policies
    from fcm_migration.trends.policies.placebo_rates import placebo_rates

    series, index, breaks = map(inputs.read, (SERIES, SERIES_INDEX, SERIES_BREAKS))
    declared = read_declared(inputs.file(FILE), POLICY_EVENTS)
    held = watched(without_cuts(series, breaks), index, policies(declared))
    effects = policy_effects(held)
    return {
        POLICY_EVENTS: declared,
        POLICY_EFFECTS: effects,
        PLACEBOS: placebo_rates(held, effects),
        DISPLACEMENT: displacement(held, effects),
    }


STEP = Step(
    name="policies",
    title="judge the policies",
    makes=(POLICY_EVENTS, POLICY_EFFECTS, PLACEBOS, DISPLACEMENT),
    make=make,
    reads=(SERIES, SERIES_INDEX, SERIES_BREAKS),
    reviewed=(FILE,),
)
