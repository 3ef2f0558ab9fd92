"""United Kingdom: asylum claims awaiting a decision at the end of each quarter, by nationality.

The Home Office's detailed dataset Asy_D03, a stock, from June 2010. Exact counts; main applicants
(cases) and dependants stand in rows of their own, so that both together are people. A combination
that counts zero is left out.

The columns are those of a copy that others made of the release with data to September 2024; that
the count is headed Claims from 2025 is what a reader of such a release wrote down. No file of the
publisher's own was at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import IS_SUPPRESSED
from fcm_migration.catalog.model import Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.periods import whole_calendar
from fcm_migration.sources.base import TOTAL, Offer, Parsed, ReleaseFile
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.uk_home_office.datasets import INDEX, Dataset, quarterly_source
from fcm_migration.sources.uk_home_office.labels import (
    APPLICANT_TYPES,
    FOLDED_NATIONALITIES,
    MAIN,
    added_up,
    folded,
)
from fcm_migration.sources.uk_home_office.shorthand import known_sums
from fcm_migration.sources.uk_home_office.workbooks import (
    only_sheet,
    read_release,
    read_rows,
    refuse_absent,
    refuse_swapped,
)
from fcm_migration.workbook import Sheet

INITIAL, FURTHER = "Pending initial decision", "Pending further review"
SHORTER, LONGER = "6 months or less", "More than 6 months"
NO_DURATION = "N/A - Further review"
DATASET = Dataset(
    source_id="uk_awaiting_decision",
    stems=(
        "asylum-claims-awaiting-decision-datasets",
        "asylum-claims-awaiting-decision-dataset",
        "asylum-applications-awaiting-decision-datasets",
        "asylum-applications-awaiting-decision-dataset",
    ),
    pages=(INDEX,),
    sheets=("Data_Asy_D03", "Data - Asy_D03", "Data_ASY_D03"),
    columns={
        "day": ("Date (as at…)", "Date (as at...)", "Date"),
        "nationality": ("Nationality",),
        "region": ("Region",),
        "applicant_type": ("Applicant type", "Applicant Type"),
        "application_stage": ("Application stage", "Application Stage"),
        "duration": ("Duration",),
        "awaiting_persons": ("Claims", "Applications"),
    },
    count="awaiting_persons",
    first_quarter=date(2010, 4, 1),
)
# Rows the publisher folds into one label without adding them up: 50 pairs in 35,092 rows.
MOST_REPEATED = 100

TABLE = Table(
    "core",
    "uk_awaiting_decision",
    "People whose asylum claim awaits a decision in the UK, at the end of each quarter.",
    "quarter's end, nationality, applicant type, stage and duration",
    (
        Column(
            "quarter_start_date",
            "date",
            "First day of the quarter at whose last day the people were counted.",
        ),
        Column("nationality", "string", "Nationality as the Home Office names it."),
        Column("region", "string", "The Home Office's group of nationalities."),
        Column(
            "applicant_type",
            "string",
            "Main applicant, which is one case, or dependant of one.",
            allowed=APPLICANT_TYPES,
        ),
        Column(
            "application_stage",
            "string",
            "What is awaited; further review to December 2022 only.",
            allowed=(INITIAL, FURTHER),
        ),
        Column(
            "duration",
            "string",
            "How long the initial decision has been awaited.",
            allowed=(SHORTER, LONGER, NO_DURATION),
        ),
        Column(
            "awaiting_persons",
            "integer",
            "People whose claim awaits the decision; null where the publisher prints no figure.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        IS_SUPPRESSED,
    ),
    (
        "quarter_start_date",
        "nationality",
        "region",
        "applicant_type",
        "application_stage",
        "duration",
    ),
    source_id="uk_awaiting_decision",
    caveats=(
        "A stock at the last day of the quarter: never summed over quarters, never added to claims "
        "or decisions.",
        "A combination that is absent counts zero.",
        "Main applicants alone are cases (95,252 awaited an initial decision on 31 December 2023); "
        "with dependants they are people (128,786). Never add the two.",
        "Claims pending further review are printed to December 2022 only; from March 2023 an "
        "absent row says nothing. They have no harmonised figure.",
        "Rows that the publisher repeats under one label are added up here.",
    ),
    period="quarter_start_date",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one file of a release; see :func:`from_sheets`."""
    return from_sheets(read_release(files, DATASET), files[0].name)


