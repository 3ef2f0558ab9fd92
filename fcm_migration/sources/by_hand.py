"""Shared by sources whose figures a person copies into a CSV of our layout."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.sources.base import TOTAL, Parsed, ReleaseFile, only_file
from fcm_migration.workbook import (
    TOTAL_LABEL,
    CountTemplate,
    Sheet,
    day_in_name,
    find_header,
    normalise,
    pick_columns,
    read_counts,
    read_csv_text,
)


@dataclass(frozen=True)
class Cells:
    """The filled rows of a CSV, column by column.

    Attributes:
        texts: by label of the header, the text of each row, white space normalised.
        first_row: number of the first row below the header, for messages.
        notes: a remark on columns nobody asked for.
        layout: the fingerprint of the header.
    """

    texts: dict[str, list[str]]
    first_row: int
    notes: tuple[str, ...]
    layout: tuple[str, ...]


def only_csv(files: Sequence[ReleaseFile]) -> tuple[dict[str, Sheet], str]:
    """Return the one CSV of a release as a sheet under the file's name, and that name.

    Raises:
        LayoutError: the release has several files.
    """
    file = only_file(files)
    return {file.name: Sheet(file.name, read_csv_text(file, delimiter=","))}, file.name


def read_cells(sheet: Sheet, labels: Collection[str], where: str) -> Cells:
    """Return the cells below the header; blank rows are left out.

    Raises:
        LayoutError: a column is missing or stands twice.
    """
    labels = list(labels)
    top = find_header(sheet, labels)
    at, extra = pick_columns(sheet.rows[top], labels, where)
    body = [row for row in sheet.rows[top + 1 :] if any(normalise(cell) for cell in row)]
    return Cells(
        {label: [normalise(row[at[label]]) for row in body] for label in labels},
        top + 2,
        (f"Columns not read: {', '.join(extra)}.",) if extra else (),
        tuple(f"column {label}" for label in (*labels, *extra)),
    )


def read_table(
    template: CountTemplate, table: Table, names: Mapping[str, str], sheet: Sheet, where: str
) -> Parsed:
    """Turn a filled template into a core table; ``names`` maps start, label and count to it.

    Raises:
        LayoutError: as :func:`~fcm_migration.workbook.read_counts`.
    """
    read = read_counts(template, sheet, where)
    return Parsed({table.name: read.frame.rename(names)}, read.marks, read.notes, read.layout)


def origin_label(column: str) -> pl.Expr:
    """Return the draft's origin: the printed total stands for every origin."""
    return pl.when(pl.col(column) == TOTAL_LABEL).then(pl.lit(TOTAL)).otherwise(pl.col(column))


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Return the date a person put into the file's name; None where there is none."""
    return day_in_name(files[0].name)
