"""Home Office detailed datasets in the publisher's layout, from the tidy rows in the fixtures.

Simulated figures, see the READMEs. A workbook is a mapping of sheet names to rows of cells, so a
test can break one cell without writing a file.
"""

from __future__ import annotations

import csv
import io
from datetime import date

import polars as pl

from fcm_migration.workbook import Sheet
from tests.sources.fake_get import FIXTURES
from tests.sources.reading import as_texts
from tests.workbook.writers import Cell

Table = list[list[Cell]]
ASSETS = "https://assets.publishing.service.gov.uk/media"
FILES = {"uk_irregular_migration": "detections.csv", "uk_asylum_claims": "claims.csv"}


def table(source_id: str) -> Table:
    """Header and rows of the fixture, to be changed."""
    text = (FIXTURES / source_id / FILES[source_id]).read_text(encoding="utf-8")
    header, *rows = csv.reader(io.StringIO(text))
    return [list(header), *([int(row[0]), *row[1:-1], int(row[-1])] for row in rows)]


def workbook(rows: Table, sheet: str) -> dict[str, Table]:
    """The dataset's sheet among others: a title above, a blank row and footnotes below."""
    return {
        "Cover_sheet": [["Simulated: immigration system statistics"], ["Crown copyright"]],
        sheet: [
            ["Simulated detailed dataset"],
            *rows,
            [None],
            ["Source: simulated"],
            ["1. A footnote."],
        ],
        f"{sheet[:-2]}02": [["Another dataset"], ["Year", "Quarter", "Decisions"]],
    }


def sheets(rows: Table, sheet: str) -> dict[str, Sheet]:
    """What the workbook reader makes of :func:`workbook`, without the file."""
    return as_texts(workbook(rows, sheet))


def csv_bytes(rows: Table) -> bytes:
    """The rows as plain CSV, as a person may bring them."""
    target = io.StringIO()
    csv.writer(target, lineterminator="\r\n").writerows(rows)
    return target.getvalue().encode()


def landing(*addresses: str) -> bytes:
    """A page of statistical data sets: its links, relative ones and other subjects among them."""
    others = [
        "/government/statistics",
        f"{ASSETS}/aa/illegal-entry-routes-to-the-uk-summary-jun-2026-tables.ods",
        f"{ASSETS}/ab/outcome-analysis-asylum-claims-datasets-jun-2026.xlsx",
        f"{ASSETS}/ac/asylum-claims-awaiting-decision-datasets-jun-2026.xlsx",
        f"{ASSETS}/ad/asylum-claims-datasets-latest.xlsx",
    ]
    links = "".join(f'<p><a href="{href}">data</a></p>' for href in [*others, *addresses])
    return f"<!doctype html><html><body>{links}</body></html>".encode()


def published(frame: pl.DataFrame) -> pl.DataFrame:
    """A core table as a refresh publishes it: with the release each row is from."""
    return frame.with_columns(
        pl.lit(date(2026, 9, 1)).alias("as_of_date"),
        pl.lit("a release").alias("snapshot_id"),
        pl.lit("inbox").alias("obtained"),
    )
