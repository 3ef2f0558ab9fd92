"""Making published forecasts add up, as a step."""

from __future__ import annotations

from fcm_migration import store
from fcm_migration.forecast.coherence.tables import COHERENT, VERSION
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.stamped import hashes, is_current, making

READ = (QUANTILES, SERIES, SERIES_INDEX)


def build_coherent(context: Context) -> store.Stored:
    """Write ``forecast.coherent``, unless forecasts, series and method are unchanged."""
    home = context.home
    read = {table: home.table(table.layer, table.name) for table in READ}
    path = home.table(COHERENT.layer, COHERENT.name)
    stamp = home.root / "forecast" / "coherent.json"
    inputs = {**hashes(home, READ), "version": str(VERSION)}
    if not is_current(stamp, inputs, {COHERENT: path}):
        from fcm_migration.forecast.coherence.build import (
            coherent_forecasts,  # numpy and the library
        )

        context.report("making forecasts add up")
        with making(stamp, inputs):
            quantiles, series, index = (store.read(file, table) for table, file in read.items())
            store.write(coherent_forecasts(quantiles, index, series), COHERENT, path)
    return store.facts(path)
