"""Australia: monthly updates of Operation Sovereign Borders, read sentence by sentence (ABF).

Prose on web pages, one a month: numbers in words or digits, small ones withheld ("less than five",
"<5"), people called IMA and later UMA. Each sentence is kept; only what is stated plainly becomes
a figure (see :mod:`fcm_migration.sources.au.osb_prose`). A month that says nothing is no zero.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.licences import AU_UNVERIFIED
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.periods import month_number
from fcm_migration.sources.au.osb_pages import LANDING, LINK, fetch
from fcm_migration.sources.au.osb_prose import MEASURES, OTHER, Figure, figures, sentences
from fcm_migration.sources.base import Offer, Parsed, ReleaseFile, Source
from fcm_migration.sources.drafts import draft
from fcm_migration.workbook import Page, read_whole_page

_DAY = r"(?:the )?(\d{1,2})(?:\s?(?:st|nd|rd|th))?(?: of)? ([A-Z][a-z]+) (\d{4})"
PERIOD = re.compile(rf"reporting period is from {_DAY} to {_DAY}", re.IGNORECASE)
END = re.compile(r"^(?:media (?:enquiries|contact)|\*)", re.IGNORECASE)
INDICATORS = {"arrivals": "irregular_maritime_arrivals", "returned": "maritime_returns"}
# A sentence with such words that was not understood may hold a figure: the sum is not known then.
UNREAD = {
    "arrivals": r"(?i)\bnew (?:IMA|UMA)|\barrived\b|to Australian immigration",
    "returned": r"(?i)turned back|taken back|returned to|were returned",
}

EARLIER = r"(?i),? who arrived\b[^,;]*,?"

Row = tuple[date, int, int, Figure, str]

TABLE = Table(
    "core",
    "au_osb",
    "Monthly updates of Operation Sovereign Borders, sentence by sentence.",
    "month, sentence and figure in it",
    (
        Column("month_start_date", "date", "First day of the reporting period, a calendar month."),
        Column("statement_number", "integer", "Place of the sentence in the update.", minimum=1),
        Column("figure_number", "integer", "Place of the figure in the sentence.", minimum=1),
        Column(
            "measure",
            "string",
            "What happened to the people counted: arrivals (handed to the immigration "
            "authorities, or called new), intercepted, returned from boats, transferred, removed, "
            "resettled, or in regional processing at the end; other: not read as a figure.",
            allowed=(*MEASURES, OTHER),
        ),
        Column(
            "stated_persons",
            "integer",
            "People the sentence counts; null where withheld, or where no figure was read.",
            unit="persons",
            nullable=True,
            minimum=0,
        ),
        Column("is_suppressed", "boolean", "True where the sentence says less than five."),
        Column("sentence", "string", "The sentence itself."),
    ),
    ("month_start_date", "statement_number", "figure_number"),
    source_id="au_osb",
    period="month_start_date",
    caveats=(
        "Read from prose by rules: read the sentence before quoting a figure.",
        "A sentence under the measure other may state a figure in words the rules do not know; "
        "it is never guessed.",
        "Boats turned back unseen are not reported; interceptions and returns of one venture can "
        "fall into two months.",
        "IMA (illegal) and UMA (unauthorised maritime arrival) are the same people: the word "
        "changed about 2022.",
    ),
)
BY_HAND = (
    f"Open {LANDING}, then each page named Operation Sovereign Borders monthly update, save it as "
    "web page, HTML only, under its own name, and hand the pages over together: "
    "fcm ingest au_osb Operation-Sovereign-Borders-Monthly-Update-August-2025.html ..."
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the pages of a release; see :func:`from_pages`."""
    return from_pages([(file.name, read_whole_page(file)) for file in files])


def from_pages(pages: Sequence[tuple[str, Page]]) -> Parsed:
    """Turn pages, each with its file's name, into the table.

    Raises:
        LayoutError: a page has no reporting period, one that is no calendar month, or that of
            another page; or nothing follows it.
    """
    rows: list[Row] = []
    notes = []
    for name, page in pages:
        month, statements = _statements(page, name)
        if any(month == known for known, *_ in rows):
            raise LayoutError("two pages of one month", where=name, got=month.isoformat())
        for number, statement in enumerate(statements, 1):
            found = figures(statement, month) or [Figure(OTHER, None, is_suppressed=False)]
            rows += [(month, number, n, figure, statement) for n, figure in enumerate(found, 1)]
        named = LINK.search(f"/{name.removesuffix('.html').removesuffix('.aspx')}.aspx")
        if named and (int(named[2]), month_number(named[1], name)) != (month.year, month.month):
            notes.append(f"{name} is of {month:%B %Y}, in spite of its name.")
    frame = _frame(rows)
    unread = frame.filter(pl.col("measure") == OTHER).height
    notes.append(f"{unread} of {len(rows)} statements were not read as figures.")
    layout = tuple(f"measure: {name}" for name in sorted({row[3].measure for row in rows}))
    withheld = int(frame.get_column("is_suppressed").sum())
    marks = {"less than five": withheld} if withheld else {}
    return Parsed({TABLE.name: frame}, marks, tuple(notes), layout)


