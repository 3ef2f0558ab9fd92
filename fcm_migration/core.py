"""From archived releases to core tables: every vintage once, latest and history built from all.

A release is parsed once per parser version into Parquet below ``core/releases/``; the published
tables are views of all releases of a source together:

* ``core.<table>``: what the newest release says, with the release it comes from in each row;
* ``history.<table>``: each distinct row with the first and last release that printed it.
  The rows of any release R are those with ``first_seen_date <= R <= last_seen_date``.

What stood published in a source whose releases hold a moving window is accumulated: a fiscal year
that left the window stands on as the last release holding it printed it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.columns import AS_OF, OBTAINED, SNAPSHOT_ID
from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.model import Column, Table
from fcm_migration.config import Home
from fcm_migration.releases import ParsedRelease, in_order
from fcm_migration.sources.base import Source
from fcm_migration.vintage_tables import REVISED_PERIODS, REVISIONS
from fcm_migration.vintages import accumulate, history_rows, revisions, rows_as_of

FIRST_SEEN = Column(
    "first_seen_date", "date", "Date of the first release of an unbroken run that prints this row."
)
LAST_SEEN = Column("last_seen_date", "date", "Date of the last release of that run.")
PROVENANCE = (AS_OF, SNAPSHOT_ID, OBTAINED)
BUILD_VERSION = 2


def latest_table(table: Table) -> Table:
    """The published form of a core table: the publisher's columns and where each row is from."""
    return replace(table, columns=(*table.columns, *PROVENANCE))


def history_table(table: Table) -> Table:
    """Every distinct row any release printed, and the run of releases that printed it."""
    return replace(
        table,
        layer="history",
        title=f"Revision history. {table.title}",
        grain=f"{table.grain}, as printed by an unbroken run of releases",
        columns=(*table.columns, FIRST_SEEN, LAST_SEEN),
        key=(*table.key, "first_seen_date"),
    )


def build_core(
    home: Home, source: Source, releases: Sequence[ParsedRelease]
) -> dict[str, store.Stored]:
    """Write latest and history of each of the source's tables; return them by full name.

    Nothing is built anew when the releases and the parser are the same as last time.
    """
    ordered = in_order(source, releases)
    stamp = home.core / f"{source.source_id}.inputs.json"
    inputs = _inputs(source, ordered)
    outputs = {
        table.full_name: home.table(table.layer, table.name)
        for declared in source.tables
        for table in (latest_table(declared), history_table(declared))
    }
    fresh = stamp.exists() and store.read_json(stamp) == inputs
    if not (fresh and all(path.exists() for path in outputs.values())):
        stamp.unlink(missing_ok=True)
        for table in source.tables:
            standing = standing_frames(source, table, ordered)
            latest, history = latest_table(table), history_table(table)
            now = standing[-1][1] if standing else empty(latest)
            then = history_rows(_without_provenance(standing)) if standing else empty(history)
            store.write(now, latest, outputs[latest.full_name])
            store.write(then, history, outputs[history.full_name])
            # where older versions kept it
            home.table("core", f"{table.name}_history").unlink(missing_ok=True)
        store.write_json(stamp, inputs)
    return {name: store.facts(path) for name, path in outputs.items()}


def _inputs(source: Source, releases: Sequence[ParsedRelease]) -> dict[str, object]:
    declared = [(t.full_name, [str(c) for c in t.columns], t.key) for t in source.tables]
    text = json.dumps([BUILD_VERSION, source.parser_version, source.rolling_by, declared])
    return {
        "declaration": hashlib.sha256(text.encode()).hexdigest(),
        "releases": ",".join(r.snapshot.snapshot_id + r.snapshot.obtained for r in releases),
        "dates": sorted({r.snapshot.as_of.isoformat() for r in releases}),
    }


def standing_frames(
    source: Source, table: Table, releases: Sequence[ParsedRelease]
) -> list[tuple[date, pl.DataFrame]]:
    """What stood published in one table after each release day, with each row's provenance.

    Every release counts where windows move (two pages brought on one day are both kept); what
    stood at the end of a day is that day's word.
    """
    frames = [
        (
            release.snapshot.as_of,
            store.read(release.paths[table.name], table).with_columns(
                pl.lit(release.snapshot.as_of).alias("as_of_date"),
                pl.lit(release.snapshot.snapshot_id).alias("snapshot_id"),
                pl.lit(release.snapshot.obtained).alias("obtained"),
            ),
        )
        for release in releases
    ]
    return list(dict(accumulate(frames, source.rolling_by)).items())


def _without_provenance(
    standing: Sequence[tuple[date, pl.DataFrame]],
) -> list[tuple[date, pl.DataFrame]]:
    return [(day, frame.drop(column.name for column in PROVENANCE)) for day, frame in standing]


def read_latest(home: Home, source: Source) -> Mapping[str, pl.DataFrame]:
    """The source's latest core tables by declared name."""
    return {
        table.name: store.read(home.table("core", table.name), latest_table(table))
        for table in source.tables
    }


def read_as_of(home: Home, source: Source, table: Table, day: date) -> pl.DataFrame:
    """What stood published in one core table on a day, without provenance columns.

    Only what this home's archive holds is known: a release never obtained never was.
    """
    history = store.read(home.table("history", table.name), history_table(table))
    return rows_as_of(history, release_dates(home, source), day)


def release_dates(home: Home, source: Source) -> list[date]:
    """The days of the source's releases in use, oldest first."""
    noted = store.read_json(home.core / f"{source.source_id}.inputs.json")
    return [date.fromisoformat(text) for text in noted["dates"]]


def revised(
    home: Home, source: Source, table: Table, releases: Sequence[ParsedRelease]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows for ``meta.revisions`` and ``meta.revised_periods`` of one core table.

    Kept beside the core tables until the releases change: comparing is work.
    """
    paths = {
        declared: home.core / "revisions" / f"{table.name}.{declared.name}.parquet"
        for declared in (REVISIONS, REVISED_PERIODS)
    }
    stamp = home.core / "revisions" / f"{table.name}.json"
    inputs = _inputs(source, releases)
    made = all(store.holds(path, declared) for declared, path in paths.items())
    if not (made and stamp.exists() and store.read_json(stamp) == inputs):
        stamp.unlink(missing_ok=True)
        standing = _without_provenance(standing_frames(source, table, releases))
        for declared, frame in zip(paths, revisions(table, standing), strict=True):
            store.write(frame, declared, paths[declared])
        store.write_json(stamp, inputs)
    summary, detail = (store.read(path, declared) for declared, path in paths.items())
    return summary, detail
