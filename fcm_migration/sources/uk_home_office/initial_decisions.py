"""United Kingdom: initial decisions on asylum claims, and people resettled, by quarter.

The Home Office's detailed dataset Asy_D02, a second sheet of the workbook with the claims
(Asy_D01), by nationality, outcome, age and sex from the first quarter of 2001. Exact counts of
persons; main applicants and dependants stand in rows of their own, and dependants are counted from
2002 only. A combination that counts zero is left out.

The columns are those of a copy that others made of the release with data to September 2024. That
releases with data from 2025 leave out resettlement, with the columns Case type and Host Country, is
what a reader of one of them wrote down. No file of the publisher's own was at hand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.errors import LayoutError
from fcm_migration.periods import whole_calendar
from fcm_migration.sources.base import TOTAL, Limits, Offer, Parsed, ReleaseFile
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.uk_home_office.datasets import INDEX, Dataset, quarterly_source
from fcm_migration.sources.uk_home_office.initial_decisions_table import (
    ASYLUM,
    IN_EVERY_QUARTER,
    NO_HOST,
    OTHER_LEAVE,
    PROTECTION,
    REFUSED,
    RESETTLEMENT,
    TABLE,
    WITHDRAWN,
)
from fcm_migration.sources.uk_home_office.labels import (
    DEPENDANT,
    MAIN,
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

# Groups of outcomes that make an indicator; each contains the one after it.
DECISIONS = {
    "asylum_initial_decisions": (PROTECTION, OTHER_LEAVE, REFUSED),
    "asylum_initial_grants": (PROTECTION, OTHER_LEAVE),
    "asylum_initial_protection": (PROTECTION,),
}
DATASET = Dataset(
    source_id="uk_initial_decisions",
    stems=(
        "asylum-claims-datasets",
        "asylum-claims-dataset",
        "asylum-applications-datasets",
        "asylum-applications-dataset",
    ),
    pages=(INDEX,),
    sheets=("Data_Asy_D02", "Data - Asy_D02", "Data_ASY_D02"),
    columns={
        "year": ("Year",),
        "quarter": ("Quarter",),
        "nationality": ("Nationality",),
        "region": ("Region",),
        "case_type": ("Case type", "Case Type"),
        "case_outcome_group": ("Case outcome group", "Case Outcome Group"),
        "case_outcome": ("Case outcome", "Case Outcome"),
        "age_group": ("Age",),
        "sex": ("Sex",),
        "applicant_type": ("Applicant type", "Applicant Type"),
        "uasc": ("UASC",),
        "host_country": ("Host Country", "Host country"),
        "outcomes_persons": ("Decisions",),
    },
    count="outcomes_persons",
    first_quarter=date(2001, 1, 1),
    assumed={"case_type": ASYLUM, "host_country": NO_HOST},
)
DEPENDANTS_FROM = date(2002, 1, 1)
ANCHORS = {
    "case_outcome": "^Refugee Permission$",
    "age_group": r"\d",
    "sex": "^Male$",
    "uasc": "UASC$",
    "host_country": "N/A$",
}
_RESETTLED = "^(?:Resettlement|Relocation)"


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one file of a release; see :func:`from_sheets`."""
    return from_sheets(read_release(files, DATASET), files[0].name)


def from_sheets(sheets: Mapping[str, Sheet], name: str) -> Parsed:
    """Turn the dataset's sheet, or the table of a CSV under its own name, into the core table.

    Raises:
        LayoutError: sheet, columns, types of case, groups of outcomes, applicant types, figures or
            quarters are not what they have always been, a total stands beside its parts, or schemes
            of resettlement stand among asylum cases.
    """
    read = read_rows(only_sheet(sheets, DATASET, name), DATASET, name)
    frame, layout = read.frame, read.layout
    for column in ("case_type", "case_outcome_group", "applicant_type"):
        known = TABLE.column(column).allowed or ()
        frame, met = folded(frame, column, known, name)
        layout = (*layout, *met)
    refuse_swapped(frame, ANCHORS, ("nationality", "region"), name)
    _refuse_mixed(frame, name)
    asylum = frame.filter(pl.col("case_type") == ASYLUM)
    refuse_absent(frame, "case_type", [ASYLUM], name)
    refuse_absent(asylum, "case_outcome_group", IN_EVERY_QUARTER, name)
    refuse_absent(asylum, "applicant_type", [MAIN], name)
    later = asylum.filter(pl.col("quarter_start_date") >= DEPENDANTS_FROM)
    refuse_absent(later, "applicant_type", [DEPENDANT], name)
    for column in ("age_group", "sex", "uasc"):
        refuse_totals_beside_parts(frame, column, name, ("case_type",))
    refuse_totals_beside_parts(frame, "case_outcome", name, ("case_type", "case_outcome_group"))
    kept = ("case_outcome", "age_group", "sex", "uasc")
    return Parsed(
        {TABLE.name: frame.select(TABLE.column_names)},
        marks=read.marks,
        notes=read.notes,
        layout=(*layout, *spellings(frame, kept)),
    )


