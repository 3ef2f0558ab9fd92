"""Figures of one sheet of the OHSS monthly tables, checked against its own totals, as rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from fcm_migration.catalog.model import Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources.us_ohss.monthly_grid import Grid
from fcm_migration.sources.us_ohss.monthly_layouts import TYPES_SHEET, Layout
from fcm_migration.sources.us_ohss.monthly_tables import ALL, NAMED
from fcm_migration.workbook import Mark, parse_counts

GRID = 10
"""To what the publisher rounds each figure."""
MARKS = {"X": Mark("not applicable")}
Figures = list[int | None]


@dataclass(frozen=True)
class Rows:
    """The months of one sheet.

    Attributes:
        layout: what the sheet is.
        labels: names of its columns in the core table's dimension, in the sheet's order.
        years: fiscal year of each month.
        months: first day of each month.
        values: by label, a figure for each month; None where not applicable.
        not_applicable: how often the sheet says so, in months and in fiscal years' totals.
    """

    layout: Layout
    labels: tuple[str, ...]
    years: list[int]
    months: list[date]
    values: Mapping[str, Figures]
    not_applicable: int

    @property
    def last_month(self) -> date:
        """Return the first day of the newest month."""
        return self.months[-1]

    def frame(self, table: Table) -> pl.DataFrame:
        """Return the rows of the core table: a month and column each; All where not broken down."""
        measure = table.measures[0]
        parts = [
            pl.DataFrame(
                {
                    "fiscal_year": self.years,
                    "month_start_date": self.months,
                    self.layout.dimension: [label] * len(self.months),
                    measure: self.values[label],
                },
                schema_overrides={measure: pl.Int64},
            )
            for label in self.labels
        ]
        held = (*parts[0].columns, *self.layout.constants)
        constants = [pl.lit(value).alias(name) for name, value in self.layout.constants.items()]
        rest = [pl.lit(ALL).alias(name) for name in table.column_names if name not in held]
        return pl.concat(parts).with_columns(*constants, *rest).select(table.column_names)


def sheet_rows(grid: Grid, layout: Layout, where: str) -> Rows:
    """Turn a sheet's texts into figures.

    Raises:
        LayoutError: the columns are not the declared ones, a figure is neither a number nor "X"
            where that is declared, figures are off the grid of 10, or the months do not add up to
            the fiscal year, or columns to their total, within rounding.
    """
    labels = _labels(list(grid.columns), layout, where)
    values: dict[str, Figures] = {}
    met = 0
    for label, texts in zip(labels, grid.columns.values(), strict=True):
        counts = parse_counts(
            texts,
            marks=MARKS if label in layout.not_applicable else {},
            where=f"{where}, {label}",
            first_row=grid.first_row,
        )
        _refuse_off_grid(counts.values, f"{where}, {label}")
        values[label] = counts.values.to_list()
        met += sum(counts.used.values())
        _refuse_other_years(grid, values[label], f"{where}, {label}")
    is_month = [month is not None for month in grid.months]
    for whole, parts in _sums(labels, layout).items():
        _refuse_other_sums(values, whole, parts, grid, where)
    return Rows(
        layout,
        labels,
        [year for year, kept in zip(grid.years, is_month, strict=True) if kept],
        [month for month in grid.months if month is not None],
        {
            label: [value for value, kept in zip(column, is_month, strict=True) if kept]
            for label, column in values.items()
        },
        met,
    )


def _labels(columns: Sequence[tuple[str, str]], layout: Layout, where: str) -> tuple[str, ...]:
    """Return each column's value in the dimension; refuse other columns than the declared ones."""
    if layout.columns is not None:
        if sorted(columns) != sorted(layout.columns):
            raise LayoutError(
                "the columns are not the known ones",
                where=where,
                expected=[" / ".join(filter(None, name)) for name in layout.columns],
                got=[" / ".join(filter(None, name)) for name in columns],
            )
        return tuple(layout.columns[name] for name in columns)
    names = [name for _, name in columns]
    wanted = ["Total", layout.rest] if layout.has_total else [layout.rest]
    if any(heading for heading, _ in columns) or not set(wanted) < set(names):
        raise LayoutError(
            "the columns are not the known ones",
            where=where,
            expected=f"citizenships and {', '.join(wanted)}, without a heading over them",
            got=names,
        )
    if not layout.has_total and ("Total" in names or len(names) != NAMED + 1):
        raise LayoutError(
            "the columns are not the known ones",
            where=where,
            expected=f"{NAMED} citizenships and {layout.rest}, without a total",
            got=names,
        )
    if ALL in names:
        raise LayoutError("a citizenship named like a total", where=where, got=names)
    return tuple(ALL if name == "Total" else name for name in names)


