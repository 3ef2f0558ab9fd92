"""Reading a workbook as text.

A library opens it that a hostile file can crash or make eat memory, so a refresh calls this in the
limited process only (:mod:`fcm_migration.limited`).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fcm_migration.errors import LayoutError, UnsafeFileError
from fcm_migration.workbook.model import DEFAULT_LIMITS, Limits, NamedFile, Row, Sheet, named
from fcm_migration.workbook.precheck import check_archive

if TYPE_CHECKING:
    import polars as pl

# Calamine's names of formula errors, and what a spreadsheet shows in the cell. fastexcel would
# return them as nulls, which look like empty cells.
ERROR_TEXTS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
    "GettingData": "#GETTING_DATA",
}


def read_workbook(
    source: NamedFile | Path,
    *,
    sheets: Sequence[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Sheet]:
    """Read the sheets asked for (all of them for None) of an .xlsx or .ods file, as text.

    Text is in composed Unicode (NFC). Raises UnsafeFileError for a file that breaks a limit or
    cannot be read, LayoutError for a sheet that is not there.
    """
    import fastexcel

    path, where = named(source)
    kind = check_archive(path, limits, where)
    with tempfile.TemporaryDirectory(prefix="fcm-workbook-") as directory:
        # A copy with the suffix of its content: calamine goes by the suffix first, and its
        # message for a format it has to guess is not informative.
        copy = Path(directory) / f"workbook.{kind}"
        shutil.copyfile(path, copy)
        try:
            book = fastexcel.read_excel(copy)
            names = list(book.sheet_names)
            _refuse_missing(where, sheets, names)
            wanted = names if sheets is None else sheets
            return {name: _sheet(where, book, name, limits) for name in wanted}
        except fastexcel.FastExcelError as error:
            detail = str(error).splitlines()[0]
            raise UnsafeFileError("the workbook is broken", where=where, got=detail) from None


def _refuse_missing(where: str, wanted: Sequence[str] | None, names: Sequence[str]) -> None:
    missing = [name for name in wanted or [] if name not in names]
    if missing:
        raise LayoutError(
            f"no sheet named {', '.join(map(repr, missing))}",
            where=where,
            expected=missing,
            got=list(names),
        )
    if not names:
        raise LayoutError("the workbook has no sheet", where=where)


def _sheet(where: str, book: Any, name: str, limits: Limits) -> Sheet:
    # skip_rows=0 keeps leading empty rows, so that row numbers are those of the sheet.
    loaded = book.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
    if loaded.total_height * loaded.width > limits.cells:
        size = f"{loaded.total_height} x {loaded.width} cells in sheet {name!r}"
        raise UnsafeFileError("the workbook is too large", where=where, got=size)
    columns = loaded.available_columns()
    if not (loaded.total_height and columns):
        return Sheet(name, ())
    left = ("",) * min(column.absolute_index for column in columns)
    return Sheet(name, trim([left + row for row in _texts(loaded).rows()]))


def _texts(loaded: Any) -> pl.DataFrame:
    """Return one sheet with every cell as text, "" where empty, dates in ISO form."""
    import polars as pl

    batch, problems = loaded.to_arrow_with_errors()
    columns = [pl.Series(pl.from_arrow(batch.column(at))) for at in range(batch.num_columns)]
    patches: dict[int, list[tuple[int, str]]] = {}
    for problem in problems.errors if problems is not None else ():
        row, column = problem.offset_position
        patches.setdefault(column, []).append((row, error_text(problem.detail)))
    for column, cells in patches.items():
        rows, texts = zip(*cells, strict=True)
        columns[column] = columns[column].scatter(list(rows), list(texts))
    frame = pl.DataFrame({str(at): values.cast(pl.String) for at, values in enumerate(columns)})
    midnight = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]00:00:00(\.0+)?$"
    moment = r"^([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?)$"
    tidy = pl.all().fill_null("").str.replace(midnight, "${1}").str.replace(moment, "${1}T${2}")
    return frame.select(tidy.str.normalize("NFC"))


def error_text(detail: str) -> str:
    """Return the text of a cell the reader could not convert, so that none is lost silently.

    ``detail`` reads like ``Expected string but got 'Error(NA)'`` or ``... 'DurationIso("PT1H")'``.
    """
    got = detail.partition("but got '")[2].rstrip("'")
    kind, _, inner = got.partition("(")
    inner = inner.rstrip(")").strip('"')
    if kind == "Error":
        return ERROR_TEXTS.get(inner, f"#{inner.upper()}")
    return inner or f"#UNREADABLE: {detail}"


def trim(rows: list[Row]) -> tuple[Row, ...]:
    """Return the rows without trailing empty rows and columns, all of one width."""
    height = len(rows)
    while height and not any(rows[height - 1]):
        height -= 1
    kept = rows[:height]
    width = max((_used(row) for row in kept), default=0)
    return tuple(row[:width] for row in kept)


def _used(row: Row) -> int:
    width = len(row)
    while width and not row[width - 1]:
        width -= 1
    return width
