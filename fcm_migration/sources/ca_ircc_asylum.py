"""Canada: asylum claimants by claim office type and province, monthly (IRCC).

One crosstab sheet: provinces in rows, months in columns, the year's total after each December. The
office type stands *below* its provinces ("Airport - Total"). Every value is rounded to 5; "--" is a
withheld count of 1 to 5, "0" a true zero. Persons making a claim, by month of the claim.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from fcm_migration.catalog.licences import CA_OGL2
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.http import Request
from fcm_migration.periods import MONTHS
from fcm_migration.sources.base import (
    DRAFT_FLOWS,
    TOTAL,
    Fetched,
    FetchedFile,
    Get,
    Parsed,
    ReleaseFile,
    Source,
)
from fcm_migration.workbook import Mark, Sheet, normalise, parse_counts, read_workbook

LANDING = "https://open.canada.ca/data/en/dataset/b6cbcf4d-f763-4924-a2fb-8cc4a06e3de4"
FILE = "EN_ODP-Asylum-OfficeType_Prov.xlsx"
URL = f"https://www.ircc.canada.ca/opendata-donneesouvertes/data/{FILE}"
SHEET = "Asylum Claimants - Office Type"
ALL = "All"
GRID = 5
OFFICES = {
    "Airport": "airport",
    "Border": "land_border",
    "Inland": "inland",
    "Other Offices": "other_office",
    ALL: "all",
}
MARKS = {"--": Mark("a count of 1 to 5, withheld", is_suppressed=True)}
ABBREVIATIONS = {name[:3]: number for number, name in enumerate(MONTHS, 1)}
YEAR_TOTAL = re.compile(r"^(\d{4}) Total$")
YEAR = re.compile(r"^(\d{4})$")

OFFICE = Column(
    "office_type",
    "string",
    "Kind of office at which the claim was made; All is the publisher's grand total.",
    allowed=tuple(OFFICES),
)
PROVINCE = Column(
    "province",
    "string",
    "Province of the office, or of the claimant's last address; All is the publisher's total.",
)
CLAIMANTS = Column(
    "claimants_persons",
    "integer",
    "People who made a claim; null where withheld.",
    unit="persons",
    nullable=True,
    minimum=0,
)
SUPPRESSED = Column(
    "is_suppressed", "boolean", "True where the publisher withheld a count of 1 to 5 ('--')."
)
CAVEATS = (
    "Rounded to 5 by the publisher, so parts do not sum exactly to totals; use the totals.",
    "Irregular crossings between ports of entry are not shown apart.",
)
MONTHLY = Table(
    "core",
    "ca_ircc_asylum_monthly",
    "Asylum claimants in Canada by office type and province, by month of claim.",
    "month, office type and province",
    (
        Column("month_start_date", "date", "First day of the calendar month."),
        OFFICE,
        PROVINCE,
        CLAIMANTS,
        SUPPRESSED,
    ),
    ("month_start_date", "office_type", "province"),
    source_id="ca_ircc_asylum",
    caveats=CAVEATS,
)
ANNUAL = Table(
    "core",
    "ca_ircc_asylum_annual",
    "Asylum claimants in Canada by office type and province, the publisher's year totals.",
    "year, office type and province",
    (
        Column("claim_year", "integer", "Calendar year of claim.", minimum=2000, maximum=2100),
        Column("is_year_to_date", "boolean", "True where the total holds only the months so far."),
        OFFICE,
        PROVINCE,
        CLAIMANTS,
        SUPPRESSED,
    ),
    ("claim_year", "office_type", "province"),
    source_id="ca_ircc_asylum",
    caveats=CAVEATS,
)


class Period(NamedTuple):
    """What one column of the crosstab is: a month (1 to 12), or a year's total (month 0)."""

    column: int
    year: int
    month: int


class Line(NamedTuple):
    """What one row of the crosstab is."""

    row: int
    office: str
    province: str


