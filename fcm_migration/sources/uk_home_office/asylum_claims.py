"""United Kingdom: asylum claims by quarter and nationality, main applicants and dependants.

The Home Office's detailed dataset Asy_D01 ("asylum applications", from 2025 "asylum claims"), from
the first quarter of 2001. Exact counts of persons; main applicants and dependants stand in rows of
their own, and dependants are counted from 2002 only. A combination that counts zero is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import IS_SUPPRESSED
from fcm_migration.catalog.model import Column, Table
from fcm_migration.sources.base import TOTAL, Limits, Offer, Parsed, ReleaseFile
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.uk_home_office.datasets import INDEX, Dataset, quarterly_source
from fcm_migration.sources.uk_home_office.labels import (
    APPLICANT_TYPES,
    DEPENDANT,
    MAIN,
    added_up,
    folded,
    refuse_totals_beside_parts,
    spellings,
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

DATASET = Dataset(
    source_id="uk_asylum_claims",
    stems=(
        "asylum-claims-datasets",
        "asylum-claims-dataset",
        "asylum-applications-datasets",
        "asylum-applications-dataset",
    ),
    pages=(INDEX,),
    sheets=("Data_Asy_D01", "Data - Asy_D01", "Data_ASY_D01"),
    columns={
        "year": ("Year",),
        "quarter": ("Quarter",),
        "nationality": ("Nationality",),
        "region": ("Region",),
        "age_group": ("Age",),
        "sex": ("Sex",),
        "applicant_type": ("Applicant type", "Applicant Type"),
        "uasc": ("UASC",),
        "claim_location": ("Location of application", "Location of claim"),
        "claims_persons": ("Claims", "Applications"),
    },
    count="claims_persons",
    first_quarter=date(2001, 1, 1),
)
DEPENDANTS_FROM = date(2002, 1, 1)
ANCHORS = {"age_group": r"\d", "sex": "^Male$", "uasc": "UASC$"}
# Rows the publisher folds into one label without adding them up: 11 pairs in 75,785 rows.
MOST_REPEATED = 25

TABLE = Table(
    "core",
    "uk_asylum_claims",
    "Asylum claims lodged in the UK, by quarter.",
    "quarter, nationality, age, sex, applicant type, unaccompanied child or not, place of claim",
    (
        Column("quarter_start_date", "date", "First day of the quarter."),
        Column("nationality", "string", "Nationality as the Home Office names it."),
        Column("region", "string", "The Home Office's group of nationalities."),
        Column("age_group", "string", "Age group; 'Total (pre-2009)' where not broken down."),
        Column("sex", "string", "Sex; 'Total (pre-2009)' where not broken down."),
        Column(
            "applicant_type",
            "string",
            "Main applicant, or dependant of one (from 2002).",
            allowed=APPLICANT_TYPES,
        ),
        Column(
            "uasc",
            "string",
            "Whether an unaccompanied asylum-seeking child; 'Total (pre-2006)' where not broken "
            "down.",
        ),
        Column("claim_location", "string", "Claimed at a port or in the country."),
        Column(
            "claims_persons",
            "integer",
            "People claiming; null where the publisher prints no figure.",
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
        "age_group",
        "sex",
        "applicant_type",
        "uasc",
        "claim_location",
    ),
    source_id="uk_asylum_claims",
    caveats=(
        "A combination that is absent counts zero.",
        "Main applicants alone are what the Home Office calls applications; with dependants they "
        "are people. 2001 has main applicants only.",
        "'Total (pre-2009)' and 'Total (pre-2006)' are years without the breakdown, not sums of "
        "rows beside them; 'Unknown Age' and 'Unknown age' are two spellings of one group.",
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
        LayoutError: sheet, columns, applicant types, figures or quarters are not what they have
            always been, a total stands beside its parts, or rows stand twice.
    """
    read = read_rows(only_sheet(sheets, DATASET, name), DATASET, name)
    frame, kinds = folded(read.frame, "applicant_type", APPLICANT_TYPES, name)
    refuse_swapped(frame, ANCHORS, ("nationality", "region", "claim_location"), name)
    refuse_absent(frame, "applicant_type", [MAIN], name)
    later = frame.filter(pl.col("quarter_start_date") >= DEPENDANTS_FROM)
    refuse_absent(later, "applicant_type", [DEPENDANT], name)
    for column in ("age_group", "sex", "uasc"):
        refuse_totals_beside_parts(frame, column, name)
    summed, notes = added_up(frame, TABLE.key, DATASET.count, MOST_REPEATED, name)
    return Parsed(
        {TABLE.name: summed.select(TABLE.column_names)},
        marks=read.marks,
        notes=(*read.notes, *notes),
        layout=(
            *read.layout,
            *spellings(frame, ("age_group", "sex", "uasc", "claim_location")),
            *kinds,
        ),
    )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return quarterly sums, in all and by nationality: main applicants, dependants, and both.

    Both together begin in 2002: before, dependants were not counted.
    """
    core = tables[TABLE.name]
    groups = {MAIN: "main_applicants", DEPENDANT: "dependants"}
    group = pl.col("applicant_type").replace_strict(groups, return_dtype=pl.String)
    whole = core.filter(pl.col("quarter_start_date") >= DEPENDANTS_FROM)
    return pl.concat(
        _sums(frame, origin, people)
        for frame, people in ((whole, pl.lit("all")), (core, group))
        for origin in (pl.lit(TOTAL), pl.col("nationality"))
    )


def _sums(core: pl.DataFrame, origin: pl.Expr, group: pl.Expr) -> pl.DataFrame:
    keys = ("quarter_start_date", origin.alias("origin_label"), group.alias("population_group"))
    return draft(
        core.group_by(*keys).agg(known_sums("claims_persons")),
        indicator="asylum_claims",
        destination_iso3="GBR",
        frequency="Q",
        period_start=pl.col("quarter_start_date"),
        value=pl.col("claims_persons"),
        is_suppressed=pl.col("is_suppressed"),
        origin_label=pl.col("origin_label"),
        population_group=pl.col("population_group"),
        is_derived=True,
    )


SOURCE = quarterly_source(
    DATASET,
    title="UK asylum claims by nationality, main applicants and dependants",
    module=__name__,
    table=TABLE,
    cron="43 10,15 * * 4",
    parse=parse,
    flows=flows,
    offers=(Offer("GBR", "asylum_claims", "Q", by_origin=True),),
    by_hand="Open the page of immigration system statistics data tables and take the detailed "
    "dataset on asylum claims (asylum-claims-datasets-MONTH-YEAR.xlsx), not those on claims "
    "awaiting a decision or on outcomes. The same rows are also taken as CSV or gzipped CSV with "
    "the header Year,Quarter,Nationality,Region,Age,Sex,Applicant type,UASC,Location of "
    "application,Applications, where Quarter is 2023 Q3, or 3 beside its year; further columns are "
    "left aside. State the day of release, which the file does not print.",
    # 75,786 rows of 2001 to 2024 take 2.0 s and 250 MB as a workbook; each year adds to them.
    limits=Limits(seconds=15, resident_bytes=600_000_000),
)
