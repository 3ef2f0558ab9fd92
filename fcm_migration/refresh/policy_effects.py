"""Effects of policies as a step: the panel and the reviewed policies in, their tables out."""

from __future__ import annotations

from fcm_migration import store
from fcm_migration.marts.reviewed import POLICY_EVENTS, SERIES_BREAKS, read_declared, without_cuts
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.stamped import hashes, is_current, making
from fcm_migration.trends.policies.tables import DISPLACEMENT, PLACEBOS, POLICY_EFFECTS

VERSION = 1
MADE = (POLICY_EVENTS, POLICY_EFFECTS, PLACEBOS, DISPLACEMENT)
READ = (SERIES, SERIES_INDEX, SERIES_BREAKS)


def build_policy_effects(context: Context) -> dict[str, store.Stored]:
    """Write :data:`MADE`, by full name, unless what they are made of is unchanged.

    Raises:
        UsageError: an entry of the reviewed table contradicts itself.
        ConformError: a value is not one its column allows.
    """
    paths = {table: context.home.table(table.layer, table.name) for table in (*MADE, *READ)}
    declared = read_declared(context.reference_dir, "policy_events.csv", POLICY_EVENTS)
    stamp = context.home.root / "trend" / "policy_effects.inputs.json"
    inputs = {
        "version": VERSION,
        "declared": store.content_hash(declared),
        **hashes(context.home, READ),
    }
    if not is_current(stamp, inputs, {table: paths[table] for table in MADE}):
        # numpy, only where needed
        from fcm_migration.trends.policies.displacement import displacement
        from fcm_migration.trends.policies.effects import policy_effects, watched
        from fcm_migration.trends.policies.events import policies
        from fcm_migration.trends.policies.false_positives import false_positives

        with making(stamp, inputs):
            series, index, breaks = (store.read(paths[table], table) for table in READ)
            held = watched(without_cuts(series, breaks), index, policies(declared))
            effects = policy_effects(held)
            store.write(declared, POLICY_EVENTS, paths[POLICY_EVENTS])
            store.write(effects, POLICY_EFFECTS, paths[POLICY_EFFECTS])
            store.write(false_positives(held, effects), PLACEBOS, paths[PLACEBOS])
            store.write(displacement(held, effects), DISPLACEMENT, paths[DISPLACEMENT])
    return {table.full_name: store.facts(paths[table]) for table in MADE}
