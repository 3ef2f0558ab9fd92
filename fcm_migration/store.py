"""Parquet between steps: conformed on the way in, checked on the way out, written atomically.

Each file carries its table's name, its row count and a hash of its content, so a step can tell
whether anything has changed by reading a few bytes. JSON notes are written with the same care.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import folders
from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.catalog.model import Table
from fcm_migration.errors import EditionError

PART = ".fcm-part"
CHUNK = 1 << 20
NULL = "\x00"  # no published text holds it: a null is never taken for an empty cell


@dataclass(frozen=True)
class Stored:
    """What lies in one Parquet file."""

    rows: int
    content_hash: str
    path: Path


def write(frame: pl.DataFrame, table: Table, path: Path) -> Stored:
    """Conform a frame to its declaration and write it, unless the file already holds it.

    Raises:
        ConformError: the frame breaks the declaration; nothing is written.
    """
    frame = conform(frame, table)
    found = Stored(frame.height, content_hash(frame), path)
    if path.exists() and _facts_or_none(path) == found:
        return found
    metadata = {"table": table.full_name, "rows": str(found.rows), "content": found.content_hash}
    write_atomically(
        path,
        lambda part: frame.write_parquet(part, compression="zstd", metadata=metadata),
    )
    return found


def read(path: Path, table: Table) -> pl.DataFrame:
    """Read a table back and make sure it is the one declared.

    Raises:
        EditionError: the file is missing, damaged, or not this table.
    """
    try:
        frame = pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _damaged(path, table.full_name, str(error)) from error
    if frame.schema != polars_schema(table):
        raise _damaged(path, f"columns of {table.full_name}", str(dict(frame.schema)))
    return frame


def holds(path: Path, table: Table) -> bool:
    """Whether a file is there and has the columns declared: read from its last bytes."""
    try:
        return pl.read_parquet_schema(path) == polars_schema(table)
    except (OSError, pl.exceptions.PolarsError):
        return False


def facts(path: Path) -> Stored:
    """Read only what a file says of itself: rows and content hash.

    Raises:
        EditionError: the file is missing, damaged, or was not written by this module.
    """
    found = _facts_or_none(path)
    if found is None:
        raise _damaged(path, "a table written by this package", "nothing readable")
    return found


def _facts_or_none(path: Path) -> Stored | None:
    try:
        metadata = pl.read_parquet_metadata(path)
        return Stored(int(metadata["rows"]), metadata["content"], path)
    except (OSError, KeyError, pl.exceptions.PolarsError):
        return None


def _damaged(path: Path, expected: str, got: str) -> EditionError:
    return EditionError(
        "not a readable table of the working home",
        where=str(path),
        expected=expected,
        got=got,
        remedy="remove the file and run `fcm refresh`, which builds it again from the archive",
    )


def content_hash(frame: pl.DataFrame) -> str:
    """sha256 over the schema and a canonical text of every cell, in row order.

    Text rather than Parquet bytes, so that another version of the library or another number of
    threads gives the same hash.
    """
    digest = hashlib.sha256(repr([(n, str(t)) for n, t in frame.schema.items()]).encode())
    digest.update(frame.write_csv(null_value=NULL, quote_style="non_numeric").encode())
    return digest.hexdigest()


def sha256_file(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write a JSON document atomically, keys sorted."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def read_json(path: Path) -> Any:
    """Read a JSON document."""
    return json.loads(path.read_text(encoding="utf-8"))


def clean(root: Path) -> int:
    """Remove half-written files left by killed runs; call only under the home's lock."""
    return folders.remove_ending(root, PART)


def write_atomically(path: Path, write_to: Callable[[Path], object]) -> None:
    """Let a function write a file beside ``path``, make it durable, and put it in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    try:
        write_to(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make a rename in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
