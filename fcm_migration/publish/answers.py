"""Answers to questions on the published file, in formats for people and for programs."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

import polars as pl

from fcm_migration.console import write_for_programs
from fcm_migration.errors import UsageError
from fcm_migration.outfile import check_file, write_file, write_parquet
from fcm_migration.publish.asking import answer, closing
from fcm_migration.publish.laid_out import write_table, write_vertical
from fcm_migration.publish.query import open_as_of, open_read_only

# What makes a spreadsheet take a text for a formula: signs, also in their wide forms, and what one
# may drop before it looks at the first sign (LibreOffice drops NUL). Texts that are figures all the
# same (a negative coordinate, a telephone number) are none: signs and digits alone call nothing.
FORMULA_STARTS = (*"=+-@\t\r\n\0", *"\uff1d\uff0b\uff0d\uff20")
ONLY_FIGURES = r"^[0-9+\-., ]*$"
FORMATS = ("table", "vertical", "csv", "csv-plain", "json", "parquet")
AS_OF_REMEDY = (
    "as of a day core.<table> and meta are there; "
    "ask histories, marts and forecasts without --as-of"
)


def run_query(
    published: Path,
    sql: str,
    *,
    fmt: str | None = None,
    out: Path | None = None,
    as_of: date | None = None,
    bom: bool | None = None,
    seconds: float | None = None,
) -> None:
    """Answer one question on the published file in a format for people or programs.

    Args:
        published: the published file.
        sql: the question.
        fmt: one of :data:`FORMATS`; None for a table, or for ``vertical`` on a terminal that is too
            narrow for it. ``vertical`` has one field a line. ``csv`` is for spreadsheets: a text
            that one would take for a formula begins with ``'``, and a file begins with UTF-8's
            byte-order mark, without which Excel garbles letters. ``csv-plain`` is for programs: the
            texts as they are.
        out: file to write to; None for standard output.
        as_of: show core tables as they stood published on that day.
        bom: whether CSV begins with a byte-order mark; None for the format's own way.
        seconds: how long DuckDB may take for the answer; None for no limit.

    Raises:
        UsageError: the question is not one statement that reads, or DuckDB refuses it; or the
            options do not fit together.
        LimitError: the answer takes too long, or needs too much space.
    """
    _check_options(fmt, out, bom)
    opened = open_read_only(published) if as_of is None else open_as_of(published, as_of)
    with closing(opened) as connection:
        remedy = "" if as_of is None else AS_OF_REMEDY
        frame = answer(connection, sql, remedy=remedy, seconds=seconds)
    if out is None:
        _write(frame, fmt, sys.stdout, bom=bool(bom))
    elif fmt == "parquet":
        write_parquet(out, frame)
    else:

        def write(part: Path) -> None:
            with part.open("w", encoding="utf-8", newline="") as file:
                _write(frame, fmt, file, bom=fmt == "csv" if bom is None else bom)

        write_file(out, write)


def _check_options(fmt: str | None, out: Path | None, bom: bool | None) -> None:
    """Raise UsageError for options that do not fit together, before anything is asked."""
    if bom is not None and fmt not in ("csv", "csv-plain"):
        raise UsageError(
            "a byte-order mark is for CSV", got=fmt or "table", expected="csv or csv-plain"
        )
    if out is None and fmt == "parquet":
        raise UsageError("Parquet is not for a terminal", expected="--out FILE")
    if out is not None:
        check_file(out)


def _write(frame: pl.DataFrame, fmt: str | None, file: TextIO, *, bom: bool) -> None:
    if fmt in ("csv", "csv-plain"):
        if nested := [name for name, dtype in frame.schema.items() if dtype.is_nested()]:
            raise UsageError("CSV has no place for lists or structures", got=nested)
        written = safe_for_spreadsheets(frame) if fmt == "csv" else frame
        # Polars writing to a pipe itself would turn a reader's hanging up into an error of its own
        write_for_programs(("\ufeff" if bom else "") + written.write_csv(), file)
    elif fmt == "json":
        # JSON has no NaN; a program that reads it strictly would refuse the whole answer
        floats = pl.selectors.float()
        frame = frame.with_columns(pl.when(floats.is_finite()).then(floats))
        rows = frame.to_dicts()
        text = json.dumps(rows, default=_json_value, ensure_ascii=False, indent=1, allow_nan=False)
        write_for_programs(f"{text}\n", file)
    elif fmt == "vertical":
        write_vertical(frame, file)
    else:
        write_table(frame, file, or_vertical=fmt is None)


def spreadsheet_csv(frame: pl.DataFrame) -> bytes:
    """Return a frame as the format ``csv`` has it in a file: for spreadsheets, with a BOM."""
    return b"\xef\xbb\xbf" + safe_for_spreadsheets(frame).write_csv().encode()


def safe_for_spreadsheets(frame: pl.DataFrame) -> pl.DataFrame:
    """Put ``'`` before texts that a spreadsheet would take for a formula.

    Numbers are untouched, and so are texts of nothing but digits, signs, points, commas and spaces
    (coordinates): they can be taken for a number at worst. Names of columns are guarded, too: a
    PIVOT makes them of texts.
    """
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    starts = pl.any_horizontal(*(pl.col("x").str.starts_with(start) for start in FORMULA_STARTS))
    safe = []
    for name in texts:
        marked = frame.select(pl.col(name).alias("x")).select(
            pl.when(starts & ~pl.col("x").str.contains(ONLY_FIGURES))
            .then(pl.concat_str(pl.lit("'"), "x"))
            .otherwise("x")
            .alias(name)
        )
        safe.append(marked.get_column(name))
    return frame.with_columns(safe).rename(_safe_names(frame.columns))


def _safe_names(names: Sequence[str]) -> dict[str, str]:
    """Return the guarded names of columns by those to be guarded; none is another column's."""
    safe: dict[str, str] = {}
    for name in names:
        if name.startswith(FORMULA_STARTS) and not re.fullmatch(ONLY_FIGURES, name):
            marked = f"'{name}"
            while marked in names or marked in safe.values():
                marked = f"'{marked}"
            safe[name] = marked
    return safe


def _json_value(value: object) -> Any:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):  # DuckDB's sum of counts, among others
        return int(value) if value == value.to_integral_value() else float(value)
    return str(value)
