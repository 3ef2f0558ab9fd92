"""Reading UNHCR's retired monthly export: packed or plain, with or without preamble and header."""

from __future__ import annotations

import gzip
import zlib

from fcm_migration.errors import LayoutError, UnsafeFileError
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.workbook import normalise, pick_columns, read_csv_text

COLUMNS = {
    "Country / territory of asylum/residence": "asylum_name",
    "Origin": "origin_name",
    "Year": "year",
    "Month": "month",
    "Value": "asylum_applications",
}
ANCHOR = "Country / territory of asylum/residence"
HEADER_WITHIN = 20
MOST_BYTES = 50_000_000


def first_bytes(file: ReleaseFile, most: int) -> bytes:
    """Return the first bytes of an export, unpacked if it was kept packed by gzip."""
    with gzip.open(file.path) if file.name.endswith(".gz") else file.path.open("rb") as stream:
        return stream.read(most)


def content_of(file: ReleaseFile) -> bytes:
    """Return the bytes of an export, unpacked.

    Raises:
        LayoutError: the file is not a complete gzip file.
        UnsafeFileError: the export is larger than it may be.
    """
    try:
        content = first_bytes(file, MOST_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise LayoutError("not a complete gzip file", where=file.name, got=str(error)) from None
    if len(content) > MOST_BYTES:
        raise UnsafeFileError(
            "the export is larger than it may be", where=file.name, expected=f"{MOST_BYTES:,} bytes"
        )
    return content


def read_cells(
    content: bytes, name: str
) -> tuple[dict[str, list[str]], tuple[str, ...], tuple[str, ...]]:
    """Return the cells by column, the fingerprint of the layout, and labels nobody asked for.

    Raises:
        LayoutError: the file has neither the header nor rows of five columns, or no row.
    """
    lines = content.split(b"\n", HEADER_WITHIN)
    above = next((i for i, line in enumerate(lines) if ANCHOR in _text(line)), None)
    if above is None:
        body = read_csv_text(content, delimiter=",", where=name)
        if not body or len(body[0]) != len(COLUMNS):
            raise LayoutError(
                "neither the header nor rows of five columns",
                where=name,
                expected=list(COLUMNS),
                got=f"first row {list(body[0])[:8] if body else 'none'}",
            )
        at = {label: position for position, label in enumerate(COLUMNS)}
        extra: tuple[str, ...] = ()
        layout: tuple[str, ...] = ("header: none",)
    else:
        header, *rest = read_csv_text(b"\n".join(lines[above:]), delimiter=",", where=name)
        body = tuple(rest)
        at, extra = pick_columns(header, COLUMNS, name)
        preamble = "preamble: printed" if above else "preamble: none"
        layout = (preamble, *(f"column {normalise(cell)}" for cell in header))
    if not body:
        raise LayoutError("no rows below the header", where=name, expected="one row a figure")
    cells = {
        column: [normalise(row[at[label]]) for row in body] for label, column in COLUMNS.items()
    }
    return cells, layout, extra


def _text(line: bytes) -> str:
    return normalise(line.decode("utf-8", "replace"))
