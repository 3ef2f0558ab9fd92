"""IRCC's tab-separated file of the crosstab's figures, for when there is no readable crosstab.

One row for each month, province and office type; no totals. A withheld count of 1 to 5 is in no
sum: in the 127 months to July 2025 the sums of all printed parts lay between 30 below and 10 above
the national total that the crosstab prints. No copy of the file was at hand, so nobody knows what
its column of office types is called: the only English column with OFFICE in its name is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.errors import LayoutError
from fcm_migration.periods import whole_calendar
from fcm_migration.sources.base import ReleaseFile, set_aside
from fcm_migration.sources.ca.ircc_crosstab import ALL, OFFICES
from fcm_migration.sources.ca.ircc_rows import read_rows
from fcm_migration.workbook import (
    Mark,
    Sheet,
    find_header,
    normalise_all,
    parse_counts,
    read_csv_text,
)

FILE = "ODP-Asylum-PT_OfficeType.csv"
COLUMNS = ("EN_YEAR", "EN_MONTH", "EN_PROVINCE_TERRITORY", "TOTAL")
WHOLE = "Other Offices"  # of this kind the crosstab shows the total only
PRINTED_TOTAL = "total"
KEY = ("claim_year", "month", "office_type", "province")


def read_offices(
    file: ReleaseFile, marks: Mapping[str, Mark]
) -> tuple[pl.DataFrame, dict[str, int], tuple[str, ...]]:
    """Return the figures as the crosstab has them, the marks met, and notes.

    Columns: claim_year, month (0 for the year), office_type, province, claimants_persons,
    is_suppressed. Totals are sums of the printed parts.

    Raises:
        LayoutError: a column, month, office type or mark is not known, a month is missing, or a
            row stands twice.
    """
    where = file.name
    sheet = Sheet(where, read_csv_text(file, delimiter="\t"))
    offices = _office_column(sheet.rows[find_header(sheet, COLUMNS)], where)
    rows = read_rows(sheet, (*COLUMNS, offices), where)
    counts = parse_counts(
        rows.texts["TOTAL"], marks=marks, where=f"{where}, TOTAL", first_row=rows.first_row
    )
    printed = pl.DataFrame(
        {
            "claim_year": rows.years,
            "month": rows.months,
            "office_type": rows.texts[offices],
            "province": rows.texts["EN_PROVINCE_TERRITORY"],
            "claimants_persons": counts.values,
            "is_suppressed": counts.is_suppressed,
        },
        schema_overrides={"month": pl.Int64},
    )
    parts = printed.filter(
        ~pl.any_horizontal(pl.col("office_type", "province").str.to_lowercase() == PRINTED_TOTAL)
    )
    _refuse(parts, where)
    withheld = int(parts.get_column("is_suppressed").sum())
    note = set_aside(
        f"{where} prints no totals, so they are sums; {withheld} withheld counts of 1 to 5 are in "
        "none of them."
    )
    return _with_totals(parts), counts.used, (note,)


def _office_column(header: Sequence[str], where: str) -> str:
    labels = normalise_all(header)
    found = [label for label in labels if label.startswith("EN_") and "OFFICE" in label.upper()]
    if len(found) != 1:
        raise LayoutError(
            "not exactly one column of office types",
            where=where,
            expected="one English column with OFFICE in its name",
            got=labels,
        )
    return found[0]


def _refuse(parts: pl.DataFrame, where: str) -> None:
    months = parts.select(pl.date("claim_year", "month", 1)).to_series()
    lost = sorted(set(whole_calendar(months, "1mo")) - set(months))
    unknown = sorted(
        set(parts.get_column("office_type")) - set(OFFICES)
        | {ALL} & set(parts.get_column("office_type"))
    )
    twice = parts.filter(parts.select(KEY).is_duplicated())
    blank = parts.filter(pl.col("province") == "")
    if parts.is_empty() or lost or unknown or twice.height or blank.height:
        raise LayoutError(
            "months are missing, or rows are unknown or stand twice",
            where=where,
            expected=f"one row for each month, province and office type of {list(OFFICES)}",
            got=f"{parts.height} rows, months lost {[str(day) for day in lost[:3]]}, unknown "
            f"office types {unknown[:3]}, {twice.height} rows twice, {blank.height} nameless",
        )


def _with_totals(parts: pl.DataFrame) -> pl.DataFrame:
    """Return the parts with totals by office and in all, by month and by year.

    A province's year with a withheld month is withheld.
    """
    year, place = pl.lit(0, pl.Int64).alias("month"), pl.lit(ALL)
    whole_office = parts.filter(pl.col("office_type") != WHOLE)
    of_offices = _sums(parts, place.alias("province"))
    nation = _sums(of_offices, place.alias("office_type"))
    yearly = (
        whole_office.group_by("claim_year", "office_type", "province")
        .agg(pl.col("claimants_persons").sum(), pl.col("is_suppressed").any())
        .with_columns(year, pl.when(~pl.col("is_suppressed")).then("claimants_persons"))
    )
    months = [whole_office, of_offices, nation]
    years = [yearly, _sums(of_offices, year), _sums(nation, year)]
    names = (*KEY, "claimants_persons", "is_suppressed")
    return pl.concat(frame.select(names) for frame in (*months, *years)).sort(KEY)


def _sums(frame: pl.DataFrame, over: pl.Expr) -> pl.DataFrame:
    """Return the sums of the printed figures over one column of the key."""
    return (
        frame.with_columns(over)
        .group_by(KEY)
        .agg(pl.col("claimants_persons").sum())
        .with_columns(pl.lit(value=False).alias("is_suppressed"))
    )
