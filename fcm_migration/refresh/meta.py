"""The tables about the tables, gathered from the registry, the archive and the marts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.archive.releases import ParsedRelease, in_order, usable_releases
from fcm_migration.archive.snapshots import Attempt, Snapshot
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.core.build import revised
from fcm_migration.core.tables import LAYOUT_DRIFT, REVISED_PERIODS, REVISIONS
from fcm_migration.marts.countries import all_labels
from fcm_migration.marts.coverage import COVERAGE, GAPS, coverage, gaps
from fcm_migration.marts.tables import FLOWS
from fcm_migration.metadata.tables import (
    ATTEMPTS,
    COUNTRY_LABELS,
    SNAPSHOT_FILES,
    SNAPSHOTS,
    SOURCES,
)
from fcm_migration.metadata.tables import INDICATORS as INDICATORS_TABLE
from fcm_migration.periods import period_end
from fcm_migration.refresh.context import Context
from fcm_migration.sources.base import Source

MADE = (
    SOURCES,
    SNAPSHOTS,
    SNAPSHOT_FILES,
    ATTEMPTS,
    INDICATORS_TABLE,
    COUNTRY_LABELS,
    REVISIONS,
    REVISED_PERIODS,
    LAYOUT_DRIFT,
    COVERAGE,
    GAPS,
)


def build_meta(context: Context) -> dict[str, store.Stored]:
    """Write :data:`MADE`: sources, releases, revisions, changed layouts, coverage, labels."""
    flows = store.read(context.home.table("mart", "flows"), FLOWS)
    newest = newest_period_end(flows)
    covered = coverage(flows)
    schemes = [source.country_scheme for source in context.sources]
    sources, snapshots, files, attempts = [], [], [], []
    summaries, details, drifts = [], [], []
    for source in context.sources:
        parsed = {
            r.snapshot.snapshot_id: r
            for r in usable_releases(context.home, context.archive, source)
        }
        archived = context.archive.snapshots(source.source_id)
        tried = context.archive.attempts(source.source_id)
        rows = flows.filter(pl.col("source_id") == source.source_id).height
        sources.append(_source_row(source, list(parsed.values()), tried, newest, rows))
        snapshots += [_snapshot_row(context, item, parsed) for item in archived]
        files += list(_file_rows(archived))
        ordered = in_order(source, list(parsed.values()))
        drifts.append(layout_drift(source, ordered))
        for table in source.tables:
            both = revised(context.home, source, table, ordered)
            summaries.append(both[0])
            details.append(both[1])
        attempts += list(_attempt_rows(tried))
    made = (
        (SOURCES, sources),
        (SNAPSHOTS, snapshots),
        (SNAPSHOT_FILES, files),
        (ATTEMPTS, attempts),
        (INDICATORS_TABLE, [vars(item) for item in INDICATORS]),
    )
    frames = {
        **{
            table: pl.DataFrame(rows, schema=polars_schema(table), orient="row")
            for table, rows in made
        },
        COUNTRY_LABELS: all_labels(context.reference_dir, schemes),
        REVISIONS: pl.concat(summaries),
        REVISED_PERIODS: pl.concat(details),
        LAYOUT_DRIFT: pl.concat(drifts),
        COVERAGE: covered,
        GAPS: gaps(covered, [row["source_id"] for row in sources if row["releases"] == 0]),
    }
    return {
        table.name: store.write(frame, table, context.home.table(table.layer, table.name))
        for table, frame in frames.items()
    }


def newest_period_end(flows: pl.DataFrame) -> dict[str, Any]:
    """Last day of each source's newest complete period that has a figure."""
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
    current = max((r.snapshot for r in releases), key=lambda s: s.order, default=None)
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
        "next_release_date": next_release(source, current.as_of if current else None),
        "units": ", ".join(units(source)),
        "flow_rows": rows if source.is_harmonised and current else None,
        "last_attempt_at": last.attempted_at if last else None,
        "last_outcome": last.outcome if last else None,
        "last_detail": last.detail if last else None,
    }


def _snapshot_row(
    context: Context, snapshot: Snapshot, parsed: dict[str, ParsedRelease]
) -> dict[str, Any]:
    refusal = context.archive.refusal(snapshot)
    release = parsed.get(snapshot.snapshot_id)
    good = "bundled" if snapshot.obtained == "bundled" else "ok"
    return {
        "source_id": snapshot.source_id,
        "snapshot_id": snapshot.snapshot_id,
        "as_of_date": snapshot.as_of,
        "as_of_basis": snapshot.as_of_basis,
        "obtained": snapshot.obtained,
        "obtained_at": snapshot.obtained_at,
        "licence_id": snapshot.licence_id,
        "status": "in_use" if refusal is None else "quarantined",
        "outcome": good if refusal is None else refusal["outcome"],
        "detail": "" if refusal is None else refusal["detail"],
        "files": len(snapshot.files),
        "size_bytes": sum(file.size for file in snapshot.files),
        "core_rows": sum(release.rows.values()) if release else 0,
        "layout_hash": _layout_hash(release),
        "accepted": _accepted(context, snapshot),
        "marks": json.dumps(release.marks if release else {}, sort_keys=True),
        "parser_notes": " ".join(release.notes) if release else "",
        "note": snapshot.note,
    }


def _layout_hash(release: ParsedRelease | None) -> str:
    if release is None or not release.layout:
        return ""
    return hashlib.sha256("\n".join(release.layout).encode()).hexdigest()[:16]


def _accepted(context: Context, snapshot: Snapshot) -> str:
    held = context.archive.acceptance(snapshot)
    return f"{held.by}, until {held.until.isoformat()}: {held.reason}" if held else ""


def next_release(source: Source, newest: date | None) -> date | None:
    """When the next release is expected; None where none is, or where none is known yet."""
    if newest is None or source.cadence.interval_days is None:
        return None
    return newest + timedelta(days=source.cadence.interval_days)


def units(source: Source) -> list[str]:
    """What the source's core tables count."""
    return sorted(
        {unit for t in source.tables for name in t.measures if (unit := t.column(name).unit)}
    )


def layout_drift(source: Source, releases: Sequence[ParsedRelease]) -> pl.DataFrame:
    """Rows for ``meta.layout_drift``: traits that came or went, release by release.

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


def status_rows(context: Context) -> list[dict[str, str | bool]]:
    """One row per source for a person: how fresh, how obtained, and what the last look gave."""
    sources = store.read(context.home.table("meta", "sources"), SOURCES)
    return [
        {
            "source": row["source_id"],
            "release": _day(row["as_of_date"]),
            "obtained": row["obtained"] or "none yet",
            "data to": _day(row["newest_period_end"]),
            "stale": None not in (row["stale_after_days"], row["newest_period_end"])
            and (context.today - row["newest_period_end"]).days > row["stale_after_days"],
            "last look": row["last_outcome"] or "never",
        }
        for row in sources.iter_rows(named=True)
    ]


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
