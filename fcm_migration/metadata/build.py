"""Metadata gathered from the registry, the archive and the marts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration.archive.model import Attempt, Snapshot
from fcm_migration.archive.releases import (
    ParsedRelease,
    beside,
    in_order,
    precedence,
    usable_releases,
)
from fcm_migration.archive.snapshots import Archive
from fcm_migration.catalog.derive import empty, polars_schema
from fcm_migration.catalog.model import Table
from fcm_migration.config import Home
from fcm_migration.core.build import revised
from fcm_migration.core.tables import LAYOUT_DRIFT, REVISED_PERIODS, REVISIONS
from fcm_migration.marts.countries import all_labels
from fcm_migration.metadata.freshness import Freshness, freshness
from fcm_migration.metadata.tables import (
    ATTEMPTS,
    COUNTRY_LABELS,
    SNAPSHOT_FILES,
    SNAPSHOTS,
    SOURCES,
)
from fcm_migration.periods import period_end
from fcm_migration.sources.base import Source

GATHERED = (
    SOURCES,
    SNAPSHOTS,
    SNAPSHOT_FILES,
    ATTEMPTS,
    COUNTRY_LABELS,
    REVISIONS,
    REVISED_PERIODS,
    LAYOUT_DRIFT,
)


def gather(
    home: Home,
    archive: Archive,
    sources: Sequence[Source],
    reference: Callable[[str], Path],
    flows: pl.DataFrame,
) -> dict[Table, pl.DataFrame]:
    """Return :data:`GATHERED`: sources, releases, revisions, changed layouts, reviewed labels.

    Args:
        home: the working home, with core tables built.
        archive: its archive.
        sources: the registry.
        reference: returns the path of a reviewed file by its name.
        flows: rows of ``mart.flows``.
    """
    newest = newest_period_end(flows)
    by_source = [table for table in GATHERED if table is not COUNTRY_LABELS]
    frames: dict[Table, list[pl.DataFrame]] = {table: [empty(table)] for table in by_source}
    for source in sources:
        releases = usable_releases(home, archive, source)
        count = flows.filter(source_id=source.source_id).height
        for table, found in _rows(archive, source, releases, newest, count).items():
            frames[table].append(pl.DataFrame(found, schema=polars_schema(table), orient="row"))
        ordered = in_order(source, releases)
        frames[LAYOUT_DRIFT].append(layout_drift(source, ordered))
        for table in source.tables:
            made = revised(home, source, table, ordered)
            for name, part in zip((REVISIONS, REVISED_PERIODS), made, strict=True):
                frames[name].append(part)
    return {
        **{table: pl.concat(parts) for table, parts in frames.items()},
        COUNTRY_LABELS: all_labels(reference, [source.country_scheme for source in sources]),
    }


def _rows(
    archive: Archive,
    source: Source,
    releases: Sequence[ParsedRelease],
    newest: dict[str, Any],
    count: int,
) -> dict[Table, list[dict[str, Any]]]:
    """Return one source's rows: itself, its releases, their files, and the attempts on it."""
    parsed = {release.snapshot.snapshot_id: release for release in releases}
    unused = {other.snapshot.snapshot_id for other, _ in beside(source, releases)}
    archived = archive.snapshots(source.source_id)
    tried = archive.attempts(source.source_id)
    return {
        SOURCES: [_source_row(source, releases, tried, newest, count)],
        SNAPSHOTS: [_snapshot_row(archive, item, parsed, unused) for item in archived],
        SNAPSHOT_FILES: list(_file_rows(archived)),
        ATTEMPTS: list(_attempt_rows(tried)),
    }


def newest_period_end(flows: pl.DataFrame) -> dict[str, Any]:
    """Return the last day of each source's newest complete period that has a figure."""
    newest = (
        flows.filter(~pl.col("is_partial"))
        .group_by("source_id")
        .agg(period_end().max().alias("newest_period_end"))
    )
    return dict(newest.iter_rows())


def _source_row(
    source: Source,
    releases: Sequence[ParsedRelease],
    attempts: Sequence[Attempt],
    newest: dict[str, Any],
    rows: int,
) -> dict[str, Any]:
    used = max(releases, key=precedence, default=None)
    current = used.snapshot if used else None
    last = attempts[-1] if attempts else None
    licence = source.licence
    return {
        "source_id": source.source_id,
        "title": source.title,
        "publisher": source.publisher,
        "landing_url": source.landing_url,
        "licence_id": licence.licence_id,
        "licence_title": licence.title,
        "licence_url": licence.url,
        "attribution": licence.attribution,
        "cadence": source.cadence.words,
        "revision_habit": source.revision_habit,
        "releases": len({r.snapshot.as_of for r in releases}),
        "as_of_date": current.as_of if current else None,
        "snapshot_id": current.snapshot_id if current else None,
        "obtained": current.obtained if current else None,
        "newest_period_end": newest.get(source.source_id),
        "stale_after_days": source.cadence.stale_after_days,
        "discontinued_since": source.cadence.discontinued_since,
        "next_release_date": next_release(source, current.as_of if current else None),
        "units": ", ".join(units(source)),
        "flow_rows": rows if source.is_harmonised and current else None,
        "last_attempt_at": last.attempted_at if last else None,
        "last_outcome": last.outcome if last else None,
        "last_detail": last.detail if last else None,
    }


