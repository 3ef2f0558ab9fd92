"""Tables and paragraphs of a web page, as texts; the sources interpret them.

The page is parsed by Lexbor (package selectolax): linear in its size, no scripts, no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fcm_migration.errors import LayoutError
from fcm_migration.workbook.layout import normalise
from fcm_migration.workbook.model import NamedFile, Row, read_named

_WIDEST = 200
_HEADINGS = ("caption", "h1", "h2", "h3", "h4", "h5", "h6")


@dataclass(frozen=True)
class PageTable:
    """One table: the last heading above it (its own caption counts) and its rows of texts.

    A cell over several columns or rows stands in each of them.
    """

    heading: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Page:
    """A page's title, its tables in order, and its paragraphs and list items in order."""

    title: str
    tables: tuple[PageTable, ...]
    paragraphs: tuple[str, ...]


def read_page(source: NamedFile | Path | bytes, *, where: str = "page") -> Page:
    """Read a web page; ``where`` names bytes in messages.

    Raises LayoutError where the bytes are not UTF-8 text.
    """
    from selectolax.lexbor import LexborHTMLParser

    content, where = read_named(source, where)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LayoutError("the page is not UTF-8", where=where, got=str(error)) from None
    tree = LexborHTMLParser(text)
    for hidden in tree.css("script, style, template, noscript"):
        hidden.decompose()
    title = tree.css_first("title")
    heading, tables = "", []
    for node in tree.css(", ".join((*_HEADINGS, "table"))):
        if node.tag != "table":
            heading = _text(node)
            continue
        caption = node.css_first("caption")
        tables.append(PageTable(_text(caption) if caption else heading, _rows(node, where)))
    paragraphs = tuple(text for node in tree.css("p, li") if (text := _text(node)))
    return Page(_text(title) if title else "", tuple(tables), paragraphs)


def read_whole_page(source: NamedFile | Path) -> Page:
    """Return the page of a saved file.

    Raises:
        LayoutError: the page is not UTF-8, or cut off before its end.
    """
    content, where = read_named(source, "page")
    page = read_page(content, where=where)
    if b"</html>" not in content.lower():
        raise LayoutError("the page is cut off", where=where, expected="</html>")
    return page


def _text(node: object) -> str:
    return normalise(node.text(separator=" "))  # type: ignore[attr-defined]


def _rows(table: object, where: str) -> tuple[Row, ...]:
    """Return rows of equal width; a cell over several columns or rows is repeated."""
    rows: list[dict[int, str]] = []
    spanning: dict[tuple[int, int], str] = {}
    for number, line in enumerate(table.css("tr")):  # type: ignore[attr-defined]
        row = {column: text for (at, column), text in spanning.items() if at == number}
        column = 0
        for cell in line.css("th, td"):
            while column in row:
                column += 1
            wide, high = _span(cell, "colspan", where), _span(cell, "rowspan", where)
            for place in range(column, column + wide):
                row[place] = _text(cell)
                for below in range(1, high):
                    spanning[number + below, place] = row[place]
            column += wide
        rows.append(row)
    width = max((max(row, default=-1) + 1 for row in rows), default=0)
    return tuple(tuple(row.get(place, "") for place in range(width)) for row in rows if row)


def _span(cell: object, name: str, where: str) -> int:
    text = cell.attributes.get(name) or "1"  # type: ignore[attr-defined]
    if not text.isdigit() or not 1 <= int(text) <= _WIDEST:
        raise LayoutError(f"a cell with {name}", where=where, expected=f"1-{_WIDEST}", got=text)
    return int(text)
