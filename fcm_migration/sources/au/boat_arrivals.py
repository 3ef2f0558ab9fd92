"""Australia: people and boats arriving irregularly, by calendar year since 1976.

A small CSV (``t,boats,n``) after the Parliamentary Library's table by calendar year: persons
without crew. The Library also prints a table by financial year, whose figures are others (1999:
3,721; 1999-00: 4,175); it is refused. The boats of the years before 1989 were not compiled: null.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.catalog.licences import AU_PARLIAMENT_CC_BY
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import Offer, Parsed, ReleaseFile, Seen, Source
from fcm_migration.sources.by_hand import only_csv, read_cells, release_date
from fcm_migration.sources.drafts import draft
from fcm_migration.workbook import Mark, Sheet, parse_counts

LANDING = (
    "https://www.aph.gov.au/About_Parliament/Parliamentary_Departments/Parliamentary_Library"
    "/pubs/rp/rp1617/Quick_Guides/BoatTurnbacks"
)
COLUMNS = ("t", "boats", "n")
NOT_COMPILED = {"": Mark("boats of that year were not compiled")}
FIRST_YEAR = 1976
# From this year on the table counts people on boats turned back or returned: another quantity, so
# other indicators and other series (breaks.csv, au-boats-returns).
RETURNS_FROM = 2014
CALENDAR_YEAR = re.compile(r"\d{4}")

# the table does not say until when it counts its newest year
NEWEST = pl.col("year") == pl.col("year").max()
TABLE = Table(
    "core",
    "au_boat_arrivals",
    "Irregular boat arrivals in Australia by calendar year.",
    "calendar year",
    (
        Column("year", "integer", "Calendar year.", minimum=FIRST_YEAR, maximum=2100),
        Column(
            "boats",
            "integer",
            "Boats; null where they were not compiled (before 1989).",
            unit="boats",
            nullable=True,
            minimum=0,
        ),
        Column(
            "arrivals_persons",
            "integer",
            "People on those boats, crew left out; from 2014 people turned back or returned.",
            unit="persons",
            minimum=0,
        ),
    ),
    ("year",),
    source_id="au_boat_arrivals",
    period="year",
    partial="is_partial",
    caveats=(
        "Calendar years: the financial years (July to June) often quoted give other figures.",
        "From 2014 on hardly arrivals, but boats intercepted and returned: 1,114 people on 49 "
        "boats from 2014 to 2023, where the operation named 1,082 people on 46 boats returned by "
        "September 2023, and the monthly updates seen name no arrivals. Inferred, not stated.",
        "Compiled from several sources over the years; an estimate in the Library's own words.",
        "The file does not say whether its newest year was over.",
    ),
)
BY_HAND = """\
Take the table by calendar year of the Parliamentary Library's guide to boat arrivals (not the one
by financial year) and write it down as a CSV with the header

    t,boats,n

t: calendar year, four digits, every year from 1976 on. boats: boats of that year; empty where not
compiled. n: people without crew; 0 where none arrived, never empty. Put the date of the release
into the file's name: irregular_boat_arrivals_2025-06-30.csv.
"""


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one CSV of a release; see :func:`from_sheets`."""
    return from_sheets(*only_csv(files))


def from_sheets(sheets: Mapping[str, Sheet], where: str) -> Parsed:
    """Turn the rows into the table.

    Raises:
        LayoutError: a column is missing, a year is lost, printed otherwise or a financial one, or
            a cell is no figure.
    """
    cells = read_cells(sheets[where], COLUMNS, where)
    years = cells.texts["t"]
    _refuse_other_years(years, where)
    boats, persons = (
        parse_counts(
            cells.texts[label], marks=marks, where=f"{where}, {label}", first_row=cells.first_row
        )
        for label, marks in (("boats", NOT_COMPILED), ("n", {}))
    )
    frame = pl.DataFrame(
        {
            "year": [int(text) for text in years],
            "boats": boats.values,
            "arrivals_persons": persons.values,
        },
        schema_overrides={"year": pl.Int64},
    ).sort("year")
    _refuse_gaps(frame.get_column("year").to_list(), where)
    odd = frame.filter(pl.col("arrivals_persons") < pl.col("boats"))
    if not odd.is_empty():
        raise LayoutError("more boats than people: swapped columns", where=where, got=odd.row(0))
    return Parsed({TABLE.name: frame}, boats.used, cells.notes, cells.layout)


def _refuse_other_years(texts: Sequence[str], where: str) -> None:
    if other := [text for text in texts if not CALENDAR_YEAR.fullmatch(text)]:
        raise LayoutError(
            "labels that are no calendar years",
            where=where,
            expected="1999; a financial year such as 1999-00 belongs to another table",
            got=other[:3],
            remedy="write down the table by calendar year",
        )


def _refuse_gaps(years: Sequence[int], where: str) -> None:
    """Refuse absent years: a year without boats is printed as 0, so its row was lost."""
    expected = list(range(FIRST_YEAR, FIRST_YEAR + max(len(years), 1)))
    if list(years) != expected:
        raise LayoutError(
            "years are missing or stand twice",
            where=where,
            expected=f"every year from {FIRST_YEAR}",
            got=f"{len(years)} rows, at odds: {sorted(set(years) ^ set(expected))[:3]}",
        )


def incomplete(_table: str, releases: Sequence[Seen]) -> Sequence[pl.Expr]:
    """Return for each release that its newest year may be incomplete."""
    return [NEWEST] * len(releases)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return people and boats by calendar year; the newest year may be incomplete.

    Arrivals end with 2013; from 2014 on the same columns are people and boats turned back or
    returned, under indicators of their own.
    """
    core = tables[TABLE.name].with_columns(NEWEST.alias("is_newest"))
    boats = core.filter(pl.col("boats").is_not_null())
    arrived, returned = pl.col("year") < RETURNS_FROM, pl.col("year") >= RETURNS_FROM
    return pl.concat(
        [
            _flow(core.filter(arrived), "irregular_maritime_arrivals", "arrivals_persons"),
            _flow(boats.filter(arrived), "irregular_boats", "boats"),
            _flow(core.filter(returned), "maritime_returns", "arrivals_persons"),
            _flow(boats.filter(returned), "maritime_return_boats", "boats"),
        ]
    )


def _flow(core: pl.DataFrame, indicator: str, column: str) -> pl.DataFrame:
    return draft(
        core,
        indicator=indicator,
        destination_iso3="AUS",
        frequency="A",
        period_start=pl.date("year", 1, 1),
        value=pl.col(column),
        route="sea",
        is_partial=pl.col("is_newest"),
    )


SOURCE = Source(
    source_id="au_boat_arrivals",
    title="Irregular boat arrivals in Australia by calendar year",
    publisher="Parliamentary Library, Parliament of Australia",
    landing_url=LANDING,
    hosts=frozenset({"www.aph.gov.au"}),
    licence=AU_PARLIAMENT_CC_BY,
    # a year counts as complete once the next one stands in the list, so two years are usual
    cadence=Cadence("no regular release; written down by hand", "17 5 3 * *", 760, lag_days=30),
    revision_habit="Not known: releases are not kept by the publisher.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="au_aph",
    absent_is_zero=False,
    fetch=None,
    parse=parse,
    flows=flows,
    offers=(Offer("AUS", "irregular_maritime_arrivals", "A"),),
    incomplete=incomplete,
    release_date=release_date,
    is_modelled=False,
    by_hand=BY_HAND,
)
