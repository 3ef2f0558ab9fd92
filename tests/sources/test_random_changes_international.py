"""Frontex, Eurostat, IOM and UCDP: files changed at random read the same or are refused."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from fcm_migration.catalog.model import Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources import (
    eurostat_asylum_decisions,
    eurostat_asylum_monthly,
    frontex_ibc,
    iom_missing_migrants,
    ucdp_ged,
)
from fcm_migration.sources.base import Parsed, ReleaseFile, Source
from tests.sources import eurostat_files, frontex_ibc_workbook, iom_files, ucdp_files
from tests.sources.reading import as_texts, conformed, read
from tests.sources.test_random_changes import Grid, never_otherwise


def not_older(parsed: Parsed, table: Table, newest: date) -> Parsed:
    """Refuse a file without its newest column: that is the release before, which only it tells."""
    if parsed.tables[table.name][table.period or ""].max() != newest:
        raise LayoutError("an older release")
    return parsed


def test_frontex() -> None:
    def reading(grid: Grid) -> Parsed:
        book = as_texts(frontex_ibc_workbook.book() | {frontex_ibc_workbook.SHEET: grid})
        parsed = conformed(frontex_ibc.SOURCE, frontex_ibc.from_sheets(book, "x"))
        return not_older(parsed, frontex_ibc.TABLE, date(2010, 3, 1))

    never_otherwise(
        lambda: frontex_ibc_workbook.book()[frontex_ibc_workbook.SHEET],
        reading,
        lambda grid, row, place: isinstance(grid[row][place], int),
    )


@pytest.mark.parametrize(
    ("source", "name", "newest"),
    [
        (eurostat_asylum_monthly.SOURCE, "migr_asyappctzm_citizen_TOTAL.tsv", date(2020, 8, 1)),
        (eurostat_asylum_decisions.SOURCE, "migr_asydcfstq_citizen_TOTAL.tsv", date(2020, 7, 1)),
    ],
)
def test_eurostat(tmp_path: Path, source: Source, name: str, newest: date) -> None:
    def reading(grid: Grid) -> Parsed:
        cells = [["" if cell is None else cell for cell in row] for row in grid]
        parsed = eurostat_files.reading(source, tmp_path, eurostat_files.tsv(cells))
        return not_older(parsed, source.tables[0], newest)

    never_otherwise(
        lambda: eurostat_files.grid(source.source_id, name),
        reading,
        lambda _, row, place: row > 0 and place > 0,
    )


@pytest.mark.parametrize(("name", "empty"), [(iom_files.CSV_2020, 5), (iom_files.CSV_2026, 11)])
def test_iom(tmp_path: Path, name: str, empty: int) -> None:
    source = iom_missing_migrants.SOURCE

    def make() -> Grid:
        text = (iom_files.FOLDER / name).read_text(encoding="utf-8-sig")
        return [list(row) for row in csv.reader(StringIO(text))]

    def reading(grid: Grid) -> Parsed:
        path = tmp_path / name
        path.write_text(ucdp_files.text_of([[c or "" for c in row] for row in grid]), "utf-8")
        parsed = conformed(source, source.parse([ReleaseFile(name, path)]))
        if parsed.marks != {"": empty}:
            raise LayoutError("more figures not stated; the count of marks tells")
        return parsed

    column = make()[0].index("Number Dead")
    never_otherwise(make, reading, lambda _, row, place: row > 0 and place == column)


def test_ucdp(tmp_path: Path) -> None:
    best = ucdp_files.AT["best"]

    def reading(grid: Grid) -> Parsed:
        cells = [[c or "" for c in row] for row in grid]
        return read(ucdp_ged.SOURCE, ucdp_files.write_final(tmp_path, cells))

    never_otherwise(ucdp_files.table, reading, lambda _, row, place: row > 0 and place == best)
