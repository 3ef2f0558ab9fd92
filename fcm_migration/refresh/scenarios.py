"""Scenarios as a step: the published forecast and the reviewed what-ifs in, their tables out."""

from __future__ import annotations

from fcm_migration import store
from fcm_migration.forecast.scenarios.tables import SCENARIO_FORECASTS, SCENARIO_MATCHES
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.reviewed import SCENARIOS, read_reviewed
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.stamped import hashes, is_current, making

VERSION = 1
MADE = (SCENARIOS, SCENARIO_FORECASTS, SCENARIO_MATCHES)
READ = (QUANTILES, SERIES_INDEX, SERIES)


def build_scenarios(context: Context) -> dict[str, store.Stored]:
    """Write :data:`MADE`, by full name, unless what they are made of is unchanged.

    Raises:
        UsageError: an entry of the reviewed table contradicts itself.
        ConformError: a value is not one its column allows.
    """
    paths = {table: context.home.table(table.layer, table.name) for table in (*MADE, *READ)}
    declared = read_reviewed(context.reference_dir, "scenarios.csv")
    stamp = context.home.root / "forecast" / "scenarios.inputs.json"
    inputs = {
        "version": VERSION,
        "declared": store.content_hash(declared),
        **hashes(context.home, READ),
    }
    if not is_current(stamp, inputs, {table: paths[table] for table in MADE}):
        from fcm_migration.forecast.scenarios.build import (
            apply_scenarios,  # numpy, only where needed
        )

        with making(stamp, inputs):
            made = apply_scenarios(declared, *(store.read(paths[table], table) for table in READ))
            store.write(declared, SCENARIOS, paths[SCENARIOS])
            store.write(made.forecasts, SCENARIO_FORECASTS, paths[SCENARIO_FORECASTS])
            store.write(made.matches, SCENARIO_MATCHES, paths[SCENARIO_MATCHES])
    return {table.full_name: store.facts(paths[table]) for table in MADE}
