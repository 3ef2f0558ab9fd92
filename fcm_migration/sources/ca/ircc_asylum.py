"""Canada: asylum claimants by claim office type and province, monthly (IRCC).

One crosstab sheet: provinces in rows, months in columns, the year's total after each December. The
office type stands *below* its provinces ("Airport - Total"). Every value is rounded to 5; "--" is a
withheld count of 1 to 5, "0" a true zero. Persons making a claim, by month of the claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.licences import CA_OGL2
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import FetchError, LayoutError, SourceError
from fcm_migration.http import ABSENT, Request
from fcm_migration.sources.base import (
    Fetched,
    FetchedFile,
    Get,
    Offer,
    Parsed,
    ReleaseFile,
    Source,
    only_file,
)
from fcm_migration.sources.ca.ircc_crosstab import (
    ALL,
    OFFICES,
    SHEET,
    has_quarters,
    read_crosstab,
)
from fcm_migration.sources.ca.ircc_office_csv import FILE as CSV_FILE
from fcm_migration.sources.ca.ircc_office_csv import read_offices
from fcm_migration.sources.drafts import draft
from fcm_migration.workbook import Mark, Sheet, normalise, parse_counts, read_workbook

LANDING = "https://open.canada.ca/data/en/dataset/b6cbcf4d-f763-4924-a2fb-8cc4a06e3de4"
FILE = "EN_ODP-Asylum-OfficeType_Prov.xlsx"
SITE = "https://www.ircc.canada.ca/opendata-donneesouvertes/data"
URL, CSV_URL = f"{SITE}/{FILE}", f"{SITE}/{CSV_FILE}"
NO_WORKBOOK = ABSENT | {"too_small"}
GRID = 5
MARKS = {"--": Mark("a count of 1 to 5, withheld", is_suppressed=True)}

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
    period="month_start_date",
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
    period="claim_year",
    partial="is_year_to_date",
)


def fetch(get: Get) -> Fetched:
    """Get the workbook, or the CSV of the same figures where there is no readable workbook.

    Where the CSV fails too, a workbook that cannot be read is returned all the same: it is archived
    and refused with its reason.
    """
    try:
        workbook = FetchedFile(FILE, get(Request(URL, expect="xlsx", min_bytes=10_000)))
    except FetchError as error:
        if error.outcome not in NO_WORKBOOK or (instead := _csv(get)) is None:
            raise
        return Fetched((instead,), complaint=error)
    try:
        parse([ReleaseFile(FILE, workbook.response.path)])
    except SourceError as error:
        if (instead := _csv(get)) is not None:
            return Fetched((instead,), complaint=error)
    return Fetched((workbook,))


def _csv(get: Get) -> FetchedFile | None:
    """Return the CSV; None where it cannot be downloaded or read either."""
    try:
        request = Request(CSV_URL, expect="csv", min_bytes=1_000, csv_anchor="EN_YEAR")
        file = FetchedFile(CSV_FILE, get(request))
        parse([ReleaseFile(CSV_FILE, file.response.path)])
    except SourceError:
        return None
    return file


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the crosstab, or the CSV of the same figures, into a monthly and an annual table.

    Raises:
        LayoutError: there are several files, or a sheet, header, row label, mark or the rounding
            is not what it has always been.
    """
    file = only_file(files)
    if file.name.lower().endswith(".csv"):
        frame, marks, notes = read_offices(file, MARKS)
        return _parsed(frame, marks, notes, ("layout: office types without totals",))
    return from_sheets(read_workbook(file), file.name)


def from_sheets(workbook: Mapping[str, Sheet], where: str) -> Parsed:
    """Turn the workbook's texts into tables; ``where`` is the file's name, for messages."""
    if SHEET not in workbook:
        raise LayoutError("sheet missing", where=where, expected=SHEET, got=list(workbook))
    sheet = workbook[SHEET]
    cells = read_crosstab(sheet)
    counts = parse_counts([text for _, _, text in cells], marks=MARKS, where=SHEET)
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
    _adds_up(frame)
    notes = [f"Publisher: {normalise(row[0])}." for row in sheet.rows if _is_source(row[0])]
    if has_quarters(sheet):
        notes.append("Totals of quarters among the months were not read.")
    layout = (
        *(f"sheet {name}" for name in sorted(workbook)),
        *sorted({f"row {line.office}: {line.province}" for line, _, _ in cells}),
    )
    return _parsed(frame, counts.used, notes, layout)