def _refuse_mixed(frame: pl.DataFrame, where: str) -> None:
    """Refuse a scheme or host of resettlement in an asylum case, and none in a resettlement."""
    resettled = pl.col("case_type") == RESETTLEMENT
    odd = frame.filter(
        (resettled != pl.col("case_outcome").str.contains(_RESETTLED))
        | (resettled == (pl.col("host_country") == NO_HOST))
        | (resettled & (pl.col("case_outcome_group") != PROTECTION))
    )
    if not odd.is_empty():
        raise LayoutError(
            "an outcome of the other type of case",
            where=where,
            expected=f"a scheme and a host country for each {RESETTLEMENT}, and for no other",
            got=sorted(set(odd.get_column("case_outcome")))[:5],
        )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return quarterly sums, in all and by nationality.

    People begin in 2002, because dependants were not counted before; cases (main applicants) begin
    in 2001. Each is an indicator of its own, so that nobody adds the one to the other.
    """
    core = tables[TABLE.name]
    asylum = core.filter(pl.col("case_type") == ASYLUM)
    people = asylum.filter(pl.col("quarter_start_date") >= DEPENDANTS_FROM)
    cases = asylum.filter(pl.col("applicant_type") == MAIN)
    resettled = core.filter(pl.col("case_type") == RESETTLEMENT)
    parts = [("asylum_withdrawals", people.filter(pl.col("case_outcome_group") == WITHDRAWN))]
    for indicator, groups in DECISIONS.items():
        counted = pl.col("case_outcome_group").is_in(groups)
        parts.append((indicator, people.filter(counted)))
        parts.append((f"{indicator}_cases", cases.filter(counted)))
    origins = (pl.lit(TOTAL), pl.col("nationality"))
    return pl.concat(
        [
            *(_sums(part, origin, name) for name, part in parts for origin in origins),
            *(
                _with_empty_quarters(_sums(resettled, origin, "refugees_resettled"))
                for origin in origins
            ),
        ]
    )


def _sums(rows: pl.DataFrame, origin: pl.Expr, indicator: str) -> pl.DataFrame:
    keys = ("quarter_start_date", origin.alias("origin_label"))
    return draft(
        rows.group_by(*keys).agg(known_sums("outcomes_persons")),
        indicator=indicator,
        destination_iso3="GBR",
        frequency="Q",
        period_start=pl.col("quarter_start_date"),
        value=pl.col("outcomes_persons"),
        is_suppressed=pl.col("is_suppressed"),
        origin_label=pl.col("origin_label"),
        is_derived=True,
    )


def _with_empty_quarters(resettled: pl.DataFrame) -> pl.DataFrame:
    """Return the figures with zeros for quarters between the first and the last that have no row.

    A quarter without a row of a nationality is otherwise taken as zero only where another has one.
    """
    held = resettled.get_column("period_start")
    empty = sorted(set(whole_calendar(held, "1q")) - set(held))
    quarters = pl.DataFrame({"period_start": empty}, schema={"period_start": pl.Date})
    labels = resettled.drop("period_start", "value", "is_suppressed").unique()
    zeros = labels.join(quarters, how="cross").with_columns(
        pl.lit(0, dtype=pl.Int64).alias("value"), pl.lit(value=False).alias("is_suppressed")
    )
    return pl.concat([resettled, zeros.select(resettled.columns)])


SOURCE = quarterly_source(
    DATASET,
    title="UK initial decisions on asylum claims, and resettlement, by nationality",
    module=__name__,
    table=TABLE,
    cron="49 10,15 * * 4",
    parse=parse,
    flows=flows,
    offers=(
        Offer("GBR", "asylum_initial_decisions", "Q", by_origin=True),
        Offer("GBR", "refugees_resettled", "Q", by_origin=True),
    ),
    by_hand="Open the page of immigration system statistics data tables and take the detailed "
    "dataset on asylum claims (asylum-claims-datasets-MONTH-YEAR.xlsx), of which the sheet "
    "Asy_D02 is read here: the same file as for uk_asylum_claims. The same rows are also taken as "
    "CSV or gzipped CSV with the header Year,Quarter,Nationality,Region,Case type,Case outcome "
    "group,Case outcome,Age,Sex,Applicant type,UASC,Host Country,Decisions, where Quarter is 2023 "
    "Q3, or 3 beside its year; Case type and Host Country may be left out together with the "
    "resettled; further columns are left aside. State the day of release, which the file does not "
    "print. The layout was tried on a copy that others made of the release with data to September "
    "2024, not on a workbook of the publisher's own: one that differs is refused, and the message "
    "says in what.",
    # 125,009 rows of 2001 to 2024 take 6.0 s and 400 MB as a workbook; each year adds to them.
    limits=Limits(seconds=30, resident_bytes=900_000_000),
    # What an authority decides follows its caseworkers and its rules, not movements.
    is_modelled=False,
)
