"""Alerts as a step: the marts in, what stands out, what it resembles and its record out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_migration import store
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.core.build import release_dates
from fcm_migration.marts.reviewed import POLICY_EVENTS, SERIES_BREAKS
from fcm_migration.marts.splices import SPLICE_SOURCES
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.stamped import hashes, is_current, making
from fcm_migration.trends.alerts.tables import ALERTS, PRECEDENTS, TABLES, TRACK_RECORD

if TYPE_CHECKING:
    import polars as pl

    from fcm_migration.trends.alerts.replay import Replayed

VERSION = 1
GOES_ON = "us_cbp_sbo"
READ = (SERIES, SERIES_INDEX, SERIES_BREAKS)
EVENTS = "labelled_events.csv"
# the modules that decide what an alert is and says
MODULES = (
    "alerts",
    "causes",
    "common",
    "events",
    "histories",
    "outcomes",
    "panel",
    "record",
    "replay",
    "rolling",
    "rules",
    "score",
    "scorecard",
    "settings",
    "surges",
    "surprise",
    "words",
)


def build_alerts(context: Context) -> dict[str, store.Stored]:
    """Write the tables of alerts, by full name, unless what they are made of is unchanged.

    Raises:
        UsageError: a reviewed table is missing or contradicts itself.
        ConformError: a value is not one its column allows.
    """
    paths = {table: context.home.table(table.layer, table.name) for table in TABLES}
    stamp = context.home.root / "trend" / "alerts.inputs.json"
    inputs = {
        "version": VERSION,
        "code": _code(),
        "policies": store.content_hash(_policies(context)),
        "events": store.sha256_file(context.reference_dir / EVENTS),
        "lags": {source.source_id: source.cadence.lag_days for source in context.sources},
        "releases": _releases(context),
        **hashes(context.home, READ),
    }
    if not is_current(stamp, inputs, paths):
        with making(stamp, inputs):
            made = replay_home(context)
            for table, frame in (
                (ALERTS, made.alerts),
                (PRECEDENTS, made.precedents),
                (TRACK_RECORD, made.record),
            ):
                store.write(frame, table, paths[table])
    return {table.full_name: store.facts(paths[table]) for table in TABLES}


def replay_home(context: Context) -> Replayed:
    """Raise every alert of the home's record, each from the release that first held its period."""
    from fcm_migration.refresh.alert_panels import newest_panel, past_releases
    from fcm_migration.trends.alerts.events import read_events
    from fcm_migration.trends.alerts.replay import replay
    from fcm_migration.trends.watch.causes import near_policies

    newest = newest_panel(context)
    index = store.read(context.home.table("mart", "series_index"), SERIES_INDEX)
    return replay(
        newest,
        past_releases(context, newest),
        lags=lags(context),
        breaks=store.read(context.home.table("meta", "series_breaks"), SERIES_BREAKS),
        policies=near_policies(index, _policies(context)),
        events=read_events(context.reference_dir / EVENTS),
    )


def lags(context: Context) -> dict[str, int]:
    """Usual days from a period's end to its publication, by source; spliced series take the last.

    A spliced series is published with the source that still goes on.
    """
    own = {source.source_id: source.cadence.lag_days for source in context.sources}
    return own | dict.fromkeys(SPLICE_SOURCES, own.get(GOES_ON, max(own.values())))


def _policies(context: Context) -> pl.DataFrame:
    return read_declared(context.reference_dir, "policy_events.csv", POLICY_EVENTS)


def _releases(context: Context) -> dict[str, list[str]]:
    return {
        source.source_id: [day.isoformat() for day in release_dates(context.home, source)]
        for source in context.sources
    }


def _code() -> str:
    """Hash of the modules that decide what an alert is."""
    package = Path(__file__).resolve().parents[1]
    paths = [package / "trends" / f"{name}.py" for name in MODULES]
    paths += [package / "refresh" / "alert_panels.py", package / "marts" / "reviewed.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in paths)
    return hashlib.sha256(text.encode()).hexdigest()
