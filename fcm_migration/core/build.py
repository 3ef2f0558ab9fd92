"""Core and history tables, built from the archived releases of a source.

A release is parsed once into Parquet below ``core/releases/``; the published tables are
views of all releases of a source together:

* ``core.<table>``: what the newest release says, with the release it comes from in each row;
* ``history.<table>``: each distinct row with the first and last release that printed it.
  The rows of any release R are those with ``first_seen_date <= R <= last_seen_date``.

What stood published in a source whose releases hold a moving window is accumulated: a fiscal year
that left the window stands on as the last release holding it printed it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date

import polars as pl

from fcm_migration import fingerprint, folders, stamps, store
from fcm_migration.archive.releases import ParsedRelease, in_order, parser_of, remove_older
from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.model import Table
from fcm_migration.config import Home
from fcm_migration.core.reading import core_stamp
from fcm_migration.core.tables import (
    PROVENANCE,
    REVISED_PERIODS,
    REVISIONS,
    core_tables,
    history_table,
    latest_table,
    marked_table,
)
from fcm_migration.core.vintages import accumulate, history_rows, revisions
from fcm_migration.sources.base import Seen, Source


def build_core(
    home: Home, source: Source, releases: Sequence[ParsedRelease]
) -> dict[str, store.Stored]:
    """Write latest and history of each of the source's tables; return them by full name.

    Nothing is built anew when the releases and the code that parses and builds are the same.
    """
    ordered = in_order(source, releases)
    stamp = core_stamp(home, source)
    inputs = _inputs(source, ordered)
    paths = {table: home.table(table.layer, table.name) for table in core_tables(source)}
    if not stamps.is_current(stamp, inputs, paths):
        made: dict[Table, pl.DataFrame] = {}
        for table in source.tables:
            standing = standing_frames(source, table, ordered)
            latest, history = latest_table(table), history_table(table)
            made[latest] = standing[-1][1] if standing else empty(latest)
            made[history] = (
                history_rows(_without_provenance(standing)) if standing else empty(history)
            )
            # where older versions kept it
            folders.remove(home.table("core", f"{table.name}_history"), home.root)
        stamps.write(stamp, inputs, made, paths)
        remove_older(home, source)
    return {table.full_name: store.facts(path) for table, path in paths.items()}


def _inputs(source: Source, releases: Sequence[ParsedRelease]) -> dict[str, object]:
    declared = [(t.full_name, [str(c) for c in t.columns], t.key) for t in source.tables]
    text = json.dumps([source.rolling_by, declared])
    return {
        "code": fingerprint.code(__name__, without=fingerprint.WITHOUT_EFFECT),
        "parser": parser_of(source),
        "declaration": hashlib.sha256(text.encode()).hexdigest(),
        "releases": ",".join(r.snapshot.snapshot_id + r.snapshot.obtained for r in releases),
        "names": [r.snapshot.publisher_names for r in releases if source.incomplete],
        "dates": sorted({r.snapshot.as_of.isoformat() for r in releases}),
    }


def standing_frames(
    source: Source, table: Table, releases: Sequence[ParsedRelease]
) -> list[tuple[date, pl.DataFrame]]:
    """Return what stood published in one table after each release day, with each row's provenance.

    Every release counts where windows move (two pages brought on one day are both kept); what
    stood at the end of a day is that day's word.
    """
    seen = [_seen(source, table, release) for release in releases]
    frames = [
        (
            release.snapshot.as_of,
            frame.with_columns(
                pl.lit(release.snapshot.as_of).alias("as_of_date"),
                pl.lit(release.snapshot.snapshot_id).alias("snapshot_id"),
                pl.lit(release.snapshot.obtained).alias("obtained"),
            ),
        )
        for release, frame in zip(releases, marked(source, table, seen), strict=True)
    ]
    return list(dict(accumulate(frames, source.rolling_by)).items())


def _seen(source: Source, table: Table, release: ParsedRelease) -> Seen:
    """Return a release's table, with those that show whether a period is complete."""
    needed = source.tables if _is_marked(source, table) else (table,)
    tables = {item.name: store.read(release.paths[item.name], item) for item in needed}
    return Seen(release.snapshot.publisher_names, tables)


def _is_marked(source: Source, table: Table) -> bool:
    return source.incomplete is not None and marked_table(table) != table


def marked(source: Source, table: Table, releases: Sequence[Seen]) -> list[pl.DataFrame]:
    """Return each release's rows with the mark of incomplete periods, where the table has one.

    Args:
        source: the source, which says how the mark is found.
        table: one of its tables, as the parser makes it.
        releases: all releases, oldest first, with this table among their tables.
    """
    rows = [release.tables[table.name] for release in releases]
    if source.incomplete is None or table.partial is None or not _is_marked(source, table):
        return rows
    marks = source.incomplete(table.name, releases)
    return [
        frame.with_columns(mark.fill_null(value=False).alias(table.partial))
        for frame, mark in zip(rows, marks, strict=True)
    ]


def _without_provenance(
    standing: Sequence[tuple[date, pl.DataFrame]],
) -> list[tuple[date, pl.DataFrame]]:
    return [(day, frame.drop(column.name for column in PROVENANCE)) for day, frame in standing]


def revised(
    home: Home, source: Source, table: Table, releases: Sequence[ParsedRelease]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return rows for ``meta.revisions`` and ``meta.revised_periods`` of one core table.

    Kept beside the core tables until the releases change: comparing is work.
    """
    paths = {
        declared: home.core / "revisions" / f"{table.name}.{declared.name}.parquet"
        for declared in (REVISIONS, REVISED_PERIODS)
    }
    stamp = home.core / "revisions" / f"{table.name}.json"
    inputs = _inputs(source, releases)
    if not stamps.is_current(stamp, inputs, paths):
        standing = _without_provenance(standing_frames(source, table, releases))
        made = dict(zip(paths, revisions(table, standing), strict=True))
        stamps.write(stamp, inputs, made, paths)
    summary, detail = (store.read(path, declared) for declared, path in paths.items())
    return summary, detail
