"""Parsing a release into core tables, against libraries that only read the same file as texts.

Delimited text: CBP's nationwide file by area beside DuckDB's ``read_csv`` of texts. A spreadsheet:
the Home Office's asylum claims beside fastexcel in this process. Ours also finds the header, checks
every label, mark and period, makes numbers and dates, and reads a workbook in a limited child. The
files are the wire releases of the tests with their citizenships repeated under other names.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.measure import Row, compare
from fcm_migration.sources.base import ReleaseFile, Source
from fcm_migration.sources.uk_home_office import asylum_claims as uk_asylum_claims
from fcm_migration.sources.us_cbp import nationwide as us_cbp_nationwide
from tests.sources.home_office import table, workbook
from tests.sources.us_cbp_nationwide_csv import AREAS_BYTES, AREAS_NAME
from tests.workbook.writers import write_xlsx

ROWS = (25_000, 100_000)
SHEET = "Data_Asy_D01"


def run(*, quick: bool, folder: Path) -> Iterator[Row]:
    """Yield one row for each kind of file and number of rows."""
    repeats = 1 if quick else 5
    kinds = (
        ("parse CSV", "DuckDB read_csv", write_delimited, us_cbp_nationwide.SOURCE, _duckdb),
        ("parse xlsx", "fastexcel", write_spreadsheet, uk_asylum_claims.SOURCE, _fastexcel),
    )
    for ours, peer, write, source, other in kinds:
        for rows in (2_000,) if quick else ROWS:
            path = write(folder, rows)
            times = compare(partial(_parse, source, path), partial(other, path), repeats)
            megabytes = path.stat().st_size / 1e6
            size = f"{rows:,} rows, {megabytes:.1f} MB"
            yield Row("parsing", size, ours, peer, *times, repeats, megabytes)


def write_delimited(folder: Path, rows: int) -> Path:
    """Write CBP's file by area with about so many rows."""
    header, *body = csv.reader(AREAS_BYTES.decode("utf-8-sig").splitlines())
    place = header.index("Citizenship")
    path = folder / f"{rows}-{AREAS_NAME}"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([header, *_repeated(body, place, rows)])
    return path


def write_spreadsheet(folder: Path, rows: int) -> Path:
    """Write the asylum claims with about so many rows."""
    header, *body = table("uk_asylum_claims")
    cells = [header, *_repeated(body, header.index("Nationality"), rows)]
    name = f"asylum-claims-datasets-dec-2009-{rows}.xlsx"
    return write_xlsx(folder / name, workbook(cells, SHEET))


def _repeated(body: Sequence[Sequence[Any]], place: int, rows: int) -> Iterator[list[Any]]:
    """Yield the rows as they are, then again under other names, until there are enough."""
    for number in range(max(1, round(rows / len(body)))):
        for row in body:
            name = f"{row[place]} {number}" if number else row[place]
            yield [*row[:place], name, *row[place + 1 :]]


def _parse(source: Source, path: Path) -> None:
    source.parse([ReleaseFile(path.name, path)])


def _duckdb(path: Path) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.read_csv(str(path), all_varchar=True).to_table("texts")


def _fastexcel(path: Path) -> None:
    import fastexcel

    fastexcel.read_excel(path).load_sheet(SHEET, header_row=None, dtypes="string").to_arrow()
