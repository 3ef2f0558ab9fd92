"""Derived files of a home: sealed when written, checked whenever they are opened.

Beside each Parquet file lies its seal, ``.NAME.seal``: rows, a hash of the content, and the sha256
of the file's bytes. A file is opened here and nowhere else; its bytes are compared with the seal,
and the frame is made of the bytes that were compared. A file that is not as it was sealed, or has
no seal, counts as absent and is made again. JSON notes carry their seal inside.

What cannot be made again is kept by :mod:`fcm_migration.originals`.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import folders
from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.catalog.model import Table
from fcm_migration.errors import EditionError

PART = ".fcm-part"
SEAL = "seal"
WRITER_SECONDS = 0.05  # between a file and its seal a writer takes less
NULL = "\x00"  # no published text holds it: a null is never taken for an empty cell
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stored:
    """What lies in one Parquet file."""

    rows: int
    content_hash: str
    path: Path


def write(frame: pl.DataFrame, table: Table, path: Path, *, sealed: bool = True) -> Stored:
    """Conform a frame to its declaration and write it, unless the file already holds it.

    ``sealed`` is False for a file whose hash is kept elsewhere.

    Raises:
        ConformError: the frame breaks the declaration; nothing is written.
    """
    frame = conform(frame, table)
    found = Stored(frame.height, content_hash(frame), path)
    seal = _seal_or_none(path) if sealed else None
    if seal is not None and Stored(seal["rows"], seal["content"], path) == found:
        return found
    _write_parquet(frame, path, found.content_hash if sealed else None)
    return found


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame that no table declares, and its seal."""
    _write_parquet(frame, path, "")


def _write_parquet(frame: pl.DataFrame, path: Path, content: str | None) -> None:
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    body = buffer.getvalue()
    write_atomically(path, lambda part: part.write_bytes(body))
    if content is not None:
        seal = {"rows": frame.height, "content": content, "schema": _schema_hash(frame.schema)}
        text = _noted({**seal, "sha256": sha256(body)}, place(path))
        # not durable: a seal that a power cut takes only makes the file be made again
        write_atomically(seal_path(path), lambda part: part.write_text(text), durable=False)


def read(path: Path, table: Table) -> pl.DataFrame:
    """Read a table back and make sure it is the one declared, byte for byte as it was written.

    Raises:
        EditionError: the file is missing, damaged, or not this table.
    """
    return parse(_whole(path)[0], table, path)


def parse(body: bytes, table: Table, where: Path) -> pl.DataFrame:
    """Return the table in the bytes of a Parquet file that were compared with their hash.

    Raises:
        EditionError: the bytes are no Parquet file, or not this table.
    """
    frame = _parsed(body, where)
    if frame.schema != polars_schema(table):
        raise _damaged(where, f"columns of {table.full_name}", str(dict(frame.schema)))
    return frame


def read_frame(path: Path) -> pl.DataFrame:
    """Read what :func:`write_frame` wrote.

    Raises:
        EditionError: the file is missing or damaged.
    """
    return _parsed(_whole(path)[0], path)


def holds(path: Path, table: Table, content: str | None = None) -> bool:
    """Return whether a file is as it was written, has the columns declared, and this content."""
    seal = _seal_or_none(path)
    if seal is None or seal["schema"] != _schema_hash(polars_schema(table)):
        return False
    return content is None or content == seal["content"]


def facts(path: Path) -> Stored:
    """Return the facts in a file's seal, after comparing the file's bytes with it.

    Raises:
        EditionError: the file is missing, damaged, or was not written by this module.
    """
    seal = _whole(path)[1]
    return Stored(seal["rows"], seal["content"], path)


def seal_path(path: Path) -> Path:
    """Return where the seal of a Parquet file lies."""
    return path.with_name(f".{path.name}.{SEAL}")


def _seal_or_none(path: Path) -> dict[str, Any] | None:
    """Return the seal of a file that is as it was sealed; say so where it is not."""
    try:
        return _whole(path)[1]
    except EditionError:
        if path.exists() and seal_path(path).exists():
            say_damaged(path, "is made again")
        return None


