"""Breaks as a step: the panel and the documented breaks in, the breaks found out."""

from __future__ import annotations

from fcm_migration import store
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.stamped import hashes, is_current, making
from fcm_migration.trends.breaks_tables import BREAKS_FOUND

VERSION = 1
MADE = (BREAKS_FOUND,)
READ = (SERIES, SERIES_INDEX, SERIES_BREAKS)


def build_trend_breaks(context: Context) -> dict[str, store.Stored]:
    """Write :data:`MADE`, by full name, unless what they are made of is unchanged.

    Raises:
        ConformError: a value is not one its column allows.
    """
    paths = {table: context.home.table(table.layer, table.name) for table in (*MADE, *READ)}
    stamp = context.home.root / "trend" / "breaks.inputs.json"
    inputs = {"version": VERSION, **hashes(context.home, READ)}
    if not is_current(stamp, inputs, {table: paths[table] for table in MADE}):
        from fcm_migration.trends.breaks import find_breaks  # numpy, only where needed

        with making(stamp, inputs):
            found = find_breaks(*(store.read(paths[table], table) for table in READ))
            store.write(found, BREAKS_FOUND, paths[BREAKS_FOUND])
    return {table.full_name: store.facts(paths[table]) for table in MADE}