def from_sheets(sheets: Mapping[str, Sheet], name: str) -> Parsed:
    """Turn the dataset's sheet, or the table of a CSV under its own name, into the core table.

    Raises:
        LayoutError: sheet, columns, applicant types, stages, durations, figures or quarters are not
            what they have always been, or rows stand twice.
    """
    read = read_rows(only_sheet(sheets, DATASET, name), DATASET, name)
    frame, layout = read.frame, read.layout
    for column in ("applicant_type", "application_stage", "duration"):
        frame, met = folded(frame, column, TABLE.column(column).allowed or (), name)
        layout = (*layout, *met)
    refuse_swapped(frame, {}, ("nationality", "region"), name)
    _refuse_odd_durations(frame, name)
    initial = frame.filter(pl.col("application_stage") == INITIAL)
    refuse_absent(frame, "application_stage", [INITIAL], name)
    refuse_absent(initial, "applicant_type", APPLICANT_TYPES, name)
    refuse_absent(initial, "duration", [SHORTER, LONGER], name)
    _refuse_holes(frame, name)
    folds = pl.col("nationality").is_in(FOLDED_NATIONALITIES)
    summed, notes = added_up(frame, TABLE.key, DATASET.count, MOST_REPEATED, name, folds)
    return Parsed(
        {TABLE.name: summed.select(TABLE.column_names)},
        marks=read.marks,
        notes=(*read.notes, *notes),
        layout=layout,
    )


def _refuse_odd_durations(frame: pl.DataFrame, where: str) -> None:
    """Refuse a further review with a duration, and an initial decision without one."""
    further = pl.col("application_stage") == FURTHER
    odd = frame.filter(further != (pl.col("duration") == NO_DURATION))
    if not odd.is_empty():
        raise LayoutError(
            "a duration that is not one of its stage",
            where=where,
            expected=f"{NO_DURATION} for each {FURTHER}, and for no other",
            got=odd.select("application_stage", "duration").unique().rows()[:3],
        )


def _refuse_holes(frame: pl.DataFrame, where: str) -> None:
    """Refuse a quarter without further reviews between two that have them."""
    held = frame.filter(pl.col("application_stage") == FURTHER).get_column("quarter_start_date")
    if lost := sorted(set(whole_calendar(held, "1q")) - set(held)):
        raise LayoutError(
            f"quarters without {FURTHER}",
            where=where,
            expected="each quarter to the last that has it",
            lacks=[str(day) for day in lost[:5]],
        )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return people and cases awaiting an initial decision, in all and by nationality.

    Cases are main applicants. Each is an indicator of its own, so that nobody adds the two.
    """
    core = tables[TABLE.name]
    people = core.filter(pl.col("application_stage") == INITIAL)
    cases = people.filter(pl.col("applicant_type") == MAIN)
    return pl.concat(
        _sums(part, origin, name)
        for name, part in (
            ("asylum_awaiting_decision", people),
            ("asylum_awaiting_decision_cases", cases),
        )
        for origin in (pl.lit(TOTAL), pl.col("nationality"))
    )


def _sums(rows: pl.DataFrame, origin: pl.Expr, indicator: str) -> pl.DataFrame:
    keys = ("quarter_start_date", origin.alias("origin_label"))
    return draft(
        rows.group_by(*keys).agg(known_sums("awaiting_persons")),
        indicator=indicator,
        destination_iso3="GBR",
        frequency="Q",
        period_start=pl.col("quarter_start_date"),
        value=pl.col("awaiting_persons"),
        is_suppressed=pl.col("is_suppressed"),
        origin_label=pl.col("origin_label"),
        is_derived=True,
    )


SOURCE = quarterly_source(
    DATASET,
    title="UK asylum claims awaiting a decision, by nationality, people and cases",
    module=__name__,
    table=TABLE,
    cron="51 10,15 * * 4",
    parse=parse,
    flows=flows,
    offers=(
        Offer("GBR", "asylum_awaiting_decision", "Q", by_origin=True),
        Offer("GBR", "asylum_awaiting_decision_cases", "Q", by_origin=True),
    ),
    by_hand="Open the page of immigration system statistics data tables and take the detailed "
    "dataset on asylum claims awaiting a decision "
    "(asylum-claims-awaiting-decision-datasets-MONTH-YEAR.xlsx). The same rows are also taken as "
    "CSV or gzipped CSV with the header Date,Nationality,Region,Applicant type,Application "
    "stage,Duration,Applications, where Date is the last day of the quarter (31 Dec 2023 or "
    "2023-12-31); further columns are left aside. State the day of release, which the file does "
    "not print. The layout was tried on a copy that others made of the release with data to "
    "September 2024, not on a workbook of the publisher's own: one that differs is refused, and "
    "the message says in what.",
    # A backlog follows what is decided as much as what is claimed.
    is_modelled=False,
)
