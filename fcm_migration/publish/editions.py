"""The editions kept: list them, publish one again, and verify that each is unchanged."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from fcm_migration import folders, store
from fcm_migration.catalog.derive import quote_identifier
from fcm_migration.config import PUBLISHED_NAME
from fcm_migration.errors import EditionError, UsageError
from fcm_migration.publish import BUILDING, Edition, known, lost, protect

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True)
class VerifyReport:
    """What was read and found undamaged."""

    editions: tuple[Edition, ...]
    rows: int

    @property
    def text(self) -> str:
        """One sentence for each edition."""
        lines = [
            f"edition {e.edition_id} (sequence {e.sequence}): {e.size:,} bytes, "
            f"{len(e.tables)} tables, undamaged{', published' if e.is_current else ''}"
            for e in self.editions
        ]
        return "\n".join([*lines, f"{self.rows:,} rows of the published edition read and matched"])


def list_editions(folder: Path) -> list[Edition]:
    """Return every edition that can be read or rolled back to, oldest first."""
    return known(folder)


def rollback(folder: Path, edition_id: str | None = None) -> Edition:
    """Publish a kept edition again; by default the newest other than the current one.

    Raises:
        UsageError: there is no such edition.
        EditionError: the edition's file is damaged; the published file is left alone.
        LinkError: the folder of the editions is a link.
    """
    folders.names(folder / "editions", folder)  # raises where that is a link
    editions = known(folder)
    current = next((e for e in editions if e.is_current), None)
    if edition_id is None:
        before = [
            e
            for e in editions
            if current is None
            or (e.sequence < current.sequence and e.edition_id != current.edition_id)
        ]
    else:
        before = [e for e in editions if e.edition_id == edition_id]
    if not before:
        raise UsageError(
            "no such edition to go back to",
            where=str(folder),
            expected=sorted({e.edition_id for e in editions}),
            got=edition_id or "the edition before the published one",
        )
    chosen = before[-1]
    _whole(chosen)
    protect(chosen.path)
    building = folder / BUILDING
    folders.remove(building, folder)
    os.link(chosen.path, building)
    building.replace(folder / PUBLISHED_NAME)
    folders.remove(building, folder)  # renaming one link of a file onto another does nothing
    store.fsync_folder(folder)
    return replace(chosen, is_current=True)


def to_compare(folder: Path, old: str | None, new: str | None) -> tuple[Path, Path]:
    """Return the files of two editions to compare, the older one first.

    Args:
        folder: the published folder.
        old: an edition's name or sequence, or a DuckDB file; None for the published edition or, if
            the newer one has the same figures, the newest kept edition with others.
        new: the same; None for the published edition.

    Raises:
        UsageError: there is no such edition, or none to compare with.
        EditionError: the file of a kept edition is damaged, or nothing is published.
    """
    editions = known(folder)
    later = _chosen(editions, new, folder)
    if old is not None:
        return _path(_chosen(editions, old, folder)), _path(later)
    content = later.content_hash if isinstance(later, Edition) else ""
    before = [
        e
        for e in editions
        if e.content_hash != content
        and (not isinstance(later, Edition) or e.sequence < later.sequence)
    ]
    if not before:
        raise UsageError(
            "there is no earlier edition with other figures to compare with",
            where=str(folder),
            expected="an edition of `fcm editions`, or a DuckDB file, as OLD",
        )
    return _path(before[-1]), _path(later)


def _chosen(editions: Sequence[Edition], name: str | None, folder: Path) -> Edition | Path:
    """Return the edition of a name or sequence, the published one for None, or else a file."""
    if name is None:
        if current := next((e for e in editions if e.is_current), None):
            return current
        raise EditionError("nothing is published", where=str(folder), remedy="run: fcm refresh")
    if found := [e for e in editions if name in (e.edition_id, str(e.sequence))]:
        return found[-1]
    if Path(name).is_file():
        return Path(name)
    raise UsageError(
        "no such edition or file",
        where=name if Path(name).suffix else str(folder),
        expected=", ".join(f"{e.edition_id} ({e.sequence})" for e in editions) or "a DuckDB file",
        got=name,
    )


def _path(chosen: Edition | Path) -> Path:
    """Return the file to read, of an edition once its bytes are those that were published."""
    if isinstance(chosen, Path):
        return chosen
    _whole(chosen)
    return chosen.path


def verify(folder: Path) -> VerifyReport:
    """Read every byte of every edition and every row of the published one.

    Raises:
        EditionError: naming what is missing or damaged, and what to do.
    """
    target = folder / PUBLISHED_NAME
    if not target.exists():
        raise EditionError("nothing is published", where=str(target), remedy="run: fcm refresh")
    if (folder / f"{PUBLISHED_NAME}.wal").exists():
        raise EditionError(
            "a write-ahead log lies beside the published file: something wrote to it",
            where=str(target),
            remedy="run `fcm refresh`, which sets the log aside and publishes anew",
        )
    editions = known(folder)
    current = [e for e in editions if e.is_current]
    if not current:
        raise EditionError(
            "the published file is none of the editions this package wrote",
            where=str(target),
            remedy="run `fcm rollback EDITION` or `fcm refresh`",
        )
    if gone := lost(folder):
        raise EditionError(
            "the file of a kept edition is gone",
            where=", ".join(path.with_suffix(".duckdb").name for path in gone),
            remedy="put it back from a backup, or run `fcm refresh`, which forgets it",
        )
    for edition in editions:
        _whole(edition)
    return VerifyReport(tuple(editions), _read_everything(current[0]))


def _whole(edition: Edition) -> None:
    found = store.sha256_file(edition.path)
    if found != edition.sha256:
        remedy = (
            "run `fcm refresh`, which publishes anew and keeps no damaged edition; or "
            "`fcm rollback EDITION` to an undamaged one (`fcm editions` lists them)"
        )
        raise EditionError(
            "the file is not as it was published",
            where=str(edition.path),
            expected=f"{edition.size} bytes, sha256 {edition.sha256[:12]}",
            got=f"{edition.path.stat().st_size} bytes, sha256 {found[:12]}",
            remedy=remedy,
        )


def _read_everything(edition: Edition) -> int:
    """Compare every table with the fingerprint of the candidate it was published from."""
    from fcm_migration.publish.query import open_read_only

    total = 0
    with open_read_only(edition.path) as connection:
        for name, (rows, content_hash) in edition.tables.items():
            frame = _as_stored(connection, edition, name)
            if frame.height != rows or store.content_hash(frame) != content_hash:
                raise EditionError(
                    "a table is not as it was published",
                    where=name,
                    expected=f"{rows} rows, {content_hash[:12]}",
                    got=f"{frame.height} rows, {store.content_hash(frame)[:12]}",
                )
            total += frame.height
    return total


def _as_stored(connection: duckdb.DuckDBPyConnection, edition: Edition, name: str) -> pl.DataFrame:
    """Return a table as :mod:`fcm_migration.store` would hold it: UTC moments, sorted by key.

    The key's own order counts, which may be another than that of the columns.
    """
    schema, table = name.split(".", 1)
    key = edition.keys.get(name) or _physical_key(connection, schema, table)
    location = f"{quote_identifier(schema)}.{quote_identifier(table)}"
    frame: pl.DataFrame = connection.sql(f"SELECT * FROM {location}").pl()  # noqa: S608
    frame = frame.with_columns(
        _utc(n, t) for n, t in frame.schema.items() if isinstance(t, pl.Datetime)
    )
    return frame.sort(key, maintain_order=True) if key else frame


def _utc(name: str, dtype: pl.Datetime) -> pl.Expr:
    """Return moments in UTC; editions of older versions hold them with a time zone."""
    zoned = pl.col(name).dt
    zoned = zoned.replace_time_zone("UTC").dt if dtype.time_zone is None else zoned
    return zoned.convert_time_zone("UTC").dt.cast_time_unit("us")


def _physical_key(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str
) -> tuple[str, ...]:
    """Return the PRIMARY KEY, which only editions of older versions have."""
    found = connection.execute(
        "SELECT constraint_column_names FROM duckdb_constraints() "
        "WHERE schema_name = ? AND table_name = ? AND constraint_type = 'PRIMARY KEY'",
        [schema, table],
    ).fetchall()
    return tuple(found[0][0]) if found else ()
