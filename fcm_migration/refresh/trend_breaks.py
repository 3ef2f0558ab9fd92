"""Breaks as a step: the panel and the documented breaks in, the breaks found out."""

from __future__ import annotations

from fcm_migration import store
from fcm_migration.marts.reviewed import POLICY_EVENTS, SERIES_BREAKS, read_declared
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.stamped import hashes, is_current, making
from fcm_migration.trends.breaks.tables import BREAKS_FOUND

VERSION = 2
MADE = (BREAKS_FOUND,)
READ = (SERIES, SERIES_INDEX, SERIES_BREAKS)


def build_trend_breaks(context: Context) -> dict[str, store.Stored]:
    """Write :data:`MADE`, by full name, unless what they are made of is unchanged.

    Raises:
        UsageError: the reviewed policies are missing or contradict themselves.
        ConformError: a value is not one its column allows.
    """
    paths = {table: context.home.table(table.layer, table.name) for table in (*MADE, *READ)}
    stamp = context.home.root / "trend" / "breaks.inputs.json"
    policies = read_declared(context.reference_dir, "policy_events.csv", POLICY_EVENTS)
    inputs = {
        "version": VERSION,
        "policies": store.content_hash(policies),
        **hashes(context.home, READ),
    }
    if not is_current(stamp, inputs, {table: paths[table] for table in MADE}):
        from fcm_migration.trends.breaks.build import find_breaks  # numpy, only where needed

        with making(stamp, inputs):
            series, index, breaks = (store.read(paths[table], table) for table in READ)
            found = find_breaks(series, index, breaks, policies)
            store.write(found, BREAKS_FOUND, paths[BREAKS_FOUND])
    return {table.full_name: store.facts(paths[table]) for table in MADE}