def fetch(get: Get) -> Fetched:
    """Get the workbook; its address never changes."""
    return Fetched((FetchedFile(FILE, get(Request(URL, expect="xlsx", min_bytes=10_000))),))


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the crosstab into a monthly and an annual table.

    Raises:
        LayoutError: sheet, header, row label, mark or rounding is not what it has always been.
    """
    return from_sheets(read_workbook(files[0].path), files[0].name)


def from_sheets(workbook: Mapping[str, Sheet], where: str) -> Parsed:
    """Turn the workbook's texts into tables; ``where`` is the file's name, for messages."""
    if SHEET not in workbook:
        raise LayoutError("sheet missing", where=where, expected=SHEET, got=list(workbook))
    sheet = workbook[SHEET]
    top, periods = _periods(sheet)
    lines = _lines(sheet, top + 1)
    cells = [
        (line, period, sheet.rows[line.row][period.column]) for line in lines for period in periods
    ]
    counts = parse_counts([text for _, _, text in cells], marks=MARKS, where=SHEET)
    _on_grid(counts.values)
    frame = pl.DataFrame(
        {
            "claim_year": [period.year for _, period, _ in cells],
            "month": [period.month for _, period, _ in cells],
            "office_type": [line.office for line, _, _ in cells],
            "province": [line.province for line, _, _ in cells],
            "claimants_persons": counts.values,
            "is_suppressed": counts.is_suppressed,
        }
    )
    whole = pl.col("month").max().over("claim_year") == 12
    monthly = frame.filter(pl.col("month") > 0).with_columns(
        pl.date("claim_year", "month", 1).alias("month_start_date")
    )
    annual = frame.with_columns((~whole).alias("is_year_to_date")).filter(pl.col("month") == 0)
    return Parsed(
        {
            MONTHLY.name: monthly.select(MONTHLY.column_names),
            ANNUAL.name: annual.select(ANNUAL.column_names),
        },
        marks=counts.used,
        notes=tuple(
            f"Publisher: {normalise(row[0])}." for row in sheet.rows if row[0].startswith("Source:")
        ),
    )


def _periods(sheet: Sheet) -> tuple[int, list[Period]]:
    """Find the row of month names and say what each of its columns is."""
    for index, row in enumerate(sheet.rows):
        labels = [normalise(cell) for cell in row]
        if index > 0 and "Jan" in labels:
            return index, _read_periods([normalise(c) for c in sheet.rows[index - 1]], labels)
    raise LayoutError("no row of month names was found", where=SHEET, expected="Jan Feb Mar ...")


def _read_periods(years: Sequence[str], labels: Sequence[str]) -> list[Period]:
    periods: list[Period] = []
    year, expected = 0, 1
    for column, label in enumerate(labels):
        if found := YEAR.match(years[column]):
            _closed(year, expected, column)
            year, expected = int(found.group(1)), 1
        if not label:
            continue
        total = YEAR_TOTAL.match(label)
        month = 0 if total else ABBREVIATIONS.get(label, -1)
        if (total and int(total.group(1)) != year) or (not total and month != expected):
            raise LayoutError(
                "the columns are not months in order, then the year's total",
                where=f"{SHEET}, column {column + 1}",
                expected=f"month {expected} or '{year} Total'",
                got=label,
            )
        periods.append(Period(column, year, month))
        expected += 1
    seen = [period.year for period in periods if period.month == 0]
    if seen != list(range(seen[0], seen[-1] + 1)) if seen else True:
        raise LayoutError("years are not consecutive", where=SHEET, got=seen)
    return periods


def _closed(year: int, expected: int, column: int) -> None:
    """Refuse a year followed by another that is not twelve months and their total."""
    if year and expected != len(MONTHS) + 2:
        raise LayoutError(
            "a year before the last is not complete",
            where=f"{SHEET}, column {column + 1}",
            expected=f"12 months and '{year} Total'",
            got=f"{expected - 1} columns",
        )


def _lines(sheet: Sheet, first: int) -> list[Line]:
    """Say what each row is: provinces wait for the office label below them."""
    lines: list[Line] = []
    waiting: list[tuple[int, str]] = []
    for index in range(first, len(sheet.rows)):
        office, province, *figures = (normalise(cell) for cell in sheet.rows[index])
        if (office and province) or (not office and not province and any(figures)):
            raise LayoutError(
                "a row with figures has not exactly one label",
                where=f"{SHEET}, row {index + 1}",
                expected="an office type in column A or a province in column B",
                got=[office, province],
            )
        if office.endswith(" - Total"):
            name = _office(office.removesuffix(" - Total"), index)
            lines += [Line(row, name, place) for row, place in waiting]
            lines.append(Line(index, name, ALL))
            waiting = []
        elif office == "Total":
            lines.append(Line(index, ALL, ALL))
            break
        elif office:
            lines.append(Line(index, _office(office, index), ALL))
        elif province:
            waiting.append((index, province))
    found = {line.office for line in lines}
    if waiting or found != set(OFFICES):
        raise LayoutError(
            "the rows are not provinces above their office type, closed by the grand total",
            where=SHEET,
            expected=sorted(OFFICES),
            got=f"{sorted(found)}, provinces without an office: "
            f"{[f'{place} in row {row + 1}' for row, place in waiting]}",
        )
    return lines


def _office(label: str, row: int) -> str:
    if label not in OFFICES:
        raise LayoutError(
            "unknown office type",
            where=f"{SHEET}, row {row + 1}",
            expected=sorted(OFFICES),
            got=label,
        )
    return label


def _on_grid(values: pl.Series) -> None:
    if off := values.filter(values % GRID != 0).head(3).to_list():
        raise LayoutError(
            "figures are no longer rounded to 5", where=SHEET, expected="multiples of 5", got=off
        )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Monthly claims by office type and province, with the publisher's totals."""
    province = pl.col("province")
    return (
        tables[MONTHLY.name]
        .select(
            indicator=pl.lit("asylum_claims"),
            destination_iso3=pl.lit("CAN"),
            origin_label=pl.lit(TOTAL),
            route=pl.col("office_type").replace_strict(OFFICES, return_dtype=pl.String),
            place=pl.when(province == ALL).then(pl.lit("all")).otherwise(province),
            population_group=pl.lit("all"),
            frequency=pl.lit("M"),
            period_start=pl.col("month_start_date"),
            value=pl.col("claimants_persons"),
            is_suppressed=pl.col("is_suppressed"),
            rounding=pl.lit(GRID, dtype=pl.Int64),
            is_derived=pl.lit(value=False),
            is_partial=pl.lit(value=False),
        )
        .select(DRAFT_FLOWS.names())
    )


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Say nothing: the workbook prints the date its data end, not the date of release."""
    return None


SOURCE = Source(
    source_id="ca_ircc_asylum",
    title="Asylum claimants in Canada by office type and province",
    publisher="Immigration, Refugees and Citizenship Canada",
    landing_url=LANDING,
    hosts=frozenset({"www.ircc.canada.ca"}),
    licence=CA_OGL2,
    cadence=Cadence("monthly, six to ten weeks after the month", "41 7 * * *", 120),
    revision_habit="Preliminary: the whole history is released again every month.",
    tables=(MONTHLY, ANNUAL),
    parser_version=1,
    country_scheme="ircc",
    absent_is_zero=False,
    fetch=fetch,
    parse=parse,
    flows=flows,
    release_date=release_date,
    models_crossed=True,
)
