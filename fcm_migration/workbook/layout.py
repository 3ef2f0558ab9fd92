"""Layout of a table of texts: strict CSV, and the header found by its labels."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import Path

from fcm_migration.errors import LayoutError
from fcm_migration.workbook.model import NamedFile, Row, Sheet, read_named

# Titles, notes and contents may precede a header; no publisher has more rows of them.
_SHOWN_ROWS = 5
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def normalise(text: str) -> str:
    """Return the text in composed Unicode (NFC) with each run of white space as one space.

    White space includes line breaks and no-break spaces.
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def normalise_all(cells: Sequence[str]) -> list[str]:
    """Return the cells of a column normalised, each distinct text once as labels recur."""
    tidy = {cell: normalise(cell) for cell in set(cells)}
    return [tidy[cell] for cell in cells]


def find_header(sheet: Sheet, labels: Sequence[str]) -> int:
    """Return the index of the first row whose cells hold all the labels, ignoring white space.

    The row is found by content because publishers add and drop title rows without notice.
    """
    wanted = {normalise(label) for label in labels}
    for index, row in enumerate(sheet.rows):
        if wanted <= {normalise(cell) for cell in row}:
            return index
    shown = [[normalise(cell) for cell in row if cell][:12] for row in sheet.rows[:_SHOWN_ROWS]]
    raise LayoutError(
        "the header row was not found",
        where=f"sheet {sheet.name!r}",
        expected=f"a row with {sorted(wanted)}",
        got=f"first rows {shown}",
    )


def read_csv_text(
    source: NamedFile | Path | bytes,
    *,
    delimiter: str,
    encoding: str = "utf-8-sig",
    ended: bool = True,
    where: str = "delimited text",
) -> tuple[Row, ...]:
    """Read delimited text, every field as composed text (NFC) and every row of one width.

    ``where`` names bytes in messages; a file has its own name. Raises LayoutError for bytes that
    are not in the encoding, for another separator, for a quote left open (a file cut off), and for
    rows wider or narrower than the first. Blank lines may only stand at the end. A last line
    without a line break is refused too, where publishers end theirs (``ended``): its last figure
    may have lost digits.
    """
    content, where = read_named(source, where)
    text = _decoded(content, encoding, where)
    _refuse_other_separator(text, delimiter, where)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise LayoutError("the delimited text is broken", where=where, got=str(error)) from None
    while rows and not rows[-1]:
        rows.pop()
    whole = _rectangular(rows, where)
    if ended and text and not text.endswith(("\n", "\r")):
        raise LayoutError(
            "the last line is not ended: the file may be cut off",
            where=where,
            expected="a line break at the end",
            got=repr(text[-20:]),
            remedy="obtain the file again; if it is complete, end its last line",
        )
    return whole


def _decoded(content: bytes, encoding: str, where: str) -> str:
    """Return the text in composed Unicode; refuse bytes of another encoding, and NUL."""
    save = 'save it as "CSV UTF-8 (comma delimited)" in the spreadsheet program, and bring it again'
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        found = f"{error.object[error.start : error.start + 8]!r} at byte {error.start}"
        utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        guess = "UTF-16" if utf_16 else "perhaps Windows-1252, as older spreadsheet programs write"
        raise LayoutError(
            "the text is not in the encoding expected",
            where=where,
            expected="UTF-8" if encoding == "utf-8-sig" else encoding,
            got=f"{guess}: {found}",
            remedy=save,
        ) from None
    if "\0" in text:
        raise LayoutError("NUL characters in the text", where=where, expected=encoding, remedy=save)
    return unicodedata.normalize("NFC", text)


def _refuse_other_separator(text: str, delimiter: str, where: str) -> None:
    """Refuse text whose first line has none of its separators but others."""
    first = text.lstrip().split("\n", 1)[0]
    others = [name for sign, name in _SEPARATORS.items() if sign != delimiter and sign in first]
    if delimiter in _SEPARATORS and delimiter not in first and others:
        wanted = _SEPARATORS[delimiter]
        raise LayoutError(
            f"the fields are separated by {others[-1]}",
            where=where,
            expected=f"fields separated by {wanted}",
            got=first[:120],
            remedy=f"save it as CSV with {wanted}, in UTF-8, and bring it again",
        )


def _rectangular(rows: list[list[str]], where: str) -> tuple[Row, ...]:
    width = len(rows[0]) if rows else 0
    ragged = [number for number, row in enumerate(rows, start=1) if len(row) != width]
    if ragged:
        raise LayoutError(
            f"{len(ragged):,} rows of another width than the first",
            where=where,
            expected=f"{width} fields",
            got=f"{len(rows[ragged[0] - 1])} in row {ragged[0]} {rows[ragged[0] - 1][:6]}",
        )
    return tuple(tuple(row) for row in rows)


def pick_columns(
    header: Sequence[str], wanted: Collection[str], where: str
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the position of each wanted label in a header row, and the remaining labels.

    Raises LayoutError where a wanted label is missing or any label stands twice.
    """
    labels = [normalise(cell) for cell in header]
    if missing := sorted(set(wanted) - set(labels)):
        raise LayoutError(
            "columns are missing",
            where=where,
            expected=list(wanted),
            got=labels[:30],
            lacks=missing,
        )
    if twice := sorted({label for label in labels if label and labels.count(label) > 1}):
        raise LayoutError("columns stand twice", where=where, expected=list(wanted), got=twice)
    extra = tuple(sorted({label for label in labels if label} - set(wanted)))
    return {label: labels.index(label) for label in wanted}, extra