def _whole(path: Path) -> tuple[bytes, dict[str, Any]]:
    """Return the bytes of a file and its seal; a writer may be between the two, so look twice.

    Raises:
        EditionError: one of them is missing, or they do not belong together.
    """
    for pause in (WRITER_SECONDS, 0):
        try:
            body = path.read_bytes()
        except OSError as error:
            raise _damaged(path, "a readable file", error.strerror) from error
        seal = read_note(seal_path(path), of=place(path))
        if seal is not None and seal["sha256"] == sha256(body):
            return body, seal
        if not seal_path(path).exists():
            raise _damaged(path, "a file with a seal", "none: an older version wrote it")
        time.sleep(pause)
    raise _damaged(path, "the bytes that were written", "others, or a damaged seal")


def _parsed(body: bytes, where: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(io.BytesIO(body))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _damaged(where, "a Parquet file", str(error)) from error


def _schema_hash(schema: pl.Schema) -> str:
    return sha256(repr([(name, str(dtype)) for name, dtype in schema.items()]).encode())


def _damaged(path: Path, expected: str, got: str | None) -> EditionError:
    return EditionError(
        "not a readable table of the working home",
        where=str(path),
        expected=expected,
        got=got,
        remedy="run `fcm refresh`, which makes it again from the archive",
    )


def say_damaged(path: Path, then: str) -> None:
    """Log once that a file is damaged, and what is done about it."""
    stat = path.stat() if path.exists() else None
    _say(f"{path} is damaged: it {then}", stat.st_mtime_ns if stat else 0)


@cache
def _say(sentence: str, _version: int) -> None:
    _LOG.warning("%s", sentence)


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


def sha256(body: bytes) -> str:
    """sha256 of bytes."""
    return hashlib.sha256(body).hexdigest()


def write_note(path: Path, value: Mapping[str, Any], *, of: str | None = None) -> None:
    """Write a JSON object with a seal over it and over what it belongs to.

    ``of`` is by default its folder and name (:func:`place`), so that a note that took another
    one's place is noticed.
    """
    text = _noted(value, of or place(path))
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def read_note(path: Path, *, of: str | None = None) -> dict[str, Any] | None:
    """Return what :func:`write_note` wrote; None where it is missing, unsealed or damaged."""
    try:
        found = read_json(path)
    except (OSError, ValueError, RecursionError):
        return None
    seal = found.pop(SEAL, None) if isinstance(found, dict) else None
    return found if seal and seal == seal_of(found, of or place(path)) else None


def seal_of(value: Mapping[str, Any], of: str) -> str:
    """Return the seal of a JSON object, which covers what the object belongs to."""
    return sha256(json.dumps([of, value], sort_keys=True).encode())


def place(path: Path) -> str:
    """Return folder and name of a file: what its seal binds it to, wherever the home lies."""
    return f"{path.parent.name}/{path.name}"


def _noted(value: Mapping[str, Any], of: str) -> str:
    plain = json.loads(json.dumps(dict(value)))  # as it is read back: without tuples
    return json_text({**plain, SEAL: seal_of(plain, of)})


def write_json(path: Path, value: Any) -> None:
    """Write a JSON document atomically, keys sorted."""
    text = json_text(value)
    write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def json_text(value: Any) -> str:
    """Return a JSON document, keys sorted, with an end of line."""
    return json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_json(path: Path) -> Any:
    """Read a JSON document."""
    return json.loads(path.read_text(encoding="utf-8"))


def clean(root: Path) -> int:
    """Remove half-written files left by killed runs; call only under the home's lock."""
    # what lies in the inbox is other people's, who may forbid that it is removed
    return folders.remove_ending(root, PART, without="inbox")


def write_atomically(
    path: Path, write_to: Callable[[Path], object], *, durable: bool = True
) -> None:
    """Let a function write a file beside ``path``, make it durable, and put it in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}{PART}")
    try:
        write_to(part)
        if durable:
            with part.open("rb+") as file:
                os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    if durable:
        fsync_folder(path.parent)


def fsync_folder(folder: Path) -> None:
    """Make a rename in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
