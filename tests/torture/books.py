"""A release taken apart into tables of cells, and put together again, whatever its files are.

Delimited text, workbooks, pages of the API (JSON), web pages, Parquet and ZIPs of text all become
the same thing: named tables of cells that a mutation can change without knowing what is around.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration.workbook import Sheet, read_page, read_workbook
from fcm_migration.workbook.reader import trim
from tests.workbook.writers import write_ods, write_xlsx, write_zip

Grid = list[list[Any]]
ABSENT = object()  # an item of a page that does not have the key
_TABLE = re.compile(r"<table.*?</table>", re.DOTALL)
_HIDDEN = re.compile(r"<script.*?</script>", re.DOTALL)
BOM = b"\xef\xbb\xbf"


@dataclass
class Book:
    """One file of a release: its tables by name, and ``around``, what else it is made of."""

    name: str
    kind: str
    tables: dict[str, Grid]
    around: Any = None

    def copy(self) -> Book:
        """The same file, to be changed."""
        tables = {name: [list(row) for row in grid] for name, grid in self.tables.items()}
        around = list(self.around) if isinstance(self.around, list) else self.around
        return replace(self, tables=tables, around=around)

    def content(self) -> bytes:
        """The file's bytes."""
        return _WRITERS[self.kind](self)

    def sheets(self) -> dict[str, Sheet]:
        """What the reader makes of a workbook, without writing one."""
        return {name: Sheet(name, _texts(grid)) for name, grid in self.tables.items()}


@dataclass
class Release:
    """The files of a release: ``books`` by name, and those given as ``raw`` bytes instead."""

    books: dict[str, Book]
    raw: dict[str, bytes] = field(default_factory=dict)

    def copy(self) -> Release:
        """The same release, to be changed."""
        return Release({name: book.copy() for name, book in self.books.items()})

    def content(self, name: str) -> bytes:
        """One file's bytes."""
        return self.raw[name] if name in self.raw else self.books[name].content()


def open_release(paths: list[Path]) -> Release:
    """Take a release apart."""
    return Release({path.name: open_book(path) for path in paths})


def open_book(path: Path) -> Book:
    """Take one file apart, by what its name and its bytes say it is."""
    content = path.read_bytes()
    if path.suffix in (".xlsx", ".ods"):
        sheets = read_workbook(path)
        tables = {name: [list(row) for row in sheet.rows] for name, sheet in sheets.items()}
        return Book(path.name, "workbook", tables)
    if path.suffix == ".parquet":
        frame = pl.read_parquet(path)
        return Book(path.name, "parquet", {"rows": [frame.columns, *map(list, frame.rows())]})
    if path.suffix == ".zip":
        return _open_zip(path)
    if content.lstrip()[:1] in (b"{", b"["):
        return _open_json(path.name, json.loads(content))
    if b"<html" in content[:1000]:
        return _open_page(path.name, content)
    return _open_text(path.name, content)


def _open_text(name: str, content: bytes) -> Book:
    text = content.decode("utf-8-sig")
    delimiter = "\t" if "\t" in text else ","
    rows = [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
    ends = "\r\n" if "\r\n" in text else "\n"
    return Book(name, "text", {name: rows}, (delimiter, ends, content.startswith(BOM)))


def _write_text(book: Book) -> bytes:
    delimiter, ends, marked = book.around
    lines = io.StringIO()
    rows = next(iter(book.tables.values()))
    csv.writer(lines, delimiter=delimiter, lineterminator=ends).writerows(
        ["" if cell is None else cell for cell in row] for row in rows
    )
    return (BOM if marked else b"") + lines.getvalue().encode()


def _open_json(name: str, document: Any) -> Book:
    items = document["items"] if isinstance(document, dict) else document
    keys = list(dict.fromkeys(key for item in items for key in item))
    grid = [keys, *([item.get(key, ABSENT) for key in keys] for item in items)]
    rest = None
    if isinstance(document, dict):
        rest = {key: value for key, value in document.items() if key != "items"}
    return Book(name, "json", {"items": grid}, rest)


def _write_json(book: Book) -> bytes:
    (name, (keys, *rows)) = next(iter(book.tables.items()))
    if len(set(map(str, keys))) == len(keys):
        items: Any = [
            {
                str(k): v
                for k, v in zip(keys, row, strict=False)
                if v is not ABSENT and k is not None
            }
            for row in rows
        ]
        document = items if book.around is None else {**book.around, name: items}
        return json.dumps(document, ensure_ascii=False).encode() + b"\n"
    pairs = [
        "{" + ", ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in present(keys, row)) + "}"
        for row in rows
    ]
    body = "[" + ", ".join(pairs) + "]"
    if book.around is None:
        return body.encode()
    return (json.dumps(book.around)[:-1] + f', "{name}": {body}}}').encode()


