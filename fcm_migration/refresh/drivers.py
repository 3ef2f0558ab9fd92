"""Trying the drivers as a step: past forecasts and upstream figures in, the verdicts out."""

from __future__ import annotations

from fcm_migration import store
from fcm_migration.forecast.drivers_tables import DRIVERS, VERSION
from fcm_migration.forecast.tables import TRACK_RECORD
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.stamped import hashes, is_current, making

READ = (TRACK_RECORD, FLOWS, SERIES_INDEX)


def build_drivers(context: Context) -> store.Stored:
    """Write ``forecast.drivers``, unless forecasts, figures and method are unchanged."""
    home = context.home
    read = {table: home.table(table.layer, table.name) for table in READ}
    path = home.table(DRIVERS.layer, DRIVERS.name)
    stamp = home.root / "forecast" / "drivers.inputs.json"
    inputs = {**hashes(home, READ), "version": str(VERSION)}
    if not is_current(stamp, inputs, {DRIVERS: path}):
        from fcm_migration.studies.drivers.declared import try_drivers  # numpy, only here

        context.report("trying drivers")
        with making(stamp, inputs):
            track, flows, index = (store.read(file, table) for table, file in read.items())
            store.write(try_drivers(track, flows, index), DRIVERS, path)
    return store.facts(path)
