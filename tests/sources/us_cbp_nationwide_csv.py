"""The CBP nationwide fixture taken apart, so that tests can change it and put it together again."""

from __future__ import annotations

import csv
import io

from tests.sources.fake_get import FIXTURES

FOLDER = FIXTURES / "us_cbp_nationwide"
AREAS_NAME = "nationwide-encounters-fy23-fy24-nov-aor.csv"
STATES_NAME = "nationwide-encounters-fy23-fy24-nov-state.csv"
AREAS_BYTES = (FOLDER / AREAS_NAME).read_bytes()
STATES_BYTES = (FOLDER / STATES_NAME).read_bytes()

Table = list[list[str]]


def text_of(rows: Table) -> bytes:
    """The rows as the publisher writes them."""
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerows(rows)
    return target.getvalue().encode()


def table(content: bytes = AREAS_BYTES) -> Table:
    """Header and rows, to be changed."""
    return list(csv.reader(io.StringIO(content.decode())))
