"""How the Home Office's quarterly detailed datasets are read, as workbook or CSV.

A workbook holds one tidy sheet with a title row, a header row, rows by quarter, nationality and
further labels, and footnotes below. The same rows as CSV, plain or gzipped, with quarters as
numbers or figures as "14.0", are read too. A stock has the day it was counted instead of a quarter,
which is always the last day of one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from fcm_migration.errors import LayoutError, UnsafeFileError
from fcm_migration.periods import month_number, quarter_start, whole_calendar
from fcm_migration.sources.base import ReleaseFile, only_file
from fcm_migration.sources.uk_home_office.datasets import Dataset
from fcm_migration.sources.uk_home_office.shorthand import SHORTHAND, plain_rows, remark_notes
from fcm_migration.workbook import (
    Sheet,
    find_header,
    normalise,
    normalise_all,
    parse_counts,
    pick_columns,
    read_csv_text,
    read_workbook,
)

MOST_CSV_BYTES = 100_000_000


def read_release(files: Sequence[ReleaseFile], dataset: Dataset) -> dict[str, Sheet]:
    """Read the one sheet of the one file: of a workbook, or a CSV under the file's own name."""
    file = only_file(files)
    if file.name.lower().endswith((".csv", ".csv.gz")):
        content = file.path.read_bytes()
        if file.name.lower().endswith(".gz"):
            content = _inflated(content, file.name)
        return {file.name: Sheet(file.name, read_csv_text(content, delimiter=",", where=file.name))}
    for name in dataset.sheets:
        try:
            return read_workbook(file, sheets=[name])
        except LayoutError as error:
            missing = error
    raise LayoutError(
        "the dataset's sheet is not there",
        where=file.name,
        expected=f"one of {list(dataset.sheets)}",
        got=missing.got,
        remedy="see whether the publisher renamed the sheet or this is the summary workbook",
    )


def _inflated(content: bytes, name: str) -> bytes:
    reader = zlib.decompressobj(wbits=31)
    try:
        text = reader.decompress(content, MOST_CSV_BYTES)
    except zlib.error as error:
        raise UnsafeFileError("broken gzip data", where=name, got=str(error)) from None
    if not reader.eof and reader.unconsumed_tail:
        raise UnsafeFileError("unpacks too large", where=name, expected=f"{MOST_CSV_BYTES:,} bytes")
    if not reader.eof or reader.unused_data:
        raise UnsafeFileError("gzip data cut off or followed by more", where=name)
    return text


def only_sheet(sheets: Mapping[str, Sheet], dataset: Dataset, where: str) -> Sheet:
    """Return the dataset's sheet among those of a workbook, or the one table of a CSV."""
    for name in dataset.sheets:
        if name in sheets:
            return sheets[name]
    if list(sheets) == [where]:
        return sheets[where]
    raise LayoutError(
        "the dataset's sheet is not there",
        where=where,
        expected=f"one of {list(dataset.sheets)}",
        got=sorted(sheets),
    )


@dataclass(frozen=True)
class Read:
    """The rows of a dataset as columns of ours, marks met, what was not read, and the layout.

    The frame has ``is_suppressed`` beside the count.
    """

    frame: pl.DataFrame
    marks: dict[str, int]
    notes: tuple[str, ...]
    layout: tuple[str, ...]


def read_rows(sheet: Sheet, dataset: Dataset, where: str) -> Read:
    """Turn a sheet into ``quarter_start_date``, the labels, the count and ``is_suppressed``.

    Raises:
        LayoutError: a column is missing or stands twice, a row lies below the footnotes, a figure
            is neither a whole number nor shorthand for none, a year and its quarter disagree, the
            day of a stock does not end a quarter, or a quarter is missing.
    """
    rows, remarks = plain_rows(sheet.rows)
    sheet = Sheet(sheet.name, rows)
    fixed = [labels[0] for labels in dataset.columns.values() if len(labels) == 1]
    top = find_header(sheet, fixed)
    header = [normalise(cell) for cell in sheet.rows[top]]
    labels = {
        name: _spelling(options, header, where)
        for name, options in dataset.columns.items()
        if name not in dataset.assumed or any(option in header for option in options)
    }
    places, extra = pick_columns(header, list(labels.values()), where)
    body = _body(sheet.rows[top + 1 :], list(places.values()), top + 2, where)
    cells = {
        name: normalise_all([row[places[label]] for row in body]) for name, label in labels.items()
    }
    if blank := sorted(name for name, texts in cells.items() if "" in texts):
        raise LayoutError("empty cells in data rows", where=where, got=blank)
    if "day" in cells:
        starts = _quarters_ended(cells.pop("day"), where)
    else:
        starts = _quarters(cells.pop("year"), cells.pop("quarter"), where)
    texts = [text.removesuffix(".0") for text in cells.pop(dataset.count)]
    counts = parse_counts(texts, marks=SHORTHAND, where=where, first_row=top + 2)
    figures = {dataset.count: counts.values, "is_suppressed": counts.is_suppressed}
    frame = pl.DataFrame({"quarter_start_date": starts, **cells, **figures}).with_columns(
        pl.lit(text).alias(name) for name, text in dataset.assumed.items() if name not in labels
    )
    _complete(frame.get_column("quarter_start_date"), dataset.first_quarter, where)
    name = "CSV" if sheet.name == where else sheet.name
    lines = (f"sheet {name}", *(f"column {key}: {label}" for key, label in labels.items()))
    notes = (f"Columns not read: {', '.join(extra)}.",) if extra else ()
    return Read(frame, counts.used, (*notes, *remark_notes(remarks, name)), lines)


