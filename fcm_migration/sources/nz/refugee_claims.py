"""New Zealand: refugee and protection claims made and approved, by nationality and financial year.

No file of the publisher can be read: the statistics pack is a PDF, so a person writes its figures
down in a CSV of ours. Financial years run from July to June; counts below five are withheld
("<5"). The Migration Data Explorer's figures, randomly rounded to base 3, do not belong here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.licences import NZ_UNVERIFIED
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import Offer, Parsed, ReleaseFile, Source
from fcm_migration.sources.by_hand import only_csv, origin_label, read_table, release_date
from fcm_migration.sources.drafts import draft
from fcm_migration.workbook import CountTemplate, Mark, Sheet

LANDING = "https://www.immigration.govt.nz/about-us/research-and-statistics/statistics"
MARKS = {"<5": Mark("a count below five, withheld", is_suppressed=True)}
MEASURES = {"claims": "asylum_claims", "approved": "claims_approved"}
JULY = 7
FINANCIAL_YEAR = re.compile(r"(\d{4})/(\d{2}|\d{4})")

TABLE = Table(
    "core",
    "nz_refugee_claims",
    "Refugee and protection claims in New Zealand by nationality and financial year.",
    "financial year, measure and nationality",
    (
        Column("financial_year_start_date", "date", "1 July on which the financial year begins."),
        Column(
            "measure",
            "string",
            "claims: claims made in the year; approved: claims approved in the year.",
            allowed=tuple(MEASURES),
        ),
        Column(
            "nationality",
            "string",
            "Nationality in the publisher's words; Total is its own total.",
        ),
        Column(
            "claims_persons",
            "integer",
            "Claimants; null where withheld.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        Column("is_suppressed", "boolean", "True where a count below five was withheld ('<5')."),
    ),
    ("financial_year_start_date", "measure", "nationality"),
    source_id="nz_refugee_claims",
    period="financial_year_start_date",
    caveats=(
        "Written down by hand from the statistics pack.",
        "July to June: never beside a calendar year. A few hundred claims a year: a single "
        "nationality's figures are too small to be read as a trend.",
        "A nationality that is not listed is not known to be zero.",
        "Approvals of a year are on claims of earlier years.",
    ),
)
BY_HAND = """\
Open the landing page, take the newest "Refugee and protection statistics" pack (a PDF) and write
its tables of claims and of approvals by nationality down as a CSV with the header

    financial_year,measure,nationality,count

financial_year: July to June, as 2022/23; only years that are over; every year between the first
and the last. measure: claims (made or received) or approved. nationality: as printed, with quotes
where it has a comma; Total for the printed total, which each year and measure must have. count: a
whole number, or <5 where the pack withholds it; never empty. Do not take figures from the
Migration Data Explorer: they are randomly rounded to base 3 and do not fit these. Put the date of
the pack into the file's name: nz_refugee_claims_2024-08-31.csv.
"""


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one CSV of a release; see :func:`from_sheets`."""
    return from_sheets(*only_csv(files))


def from_sheets(sheets: Mapping[str, Sheet], where: str) -> Parsed:
    """Turn the rows into the table; LayoutError as :func:`~fcm_migration.workbook.read_counts`."""
    names = {
        "start": "financial_year_start_date",
        "label": "nationality",
        "count": "claims_persons",
    }
    return read_table(TEMPLATE, TABLE, names, sheets[where], where)


def _start(text: str, where: str) -> date:
    """Return 1 July of one financial year printed as 2022/23 or 2022/2023."""
    found = FINANCIAL_YEAR.fullmatch(text)
    if found is None or not str(int(found[1]) + 1).endswith(found[2]) or int(found[1]) < 1990:
        raise LayoutError(
            "no financial year",
            where=where,
            expected="2022/23, from July 2022 to June 2023; one year, and over",
            got=text,
        )
    return date(int(found[1]), JULY, 1)


TEMPLATE = CountTemplate(
    period="financial_year",
    periods="financial years",
    start=_start,
    every="1y",
    label="nationality",
    measures=tuple(MEASURES),
    marks=MARKS,
    largest_withheld=4,
    show=lambda day: f"{day.year}/{(day.year + 1) % 100:02}",
)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return claims and approvals by financial year, as printed."""
    return draft(
        tables[TABLE.name],
        indicator=pl.col("measure").replace_strict(MEASURES, return_dtype=pl.String),
        destination_iso3="NZL",
        origin_label=origin_label("nationality"),
        frequency="A",
        period_start=pl.col("financial_year_start_date"),
        value=pl.col("claims_persons"),
        is_suppressed=pl.col("is_suppressed"),
    )


SOURCE = Source(
    source_id="nz_refugee_claims",
    title="Refugee and protection claims in New Zealand by nationality",
    publisher="Immigration New Zealand",
    landing_url=LANDING,
    hosts=frozenset({"www.immigration.govt.nz"}),
    licence=NZ_UNVERIFIED,
    cadence=Cadence(
        "yearly, some months after June; by hand", "27 5 7 * *", 760, 365, lag_days=120
    ),
    revision_habit="Not known.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="nz_inz",
    absent_is_zero=False,
    fetch=None,
    parse=parse,
    flows=flows,
    offers=(
        Offer("NZL", "asylum_claims", "A", by_origin=True),
        Offer("NZL", "claims_approved", "A", by_origin=True),
    ),
    release_date=release_date,
    is_modelled=False,
    by_hand=BY_HAND,
)