def _frame(rows: Sequence[Row]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (month, number, n, figure.measure, figure.persons, figure.is_suppressed, statement)
            for month, number, n, figure, statement in rows
        ],
        schema=polars_schema(TABLE),
        orient="row",
    )


def _statements(page: Page, where: str) -> tuple[date, list[str]]:
    """Return the month of a page and the sentences after the line that states it."""
    paragraphs = [text.replace("\u200b", "").strip() for text in page.paragraphs]
    starts = [n for n, text in enumerate(paragraphs) if PERIOD.search(text)]
    if not starts:
        raise LayoutError(
            "no reporting period on the page",
            where=where,
            expected="The reporting period is from 1 December 2018 to 31 December 2018.",
            got=f"{len(paragraphs)} paragraphs, titled {page.title!r}",
            remedy="open the page: it may have moved, or be shown by a script only",
        )
    found = PERIOD.search(paragraphs[starts[0]])
    month = _month(found.groups() if found else (), where)
    tail = paragraphs[starts[0]][found.end() if found else 0 :].lstrip(". ")
    statements: list[str] = []
    holder = ""
    for text in (tail, *paragraphs[starts[0] + 1 :]):
        if END.search(text):
            break
        # a list item is followed by the paragraphs and the items inside it, already read with it
        if text not in holder:
            statements += sentences(text)
            holder = text
    if not statements:
        raise LayoutError("nothing follows the reporting period", where=where)
    return month, statements


def _month(parts: Sequence[str], where: str) -> date:
    first_day, first_month, first_year, last_day, last_month, last_year = parts
    year, month = int(first_year), month_number(first_month, where)
    same = (year, month) == (int(last_year), month_number(last_month, where))
    last = calendar.monthrange(year, month)[1]
    if not same or int(first_day) != 1 or int(last_day) != last:
        raise LayoutError(
            "a reporting period that is not one calendar month",
            where=where,
            expected="from 1 December 2018 to 31 December 2018",
            got=" ".join(parts),
        )
    return date(year, month, 1)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return people arriving and people returned, where a month's sentences state them plainly.

    A month with a sentence about it that was not understood has no figure, nor has one in which two
    sentences count arrivals differently; one that withholds a part has a withheld one.
    """
    core = tables[TABLE.name]
    return pl.concat([_flow(core, measure) for measure in INDICATORS])


def _flow(core: pl.DataFrame, measure: str) -> pl.DataFrame:
    told_now = pl.col("sentence").str.replace_all(EARLIER, "")
    unread = core.filter(
        pl.col("measure") == OTHER,
        told_now.str.contains(UNREAD[measure]),
        told_now.str.contains(r"(?i)people|persons?|national|IMA|UMA|arrival"),
    )
    stated = core.filter(pl.col("measure") == measure)
    if measure == "arrivals":  # several words for the same people are no parts of a sum
        stated = stated.unique(["month_start_date", "stated_persons", "is_suppressed"])
        stated = stated.filter(pl.len().over("month_start_date") == 1)
    months = (
        stated.join(unread, on="month_start_date", how="anti")
        .group_by("month_start_date")
        .agg(
            pl.col("stated_persons").sum(),
            pl.col("is_suppressed").any(),
            (pl.len() > 1).alias("is_derived"),
        )
    )
    return draft(
        months,
        indicator=INDICATORS[measure],
        destination_iso3="AUS",
        frequency="M",
        period_start=pl.col("month_start_date"),
        value=pl.when(~pl.col("is_suppressed")).then("stated_persons"),
        route="sea",
        is_suppressed=pl.col("is_suppressed"),
        is_derived=pl.col("is_derived"),
    )


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: a page prints its reporting period, not always the day it was put up."""
    return None


SOURCE = Source(
    source_id="au_osb",
    title="Operation Sovereign Borders: monthly updates",
    publisher="Australian Border Force",
    landing_url=LANDING,
    hosts=frozenset({"www.abf.gov.au"}),
    licence=AU_UNVERIFIED,
    cadence=Cadence(
        "monthly, about four weeks after the month", "19 6 * * 3", 100, 31, lag_days=28
    ),
    revision_habit="Not known: each page states its own month.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="au_home_affairs",
    absent_is_zero=False,
    fetch=fetch,
    parse=parse,
    flows=flows,
    offers=(Offer("AUS", "irregular_maritime_arrivals", "M"),),
    release_date=release_date,
    rolling_by="month_start_date",
    is_modelled=False,
    by_hand=BY_HAND,
)
