"""Australia: onshore protection visas (subclass 866), monthly, by citizenship (Home Affairs).

The publisher prints one PDF a month whose layout is not known well enough to be read by a program:
a person writes its figures down in a CSV of ours. Persons; counts below five are withheld ("<5").
Temporary protection visas (785, 790) are left out by the publisher.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.licences import AU_UNVERIFIED
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import Offer, Parsed, ReleaseFile, Source
from fcm_migration.sources.by_hand import only_csv, origin_label, read_table, release_date
from fcm_migration.sources.drafts import draft
from fcm_migration.workbook import CountTemplate, Mark, Sheet

LANDING = "https://www.homeaffairs.gov.au/research-and-stats/"
MARKS = {"<5": Mark("a count below five, withheld", is_suppressed=True)}
# Measure in the CSV -> indicator in the flows, None for what is kept in core only.
MEASURES = {
    "lodgements": "protection_applications",
    "grants": "protection_grants",
    "on_hand": "protection_on_hand",
    "determinations": None,
    "on_hand_post_decision": None,
}
MONTH = re.compile(r"(\d{4})-(\d{2})")

TABLE = Table(
    "core",
    "au_protection_866",
    "Onshore protection visas (subclass 866) in Australia by month and citizenship.",
    "month, measure and citizenship",
    (
        Column("month_start_date", "date", "First day of the month."),
        Column(
            "measure",
            "string",
            "lodgements, primary determinations and final grants of the month; on_hand: awaiting "
            "a primary decision at its end, on_hand_post_decision: after one.",
            allowed=tuple(MEASURES),
        ),
        Column(
            "citizenship",
            "string",
            "Country of citizenship in the publisher's words; Total is its own total.",
        ),
        Column(
            "applicants_persons",
            "integer",
            "Applicants; null where withheld.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        Column("is_suppressed", "boolean", "True where a count below five was withheld ('<5')."),
    ),
    ("month_start_date", "measure", "citizenship"),
    source_id="au_protection_866",
    period="month_start_date",
    caveats=(
        "Written down by hand from the monthly PDF, which lists the leading citizenships only: "
        "one that is not listed is not known to be zero.",
        "Flows (lodgements, determinations, grants) and stocks (on hand) stand side by side; a "
        "stock is never summed over months.",
        "Most applicants arrived lawfully; visas 785 and 790 are left out.",
    ),
)
BY_HAND = """\
Open the landing page, take the "Monthly Update: Onshore Protection (Subclass 866) Visa Processing"
of each month (a PDF) and write its figures down as a CSV with the header

    month,measure,citizenship,count

month: as 2023-12, every month between the first and the last; a newer file replaces the months it
holds. measure: lodgements, determinations (primary), grants (final), on_hand (primary stage) or
on_hand_post_decision. citizenship: as printed, with quotes where it has a comma; Total for the
printed total, which each month and measure must have. count: a whole number, or <5 where the PDF
withholds it; never empty. Put the date of the newest PDF into the file's name:
au_protection_866_2024-01-25.csv.
"""


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one CSV of a release; see :func:`from_sheets`."""
    return from_sheets(*only_csv(files))


def from_sheets(sheets: Mapping[str, Sheet], where: str) -> Parsed:
    """Turn the rows into the table; LayoutError as :func:`~fcm_migration.workbook.read_counts`."""
    names = {"start": "month_start_date", "label": "citizenship", "count": "applicants_persons"}
    return read_table(TEMPLATE, TABLE, names, sheets[where], where)


def _start(text: str, where: str) -> date:
    found = MONTH.fullmatch(text)
    if found is None or not 1 <= int(found[2]) <= 12 or int(found[1]) < 1990:
        raise LayoutError("no month", where=where, expected="2023-12", got=text)
    return date(int(found[1]), int(found[2]), 1)


TEMPLATE = CountTemplate(
    period="month",
    periods="months",
    start=_start,
    every="1mo",
    label="citizenship",
    measures=tuple(MEASURES),
    marks=MARKS,
    largest_withheld=4,
    show=lambda day: str(day)[:7],
    gap_remedy="write the month down, or hand the months before and after it over in two files, "
    "each with its own date in the name",
)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return lodgements, grants and applications on hand by month, as printed."""
    known = {measure: indicator for measure, indicator in MEASURES.items() if indicator}
    return draft(
        tables[TABLE.name].filter(pl.col("measure").is_in(list(known))),
        indicator=pl.col("measure").replace_strict(known, return_dtype=pl.String),
        destination_iso3="AUS",
        origin_label=origin_label("citizenship"),
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("applicants_persons"),
        is_suppressed=pl.col("is_suppressed"),
    )


SOURCE = Source(
    source_id="au_protection_866",
    title="Onshore protection visas (subclass 866) in Australia by citizenship",
    publisher="Australian Department of Home Affairs",
    landing_url=LANDING,
    hosts=frozenset({"www.homeaffairs.gov.au"}),
    licence=AU_UNVERIFIED,
    cadence=Cadence(
        "monthly, one to two months after the month; by hand", "37 5 11 * *", 120, 31, lag_days=45
    ),
    revision_habit="Not known: each PDF prints its own month.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="au_home_affairs",
    absent_is_zero=False,
    fetch=None,
    parse=parse,
    flows=flows,
    offers=(Offer("AUS", "protection_applications", "M", by_origin=True),),
    release_date=release_date,
    rolling_by="month_start_date",
    by_hand=BY_HAND,
)
