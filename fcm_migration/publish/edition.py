"""Build the analysts' file beside the old one, verify it, and put it in place in one step.

Below the published folder::

    fcm_migration.duckdb                  what analysts open; replaced, never written to
    editions/<sequence>-<edition>.duckdb  the same bytes (a hard link), kept for rollback
    editions/<sequence>-<edition>.json    its facts: fingerprints, tables, size; kept twice

The file is read-only on disk from before it has its name: whoever opens it for writing by mistake
is refused by the operating system.

The edition's own file and then its facts are complete before the published path changes, so a
crash at any point leaves a readable published file and nothing to repair; facts without a file
mean that somebody took the file away.

Candidates are read through the store, which compares their bytes with their seals. Where the
figures and the structure are those of the edition in place, and that one's bytes are what was
published, the new file is a copy of it with only the changed tables (looks at publishers, check
results, the edition itself) exchanged.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcm_migration import originals, store
from fcm_migration.catalog.model import Table
from fcm_migration.config import PUBLISHED_NAME
from fcm_migration.publish.build import (
    STORAGE_VERSION,
    add,
    amend,
    build,
    edition_row,
    own_tables,
    structure_fingerprint,
    verify_built,
)
from fcm_migration.publish.kept import (
    BUILDING,
    Edition,
    clean,
    facts_of,
    is_whole,
    known,
    protect,
    prune,
)
from fcm_migration.publish.tables import TABLES as WRITTEN_HERE
from fcm_migration.publish.views import AsOf, View

if TYPE_CHECKING:
    import polars as pl

Comparing = Callable[[Path | None, Path], Mapping[Table, "pl.DataFrame"]]
CONTENT_LAYERS = ("core", "history", "mart", "forecast", "trend")


def publish(
    folder: Path,
    tables: Mapping[Table, Path],
    *,
    views: Sequence[View],
    macros: Sequence[AsOf] = (),
    now: datetime,
    keep: int = 3,
    after: int = 0,
    compare: Comparing | None = None,
) -> Edition:
    """Publish candidate tables as the next edition.

    Args:
        folder: the published folder.
        tables: Parquet of each candidate, written by :mod:`fcm_migration.store`.
        views: created after the tables, in order.
        macros: created after the views.
        now: the moment the refresh began.
        keep: how many distinct editions stay for rollback.
        after: sequence of the last edition, where its files may be gone.
        compare: tells what changed, from an older edition's file (None where there is none) to the
            new one: rows to add to tables that publication itself writes.

    Raises:
        EditionError: what was built does not hold what it should; nothing is replaced.
    """
    (folder / "editions").mkdir(parents=True, exist_ok=True)
    clean(folder)
    stored = {table: store.facts(path) for table, path in tables.items()}
    content = content_fingerprint(stored)
    relations: tuple[View | AsOf, ...] = (*views, *macros)
    structure = structure_fingerprint(stored, relations)
    before = known(folder)
    sequence = max(after, *(e.sequence for e in before), 0) + 1
    building, row = folder / BUILDING, edition_row(content, sequence, now)
    base = _base(before, stored, content, structure)
    _write(building, base, stored, row, relations)
    _add_changes(building, _other_than(content, before), compare)
    verify_built(building, stored, relations, [*_written(base, stored), *WRITTEN_HERE])
    edition = Edition(
        content[:12],
        sequence,
        now,
        content,
        folder / "editions" / f"{sequence:06d}-{content[:12]}.duckdb",
        building.stat().st_size,
        store.sha256_file(building),
        {t.full_name: (s.rows, s.content_hash) for t, s in stored.items()},
        STORAGE_VERSION,
        is_current=True,
        structure=structure,
        keys={t.full_name: t.key for t in stored},
    )
    _put_in_place(folder, edition, keep)
    return replace(edition, path=folder / PUBLISHED_NAME)


def _write(
    building: Path,
    base: Edition | None,
    stored: Mapping[Table, store.Stored],
    edition: dict[str, Any],
    relations: Sequence[View | AsOf],
) -> None:
    """Write the file, out of the edition in place if it can be."""
    own = own_tables(stored, edition)
    if base is None:
        build(building, stored, own, relations)
    else:
        amend(building, base.path, stored, _written(base, stored), own, relations)


def _add_changes(building: Path, old: Path | None, compare: Comparing | None) -> None:
    if compare is not None:
        add(building, compare(old, building))


def _written(base: Edition | None, stored: Mapping[Table, store.Stored]) -> list[Table]:
    """Return the tables that are not taken from the edition in place."""
    if base is None:
        return list(stored)
    return [t for t, s in stored.items() if base.tables[t.full_name][1] != s.content_hash]


def _put_in_place(folder: Path, edition: Edition, keep: int) -> None:
    """Keep the file under its edition's name with its facts, then publish it in one step."""
    building = folder / BUILDING
    protect(building)
    _fsync(building)
    os.link(building, edition.path)
    originals.write(edition.path.with_suffix(".json"), facts_of(edition))
    building.replace(folder / PUBLISHED_NAME)
    store.fsync_folder(folder)
    prune(folder, keep)
    for kept in known(folder):
        protect(kept.path)  # one of an older version can still be written to


def _base(
    editions: Sequence[Edition], stored: Mapping[Table, store.Stored], content: str, structure: str
) -> Edition | None:
    """Return the edition in place if it holds these figures and structure undamaged, else None."""
    current = next((edition for edition in editions if edition.is_current), None)
    if (
        current is None
        or (current.content_hash, current.structure) != (content, structure)
        or set(current.tables) != {table.full_name for table in stored}
        or not is_whole(current)
    ):
        return None
    return current


def _other_than(content: str, editions: Sequence[Edition]) -> Path | None:
    """Return the file of the undamaged edition with other figures that changes are told against.

    It is the published one or, where that has the same figures, the newest of the others: a refresh
    that finds nothing new leaves standing what changed last.
    """
    newest_first = sorted(editions, key=lambda e: (e.is_current, e.sequence), reverse=True)
    others = (edition for edition in newest_first if edition.content_hash != content)
    return next((edition.path for edition in others if is_whole(edition)), None)


def content_fingerprint(stored: Mapping[Table, store.Stored]) -> str:
    """Return the sha256 over the content hashes of all tables that hold figures."""
    hashes = sorted(
        (table.full_name, item.content_hash)
        for table, item in stored.items()
        if table.layer in CONTENT_LAYERS
    )
    return hashlib.sha256(json.dumps(hashes).encode()).hexdigest()


def _fsync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