def _sums(labels: Sequence[str], layout: Layout) -> Mapping[str, tuple[str, ...]]:
    if layout.columns is not None:
        return layout.sums
    return {ALL: tuple(label for label in labels if label != ALL)} if layout.has_total else {}


def _refuse_off_grid(values: pl.Series, where: str) -> None:
    if off := values.filter(values % GRID != 0).head(3).to_list():
        raise LayoutError(
            "figures are no longer rounded to 10", where=where, expected="multiples of 10", got=off
        )


def _is_off(total: int, parts: Sequence[int]) -> bool:
    """Return whether a rounded total cannot be that of the rounded parts: each is up to 5 off."""
    return abs(sum(parts) - total) > GRID // 2 * (len(parts) + 1)


def _refuse_other_years(grid: Grid, column: Figures, where: str) -> None:
    """Refuse months that do not add up to their fiscal year, or an X beside figures."""
    for year in sorted(set(grid.years)):
        rows = list(zip(grid.years, grid.months, column, strict=True))
        (total,) = [value for of, month, value in rows if of == year and month is None]
        months = [value for of, month, value in rows if of == year and month is not None]
        known = [value for value in months if value is not None]
        if (total is None) != (not known) or (total is not None and _is_off(total, known)):
            raise LayoutError(
                "the months do not add up to the fiscal year",
                where=where,
                expected=f"{'X' if total is None else total} in {year}, within rounding",
                got=sum(known) if known else "X in each month",
            )


def _refuse_other_sums(
    values: Mapping[str, Figures], whole: str, parts: Sequence[str], grid: Grid, where: str
) -> None:
    """Refuse a row in which the parts do not add up to the whole; an X adds nothing."""
    for row, total in enumerate(values[whole]):
        known = [value for part in parts if (value := values[part][row]) is not None]
        if total is None or _is_off(total, known):
            raise LayoutError(
                f"the columns do not add up to {whole}",
                where=f"{where}, row {grid.first_row + row}",
                expected=f"{total} within rounding",
                got=f"{sum(known)} of {len(known)} columns",
            )


def refuse_other_ends(read: Mapping[str, Rows], where: str) -> None:
    """Refuse sheets that do not all end with the same month."""
    ends = {name: rows.last_month for name, rows in read.items()}
    if len(set(ends.values())) > 1:
        raise LayoutError(
            "the sheets do not end with the same month",
            where=where,
            got={name: f"{day:%Y-%m}" for name, day in ends.items()},
        )


def refuse_other_totals(read: Mapping[str, Rows], where: str) -> None:
    """Refuse a breakdown whose totals are not those of the sheet of types, figure by figure."""
    types = read[TYPES_SHEET].values
    for name, rows in read.items():
        repatriation_type = rows.layout.constants.get("repatriation_type")
        if repatriation_type is None:
            continue
        pairs = zip(rows.months, rows.values[ALL], types[repatriation_type], strict=True)
        other = [(month, ours, theirs) for month, ours, theirs in pairs if ours != theirs]
        if other:
            raise LayoutError(
                f"{len(other)} totals differ from those of the sheet of types",
                where=f"{where}, sheet {name!r}",
                expected=f"{repatriation_type} of {TYPES_SHEET}",
                got=[f"{month:%Y-%m}: {ours}, there {theirs}" for month, ours, theirs in other[:3]],
            )