def _snapshot_row(
    archive: Archive, snapshot: Snapshot, parsed: dict[str, ParsedRelease], unused: Collection[str]
) -> dict[str, Any]:
    refusal = archive.refusal(snapshot)
    release = parsed.get(snapshot.snapshot_id)
    unused_or_not = "same_date" if snapshot.snapshot_id in unused else "in_use"
    good = "bundled" if snapshot.obtained == "bundled" else "ok"
    return {
        "source_id": snapshot.source_id,
        "snapshot_id": snapshot.snapshot_id,
        "as_of_date": snapshot.as_of,
        "as_of_basis": snapshot.as_of_basis,
        "obtained": snapshot.obtained,
        "obtained_at": snapshot.obtained_at,
        "licence_id": snapshot.licence_id,
        "status": "quarantined" if refusal else unused_or_not,
        "outcome": good if refusal is None else refusal["outcome"],
        "detail": "" if refusal is None else refusal["detail"],
        "files": len(snapshot.files),
        "size_bytes": sum(file.size for file in snapshot.files),
        "core_rows": sum(release.rows.values()) if release else 0,
        "layout_hash": _layout_hash(release),
        "accepted": _accepted(archive, snapshot),
        "marks": json.dumps(release.marks if release else {}, sort_keys=True),
        "parser_notes": " ".join(release.notes) if release else "",
        "note": snapshot.note,
    }


def _layout_hash(release: ParsedRelease | None) -> str:
    if release is None or not release.layout:
        return ""
    return hashlib.sha256("\n".join(release.layout).encode()).hexdigest()[:16]


def _accepted(archive: Archive, snapshot: Snapshot) -> str:
    held = archive.acceptance(snapshot)
    return f"{held.by}, until {held.until.isoformat()}: {held.reason}" if held else ""


def next_release(source: Source, newest: date | None) -> date | None:
    """Return the expected date of the next release.

    None if the source is discontinued or has no release yet.
    """
    if newest is None or source.cadence.interval_days is None:
        return None
    return newest + timedelta(days=source.cadence.interval_days)


def units(source: Source) -> list[str]:
    """Return the units the source's core tables count in."""
    return sorted(
        {unit for t in source.tables for name in t.measures if (unit := t.column(name).unit)}
    )


def layout_drift(source: Source, releases: Sequence[ParsedRelease]) -> pl.DataFrame:
    """Return rows of ``meta.layout_drift``: traits that appeared or vanished, by release.

    Releases of one day (the parts of a moving window) have one layout together.
    """
    told: dict[date, set[str]] = {}
    for release in releases:
        if release.layout:
            told.setdefault(release.snapshot.as_of, set()).update(release.layout)
    rows = []
    for (earlier, before), (later, after) in pairwise(told.items()):
        traits = {"appeared": after - before, "vanished": before - after}
        days = (later, earlier)
        rows += [
            (source.source_id, *days, change, trait)
            for change, names in traits.items()
            for trait in sorted(names)
        ]
    return pl.DataFrame(rows, schema=polars_schema(LAYOUT_DRIFT), orient="row")


def _file_rows(snapshots: Iterable[Snapshot]) -> Iterable[dict[str, Any]]:
    for snapshot in snapshots:
        for position, file in enumerate(snapshot.files, start=1):
            yield {
                "source_id": snapshot.source_id,
                "snapshot_id": snapshot.snapshot_id,
                "position": position,
                "file_name": file.name,
                "sha256": file.sha256,
                "size_bytes": file.size,
                "url": file.url,
                "retrieved_at": file.retrieved_at,
            }


def _attempt_rows(attempts: Sequence[Attempt]) -> Iterable[dict[str, Any]]:
    for number, attempt in enumerate(attempts, start=1):
        yield {
            "source_id": attempt.source_id,
            "attempt": number,
            "attempted_at": attempt.attempted_at,
            "outcome": attempt.outcome,
            "detail": attempt.detail,
            "snapshot_id": attempt.snapshot_id,
        }


def status_rows(sources: pl.DataFrame, today: date) -> list[dict[str, str]]:
    """Return a row per source for people: how fresh, how obtained, outcome of the last attempt.

    Args:
        sources: rows of ``meta.sources``.
        today: the day the ages count to.
    """
    return [
        {
            "source": row["source_id"],
            "release": _day(row["as_of_date"]),
            "obtained": row["obtained"] or "none yet",
            "data to": _day(row["newest_period_end"]),
            "freshness": freshness_of(row, today).word,
            "in words": freshness_of(row, today).words,
            "last look": row["last_outcome"] or "never",
        }
        for row in sources.iter_rows(named=True)
    ]


def freshness_of(row: Mapping[str, Any], today: date) -> Freshness:
    """Return how fresh a source is on a day, from its row of ``meta.sources``."""
    return freshness(
        today,
        as_of=row["as_of_date"],
        newest_period_end=row["newest_period_end"],
        stale_after_days=row["stale_after_days"],
        discontinued_since=row["discontinued_since"],
    )


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
