"""Rows of IRCC's tab-separated files, which call themselves .csv."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fcm_migration.periods import month_number, refuse_odd_years
from fcm_migration.workbook import Sheet, find_header, normalise, parse_counts, pick_columns


@dataclass(frozen=True)
class Rows:
    """The rows below the header, column by column.

    Attributes:
        texts: by the publisher's label, the text of each row, white space normalised.
        years: year of each row.
        months: month of each row, 1 to 12.
        first_row: number of the first row, for messages.
        further: labels of the columns that were not asked for.
    """

    texts: dict[str, list[str]]
    years: pl.Series
    months: list[int]
    first_row: int
    further: tuple[str, ...]


def read_rows(sheet: Sheet, labels: Sequence[str], where: str) -> Rows:
    """Return the rows of these columns; EN_YEAR and EN_MONTH must be among them.

    Raises:
        LayoutError: a column is missing or stands twice, or a year or month is none.
    """
    top = find_header(sheet, labels)
    at, further = pick_columns(sheet.rows[top], labels, where)
    body = sheet.rows[top + 1 :]
    texts = {label: [normalise(row[place]) for row in body] for label, place in at.items()}
    years = parse_counts(
        texts["EN_YEAR"], marks={}, where=f"{where}, EN_YEAR", first_row=top + 2
    ).values
    refuse_odd_years(years, where)
    months = [month_number(text, f"{where}, EN_MONTH") for text in texts["EN_MONTH"]]
    return Rows(texts, years, months, top + 2, further)
