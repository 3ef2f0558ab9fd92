"""From archived releases to core tables: every vintage once, latest and history built from all.

A release is parsed once per parser version into Parquet below ``core/releases/``; the published
tables are views of all releases of a source together:

* ``core.<table>``: what the newest release says, with the release it comes from in each row;
* ``core.<table>_history``: each distinct row with the first and last release that printed it.
  The rows of any release R are those with ``first_seen_date <= R <= last_seen_date``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.archive import Archive, Snapshot
from fcm_migration.catalog.columns import AS_OF, OBTAINED, SNAPSHOT_ID
from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.model import Column, Table
from fcm_migration.config import Home
from fcm_migration.errors import LayoutError, SourceError
from fcm_migration.sources.base import Parsed, ReleaseFile, Source

FIRST_SEEN = Column(
    "first_seen_date", "date", "Date of the first release of an unbroken run that prints this row."
)
LAST_SEEN = Column("last_seen_date", "date", "Date of the last release of that run.")
PROVENANCE = (AS_OF, SNAPSHOT_ID, OBTAINED)
BUILD_VERSION = 1


def latest_table(table: Table) -> Table:
    """The published form of a core table: the publisher's columns and where each row is from."""
    return replace(table, columns=(*table.columns, *PROVENANCE))


def history_table(table: Table) -> Table:
    """Every distinct row any release printed, and the run of releases that printed it."""
    return replace(
        table,
        name=f"{table.name}_history",
        title=f"Revision history. {table.title}",
        grain=f"{table.grain}, as printed by an unbroken run of releases",
        columns=(*table.columns, FIRST_SEEN, LAST_SEEN),
        key=(*table.key, "first_seen_date"),
    )


@dataclass(frozen=True)
class ParsedRelease:
    """One release in Parquet: where its tables lie, marks met and remarks."""

    snapshot: Snapshot
    paths: dict[str, Path]
    rows: dict[str, int]
    marks: dict[str, int]
    notes: tuple[str, ...]


def parse_release(
    home: Home, archive: Archive, source: Source, snapshot: Snapshot
) -> ParsedRelease:
    """Return a release's tables, parsing and conforming them unless that was done before.

    Raises:
        SourceError: the release does not parse or conform; nothing of it is written.
    """
    folder = _release_folder(home, source, snapshot)
    done = folder / "parsed.json"
    if not done.exists():
        parsed = _parse(archive, source, snapshot)
        for table in source.tables:
            frame = parsed.tables[table.name]
            store.write(frame, table, folder / f"{table.name}.parquet")
        rows = {name: frame.height for name, frame in parsed.tables.items()}
        store.write_json(done, {"rows": rows, "marks": parsed.marks, "notes": list(parsed.notes)})
    facts = store.read_json(done)
    paths = {table.name: folder / f"{table.name}.parquet" for table in source.tables}
    return ParsedRelease(snapshot, paths, facts["rows"], facts["marks"], tuple(facts["notes"]))


def _release_folder(home: Home, source: Source, snapshot: Snapshot) -> Path:
    version = f"v{source.parser_version}"
    return home.core / "releases" / source.source_id / snapshot.snapshot_id / version


def _parse(archive: Archive, source: Source, snapshot: Snapshot) -> Parsed:
    files = archive.release_files(snapshot)
    if snapshot.obtained == "bundled":
        by_name = {file.name: file.path for file in files}
        return Parsed({t.name: store.read(by_name[f"{t.name}.parquet"], t) for t in source.tables})
    parsed = _call_parser(source, files)
    declared = {table.name for table in source.tables}
    if set(parsed.tables) != declared:
        raise LayoutError(
            "the parser did not return its declared tables",
            where=source.source_id,
            expected=sorted(declared),
            got=sorted(parsed.tables),
        )
    empty = sorted(name for name, frame in parsed.tables.items() if frame.is_empty())
    if empty:
        raise LayoutError("no rows were found", where=source.source_id, got=f"empty {empty}")
    return parsed


def _call_parser(source: Source, files: Sequence[ReleaseFile]) -> Parsed:
    """Parse, turning what a parser did not foresee into a refusal of this one release."""
    try:
        return source.parse(files)
    except (pl.exceptions.PolarsError, ArithmeticError, LookupError, TypeError, ValueError) as e:
        raise LayoutError(
            f"the parser failed on this release: {type(e).__name__}: {e}",
            where=f"{source.source_id}: {', '.join(file.name for file in files)[:200]}",
            remedy="compare the file's layout with the parser; the last good release stays in use",
        ) from e


def usable_releases(home: Home, archive: Archive, source: Source) -> list[ParsedRelease]:
    """Parse every archived release; one that is refused goes to quarantine, the rest stand."""
    releases = []
    for snapshot in archive.snapshots(source.source_id):
        refusal = archive.refusal(snapshot)
        if refusal is not None and refusal["parser_version"] == source.parser_version:
            continue
        try:
            releases.append(parse_release(home, archive, source, snapshot))
        except SourceError as error:
            archive.refuse(
                snapshot,
                outcome=error.outcome,
                detail=str(error),
                parser_version=source.parser_version,
            )
            continue
        if refusal is not None:
            archive.release(snapshot)
    return releases


