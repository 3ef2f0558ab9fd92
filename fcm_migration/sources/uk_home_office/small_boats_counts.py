"""Shared by the weekly file and the daily page on small boats: columns, checks, draft flows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.catalog.model import Column
from fcm_migration.errors import LayoutError
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.uk_home_office.shorthand import SHORTHAND, WITHHELD
from fcm_migration.workbook import Mark, parse_counts

MARKS = {"-": Mark("not collected in this period"), **SHORTHAND}
# What the note of a row says where a figure of it is a mark of these.
SAID = (WITHHELD, "[low]")
UNCONTROLLED = Column(
    "uncontrolled_landing_boats",
    "integer",
    "Of the boats, those recorded as arriving without interception; null where not collected "
    "(before 2023).",
    unit="boats",
    nullable=True,
    minimum=0,
)
ARRIVALS = Column(
    "arrivals_persons",
    "integer",
    "People detected arriving; null where the publisher prints no figure.",
    unit="persons",
    nullable=True,
    minimum=0,
)
BOATS = Column(
    "boats",
    "integer",
    "Boats in which they arrived; null where the publisher prints no figure.",
    unit="boats",
    nullable=True,
    minimum=0,
)
NOTE = Column(
    "note",
    "string",
    "The publisher's remark, such as Revised, marks beside figures such as [r], and names of "
    "columns withheld (boats [c]); empty if none.",
)
INDICATORS = {"small_boat_arrivals": "arrivals_persons", "small_boats": "boats"}


def refuse_more_boats(frame: pl.DataFrame, what: str, where: str) -> None:
    """Refuse periods with fewer people than boats: two labels were swapped.

    A boat brings at least one person; ``what`` names the periods in the message, after ``{n}``.
    """
    odd = frame.filter(pl.col("arrivals_persons") < pl.col("boats"))
    if not odd.is_empty():
        raise LayoutError(what.format(n=odd.height), where=where, got=odd.row(0))


def parse_columns(
    cells: Mapping[str, Sequence[str]],
    *,
    marks: Mapping[str, Mapping[str, Mark]],
    labels: Mapping[str, str],
    where: str,
    first_row: int = 2,
) -> tuple[dict[str, object], dict[str, pl.Series], dict[str, int]]:
    """Return counts and marks by column, and how often each mark was met.

    Args:
        cells: texts by column of ours.
        marks: marks that may stand in each column.
        labels: the publisher's labels of the columns, for messages.
        where: sheet or page, for messages.
        first_row: row of the first text, for messages.
    """
    data: dict[str, object] = {}
    met: dict[str, pl.Series] = {}
    used: Counter[str] = Counter()
    for name, texts in cells.items():
        counts = parse_counts(
            texts, marks=marks[name], where=f"{where}, {labels[name]}", first_row=first_row
        )
        data[name], met[name] = counts.values, counts.marks
        used.update(counts.used)
    return data, met, dict(used)


def notes_of(
    printed: Sequence[str],
    remarks: Sequence[tuple[str, ...]],
    marks: Mapping[str, pl.Series],
) -> list[str]:
    """Return the note of each row: what is printed, remarks beside cells, figures withheld.

    Args:
        printed: the publisher's notes.
        remarks: of each row, as :func:`~.shorthand.plain_rows` returns them.
        marks: marks met instead of figures, by column of ours.
    """
    notes = []
    for row, (text, beside) in enumerate(zip(printed, remarks, strict=True)):
        told = [f"{name} {met[row]}" for name, met in marks.items() if met[row] in SAID]
        notes.append("; ".join(part for part in (text, *dict.fromkeys(beside), *told) if part))
    return notes


def withheld(column: str) -> pl.Expr:
    """Return whether a row's note says that a column is withheld."""
    return pl.col("note").str.contains(f"{column} {WITHHELD}", literal=True)


def channel_draft(
    frame: pl.DataFrame,
    indicator: str,
    column: str,
    frequency: str,
    period: str,
    *,
    is_suppressed: bool | pl.Expr = False,
    is_partial: bool | pl.Expr = False,
) -> pl.DataFrame:
    """Return draft rows of a column of figures on the Channel; months are sums of ours."""
    return draft(
        frame,
        indicator=indicator,
        destination_iso3="GBR",
        route="english_channel",
        frequency=frequency,
        period_start=pl.col(period),
        value=pl.col(column),
        is_suppressed=is_suppressed,
        is_derived=frequency == "M",
        is_partial=is_partial,
    )
