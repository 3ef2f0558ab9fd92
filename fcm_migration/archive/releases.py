"""Archived releases as tables: each is parsed once, then readable or refused.

A release is parsed once per version of the code that parses it, into Parquet below
``core/releases/``; what older code made of it is removed when the core tables are built anew.
Which readable releases are set aside because of the others is decided in
:mod:`fcm_migration.refresh.judging` and only remembered here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from fcm_migration import fingerprint, folders, limited, store
from fcm_migration.archive.dating import Reach, check_date, reaches
from fcm_migration.archive.model import Snapshot
from fcm_migration.archive.snapshots import WITHDRAWN, Archive
from fcm_migration.archive.suspicion import Content
from fcm_migration.config import Home
from fcm_migration.errors import (
    ACCEPTABLE,
    DamagedError,
    EditionError,
    KnownRefusalError,
    LayoutError,
    SourceError,
)
from fcm_migration.limited import Reading
from fcm_migration.sources.base import Parsed, Source
from fcm_migration.workbook import Document


@dataclass(frozen=True)
class ParsedRelease:
    """One release in Parquet: paths of its tables, marks met, remarks, layout, its own dates.

    ``reaches`` says how far its periods reach, which its date is compared with. ``newest`` is the
    newest period any of its tables holds, as text; empty where none has periods.
    """

    snapshot: Snapshot
    paths: dict[str, Path]
    rows: dict[str, int]
    marks: dict[str, int]
    notes: tuple[str, ...]
    layout: tuple[str, ...]
    reaches: tuple[Reach, ...] = ()
    document: Document | None = None
    newest: str = ""


def parse_release(
    home: Home, archive: Archive, source: Source, snapshot: Snapshot
) -> ParsedRelease:
    """Return a release's tables, parsing and conforming them unless that was done before.

    Raises:
        SourceError: the release does not parse or conform; nothing of it is written.
    """
    folder = _release_folder(home, source, snapshot)
    done = folder / "parsed.json"
    paths = {table.name: folder / f"{table.name}.parquet" for table in source.tables}
    facts = store.read_note(done, of=snapshot.snapshot_id)
    if facts is None or not all(store.holds(paths[t.name], t) for t in source.tables):
        reading = _read(home, archive, source, snapshot)
        for table in source.tables:
            store.write(reading.parsed.tables[table.name], table, paths[table.name])
        facts = _facts(source, reading, paths)
        store.write_note(done, facts, of=snapshot.snapshot_id)
    return ParsedRelease(
        snapshot,
        paths,
        facts["rows"],
        facts["marks"],
        tuple(facts["notes"]),
        tuple(facts["layout"]),
        tuple(Reach.from_json(item) for item in facts["reaches"]),
        Document.from_json(facts["document"]) if facts["document"] else None,
        facts["newest"],
    )


def _facts(source: Source, reading: Reading, paths: Mapping[str, Path]) -> dict[str, Any]:
    """Return the facts noted beside a release's tables, without reading the tables."""
    parsed, document = reading.parsed, reading.document
    periods = [parsed.tables[t.name].get_column(t.period) for t in source.tables if t.period]
    return {
        "rows": {name: frame.height for name, frame in parsed.tables.items()},
        "marks": parsed.marks,
        "notes": list(parsed.notes),
        "layout": sorted({*parsed.layout, *(f"mark {mark}" for mark in parsed.marks)}),
        "reaches": [reach.to_json() for reach in reaches(source, paths)],
        "document": document.to_json() if document else None,
        "newest": max((str(p.max()) for p in periods if p.len()), default=""),
    }


def _release_folder(home: Home, source: Source, snapshot: Snapshot) -> Path:
    parser = parser_of(source)[:12]
    return home.core / "releases" / source.source_id / snapshot.snapshot_id / parser


def parser_of(source: Source) -> str:
    """Return the fingerprint of the code that makes a source's tables of its files, or refuses."""
    roots = (source.module, __name__)
    return fingerprint.code(*roots, without=fingerprint.WITHOUT_EFFECT)


def remove_older(home: Home, source: Source) -> None:
    """Remove tables parsed by older code from a source's releases; call under the home's lock."""
    parser = parser_of(source)[:12]
    parsed = home.core / "releases" / source.source_id
    for release in folders.names(parsed, home.root):
        folder = parsed / release
        if folder.is_symlink() or not folder.is_dir():
            folders.remove(folder, home.root)  # no folder of ours
            continue
        for name in folders.names(folder, home.root):
            if name != parser:
                folders.remove(folder / name, home.root)


def _read(home: Home, archive: Archive, source: Source, snapshot: Snapshot) -> Reading:
    """Return a release's tables; a publisher's bytes are read in the limited process.

    What ships with this project is its own Parquet: who could change that could change the code.
    """
    files = archive.release_files(snapshot)
    if snapshot.obtained == "bundled":
        return Reading(_bundled(source, {file.name: file.path for file in files}), None)
    return limited.read_release(source, files, home.downloads)