def present(keys: list[Any], row: list[Any]) -> list[tuple[str, Any]]:
    """Each key with its value, a key that stands twice twice."""
    return [(str(k), v) for k, v in zip(keys, row, strict=False) if v is not ABSENT]


def _open_page(name: str, content: bytes) -> Book:
    text = _HIDDEN.sub("", content.decode("utf-8-sig"))
    pieces: list[Any] = _TABLE.split(text)
    captions = ["<caption" in table for table in _TABLE.findall(text)]
    found = read_page(text.encode()).tables
    tables = {
        f"{number} {table.heading}": [list(row) for row in table.rows]
        for number, table in enumerate(found)
    }
    return Book(name, "page", tables, [*pieces, captions])


def _write_page(book: Book) -> bytes:
    *pieces, captions = book.around
    parts = [pieces[0]]
    for (name, grid), caption, piece in zip(book.tables.items(), captions, pieces[1:], strict=True):
        heading = f"<caption>{_escape(name.partition(' ')[2])}</caption>" if caption else ""
        rows = "".join(
            "<tr>" + "".join(f"<td>{_escape(cell)}</td>" for cell in row) + "</tr>\n"
            for row in grid
        )
        parts += [f"<table>{heading}{rows}</table>", piece]
    return "".join(parts).encode()


def _escape(cell: Any) -> str:
    return str("" if cell is None else cell).replace("&", "&amp;").replace("<", "&lt;")


def _open_zip(path: Path) -> Book:
    with zipfile.ZipFile(path) as archive:
        members = {name: _open_text(name, archive.read(name)) for name in archive.namelist()}
    tables = {name: book.tables[name] for name, book in members.items()}
    return Book(path.name, "zip", tables, [book.around for book in members.values()])


def _write_zip(book: Book) -> bytes:
    members: dict[str, str | bytes] = {
        name: _write_text(Book(name, "text", {name: grid}, around))
        for (name, grid), around in zip(book.tables.items(), book.around, strict=True)
    }
    with tempfile.TemporaryDirectory() as folder:
        return write_zip(Path(folder) / book.name, members).read_bytes()


def _write_workbook(book: Book) -> bytes:
    write = write_ods if book.name.endswith(".ods") else write_xlsx
    sheets = {
        name: [[None if cell in ("", None) else str(cell) for cell in row] for row in grid]
        for name, grid in book.tables.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        return write(Path(folder) / book.name, sheets).read_bytes()


def _write_parquet(book: Book) -> bytes:
    (header, *rows), target = book.tables["rows"], io.BytesIO()
    columns = {}
    for place, label in enumerate(header):
        values = [row[place] for row in rows]
        if len({type(value) for value in values} - {type(None)}) > 1:
            values = [None if value is None else str(value) for value in values]
        columns[label] = values
    pl.DataFrame(columns).write_parquet(target)
    return target.getvalue()


def _texts(grid: Grid) -> tuple[tuple[str, ...], ...]:
    width = max(map(len, grid), default=0)
    texts = [["" if cell is None else str(cell) for cell in row] for row in grid]
    return trim([(*row, *[""] * (width - len(row))) for row in texts])


_WRITERS = {
    "text": _write_text,
    "json": _write_json,
    "page": _write_page,
    "parquet": _write_parquet,
    "zip": _write_zip,
    "workbook": _write_workbook,
}