def _is_source(text: str) -> bool:
    return text.startswith("Source:")


def _parsed(
    frame: pl.DataFrame, marks: dict[str, int], notes: Sequence[str], layout: tuple[str, ...]
) -> Parsed:
    """Return monthly and annual figures as tables; months are 1 to 12, 0 is the year."""
    _on_grid(frame.get_column("claimants_persons"))
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
        marks=marks,
        notes=tuple(notes),
        layout=layout,
    )


def _on_grid(values: pl.Series) -> None:
    if off := values.filter(values % GRID != 0).head(3).to_list():
        raise LayoutError(
            "figures are no longer rounded to 5", where=SHEET, expected="multiples of 5", got=off
        )


def _adds_up(frame: pl.DataFrame) -> None:
    """Refuse a grand total whose months do not make the year: a column was lost or misread."""
    of_year, persons = pl.col("month") == 0, pl.col("claimants_persons")
    years = (
        frame.filter((pl.col("office_type") == ALL) & (pl.col("province") == ALL))
        .group_by("claim_year", maintain_order=True)
        .agg(
            (persons.filter(~of_year).sum() - persons.filter(of_year).sum()).alias("gap"),
            (pl.len() * GRID / 2).alias("rounding"),
        )
    )
    if odd := years.filter(pl.col("gap").abs() > pl.col("rounding")).rows():
        raise LayoutError(
            "the months do not add up to the year's total",
            where=SHEET,
            expected="a gap within rounding",
            got=[f"{year}: {gap:+}" for year, gap, _ in odd[:3]],
        )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return monthly claims by office type and province, with the publisher's totals.

    Totals that are all exactly the sums of their parts were not printed, but made here.
    """
    province = pl.col("province")
    return draft(
        tables[MONTHLY.name],
        indicator="asylum_claims",
        destination_iso3="CAN",
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("claimants_persons"),
        route=pl.col("office_type").replace_strict(OFFICES, return_dtype=pl.String),
        place=pl.when(province == ALL).then(pl.lit("all")).otherwise(province),
        is_suppressed=pl.col("is_suppressed"),
        rounding=GRID,
        is_derived=(province == ALL) & pl.lit(_totals_are_sums(tables[MONTHLY.name])),
    )


def _totals_are_sums(monthly: pl.DataFrame) -> bool:
    """Return whether every total by office is the sum of the printed counts of its provinces.

    Never so in the crosstab: rounding and withheld counts make most of them differ.
    """
    month, office, persons = "month_start_date", "office_type", "claimants_persons"
    is_total = pl.col("province") == ALL
    parts = monthly.filter(~is_total).group_by(month, office).agg(pl.col(persons).sum())
    totals = monthly.filter(is_total).select(month, office, pl.col(persons).alias("total"))
    both = parts.join(totals, on=[month, office])
    return both.height > 0 and both.filter(pl.col(persons).ne_missing(pl.col("total"))).is_empty()


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: the workbook prints the date its data end, not the date of release."""
    return None


SOURCE = Source(
    source_id="ca_ircc_asylum",
    title="Asylum claimants in Canada by office type and province",
    publisher="Immigration, Refugees and Citizenship Canada",
    landing_url=LANDING,
    hosts=frozenset({"www.ircc.canada.ca"}),
    licence=CA_OGL2,
    cadence=Cadence(
        "monthly, six to ten weeks after the month", "41 7 * * *", 120, 30, lag_days=56
    ),
    revision_habit="Preliminary: the whole history is released again every month.",
    tables=(MONTHLY, ANNUAL),
    module=__name__,
    country_scheme="ircc",
    absent_is_zero=False,
    fetch=fetch,
    parse=parse,
    flows=flows,
    offers=(Offer("CAN", "asylum_claims", "M"),),
    release_date=release_date,
    models_crossed=True,
)
