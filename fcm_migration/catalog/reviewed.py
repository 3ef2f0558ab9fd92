"""Readers of reviewed CSV files: tables that people write and keep under version control."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from fcm_migration.catalog.derive import POLARS_TYPE, conform
from fcm_migration.catalog.model import DType, Table
from fcm_migration.errors import UsageError


def read_texts(path: Path, columns: Sequence[str], *, more_columns: bool = False) -> pl.DataFrame:
    """Return the columns of a CSV file as text; an empty cell is an empty text.

    The literal text "NA" is a value like any other.

    Args:
        path: the file.
        columns: its header.
        more_columns: the file may have other columns too, which are left out; otherwise its
            header must be exactly ``columns``.

    Raises:
        UsageError: the file is missing or has another header.
    """
    if not path.is_file():
        raise UsageError("a reference table is missing", where=path.name, expected=str(path))
    frame = pl.read_csv(path, glob=False, infer_schema=False).with_columns(pl.all().fill_null(""))
    missing = [name for name in columns if name not in frame.columns]
    if missing or (frame.columns != list(columns) and not more_columns):
        raise UsageError(
            "the reference table has another header",
            where=path.name,
            expected=list(columns),
            got=frame.columns,
            remedy=f"add the columns {missing}" if missing else "name exactly these columns",
        )
    return frame.select(columns)


def read_declared(path: Path, table: Table) -> pl.DataFrame:
    """Return a reviewed CSV file as the table it is declared to be.

    Raises:
        UsageError: the file is missing, has another header, or holds a text where a date or a
            number is declared.
        ConformError: a value is not allowed by its column's declaration.
    """
    texts = read_texts(path, table.column_names)
    typed = {c.name: c.dtype for c in table.columns if c.dtype != "string"}
    cells = {name: pl.col(name).replace("", None) for name in typed}
    try:
        frame = texts.with_columns(
            _typed(cell, typed[column]).alias(column) for column, cell in cells.items()
        )
    except pl.exceptions.InvalidOperationError as error:
        raise UsageError(
            "the reference table has a value that is no date, number or boolean",
            where=path.name,
            got=str(error).splitlines()[0],
        ) from error
    return conform(frame, table)


def _typed(cell: pl.Expr, dtype: DType) -> pl.Expr:
    if dtype == "date":
        return cell.str.to_date("%Y-%m-%d")
    if dtype == "boolean":
        return cell.replace_strict({"true": True, "false": False}, return_dtype=pl.Boolean)
    return cell.cast(POLARS_TYPE[dtype])
