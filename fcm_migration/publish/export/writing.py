"""Write the published edition into a folder, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_migration.catalog.model import Table
from fcm_migration.errors import UsageError
from fcm_migration.outfolder import write_folder
from fcm_migration.publish.asking import closing, stoppable, typed_errors
from fcm_migration.publish.export.formats import (
    ENDINGS,
    FORMATS,
    null_mark,
    write_csv,
    write_parquet,
    write_plain,
)
from fcm_migration.publish.export.package import Edition, File, datapackage, read_edition
from fcm_migration.publish.export.readme import readme
from fcm_migration.publish.export.relations import Relation, chosen, relations, sources_of
from fcm_migration.publish.query import open_read_only

if TYPE_CHECKING:
    import duckdb

MARKER = "fcm export"


@dataclass(frozen=True)
class Exported:
    """What was written."""

    edition_id: str
    tables: int
    size: int  # bytes of the files


def export(
    published: Path,
    folder: Path,
    *,
    fmt: str,
    declared: Iterable[Table],
    names: Collection[str] = (),
    everything: bool = False,
    report: Callable[[str], object] | None = None,
) -> Exported:
    """Export the published edition into a folder.

    Args:
        published: the published file.
        folder: where to; an earlier export there is replaced.
        fmt: one of :data:`FORMATS`.
        declared: the tables' declarations.
        names: tables and views to export; none for the usual ones.
        everything: whether every schema is wanted, core and history included.
        report: is told what is written.

    Raises:
        UsageError: there is no such table, or the folder is somebody else's.
        EditionError: nothing is published, or the file is damaged.
    """
    if names and everything:
        raise UsageError("both some tables and all are asked for", expected="--table or --all")
    if fmt not in FORMATS:
        raise UsageError("no such format", got=fmt, expected=", ".join(FORMATS))
    done: list[Exported] = []
    with closing(open_read_only(published)) as connection, typed_errors():
        edition = read_edition(connection)
        wanted = chosen(relations(connection, declared), names, everything=everything)

        def write(part: Path) -> None:
            files = []
            for number, relation in enumerate(wanted, start=1):
                if report is not None:
                    report(f"{relation.full_name} ({number} of {len(wanted)})")
                files.append(_written(connection, relation, edition, part, fmt))
            _describe(edition, files, part, fmt)
            size = sum(file.path.stat().st_size for file in files)
            done.append(Exported(edition.edition_id, len(files), size))

        write_folder(folder, write, marker=MARKER)
    return done[0]


def _written(
    connection: duckdb.DuckDBPyConnection,
    relation: Relation,
    edition: Edition,
    folder: Path,
    fmt: str,
) -> File:
    """Write one relation; a signal ends it at once."""
    path = folder / f"{relation.full_name}.{ENDINGS[fmt]}"

    def write() -> File:
        null, found = "", sources_of(connection, relation)
        source_ids = None if found is None else frozenset(found)
        if fmt == "csv":
            rows = write_csv(connection, relation, path)
        elif fmt == "parquet":
            notes = {"edition_id": edition.edition_id, "published_at": edition.published}
            rows = write_parquet(connection, relation, path, notes)
        else:
            null = null_mark(connection, relation)
            rows = write_plain(connection, relation, path, null)
        return File(relation, path, rows, source_ids, null)

    return stoppable(write, connection.interrupt, None)


def _describe(edition: Edition, files: list[File], folder: Path, fmt: str) -> None:
    (folder / "README.txt").write_text(readme(edition, files, fmt), encoding="utf-8")
    if fmt == "datapackage":
        package = json.dumps(datapackage(edition, files), indent=1, ensure_ascii=False)
        (folder / "datapackage.json").write_text(f"{package}\n", encoding="utf-8")
