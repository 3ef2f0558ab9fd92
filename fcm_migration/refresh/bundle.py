"""Writing the bundled edition: the newest release of every source as tidy tables of our own.

For each source a folder with one Parquet file per core table, in the catalogue's own columns, and
``edition.json``: publisher, tables with the sha256 of their files, release date, licence and
attribution, under a seal.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fcm_migration import store
from fcm_migration.archive.model import Snapshot
from fcm_migration.archive.releases import ParsedRelease, one_per_day, usable_releases
from fcm_migration.errors import UsageError
from fcm_migration.refresh.admitting import CARD
from fcm_migration.refresh.context import Context
from fcm_migration.sources.base import Source

SIZE_LIMIT = 15_000_000


def write_bundle(context: Context, folder: Path, *, limit: int = SIZE_LIMIT) -> Iterator[str]:
    """Write every source's newest release below ``folder``; yield a line for each.

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
        written = _write_source(context, source, one_per_day(releases)[-1], folder)
        size += written
        yield f"{source.source_id}: {written / 1e6:.2f} MB"
    if size > limit:
        raise UsageError("the bundle is too large", expected=f"{limit} bytes", got=size)
    yield f"in all {size / 1e6:.2f} MB"


def _write_source(context: Context, source: Source, release: ParsedRelease, folder: Path) -> int:
    target = folder / source.source_id
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
            "described": snapshot.note,
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
