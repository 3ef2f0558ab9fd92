"""Write the bundled edition: for every source the releases its figures come from, as tables.

For most sources that is the newest release. Where a release holds only a moving window of periods,
it is every release of which rows still stand. Each is a folder with one Parquet file per core
table, in the catalogue's own columns, and ``edition.json``: publisher, tables with the sha256 of
their files, release date, licence and attribution, under a seal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, count
from pathlib import Path

from fcm_migration import folders, store
from fcm_migration.archive.model import Snapshot
from fcm_migration.archive.releases import ParsedRelease, in_order, usable_releases
from fcm_migration.core.build import standing_frames
from fcm_migration.errors import UsageError
from fcm_migration.refresh.bundled import CARD, SAID
from fcm_migration.refresh.context import Context
from fcm_migration.sources.base import Source

SIZE_LIMIT = 20_000_000


def write_bundle(context: Context, folder: Path, *, limit: int = SIZE_LIMIT) -> Iterator[str]:
    """Write the releases of every source below ``folder``; yield a line for each source.

    What was bundled of a source before is replaced.

    Raises:
        UsageError: the whole is larger than ``limit`` bytes.
    """
    size = 0
    for source in context.sources:
        if not source.licence.bundled:
            yield f"{source.source_id}: left out, its licence does not allow shipping"
            continue
        releases = usable_releases(context.home, context.archive, source)
        if not releases:
            yield f"{source.source_id}: left out, there is no release of it yet"
            continue
        written = _write_source(context, source, releases, folder / source.source_id)
        size += written
        yield f"{source.source_id}: {written / 1e6:.2f} MB"
    if size > limit:
        raise UsageError("the bundle is too large", expected=f"{limit} bytes", got=size)
    yield f"in all {size / 1e6:.2f} MB"


def _write_source(
    context: Context, source: Source, releases: Sequence[ParsedRelease], target: Path
) -> int:
    """Replace the bundled releases of a source; return the number of bytes written."""
    folders.remove(target, target.parent)
    size = 0
    for release in contributing(source, releases):
        day = release.snapshot.as_of.isoformat()
        size += _write_release(context, source, release, _free(target / day))
    return size


def contributing(source: Source, releases: Sequence[ParsedRelease]) -> list[ParsedRelease]:
    """Return the releases that have rows in the source's core tables, oldest first.

    The newest is always among them. Where every release holds all periods, it is the only one.
    """
    ordered = in_order(source, releases)
    standing = {ordered[-1].snapshot.snapshot_id}
    if source.rolling_by is not None:
        for table in source.tables:
            _, rows = standing_frames(source, table, ordered)[-1]
            standing.update(rows.get_column("snapshot_id").unique())
    return [release for release in ordered if release.snapshot.snapshot_id in standing]


def _free(folder: Path) -> Path:
    """Return the folder, or the first of its name and a number that is not taken."""
    names = (folder.with_name(f"{folder.name}-{number}") for number in count(2))
    return next(path for path in chain([folder], names) if not path.exists())


def _write_release(context: Context, source: Source, release: ParsedRelease, target: Path) -> int:
    snapshot = release.snapshot
    tables = {}
    for table in source.tables:
        path = target / f"{table.name}.parquet"
        rows = store.read(release.paths[table.name], table)
        stored = store.write(rows, table, path, sealed=False)
        tables[table.name] = {
            "rows": stored.rows,
            "content_hash": stored.content_hash,
            "sha256": store.sha256_file(path),
        }
    store.write_note(
        target / CARD,
        {
            "source_id": source.source_id,
            "title": source.title,
            "publisher": source.publisher,
            "landing_url": source.landing_url,
            "licence": source.licence.title,
            "licence_url": source.licence.url,
            "attribution": source.licence.attribution,
            "described": snapshot.note.removeprefix(SAID),
            "as_of": snapshot.as_of.isoformat(),
            "as_of_basis": snapshot.as_of_basis,
            "bundled_at": context.now.isoformat(),
            "from_files": _origins(snapshot),
            "tables": tables,
        },
        of=source.source_id,
    )
    return sum(path.stat().st_size for path in target.iterdir())


def _origins(snapshot: Snapshot) -> list[dict[str, str]]:
    """Return the publisher's files; of a release that was bundled before, their names alone."""
    if snapshot.printed_names:
        return [{"name": name} for name in snapshot.printed_names]
    return [{"name": file.name, "sha256": file.sha256} for file in snapshot.files]