def _bundled(source: Source, by_name: Mapping[str, Path]) -> Parsed:
    """Return the tables of a bundled release; refuse that of an older version of the code."""
    tables, other = {}, []
    for table in source.tables:
        path = by_name.get(f"{table.name}.parquet")
        try:
            if path is not None:
                tables[table.name] = store.parse(path.read_bytes(), table, path)
        except EditionError:
            path = None
        other += [table.name] if path is None else []
    if other:
        raise LayoutError(
            "a bundled release of another version of this project",
            where=source.source_id,
            got=f"other columns, or none, of {', '.join(other)}",
            remedy="nothing: the release that ships with this version takes its place",
        )
    return Parsed(tables)


def usable_releases(home: Home, archive: Archive, source: Source) -> list[ParsedRelease]:
    """Return every release in use, parsed, oldest first: readable and not set aside.

    Of two with one date both are returned; :func:`in_order` chooses.
    """
    readable = readable_releases(home, archive, source)
    return [release for release in readable if archive.refusal(release.snapshot) is None]


def readable_releases(home: Home, archive: Archive, source: Source) -> list[ParsedRelease]:
    """Return every release that can be read and dated, parsed, oldest first.

    One that cannot goes to quarantine; the others remain.
    """
    releases: list[ParsedRelease] = []
    for snapshot in archive.snapshots(source.source_id):
        try:
            releases.append(take(home, archive, source, snapshot))
        except SourceError:
            continue
    return releases


def take(home: Home, archive: Archive, source: Source, snapshot: Snapshot) -> ParsedRelease:
    """Parse one release and check its date; quarantine it if either fails.

    Raises:
        SourceError: the release cannot be read, or not under its date; the archive keeps why.
    """
    refusal = archive.recorded_refusal(snapshot)
    accepted = archive.acceptance(snapshot) is not None
    own = refusal is not None and refusal["cause"] == "itself"
    on_a_word = accepted and refusal is not None and refusal["outcome"] in ACCEPTABLE
    for_good = refusal is not None and (
        refusal.get("parser") == parser_of(source)
        or refusal["outcome"] == WITHDRAWN
        or "is_lost" in refusal
    )
    if refusal and own and not on_a_word and for_good:
        raise KnownRefusalError(refusal["detail"], outcome=refusal["outcome"])
    try:
        release = parse_release(home, archive, source, snapshot)
        check_date(source, snapshot, release.reaches, release.document)
    except SourceError as error:
        archive.refuse(
            snapshot,
            outcome=error.outcome,
            detail=str(error),
            # damaged bytes may be restored at any time
            parser="" if isinstance(error, DamagedError) else parser_of(source),
        )
        if accepted and error.outcome in ACCEPTABLE:
            return parse_release(home, archive, source, snapshot)
        raise
    if own:
        archive.release(snapshot)
    return release


def content(source: Source, release: ParsedRelease) -> Content:
    """Return row count and period span of each table of a release, to compare releases."""
    spans = {}
    for table in source.tables:
        if table.period is not None:
            period = store.read(release.paths[table.name], table).get_column(table.period)
            spans[table.name] = period.min(), period.max()
    return Content(release.snapshot.snapshot_id, release.rows, spans)


def in_order(source: Source, releases: Sequence[ParsedRelease]) -> list[ParsedRelease]:
    """Return the releases in use, oldest first: all of them where each holds a moving window."""
    if source.rolling_by is None:
        return one_per_day(releases)
    return sorted(releases, key=precedence)


def one_per_day(releases: Sequence[ParsedRelease]) -> list[ParsedRelease]:
    """Return the releases oldest first, of several with the same date the one that is used."""
    by_date: dict[date, ParsedRelease] = {}
    for release in sorted(releases, key=precedence):
        by_date[release.snapshot.as_of] = release
    return [by_date[day] for day in sorted(by_date)]


def beside(
    source: Source, releases: Sequence[ParsedRelease]
) -> list[tuple[ParsedRelease, ParsedRelease]]:
    """Return each release that gives way to another of its date, with that other one."""
    used = {release.snapshot.as_of: release for release in in_order(source, releases)}
    kept = {release.snapshot.snapshot_id for release in in_order(source, releases)}
    return [
        (release, used[release.snapshot.as_of])
        for release in releases
        if release.snapshot.snapshot_id not in kept
    ]


def precedence(release: ParsedRelease) -> tuple[date, bool, str, str, str, int, int, str, str]:
    """Return the sort key of releases; of several with one date the last is used.

    In turn: one brought or downloaded before the bundled one, the document saved last, the download
    that came last, the newest period, more rows, more bytes. The order in which a person brings
    the files counts only where all of that is equal.
    """
    snapshot = release.snapshot
    saved = release.document.saved if release.document else None
    return (
        snapshot.as_of,
        snapshot.obtained != "bundled",
        saved.isoformat() if saved else "",
        snapshot.obtained_at.isoformat() if snapshot.obtained == "download" else "",
        release.newest,
        sum(release.rows.values()),
        sum(file.size for file in snapshot.files),
        snapshot.obtained_at.isoformat(),
        snapshot.snapshot_id,
    )