def _spelling(options: Sequence[str], header: Sequence[str], where: str) -> str:
    found = [label for label in options if label in header]
    if len(found) != 1:
        raise LayoutError(
            "columns are missing" if not found else "columns stand twice",
            where=where,
            expected=f"one of {list(options)}",
            got=found or list(header)[:30],
        )
    return found[0]


def _body(
    rows: Sequence[Sequence[str]], places: Sequence[int], first_row: int, where: str
) -> list[Sequence[str]]:
    """Return the data rows: all above the first row with fewer than two cells filled.

    What follows the data are blank rows and footnotes, one cell each.
    """
    data = [sum(bool(row[place].strip()) for place in places) > 1 for row in rows]
    end = data.index(False) if False in data else len(data)
    if True in data[end:]:
        raise LayoutError(
            "a blank row or a remark between the data rows",
            where=where,
            got=f"row {first_row + end}",
        )
    return list(rows[:end])


def _quarters(years: Sequence[str], quarters: Sequence[str], where: str) -> pl.Series:
    """Return the first day of each row's quarter; it is "2023 Q3", or "3" beside its year."""
    days: dict[tuple[str, str], date] = {}
    for year, quarter in sorted(set(zip(years, quarters, strict=True))):
        plain = year.removesuffix(".0")
        text = f"{plain} Q{quarter}" if quarter in ("1", "2", "3", "4") else quarter
        days[year, quarter] = quarter_start(text, where)
        if plain != text[:4]:
            raise LayoutError("a year and its quarter disagree", where=where, got=(year, quarter))
    starts = [days[pair] for pair in zip(years, quarters, strict=True)]
    return pl.Series("quarter_start_date", starts, dtype=pl.Date)


_DAY_IN_WORDS = re.compile(r"(\d{1,2}) ([A-Za-z]{3,9}) (\d{4})")
_DAY_ISO = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[ T]00:00:00)?")


def _quarters_ended(texts: Sequence[str], where: str) -> pl.Series:
    """Return the first day of the quarter that each day ends; it is "31 Dec 2023" or a date."""
    days = {text: _quarter_ended(text, where) for text in sorted(set(texts))}
    return pl.Series("quarter_start_date", [days[text] for text in texts], dtype=pl.Date)


def _quarter_ended(text: str, where: str) -> date:
    words, iso = _DAY_IN_WORDS.fullmatch(text), _DAY_ISO.fullmatch(text)
    try:
        if words is not None:
            day = date(int(words[3]), month_number(words[2], where), int(words[1]))
        else:
            day = date(*(int(part) for part in iso.groups())) if iso else date.min
    except ValueError:
        day = date.min
    after = day + timedelta(days=1)
    if day == date.min or after.day != 1 or after.month not in (1, 4, 7, 10):
        raise LayoutError(
            "a day that does not end a quarter",
            where=where,
            expected="31 Dec 2023, or that day as a date",
            got=repr(text),
        )
    return date(day.year, day.month - 2, 1)


def _complete(starts: pl.Series, first: date, where: str) -> None:
    whole = whole_calendar(starts, "1q")
    held = set(starts)
    left_out = [str(day) for day in whole if day not in held]
    if not whole or whole[0] != first or left_out:
        raise LayoutError(
            "quarters are missing",
            where=where,
            expected=f"every quarter from {first.isoformat()} on",
            got=f"{[str(day) for day in whole[:1]]} first, left out {left_out[:5]}",
        )


def refuse_absent(frame: pl.DataFrame, column: str, wanted: Sequence[str], where: str) -> None:
    """Refuse a quarter without any row of one of the wanted labels.

    A row that is absent counts zero, so that a label lost from a quarter would pass as none at all.
    """
    held = set(frame.select("quarter_start_date", column).unique().iter_rows())
    days = frame.get_column("quarter_start_date").unique().sort().to_list()
    lost = [f"{day} {label}" for day in days for label in wanted if (day, label) not in held]
    if lost:
        raise LayoutError(
            f"{len(lost)} quarters without a label of {column}",
            where=where,
            expected=f"each of {list(wanted)} in each quarter",
            lacks=lost[:5],
        )


def refuse_swapped(
    frame: pl.DataFrame, anchors: Mapping[str, str], finest_first: Sequence[str], where: str
) -> None:
    """Refuse columns whose headings changed places: each holds a label of its own kind.

    ``anchors`` are patterns of which each column has to hold one; ``finest_first`` are columns of
    which none has more labels than the one before it.
    """
    for column, pattern in anchors.items():
        labels = frame.get_column(column).unique().sort()
        if not labels.str.contains(pattern).any():
            raise LayoutError(
                f"the labels of {column} are of another column",
                where=where,
                expected=f"one like {pattern}",
                got=labels.head(5).to_list(),
            )
    numbers = [frame.get_column(name).n_unique() for name in finest_first]
    if numbers != sorted(numbers, reverse=True):
        raise LayoutError(
            "columns with more labels than finer ones: headings changed places",
            where=where,
            expected=f"numbers falling from {' to '.join(finest_first)}",
            got=numbers,
        )
