"""Reading one file as a refresh does, and comparing what two files say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from fcm_migration.catalog.derive import conform
from fcm_migration.http import Client
from fcm_migration.sources.base import Parsed, ReleaseFile, Source
from fcm_migration.workbook import Sheet
from fcm_migration.workbook.reader import trim
from tests.workbook.writers import Rows


def read(source: Source, path: Path) -> Parsed:
    """Parse one file under its own name and hold its tables to their declarations.

    Raises SourceError where a refresh would: by the parser or by the declaration.
    """
    return conformed(source, source.parse([ReleaseFile(path.name, path)]))


def conformed(source: Source, answer: Parsed) -> Parsed:
    """The parser's answer as the store takes it; ConformError if it does not."""
    assert set(answer.tables) == {table.name for table in source.tables}
    tables = {table.name: conform(answer.tables[table.name], table) for table in source.tables}
    return replace(answer, tables=tables)


def as_texts(book: Mapping[str, Rows]) -> dict[str, Sheet]:
    """What the workbook reader makes of these cells (texts and numbers), without a file.

    Reading a file takes a child process each time; that both ways agree is tested per source.
    """
    return {name: Sheet(name, _texts(rows)) for name, rows in book.items()}


def _texts(rows: Rows) -> tuple[tuple[str, ...], ...]:
    width = max(map(len, rows), default=0)
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    return trim([(*row, *[""] * (width - len(row))) for row in texts])


def ended(content: bytes | str) -> bytes:
    """Text as a file's bytes, with its last line ended; bytes are left as they are."""
    if isinstance(content, bytes):
        return content
    return (content if content.endswith("\n") else f"{content}\n").encode()


def same(left: Parsed, right: Parsed) -> bool:
    """Whether two releases hold the same rows."""
    return all(frame.equals(right.tables[name]) for name, frame in left.tables.items())


def figure(frame: pl.DataFrame, column: str, **key: object) -> object:
    """The one figure under a key; fails unless exactly one row has it."""
    rows = frame.filter(*[pl.col(name) == value for name, value in key.items()])
    assert rows.height == 1, f"{rows.height} rows with {key}"
    return rows.item(0, column)


def quick_client(directory: Path) -> Client:
    """A real client that asks only a server on this machine, without waiting."""
    return Client(
        download_dir=directory,
        allowed_hosts=frozenset({"127.0.0.1"}),
        min_interval_seconds=0.0,
        backoff_seconds=0.01,
        total_seconds=10.0,
        allow_loopback=True,
    )
