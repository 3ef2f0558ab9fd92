"""CBP's CSVs: the last four fiscal years, month by month, one row a count."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from fcm_migration.catalog.model import Column
from fcm_migration.errors import LayoutError
from fcm_migration.periods import (
    FISCAL_START,
    MONTHS,
    fiscal_month_start,
    refuse_odd_years,
    whole_calendar,
)
from fcm_migration.workbook import normalise_all, parse_counts, pick_columns

ABBREVIATIONS = {name[:3].upper(): number for number, name in enumerate(MONTHS, 1)}
RUNNING = " (FYTD)"
# Family status in CBP's words, which have changed, and in ours.
GROUPS = {
    "Single Adults": "single_adults",
    "FMUA": "family_units",
    "UAC": "unaccompanied_children",
    "UC": "unaccompanied_children",
    "UC / Single Minors": "unaccompanied_children",
    "Accompanied Minors": "accompanied_minors",
}

# The columns every window begins with.
TIME = (
    Column(
        "fiscal_year",
        "integer",
        "US federal fiscal year: October of the year before to September.",
        minimum=1999,
        maximum=2100,
    ),
    Column(
        "is_fiscal_year_to_date",
        "boolean",
        "True for the fiscal year still running at release, marked (FYTD) by the publisher.",
    ),
    Column(
        "month_grouping",
        "string",
        "Whether the month lies in the year-to-date part of the fiscal year; differs between "
        "releases.",
        allowed=("FYTD", "Remaining"),
    ),
    Column("month_start_date", "date", "First day of the calendar month."),
)


@dataclass(frozen=True)
class Window:
    """One file's rows under our names, and its columns that were not asked for."""

    frame: pl.DataFrame
    extra: tuple[str, ...]


def read_window(
    header: Sequence[str], body: Sequence[Sequence[str]], columns: Mapping[str, str], where: str
) -> Window:
    """Return one file's rows with fiscal year, first day of the month and count.

    Raises:
        LayoutError: a column is missing or stands twice, a year, month or count is none, or a
            month is left out of the window.
    """
    places, extra = pick_columns(header, list(columns), where)
    cells = {
        name: normalise_all([row[places[label]] for row in body]) for label, name in columns.items()
    }
    running = [text.endswith(RUNNING) for text in cells["fiscal_year"]]
    texts = [text.removesuffix(RUNNING) for text in cells["fiscal_year"]]
    years = parse_counts(texts, marks={}, where=where, first_row=2).values
    refuse_odd_years(years, where)
    months = cells.pop("month")
    if unknown := sorted(set(months) - set(ABBREVIATIONS)):
        raise LayoutError("month labels", where=where, expected=list(ABBREVIATIONS), got=unknown)
    counts = parse_counts(cells["encounters_events"], marks={}, where=where, first_row=2)
    frame = pl.DataFrame(
        {
            **cells,
            "fiscal_year": years,
            "is_fiscal_year_to_date": pl.Series(running, dtype=pl.Boolean),
            "month": pl.Series([ABBREVIATIONS[month] for month in months], dtype=pl.Int64),
            "encounters_events": counts.values,
        }
    ).with_columns(
        fiscal_month_start(pl.col("fiscal_year"), pl.col("month")).alias("month_start_date")
    )
    _complete(frame.get_column("month_start_date"), where)
    return Window(frame.drop("month"), extra)


def _complete(months: pl.Series, where: str) -> None:
    """Refuse a window that does not begin with a fiscal year or leaves a month out."""
    whole = whole_calendar(months, "1mo")
    left_out = sorted(set(whole) - set(months))
    if not whole or whole[0].month != FISCAL_START or left_out:
        raise LayoutError(
            "months are missing",
            where=where,
            expected="every month from an October on",
            got=f"{[str(month) for month in whole[:1]]} first, {len(left_out)} left out",
        )


def monthly_sums(core: pl.DataFrame, by: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Return encounters by month and by the drafts' columns that ``by`` makes of the rows."""
    return (
        core.with_columns(**by)
        .group_by("month_start_date", *by)
        .agg(pl.col("encounters_events").sum())
    )
