"""United Kingdom: people receiving asylum support at the end of each quarter, by nationality.

The Home Office's detailed dataset Asy_D09, a stock, from March 2014. Exact counts of people,
dependants included, by kind of support, accommodation and region of the UK. A combination that
counts zero is left out, and so are the nationalities of some kinds of support.

The columns are those of a copy that others made of the release with data to September 2024, and the
header of the release with data to June 2026 as its readers wrote it down. No file of the
publisher's own was at hand.
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
    FOLDED_NATIONALITIES,
    added_up,
    folded,
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

SUPPORT_TYPES = ("Section 95", "Section 4", "Section 98")
# What stands in place of a nationality where none is published. Its words change with the releases
# ("N/A - Subsistence Only (Dec 2023 - Sep 2024)"); the reviewed label is this one.
NOT_PUBLISHED, NO_NATIONALITY = "N/A - ", "N/A - no nationality published"
DATASET = Dataset(
    source_id="uk_asylum_support",
    stems=(
        "asylum-seekers-receipt-support-datasets",
        "asylum-seekers-receipt-support-dataset",
    ),
    pages=(INDEX,),
    sheets=("Data_Asy_D09", "Data - Asy_D09", "Data_ASY_D09"),
    columns={
        "day": ("Date (as at…)", "Date (as at...)", "Date"),
        "nationality": ("Nationality",),
        "region": ("Region",),
        "support_type": ("Support Type", "Support type"),
        "accommodation_type": ("Accommodation Type", "Accommodation type"),
        "uk_region": ("UK Region / Nation", "UK Region"),
        "supported_persons": ("People",),
    },
    count="supported_persons",
    first_quarter=date(2014, 1, 1),
)
ANCHORS = {"accommodation_type": "(?i)^Subsistence only$", "uk_region": "^London$"}
# Rows the publisher folds into one label without adding them up: 77 pairs in 82,377 rows.
MOST_REPEATED = 150
FOLDED_QUARTER = date(2017, 1, 1)  # the one in which rows of single nationalities repeat

TABLE = Table(
    "core",
    "uk_asylum_support",
    "People receiving asylum support in the UK, at the end of each quarter.",
    "quarter's end, nationality, kind of support, accommodation and region of the UK",
    (
        Column(
            "quarter_start_date",
            "date",
            "First day of the quarter at whose last day the people were counted.",
        ),
        Column(
            "nationality",
            "string",
            "Nationality as the Home Office names it; 'N/A - ...' where none is published.",
        ),
        Column("region", "string", "The Home Office's group of nationalities."),
        Column(
            "support_type",
            "string",
            "Section of the Immigration and Asylum Act 1999 that the support rests on: 95 while a "
            "claim is open, 98 before that is settled, 4 after a refusal.",
            allowed=SUPPORT_TYPES,
        ),
        Column("accommodation_type", "string", "Accommodation, or subsistence only, as published."),
        Column("uk_region", "string", "Region or nation of the UK, as published."),
        Column(
            "supported_persons",
            "integer",
            "People supported; null where the publisher prints no figure.",
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
        "support_type",
        "accommodation_type",
        "uk_region",
    ),
    source_id="uk_asylum_support",
    caveats=(
        "A stock at the last day of the quarter: never summed over quarters, never added to claims "
        "or to people awaiting a decision, most of whom it counts again.",
        "No nationality is published for Section 4 before March 2018, for Section 98 before "
        "December 2022 and for subsistence only in some quarters from December 2023: figures by "
        "nationality do not make the total there, and a nationality without a row may be among "
        "them. It is unknown, not zero; other combinations that are absent count zero.",
        "Hotels are told apart from December 2022. People moved from Section 98 to Section 95 in "
        "the figures of June 2023 (51,546 to 6,735 of Section 98): compare the sum of both.",
        "Spellings of one label ('Subsistence only', 'Yorkshire And The Humber') stand as printed; "
        "rows that the publisher repeats under one label are added up here.",
    ),
    period="quarter_start_date",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one file of a release; see :func:`from_sheets`."""
    return from_sheets(read_release(files, DATASET), files[0].name)


def from_sheets(sheets: Mapping[str, Sheet], name: str) -> Parsed:
    """Turn the dataset's sheet, or the table of a CSV under its own name, into the core table.

    Raises:
        LayoutError: sheet, columns, kinds of support, figures or quarters are not what they have
            always been, or rows stand twice.
    """
    read = read_rows(only_sheet(sheets, DATASET, name), DATASET, name)
    frame, met = folded(read.frame, "support_type", SUPPORT_TYPES, name)
    refuse_swapped(frame, ANCHORS, ("nationality", "region"), name)
    refuse_absent(frame, "support_type", SUPPORT_TYPES, name)
    folds = pl.col("nationality").is_in(FOLDED_NATIONALITIES)
    folds |= pl.col("quarter_start_date") == FOLDED_QUARTER
    summed, notes = added_up(frame, TABLE.key, DATASET.count, MOST_REPEATED, name, folds)
    # Of the labels only those of accommodation: the others print the dates of the release.
    return Parsed(
        {TABLE.name: summed.select(TABLE.column_names)},
        marks=read.marks,
        notes=(*read.notes, *notes),
        layout=(*read.layout, *met, *spellings(frame, ("accommodation_type",))),
    )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return people supported at each quarter's end, in all and by nationality."""
    core = tables[TABLE.name]
    nationality = (
        pl.when(pl.col("nationality").str.starts_with(NOT_PUBLISHED))
        .then(pl.lit(NO_NATIONALITY))
        .otherwise("nationality")
    )
    return pl.concat(_sums(core, origin) for origin in (pl.lit(TOTAL), nationality))


def _sums(core: pl.DataFrame, origin: pl.Expr) -> pl.DataFrame:
    keys = ("quarter_start_date", origin.alias("origin_label"))
    return draft(
        core.group_by(*keys).agg(known_sums("supported_persons")),
        indicator="asylum_support",
        destination_iso3="GBR",
        frequency="Q",
        period_start=pl.col("quarter_start_date"),
        value=pl.col("supported_persons"),
        is_suppressed=pl.col("is_suppressed"),
        origin_label=pl.col("origin_label"),
        is_derived=True,
    )


SOURCE = quarterly_source(
    DATASET,
    title="People receiving asylum support in the UK, by nationality",
    module=__name__,
    table=TABLE,
    cron="57 10,15 * * 4",
    parse=parse,
    flows=flows,
    offers=(Offer("GBR", "asylum_support", "Q", by_origin=True),),
    by_hand="Open the page of immigration system statistics data tables and take the detailed "
    "dataset on asylum seekers in receipt of support "
    "(asylum-seekers-receipt-support-datasets-MONTH-YEAR.xlsx), not that by local authority. The "
    "same rows are also taken as CSV or gzipped CSV with the header "
    "Date,Nationality,Region,Support Type,Accommodation Type,UK Region,People, where Date is the "
    "last day of the quarter (31 Dec 2023 or 2023-12-31); further columns are left aside. State "
    "the day of release, which the file does not print. The layout was tried on a copy that "
    "others made of the release with data to September 2024, not on a workbook of the publisher's "
    "own: one that differs is refused, and the message says in what.",
    # 82,377 rows of 2014 to 2024 take 2.5 s and 230 MB as a workbook; each year adds to them.
    limits=Limits(seconds=15, resident_bytes=600_000_000),
    # Support follows the backlog and the rules of support.
    is_modelled=False,
    # A nationality without a row may be among those of whom none is published.
    absent_is_zero=False,
)
