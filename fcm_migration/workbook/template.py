"""CSV templates a person fills in where no program can read the publisher: period, measure, label.

Each row is one printed count; each period and measure has its printed total, and periods follow one
another without a gap.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from fcm_migration.errors import LayoutError
from fcm_migration.periods import whole_calendar
from fcm_migration.workbook.figures import Mark, parse_counts
from fcm_migration.workbook.layout import find_header, normalise, pick_columns
from fcm_migration.workbook.model import Sheet

if TYPE_CHECKING:
    import polars as pl

TOTAL_LABEL = "Total"
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})")


@dataclass(frozen=True)
class CountTemplate:
    """A CSV with the columns ``period``, measure, ``label`` and count.

    Attributes:
        period: name of the column with the period.
        periods: plural of the period's name, for messages.
        start: returns the first day of a period from its text and its place.
        every: distance of two periods as in Polars: 1mo, 1y.
        label: name of the column with the publisher's label (nationality, citizenship).
        measures: the allowed measures.
        marks: texts that stand for a withheld count.
        largest_withheld: the largest count a mark can stand for.
        show: returns a period as text, for messages.
        gap_remedy: what to do when a period is missing.

    """

    period: str
    periods: str
    start: Callable[[str, str], date]
    every: str
    label: str
    measures: tuple[str, ...]
    marks: Mapping[str, Mark]
    largest_withheld: int
    show: Callable[[date], str]
    gap_remedy: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the header."""
        return (self.period, "measure", self.label, "count")


@dataclass(frozen=True)
class Counted:
    """The contents of a filled template.

    ``frame`` has columns start, measure, label, count (null where withheld) and is_suppressed.
    """

    frame: pl.DataFrame
    marks: dict[str, int]
    notes: tuple[str, ...]
    layout: tuple[str, ...]


def read_counts(template: CountTemplate, sheet: Sheet, where: str) -> Counted:
    """Return the counts of a filled template.

    Raises:
        LayoutError: a column, period, measure or mark is not as the template says, a period or a
            total is missing, or the labels exceed their total.
    """
    import polars as pl

    columns = template.columns
    top = find_header(sheet, columns)
    at, extra = pick_columns(sheet.rows[top], columns, where)
    body = [row for row in sheet.rows[top + 1 :] if any(normalise(cell) for cell in row)]
    cells = {name: [normalise(row[at[name]]) for row in body] for name in columns}
    if unknown := sorted(set(cells["measure"]) - set(template.measures)):
        raise LayoutError("measures", where=where, expected=list(template.measures), got=unknown)
    if "" in cells[template.label]:
        raise LayoutError(f"rows without a {template.label}", where=where, expected=TOTAL_LABEL)
    counts = parse_counts(cells["count"], marks=template.marks, where=where, first_row=top + 2)
    frame = pl.DataFrame(
        {
            "start": [template.start(text, where) for text in cells[template.period]],
            "measure": cells["measure"],
            "label": cells[template.label],
            "count": counts.values,
            "is_suppressed": counts.is_suppressed,
        },
        schema_overrides={"start": pl.Date},
    )
    _refuse_gaps(template, frame, where)
    _adds_up(template, frame, where)
    notes = (f"Columns not read: {', '.join(extra)}.",) if extra else ()
    layout = (
        *(f"column {label}" for label in (*columns, *extra)),
        *(f"measure: {measure}" for measure in sorted(set(cells["measure"]))),
    )
    return Counted(frame, counts.used, notes, layout)


def _refuse_gaps(template: CountTemplate, frame: pl.DataFrame, where: str) -> None:
    if frame.is_empty():
        raise LayoutError("no rows", where=where)
    for (measure,), part in frame.group_by("measure", maintain_order=True):
        starts = part.get_column("start")
        if lost := sorted(set(whole_calendar(starts, template.every)) - set(starts)):
            raise LayoutError(
                f"{template.periods} of {measure} are missing",
                where=where,
                lacks=[template.show(day) for day in lost],
                remedy=template.gap_remedy,
            )


def _adds_up(template: CountTemplate, frame: pl.DataFrame, where: str) -> None:
    """Refuse a period without its printed total, or whose labels exceed it."""
    import polars as pl

    is_total, count = pl.col("label") == TOTAL_LABEL, pl.col("count")
    sums = frame.group_by("start", "measure", maintain_order=True).agg(
        is_total.sum().alias("totals"),
        count.filter(is_total).first().fill_null(template.largest_withheld).alias("total"),
        count.filter(~is_total).sum().alias("parts"),
    )
    odd = sums.filter((pl.col("totals") != 1) | (pl.col("parts") > pl.col("total")))
    if not odd.is_empty():
        start, measure, totals, total, parts = odd.row(0)
        raise LayoutError(
            f"{measure} of {template.show(start)} do not fit their total",
            where=where,
            expected=f"one row {TOTAL_LABEL}, not below the sum by {template.label}",
            got=f"{totals} such rows, {total} against {parts}",
        )


def day_in_name(name: str) -> date | None:
    """Return the date a person put into a file's name (2024-08-31); None where there is none."""
    found = _DAY.search(name)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
