"""CBP: a file changed in any of these ways reads the same or is refused, never otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fcm_migration.errors import SourceError
from fcm_migration.sources.base import Parsed
from fcm_migration.sources.us_cbp.sbo import SOURCE
from tests.sources.reading import read, same
from tests.sources.us_cbp_sbo_file import (
    BYTES,
    COMPONENT,
    COUNT,
    FOLDER,
    HEADER,
    NAME,
    TITLE,
    Table,
    table,
    text_of,
)


@pytest.fixture(scope="module")
def release() -> Parsed:
    return read(SOURCE, FOLDER / NAME)


@pytest.fixture
def reading(tmp_path: Path) -> Callable[[bytes], Parsed]:
    def read_bytes(content: bytes) -> Parsed:
        path = tmp_path / NAME
        path.write_bytes(content)
        return read(SOURCE, path)

    return read_bytes


def swapped(rows: Table, left: int, right: int, *, header_only: bool) -> Table:
    order = list(range(9))
    order[left], order[right] = right, left
    return [
        [row[i] for i in order] if number == 0 or not header_only else row
        for number, row in enumerate(rows)
    ]


def edited(column: int, edit: Callable[[str], str], row: int = 5) -> Callable[[Table], bytes]:
    def mutate(rows: Table) -> bytes:
        rows[row][column] = edit(rows[row][column])
        return text_of(rows)

    return mutate


MUTATIONS: dict[str, tuple[Callable[[Table], bytes], bool]] = {
    # Name: what is done to the file, and whether it must still be read (to the same rows).
    "two byte order marks": (lambda rows: b"\xef\xbb\xbf" * 2 + text_of(rows), False),
    "line feeds alone": (lambda rows: text_of(rows).replace(b"\r\n", b"\n"), True),
    "blank lines below": (lambda rows: text_of(rows) + b"\r\n\r\n", True),
    "blank line inside": (lambda rows: text_of([*rows[:4], [], *rows[4:]]), False),
    "title above": (lambda rows: b"Encounters\r\n" + text_of(rows), False),
    "wide title above": (lambda rows: text_of([["x"] * 9, *rows]), False),
    "note below": (lambda rows: text_of(rows) + b"Note\r\n", False),
    "semicolons": (lambda rows: text_of(rows).replace(b",", b";"), False),
    "all quoted": (lambda rows: text_of([[f'"{c}"' for c in r] for r in rows]), True),
    "quote left open": (edited(COMPONENT, lambda text: f'"{text}'), False),
    "cut off in a row": (lambda rows: text_of(rows)[:-40], False),
    "rows reversed": (lambda rows: text_of([rows[0], *reversed(rows[1:])]), True),
    "blank columns after": (lambda rows: text_of([[*r, "", ""] for r in rows]), True),
    "header shifted": (lambda rows: text_of([[*rows[0][1:], rows[0][0]], *rows[1:]]), False),
    "rows twice": (lambda rows: text_of([*rows, *rows[1:]]), False),
    "row twice with another figure": (lambda r: text_of([*r, [*r[-1][:COUNT], "7"]]), False),
    "row twice in another grouping": (
        lambda r: text_of([*r, [r[-1][0], "Remaining", *r[-1][2:]]]),
        False,
    ),
    "first year dropped but a month": (
        lambda r: text_of([x for x in r if x[0] != "2023" or x[2] == "SEP"]),
        False,
    ),
    "thousands separators": (edited(COUNT, lambda text: f'"{int(text):,}"'), True),
    "thousands separators unquoted": (edited(COUNT, lambda _: "1,180"), False),
    "decimal point": (edited(COUNT, lambda text: f"{text}.0"), False),
    "space inside": (edited(COUNT, lambda text: f"{text[0]} {text[1:]}"), False),
    "no-break space inside": (edited(COUNT, lambda text: f"{text[0]}\xa0{text[1:]}"), False),
    "no-break space around": (edited(COUNT, lambda text: f"\xa0{text} "), True),
    "no-break space in a label": (edited(COMPONENT, lambda t: t.replace(" ", "\xa0")), True),
    "no-break space in the header": (edited(TITLE, lambda _: "Title\xa0of Authority", 0), True),
    "header in capitals": (edited(TITLE, str.upper, 0), False),
    "star": (edited(COUNT, lambda _: "*"), False),
    "confidential": (edited(COUNT, lambda _: "[c]"), False),
    "dashes": (edited(COUNT, lambda _: "--"), False),
    "emptied": (edited(COUNT, lambda _: ""), False),
    "exponent": (edited(COUNT, lambda _: "1.18E+03"), False),
    **{
        f"labels {HEADER[left]} and {HEADER[right]} swapped": (
            lambda rows, left=left, right=right: text_of(
                swapped(rows, left, right, header_only=True)
            ),
            False,
        )
        for left in range(9)
        for right in range(left + 1, 9)
    },
    **{
        f"columns {HEADER[left]} and {HEADER[right]} swapped": (
            lambda rows, left=left, right=right: text_of(
                swapped(rows, left, right, header_only=False)
            ),
            True,
        )
        for left, right in ((0, 8), (3, 4), (5, 7))
    },
}


@pytest.mark.parametrize(("mutate", "readable"), MUTATIONS.values(), ids=list(MUTATIONS))
def test_a_changed_file_reads_the_same_or_is_refused(
    reading: Callable[[bytes], Parsed],
    release: Parsed,
    mutate: Callable[[Table], bytes],
    readable: bool,
) -> None:
    content = mutate(table())
    assert content != BYTES
    if readable:
        assert same(reading(content), release)
        return
    with pytest.raises(SourceError):
        reading(content)
