"""The CBP fixture taken apart, so that tests can change it and put it together again."""

from __future__ import annotations

from tests.sources.fake_get import FIXTURES

FOLDER = FIXTURES / "us_cbp_sbo"
NAME = "sbo-encounters-fy23-fy24-nov.csv"
BYTES = (FOLDER / NAME).read_bytes()
HEADER, *ROWS = [line.split(",") for line in BYTES.decode().splitlines()]
YEAR, GROUPING, MONTH, COMPONENT, DEMOGRAPHIC, ORIGIN, TITLE, KIND, COUNT = range(9)

Table = list[list[str]]


def text_of(rows: Table) -> bytes:
    """The rows as the publisher writes them."""
    return "".join(",".join(row) + "\r\n" for row in rows).encode()


def table() -> Table:
    """Header and rows, to be changed."""
    return [list(row) for row in (HEADER, *ROWS)]
