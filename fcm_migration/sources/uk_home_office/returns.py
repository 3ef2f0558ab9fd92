"""United Kingdom: people returned, or refused entry and departed, by quarter and nationality.

The Home Office's detailed dataset Ret_D01, from the first quarter of 2004. Exact counts of returns:
who is returned twice counts twice. A combination that counts zero is left out.

The columns are those of a copy that others made of the release with data to December 2023; further
ones are left aside. No file of the publisher's own was at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import IS_SUPPRESSED
from fcm_migration.catalog.model import Column, Table
from fcm_migration.sources.base import TOTAL, Offer, Parsed, ReleaseFile
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.uk_home_office.datasets import INDEX, Dataset, quarterly_source
from fcm_migration.sources.uk_home_office.labels import folded, spellings
from fcm_migration.sources.uk_home_office.shorthand import known_sums
from fcm_migration.sources.uk_home_office.workbooks import (
    only_sheet,
    read_release,
    read_rows,
    refuse_absent,
    refuse_swapped,
)
from fcm_migration.workbook import Sheet

GROUPS = {
    "Enforced return": "returns_enforced",
    "Voluntary return": "returns_voluntary",
    "Refused entry at port and subsequently departed": "refused_entry_departures",
}
DATASET = Dataset(
    source_id="uk_returns",
    stems=("returns-datasets", "returns-dataset"),
    pages=(INDEX,),
    sheets=("Data_Ret_D01", "Data - Ret_D01", "Data_RET_D01"),
    columns={
        "year": ("Year",),
        "quarter": ("Quarter",),
        "nationality": ("Nationality",),
        "return_type_group": ("Return type group", "Return Type Group"),
        "return_type": ("Return type", "Return Type"),
        "return_events": ("Number of returns", "Number of Returns"),
    },
    count="return_events",
    first_quarter=date(2004, 1, 1),
)
ANCHORS = {"return_type": "(?i)^Assisted returns$"}

TABLE = Table(
    "core",
    "uk_returns",
    "Returns from the UK, and departures after entry was refused, by quarter.",
    "quarter, nationality, group and type of return",
    (
        Column("quarter_start_date", "date", "First day of the quarter of the return."),
        Column("nationality", "string", "Nationality as the Home Office names it."),
        Column(
            "return_type_group",
            "string",
            "Enforced, voluntary, or refused entry at a port and departed.",
            allowed=tuple(GROUPS),
        ),
        Column("return_type", "string", "Type of return in the publisher's spelling."),
        Column(
            "return_events",
            "integer",
            "Returns; null where the publisher prints no figure.",
            unit="events",
            nullable=True,
            minimum=0,
        ),
        IS_SUPPRESSED,
    ),
    ("quarter_start_date", "nationality", "return_type_group", "return_type"),
    source_id="uk_returns",
    caveats=(
        "A combination that is absent counts zero.",
        "One count per return, not per person; of everybody without a right to stay, whether or "
        "not asylum was claimed.",
        "Refusals at a port are not removals from the country: the three groups are three "
        "indicators. Their types are not printed from the last quarter of 2022.",
        "Types of enforced return are told apart from 2010. Voluntary returns that the Home "
        "Office verified afterwards ('Other verified returns') begin in 2005; the newest quarters "
        "grow as departures are verified: the third quarter of 2022 from 2,364 in March 2023 to "
        "2,964 a year later.",
        "Spellings of one type ('Non-detained Enforced removals', 'Non-detained enforced "
        "removals') stand as printed.",
    ),
    period="quarter_start_date",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one file of a release; see :func:`from_sheets`."""
    return from_sheets(read_release(files, DATASET), files[0].name)


def from_sheets(sheets: Mapping[str, Sheet], name: str) -> Parsed:
    """Turn the dataset's sheet, or the table of a CSV under its own name, into the core table.

    Raises:
        LayoutError: sheet, columns, groups of return, figures or quarters are not what they have
            always been, or a quarter lacks a group.
    """
    read = read_rows(only_sheet(sheets, DATASET, name), DATASET, name)
    frame, met = folded(read.frame, "return_type_group", tuple(GROUPS), name)
    refuse_swapped(frame, ANCHORS, ("nationality", "return_type"), name)
    refuse_absent(frame, "return_type_group", list(GROUPS), name)
    return Parsed(
        {TABLE.name: frame.select(TABLE.column_names)},
        marks=read.marks,
        notes=read.notes,
        layout=(*read.layout, *met, *spellings(frame, ("return_type",))),
    )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return quarterly sums of each group, in all and by nationality."""
    core = tables[TABLE.name]
    return pl.concat(_sums(core, origin) for origin in (pl.lit(TOTAL), pl.col("nationality")))


def _sums(core: pl.DataFrame, origin: pl.Expr) -> pl.DataFrame:
    indicator = pl.col("return_type_group").replace_strict(GROUPS, return_dtype=pl.String)
    keys = ("quarter_start_date", indicator.alias("indicator"), origin.alias("origin_label"))
    return draft(
        core.group_by(*keys).agg(known_sums("return_events")),
        indicator=pl.col("indicator"),
        destination_iso3="GBR",
        frequency="Q",
        period_start=pl.col("quarter_start_date"),
        value=pl.col("return_events"),
        is_suppressed=pl.col("is_suppressed"),
        origin_label=pl.col("origin_label"),
        is_derived=True,
    )


SOURCE = quarterly_source(
    DATASET,
    title="UK returns by nationality: enforced, voluntary, and refused entry at a port",
    module=__name__,
    table=TABLE,
    cron="53 10,15 * * 4",
    parse=parse,
    flows=flows,
    offers=tuple(Offer("GBR", name, "Q", by_origin=True) for name in GROUPS.values()),
    by_hand="Open the page of immigration system statistics data tables and take the detailed "
    "dataset on returns (returns-datasets-MONTH-YEAR.xlsx), not the summary tables; the sheet "
    "Ret_D01 is read. The same rows are also taken as CSV or gzipped CSV with the header "
    "Year,Quarter,Nationality,Return type group,Return type,Number of returns, where Quarter is "
    "2023 Q3, or 3 beside its year; further columns are left aside. State the day of release, "
    "which the file does not print. The layout was tried on a copy that others made of the "
    "release with data to December 2023, not on a workbook of the publisher's own: one that "
    "differs is refused, and the message says in what.",
    # Returns follow what is enforced and agreed with the countries of return.
    is_modelled=False,
)
