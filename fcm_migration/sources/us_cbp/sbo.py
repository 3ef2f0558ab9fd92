"""US Southwest Land Border encounters, Border Patrol and ports of entry (CBP SBO file).

A CSV holding a moving window of four fiscal years, by month, component, demographic, citizenship
group, title of authority and encounter type. Exact counts of events; a count of zero is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.licences import US_PUBLIC_DOMAIN
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.sources.base import (
    TOTAL,
    Fetched,
    Get,
    Offer,
    Parsed,
    ReleaseFile,
    Source,
    only_file,
)
from fcm_migration.sources.drafts import draft
from fcm_migration.sources.us_cbp.uploads import Discovery, get_file, naming
from fcm_migration.sources.us_cbp.windows import (
    GROUPS,
    TIME,
    monthly_sums,
    read_window,
)
from fcm_migration.workbook import read_csv_text

LANDING = "https://www.cbp.gov/document/stats/southwest-land-border-encounters"
COLUMNS = {
    "Fiscal Year": "fiscal_year",
    "Month Grouping": "month_grouping",
    "Month (abbv)": "month",
    "Component": "component",
    "Demographic": "demographic",
    "Citizenship Grouping": "citizenship_grouping",
    "Title of Authority": "title_of_authority",
    "Encounter Type": "encounter_type",
    "Encounter Count": "encounters_events",
}
PAGE = Discovery(
    "us_cbp_sbo",
    LANDING,
    naming("sbo"),
    others=("nationwide",),
    what="southwest border file",
    example="a link like .../YYYY-MM/sbo-encounters-....csv",
)

TABLE = Table(
    "core",
    "us_cbp_sbo",
    "US Southwest Land Border encounters by calendar month.",
    "month, component, demographic, citizenship group, title of authority and encounter type",
    (
        *TIME,
        Column(
            "component",
            "string",
            "Who encountered: Border Patrol between ports, Field Operations at ports of entry.",
            allowed=("Office of Field Operations", "U.S. Border Patrol"),
        ),
        Column("demographic", "string", "Family status in CBP's words.", allowed=tuple(GROUPS)),
        Column("citizenship_grouping", "string", "Citizenship group in CBP's words."),
        Column(
            "title_of_authority",
            "string",
            "Legal authority: Title 8, or Title 42 (March 2020 to May 2023).",
            allowed=("Title 8", "Title 42"),
        ),
        Column(
            "encounter_type",
            "string",
            "Kind of encounter.",
            allowed=("Apprehensions", "Expulsions", "Inadmissibles"),
        ),
        Column("encounters_events", "integer", "Encounters.", unit="events", minimum=0),
    ),
    (
        "month_start_date",
        "component",
        "demographic",
        "citizenship_grouping",
        "title_of_authority",
        "encounter_type",
    ),
    source_id="us_cbp_sbo",
    caveats=(
        "Events, not persons; a combination that is absent counts zero.",
        "Each release holds four fiscal years; older years come from older releases.",
    ),
    period="month_start_date",
)


def fetch(get: Get) -> Fetched:
    """Find the newest file the discovery page links to, and get it."""
    found, unknown = PAGE.read(get)
    newest = found[-1]
    file = get_file(get, newest, "Citizenship Grouping")
    return Fetched((file,), complaint=PAGE.complaint(unknown, newest))


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the CSV.

    Raises:
        LayoutError: there are several files, a column, fiscal year or month is not what the
            publisher has always sent, or a month is missing.
    """
    file = only_file(files)
    header, *body = read_csv_text(file, delimiter=",") or ((),)
    read = read_window(header, body, COLUMNS, file.name)
    frame, extra = read.frame, read.extra
    notes = (f"Columns not read: {', '.join(extra)}.",) if extra else ()
    layout = (
        *(f"column {label}" for label in sorted((*COLUMNS, *extra))),
        *(
            f"{name}: {label}"
            for name in ("component", "demographic", "citizenship_grouping", "title_of_authority")
            for label in sorted(frame.get_column(name).unique())
        ),
    )
    return Parsed({TABLE.name: frame.select(TABLE.column_names)}, notes=notes, layout=layout)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return monthly sums: in all, by citizenship group, component and family status.

    By component also crossed with the other two: Border Patrol's part continues older series.
    """
    core = tables[TABLE.name]
    every = {
        "origin_label": pl.lit(TOTAL),
        "place": pl.lit("all"),
        "population_group": pl.lit("all"),
    }
    group = pl.col("demographic").replace_strict(GROUPS, return_dtype=pl.String)
    parts = [
        _sums(core, every),
        _sums(core, {**every, "origin_label": pl.col("citizenship_grouping")}),
        _sums(core, {**every, "place": pl.col("component")}),
        _sums(core, {**every, "population_group": group}),
        _sums(
            core,
            {
                **every,
                "origin_label": pl.col("citizenship_grouping"),
                "place": pl.col("component"),
            },
        ),
        _sums(core, {**every, "place": pl.col("component"), "population_group": group}),
    ]
    return pl.concat(parts)


def _sums(core: pl.DataFrame, by: Mapping[str, pl.Expr]) -> pl.DataFrame:
    return draft(
        monthly_sums(core, by),
        indicator="land_border_encounters",
        destination_iso3="USA",
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.col("encounters_events"),
        origin_label=pl.col("origin_label"),
        route="southwest_land_border",
        place=pl.col("place"),
        population_group=pl.col("population_group"),
        is_derived=True,
    )


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: neither the file nor its name prints a release date."""
    return None


SOURCE = Source(
    source_id="us_cbp_sbo",
    title="US Southwest Land Border encounters by citizenship group and component",
    publisher="US Customs and Border Protection",
    landing_url=LANDING,
    hosts=frozenset({"www.cbp.gov"}),
    licence=US_PUBLIC_DOMAIN,
    cadence=Cadence(
        "monthly, two to three weeks after the month", "23 6 * * *", 75, 30, lag_days=18
    ),
    revision_habit="Subject to change until the fiscal year is closed; then final.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="us_cbp",
    absent_is_zero=True,
    fetch=fetch,
    parse=parse,
    flows=flows,
    offers=(Offer("USA", "land_border_encounters", "M", by_origin=True),),
    release_date=release_date,
    rolling_by="fiscal_year",
)
