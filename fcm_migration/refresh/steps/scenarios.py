"""Scenarios: the published forecast under declared assumptions."""

from __future__ import annotations

from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.scenarios.tables import SCENARIO_FORECASTS, SCENARIO_MATCHES
from fcm_migration.forecast.shown import shown, with_nowcasts
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.reviewed import SCENARIOS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.step import Inputs, Made, Step

READ = (QUANTILES, NOT_SHOWN, NOWCAST, SERIES_INDEX, SERIES)
FILE = "scenarios.csv"


def make(inputs: Inputs) -> Made:
    """Return the declared scenarios, the forecasts under each, and the series each moves.

    Raises:
        UsageError: an entry of the reviewed table contradicts itself.
    """
    from fcm_migration.forecast.scenarios import apply_scenarios

    declared = read_declared(inputs.file(FILE), SCENARIOS)
    quantiles, hidden, nowcast, index, series = map(inputs.read, READ)
    published = with_nowcasts(shown(quantiles, hidden), nowcast)
    made = apply_scenarios(declared, published, index, series)
    return {
        SCENARIOS: declared,
        SCENARIO_FORECASTS: made.forecasts,
        SCENARIO_MATCHES: made.matches,
    }


STEP = Step(
    name="scenarios",
    title="apply the scenarios",
    makes=(SCENARIOS, SCENARIO_FORECASTS, SCENARIO_MATCHES),
    make=make,
    reads=READ,
    reviewed=(FILE,),
)
