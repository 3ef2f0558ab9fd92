"""The publishers' real workbooks are read completely and quickly."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fcm_migration.workbook import Sheet, find_header, read_workbook

pytestmark = pytest.mark.shared_data

# The goal is 1.5 s on a quiet machine; the margin is for busy ones.
SECONDS = 6


def timed(path: Path) -> dict[str, Sheet]:
    started = time.perf_counter()
    book = read_workbook(path)
    assert time.perf_counter() - started < SECONDS
    return book


def test_ohss(shared_data: Path) -> None:
    book = timed(next((shared_data / "us_ohss_usbp").glob("*.xlsx")))
    assert len(book) == 16
    sheet = book["Monthly Citizenship"]
    assert find_header(sheet, [cell for cell in sheet.rows[0] if cell]) == 0
    assert len(sheet.rows) == 9_706
    assert {len(row) for row in sheet.rows} == {4}


def test_ircc(shared_data: Path) -> None:
    book = timed(next((shared_data / "ca_ircc_asylum").glob("*.xlsx")))
    (sheet,) = book.values()
    assert any("--" in row for row in sheet.rows)
    assert {len(row) for row in sheet.rows} == {len(sheet.rows[0])}


def test_frontex(shared_data: Path) -> None:
    assert len(timed(shared_data / "frontex" / "ibc.xlsx")["Detections_of_IBC"].rows) == 886


def test_small_boats(shared_data: Path) -> None:
    paths = sorted((shared_data / "uk_small_boats" / "releases").glob("*.ods"))
    assert len(paths) == 18
    for path in paths[::6]:
        book = timed(path)
        header = find_header(book["SB_01"], ["Date"])
        dates = [row[0] for row in book["SB_01"].rows[header + 1 :]]
        assert dates[0] == "2018-01-01"
        assert all(len(text) == len("2018-01-01") for text in dates)
