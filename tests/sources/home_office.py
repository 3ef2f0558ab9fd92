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
FILES = {
    "uk_asylum_claims": "claims.csv",
    "uk_asylum_support": "support.csv",
    "uk_awaiting_decision": "awaiting.csv",
    "uk_initial_decisions": "decisions.csv",
    "uk_irregular_migration": "detections.csv",
    "uk_returns": "returns.csv",
}


def table(source_id: str) -> Table:
    """Header and rows of the fixture, to be changed."""
    text = (FIXTURES / source_id / FILES[source_id]).read_text(encoding="utf-8")
    header, *rows = csv.reader(io.StringIO(text))
    return [list(header), *([_cell(row[0]), *row[1:-1], int(row[-1])] for row in rows)]


def _cell(period: str) -> Cell:
    """A year as the number it is; a day ("31 Dec 2023") as the text that the publisher prints."""
    return int(period) if period.isdigit() else period


def as_published(frame: pl.DataFrame) -> Table:
    """Rows that others wrote down as the publisher's sheet has them: header and cells.

    What they added (Date beside Year and Quarter) goes; a quarter without its year gets it; the day
    of a stock becomes text under the publisher's heading; figures become whole numbers.
    """
    if "Year" in frame.columns:
        year = pl.col("Year").cast(pl.Float64).cast(pl.Int64)
        quarter = pl.format("{} Q{}", year, pl.col("Quarter").str.slice(-1))
        frame = frame.drop("Date").with_columns(year, quarter.alias("Quarter"))
    else:
        day = pl.col("Date").str.to_date().dt.strftime("%d %b %Y")
        frame = frame.with_columns(day).rename({"Date": "Date (as at…)"})
    count = frame.columns[-1]
    whole = frame.with_columns(pl.col(count).cast(pl.Float64).cast(pl.Int64))
    return [list(whole.columns), *(list(row) for row in whole.iter_rows())]


def workbook(rows: Table, sheet: str) -> dict[str, Table]:
    """The dataset's sheet among others: a title above, a blank row and footnotes below."""
    other = f"{sheet[:-2]}{'01' if sheet.endswith('02') else '02'}"
    return {
        "Cover_sheet": [["Simulated: immigration system statistics"], ["Crown copyright"]],
        sheet: [
            ["Simulated detailed dataset"],
            *rows,
            [None],
            ["Source: simulated"],
            ["1. A footnote."],
        ],
        other: [["Another dataset"], ["Year", "Quarter", "Number"]],
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
        f"{ASSETS}/ac/asylum-claims-awaiting-decision-datasets-latest.xlsx",
        f"{ASSETS}/ad/asylum-claims-datasets-latest.xlsx",
        f"{ASSETS}/ae/support-local-authority-datasets-jun-2026.xlsx",
        f"{ASSETS}/af/returns-summary-jun-2026-tables.ods",
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
