"""Answers laid out for reading: a table, or one field a line where a table would not fit.

In a pipe nothing is wrapped. On a terminal a column of numbers, dates or short texts keeps its
width and a long text is wrapped, but never into a column narrower than it takes to read it. Where
that needs more than the terminal has, the answer is shown vertically instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, TextIO

import polars as pl

from fcm_migration.console import console as new_console
from fcm_migration.console import say
from fcm_migration.printable import printable

if TYPE_CHECKING:
    from rich.console import Console

SHOWN_ROWS = 1_000
GAP = 2  # columns of the screen between two columns of a table
LEAST_NAME = 12  # a longer name of a column may be wrapped to this
LEAST_TEXT, MOST_LEAST = 24, 60  # a longer text may be wrapped to this, by its length
LINES_OF_A_TEXT = 6
RULE, MOST_RULE = 40, 80  # length of the line above a record: in a pipe, at most on a terminal
TAB = 4


def write_table(frame: pl.DataFrame, file: TextIO, *, or_vertical: bool) -> None:
    """Write the first rows of an answer as a table, for people.

    Args:
        frame: the answer.
        file: where to write; on a terminal its width counts.
        or_vertical: write one field a line instead if the table does not fit the terminal;
            otherwise write the wider table. Either way standard error says so.
    """
    from rich.table import Table as Grid

    cells = _cells(frame)
    screen = new_console(file=file)
    natural = [max(map(_width, column)) for column in cells]
    widths, fits = natural, True
    if screen.is_terminal:
        least = _least_widths(frame, cells)
        fits = _total(least) <= screen.width
        widths = _widened(least, natural, screen.width)
    if not fits:
        too_wide = f"a table of these {len(cells)} columns would be {_total(least)} characters "
        too_wide += f"wide, and the terminal has {screen.width}"
        if or_vertical:
            say(f"{too_wide}: one field a line instead (--format table forces it)", error=True)
            write_vertical(frame, file)
            return
        say(f"{too_wide}: --format vertical is easier to read", error=True)
    grid = Grid(box=None, pad_edge=False)
    for (name, *_), dtype, width in zip(cells, frame.dtypes, widths, strict=True):
        justify = "right" if dtype.is_numeric() else "left"
        grid.add_column(name, justify=justify, overflow="fold", width=width)  # type: ignore[arg-type]
    for row in list(zip(*cells, strict=True))[1:]:
        grid.add_row(*row)
    screen.width = max(screen.width, _total(widths))
    with screen.capture() as captured:  # left to itself, rich exits 1 when a reader hangs up
        screen.print(grid)
    file.write(captured.get() + _left_out(frame))


def write_vertical(frame: pl.DataFrame, file: TextIO) -> None:
    """Write the first rows of an answer with one field a line: name and value.

    A rule with its number stands above each record. On a terminal long values are wrapped below
    their first line.
    """
    screen = new_console(file=file)
    width = screen.width if screen.is_terminal else None
    cells = _cells(frame)
    shown = min(frame.height, SHOWN_ROWS)
    lines = []
    for number in range(1, shown + 1):
        lines.append(f"-- {number} of {frame.height:,} ".ljust(min(width or RULE, MOST_RULE), "-"))
        lines += _record(screen, [(c[0], c[number]) for c in cells], width)
    file.write("".join(f"{line}\n" for line in lines) + _left_out(frame))


def _record(screen: Console, fields: Sequence[tuple[str, str]], width: int | None) -> Iterator[str]:
    """Yield the lines of one record; values stand below their names where these are long."""
    longest = max(_width(name) for name, _ in fields)
    is_below = width is not None and longest > width // 2 - GAP
    indent = GAP * 2 if is_below else longest + GAP
    for name, value in fields:
        lines = _wrapped(screen, value, None if width is None else width - indent)
        if is_below:
            yield from _wrapped(screen, name, width)
        else:
            head = name + " " * (indent - _width(name))
            yield (head + lines.pop(0)).rstrip()
        yield from (f"{' ' * indent}{line}".rstrip() for line in lines)


def _wrapped(screen: Console, text: str, width: int | None) -> list[str]:
    """Return the lines of a text, wrapped between words where it is wider than a width."""
    from rich.text import Text

    lines = text.split("\n")
    if width is None:
        return lines
    return [
        part.plain.rstrip()
        for line in lines
        for part in (Text(line).wrap(screen, max(width, 2), overflow="fold") or [Text("")])
    ]


def _left_out(frame: pl.DataFrame) -> str:
    more = frame.height - SHOWN_ROWS
    return f"... and {more:,} rows more; --format csv has all\n" if more > 0 else ""


def _cells(frame: pl.DataFrame) -> list[list[str]]:
    """Return what each column shows: its name, then its first values."""
    shown = frame.head(SHOWN_ROWS)
    return [
        [_cell(column.name).replace("\n", " "), *map(_cell, column.to_list())]
        for column in shown.iter_columns()
    ]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, date | datetime):
        return value.isoformat()
    return printable(str(value)).expandtabs(TAB)


def _width(text: str) -> int:
    """Return how many columns of a screen the widest line of a text takes."""
    from rich.cells import cell_len  # some letters are two columns wide, and marks none

    return max(map(cell_len, text.split("\n")))


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def _least_widths(frame: pl.DataFrame, cells: Sequence[Sequence[str]]) -> list[int]:
    """Return the narrowest widths at which each column can still be read."""
    least = []
    for dtype, (name, *values) in zip(frame.dtypes, cells, strict=True):
        widest = max(map(_width, values), default=0)
        if dtype == pl.String or dtype.is_nested():
            readable = max(LEAST_TEXT, min(-(-widest // LINES_OF_A_TEXT), MOST_LEAST))
            widest = min(widest, readable)
        least.append(max(widest, min(_width(name), LEAST_NAME), 1))
    return least


def _widened(least: Sequence[int], natural: Sequence[int], width: int) -> list[int]:
    """Return widths that share what a terminal has left, always to the narrowest in need."""
    widths = list(least)
    for _ in range(width - _total(least)):
        needy = [n for n, wide in enumerate(widths) if wide < natural[n]]
        if not needy:
            break
        widths[min(needy, key=widths.__getitem__)] += 1
    return widths
