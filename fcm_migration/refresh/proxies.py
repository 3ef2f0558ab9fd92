"""Proxies of facilitation as a step: flows and the panel in, their table out."""

from __future__ import annotations

from fcm_migration import store
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import FLOWS, SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.stamped import hashes, is_current, making
from fcm_migration.trends.facilitation.tables import FACILITATION

VERSION = 1
MADE = (FACILITATION,)
READ = (FLOWS, SERIES, SERIES_INDEX, SERIES_BREAKS)


def build_proxies(context: Context) -> dict[str, store.Stored]:
    """Write :data:`MADE`, by full name, unless what they are made of is unchanged.

    Raises:
        ConformError: a value is not one its column allows.
    """
    paths = {table: context.home.table(table.layer, table.name) for table in (*MADE, *READ)}
    stamp = context.home.root / "trend" / "facilitation_proxies.inputs.json"
    inputs = {"version": VERSION, **hashes(context.home, READ)}
    if not is_current(stamp, inputs, {table: paths[table] for table in MADE}):
        from fcm_migration.trends.facilitation.build import (
            facilitation_proxies,  # numpy, only where needed
        )

        with making(stamp, inputs):
            made = facilitation_proxies(*(store.read(paths[table], table) for table in READ))
            store.write(made, FACILITATION, paths[FACILITATION])
    return {table.full_name: store.facts(paths[table]) for table in MADE}
