"""United Kingdom: people detected entering irregularly, by quarter, method and nationality.

The Home Office's detailed dataset on illegal entry routes (Irr_D01, from 2025 IER_D01), from the
first quarter of 2018. Exact counts of detections of persons, further by sex and age group; a
combination that counts zero is left out. These are the authoritative figures on small boats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import IS_SUPPRESSED
from fcm_migration.catalog.model import Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import TOTAL, Offer, Parsed, ReleaseFile
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.uk_home_office.datasets import INDEX, Dataset, quarterly_source
from fcm_migration.sources.uk_home_office.shorthand import known_sums
from fcm_migration.sources.uk_home_office.workbooks import (
    only_sheet,
    read_release,
    read_rows,
    refuse_absent,
    refuse_swapped,
)
from fcm_migration.workbook import Sheet

OLDER = (
    "https://www.gov.uk/government/statistical-data-sets/"
    "irregular-migration-detailed-dataset-and-summary-tables"
)
METHODS = {
    "Small boat arrivals": "english_channel",
    "Inadequately documented air arrivals": "air_arrivals",
    "Recorded detections at UK ports": "detected_at_port",
    "Recorded detections in the UK": "detected_inland",
}
SEXES = ("Female", "Male", "Unknown", "Not currently recorded")
DATASET = Dataset(
    source_id="uk_irregular_migration",
    stems=(
        "illegal-entry-routes-to-the-uk-dataset",
        "irregular-migration-to-the-uk-detailed-dataset",
    ),
    pages=(INDEX, OLDER),
    sheets=("Data_IER_D01", "Data - IER_D01", "Data_Irr_D01", "Data - Irr_D01"),
    columns={
        "year": ("Year",),
        "quarter": ("Quarter",),
        "method_of_entry": ("Method of entry",),
        "nationality": ("Nationality",),
        "region": ("Region",),
        "sex": ("Sex",),
        "age_group": ("Age Group", "Age group"),
        "detections_persons": ("Number of detections",),
    },
    count="detections_persons",
    first_quarter=date(2018, 1, 1),
)
TABLE = Table(
    "core",
    "uk_irregular_migration",
    "People detected entering the UK irregularly, by quarter.",
    "quarter, method of entry, nationality, sex and age group",
    (
        Column("quarter_start_date", "date", "First day of the quarter."),
        Column(
            "method_of_entry",
            "string",
            "How the person came or was found.",
            allowed=tuple(METHODS),
        ),
        Column("nationality", "string", "Nationality as the Home Office names it."),
        Column("region", "string", "The Home Office's group of nationalities."),
        Column("sex", "string", "Sex; often not recorded for some methods.", allowed=SEXES),
        Column("age_group", "string", "Age group in the publisher's words."),
        Column(
            "detections_persons",
            "integer",
            "People detected; someone detected twice counts twice. Null where the publisher prints "
            "no figure.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        IS_SUPPRESSED,
    ),
    ("quarter_start_date", "method_of_entry", "nationality", "region", "sex", "age_group"),
    source_id="uk_irregular_migration",
    caveats=(
        "A combination that is absent counts zero.",
        "Detections inside the country and at ports depend on how many officers look.",
        "Small boats differ a little from the weekly series (2020: 8,466 here, 8,462 there).",
    ),
    period="quarter_start_date",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one file of a release; see :func:`from_sheets`."""
    return from_sheets(read_release(files, DATASET), files[0].name)


def from_sheets(sheets: Mapping[str, Sheet], name: str) -> Parsed:
    """Turn the dataset's sheet, or the table of a CSV under its own name, into the core table.

    Raises:
        LayoutError: sheet, columns, methods, figures or quarters are not what they have always
            been, or a quarter lacks a method of entry.
    """
    read = read_rows(only_sheet(sheets, DATASET, name), DATASET, name)
    methods = set(read.frame.get_column("method_of_entry"))
    if unknown := sorted(methods - set(METHODS)):
        raise LayoutError("methods of entry", where=name, expected=list(METHODS), got=unknown)
    refuse_swapped(read.frame, {"age_group": r"^\d"}, ("nationality", "region"), name)
    refuse_absent(read.frame, "method_of_entry", list(METHODS), name)
    layout = [f"method: {method}" for method in sorted(methods)]
    layout += [f"age group: {text}" for text in sorted(set(read.frame.get_column("age_group")))]
    return Parsed(
        {TABLE.name: read.frame.select(TABLE.column_names)},
        marks=read.marks,
        notes=read.notes,
        layout=(*read.layout, *layout),
    )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return quarterly sums: each method and all of them, each nationality and all."""
    core = tables[TABLE.name]
    route = pl.col("method_of_entry").replace_strict(METHODS, return_dtype=pl.String)
    whole, nobody = pl.lit("all"), pl.lit(TOTAL)
    nationality = pl.col("nationality")
    pairs = ((nobody, whole), (nobody, route), (nationality, whole), (nationality, route))
    return pl.concat(_sums(core, origin, way) for origin, way in pairs)


def _sums(core: pl.DataFrame, origin: pl.Expr, route: pl.Expr) -> pl.DataFrame:
    return draft(
        core.group_by("quarter_start_date", origin.alias("origin_label"), route.alias("route")).agg(
            known_sums("detections_persons")
        ),
        indicator="irregular_arrivals",
        destination_iso3="GBR",
        frequency="Q",
        period_start=pl.col("quarter_start_date"),
        value=pl.col("detections_persons"),
        is_suppressed=pl.col("is_suppressed"),
        origin_label=pl.col("origin_label"),
        route=pl.col("route"),
        is_derived=True,
    )


SOURCE = quarterly_source(
    DATASET,
    title="People detected entering the UK irregularly, by method of entry and nationality",
    module=__name__,
    table=TABLE,
    cron="37 10,15 * * 4",
    parse=parse,
    flows=flows,
    offers=(Offer("GBR", "irregular_arrivals", "Q", by_origin=True),),
    by_hand="Open the page of immigration system statistics data tables and take the detailed "
    "dataset on illegal entry routes (illegal-entry-routes-to-the-uk-dataset-MONTH-YEAR.xlsx), not "
    "the summary tables. The same rows are also taken as CSV or gzipped CSV with the header "
    "Year,Quarter,Method of entry,Nationality,Region,Sex,Age Group,Number of detections, where "
    "Quarter is 2023 Q3, or 3 beside its year; further columns are left aside. State the day of "
    "release, which the file does not print.",
)