def build_core(
    home: Home, source: Source, releases: Sequence[ParsedRelease]
) -> dict[str, store.Stored]:
    """Write latest and history of each of the source's tables; return what was stored by name.

    Nothing is built anew when the releases and the parser are the same as last time.
    """
    ordered = one_per_day(releases)
    stamp = home.core / f"{source.source_id}.inputs.json"
    inputs = _inputs(source, ordered)
    outputs = {
        table.name: home.table("core", table.name)
        for declared in source.tables
        for table in (latest_table(declared), history_table(declared))
    }
    fresh = stamp.exists() and store.read_json(stamp) == inputs
    if not (fresh and all(path.exists() for path in outputs.values())):
        stamp.unlink(missing_ok=True)
        for table in source.tables:
            frames = [(r.snapshot, store.read(r.paths[table.name], table)) for r in ordered]
            latest, history = latest_table(table), history_table(table)
            now = latest_rows(frames, source.rolling_by) if frames else empty(latest)
            then = history_rows(frames) if frames else empty(history)
            store.write(now, latest, outputs[latest.name])
            store.write(then, history, outputs[history.name])
        store.write_json(stamp, inputs)
    return {name: store.facts(path) for name, path in outputs.items()}


def one_per_day(releases: Sequence[ParsedRelease]) -> list[ParsedRelease]:
    """Oldest first, and of several releases dated alike only the last stands."""
    by_date: dict[date, ParsedRelease] = {}
    for release in sorted(releases, key=lambda item: item.snapshot.order):
        by_date[release.snapshot.as_of] = release
    return [by_date[day] for day in sorted(by_date)]


def _inputs(source: Source, releases: Sequence[ParsedRelease]) -> dict[str, str]:
    declared = [(t.full_name, [str(c) for c in t.columns], t.key) for t in source.tables]
    text = json.dumps([BUILD_VERSION, source.parser_version, source.rolling_by, declared])
    return {
        "declaration": hashlib.sha256(text.encode()).hexdigest(),
        "releases": ",".join(r.snapshot.snapshot_id + r.snapshot.obtained for r in releases),
    }


def latest_rows(
    frames: Sequence[tuple[Snapshot, pl.DataFrame]], rolling_by: str | None
) -> pl.DataFrame:
    """Rows of the newest release, or of the newest one holding each value of ``rolling_by``."""
    stamped = [
        frame.with_columns(
            pl.lit(snapshot.as_of).alias("as_of_date"),
            pl.lit(snapshot.snapshot_id).alias("snapshot_id"),
            pl.lit(snapshot.obtained).alias("obtained"),
        )
        for snapshot, frame in frames
    ]
    if rolling_by is None or rolling_by not in stamped[-1].columns:
        return stamped[-1]
    newest = pl.col("as_of_date") == pl.col("as_of_date").max().over(rolling_by)
    return pl.concat(stamped).filter(newest)


def history_rows(frames: Sequence[tuple[Snapshot, pl.DataFrame]]) -> pl.DataFrame:
    """Each distinct row with the runs of consecutive releases that print it."""
    columns = frames[0][1].columns
    if len(frames) == 1:
        day = pl.lit(frames[0][0].as_of)
        return frames[0][1].with_columns(day.alias("first_seen_date"), day.alias("last_seen_date"))
    dates = [snapshot.as_of for snapshot, _ in frames]
    everything = pl.concat(
        frame.with_columns(pl.lit(index, dtype=pl.Int64).alias("__release"))
        for index, (_, frame) in enumerate(frames)
    )
    release = pl.col("__release")
    spans = everything.group_by(columns).agg(
        release.min().alias("__first"), release.max().alias("__last"), pl.len().alias("__n")
    )
    unbroken = pl.col("__last") - pl.col("__first") + 1 == pl.col("__n")
    broken = spans.filter(~unbroken).select(columns)
    runs = pl.concat(
        [spans.filter(unbroken).drop("__n"), _runs(everything, broken)], how="vertical_relaxed"
    )
    when = pl.Series("when", dates, dtype=pl.Date)
    return runs.select(
        *columns,
        pl.lit(when).gather(pl.col("__first")).alias("first_seen_date"),
        pl.lit(when).gather(pl.col("__last")).alias("last_seen_date"),
    )


def _runs(everything: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Runs of rows that left and came back; consecutive releases share (number - rank)."""
    columns = rows.columns
    again = everything.join(rows, on=columns, how="semi", nulls_equal=True)
    rank = pl.col("__release").rank("ordinal").over(columns).cast(pl.Int64)
    return (
        again.with_columns((pl.col("__release") - rank).alias("__run"))
        .group_by(*columns, "__run")
        .agg(pl.col("__release").min().alias("__first"), pl.col("__release").max().alias("__last"))
        .drop("__run")
    )


def rows_as_of(history: pl.DataFrame, dates: Sequence[date], day: date) -> pl.DataFrame:
    """The rows of the newest release on or before ``day``; none if there was no release yet."""
    known = [d for d in dates if d <= day]
    release = max(known) if known else date.min
    inside = (pl.col("first_seen_date") <= release) & (pl.col("last_seen_date") >= release)
    return history.filter(inside).drop("first_seen_date", "last_seen_date")


def read_latest(home: Home, source: Source) -> Mapping[str, pl.DataFrame]:
    """The source's latest core tables by declared name."""
    return {
        table.name: store.read(home.table("core", table.name), latest_table(table))
        for table in source.tables
    }
