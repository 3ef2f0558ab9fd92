"""United Kingdom: small-boat arrivals of the last seven days, from a page of GOV.UK.

The page is updated almost daily and shows days before the weekly file holds them: date, people,
boats and, since 2023, boats in uncontrolled landings. Provisional operational figures; the same
arrivals as in ``uk_small_boats``, never added to them. A page that is served without a table is an
outage (an old one was served so for years), and no week without arrivals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from fcm_migration.catalog.licences import UK_OGL3
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.http import Request, Response, resolve_links
from fcm_migration.periods import month_number
from fcm_migration.sources.base import (
    Fetched,
    FetchedFile,
    Get,
    Offer,
    Parsed,
    ReleaseFile,
    Source,
    only_file,
)
from fcm_migration.sources.uk_home_office.shorthand import SHORTHAND, plain_rows, remark_notes
from fcm_migration.sources.uk_home_office.small_boats_counts import (
    ARRIVALS,
    BOATS,
    INDICATORS,
    MARKS,
    NOTE,
    UNCONTROLLED,
    channel_draft,
    notes_of,
    parse_columns,
    refuse_more_boats,
    withheld,
)
from fcm_migration.workbook import Page, Row, normalise, pick_columns, read_page, read_whole_page

LANDING = (
    "https://www.gov.uk/government/publications/"
    "migrants-detected-crossing-the-english-channel-in-small-boats"
)
PAGE_ENDS = "-last-7-days"
PAGE = f"{LANDING}/migrants-detected-crossing-the-english-channel-in-small-boats{PAGE_ENDS}"
NAME = "small-boats-last-7-days.html"
DAYS = 7
# Each label the columns have had: 2022, 2023, and since uncontrolled landings are counted apart.
LABELS = {
    "arrivals_persons": ("Migrants arrived", "Migrants detected"),
    "boats": ("Boats arrived", "Boats detected"),
}
OPTIONAL = {
    "uncontrolled_landing_boats": (
        "Boats involved in uncontrolled landings",
        "Boats arrived - involved in uncontrolled landings",
    ),
    "note": ("Notes",),
}
COUNTED_APART_FROM = date(2026, 1, 1)  # pages of these days have the column of such landings
REMEDY = (
    f"open {PAGE} in a browser: if it shows a table of days, save it and run: fcm ingest "
    "uk_small_boats_daily_page FILE; if not, wait, the weekly file (uk_small_boats) has the days"
)
_DAY = re.compile(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4})")

TABLE = Table(
    "core",
    "uk_small_boats_daily_page",
    "Small-boat arrivals in the UK by day, as first shown on the page of the last seven days.",
    "day",
    (
        Column("arrival_date", "date", "Day of arrival.", minimum=date(2018, 1, 1)),
        ARRIVALS,
        BOATS,
        UNCONTROLLED,
        NOTE,
    ),
    ("arrival_date",),
    source_id="uk_small_boats_daily_page",
    caveats=(
        "Provisional; the weekly file and the quarterly release come later and are preferred.",
        "The same arrivals as uk_small_boats: never add the two.",
        "Days between two pages that were not seen are absent, not zero.",
    ),
    period="arrival_date",
)


def fetch(get: Get) -> Fetched:
    """Get the page; where it has moved, by the link of the publication it belongs to."""
    return Fetched((FetchedFile(NAME, _page(get)),))


def _page(get: Get) -> Response:
    try:
        return get(_request(PAGE))
    except FetchError as error:
        if error.outcome != "gone":
            raise
    landing = get(Request(LANDING, expect="html"))
    links = resolve_links(landing.path.read_text(errors="replace"), landing.final_url)
    found = sorted({link.href for link in links if link.href.split("?")[0].endswith(PAGE_ENDS)})
    if len(found) != 1:
        raise LayoutError(
            "the page of the last seven days is gone and the publication does not link to one",
            where=LANDING,
            expected=f"one link ending in {PAGE_ENDS}",
            got=found or f"none among {len(links)} links",
            remedy=REMEDY,
        )
    return get(_request(found[0]))


def _request(address: str) -> Request:
    return Request(address, expect="html", min_bytes=1_000)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the one page of a release; see :func:`from_page`."""
    file = only_file(files)
    return from_page(read_whole_page(file), file.name)


def from_page(page: Page, name: str) -> Parsed:
    """Turn the page's table of days into the core table.

    Raises:
        LayoutError: there is no such table (an outage), or two; a column, day or figure is not
            what the publisher has always shown; or the days are not seven in a row.
    """
    rows, remarks = _table_of_days(page, name)
    header = [normalise(cell) for cell in rows[0]]
    labels = {key: _label(key, options, header, name) for key, options in LABELS.items()}
    labels |= {
        key: label for key, options in OPTIONAL.items() for label in options if label in header
    }
    places, extra = pick_columns(header, ["Date", *labels.values()], name)
    cells = {key: [row[places[label]] for row in rows[1:]] for key, label in labels.items()}
    days = [_day(row[places["Date"]], name) for row in rows[1:]]
    _refuse_other_days(days, page, name)
    printed = cells.pop("note", [""] * len(days))
    data, met, used = parse_columns(
        cells,
        marks={key: SHORTHAND if key in LABELS else MARKS for key in cells},
        labels=labels,
        where=name,
    )
    data |= {"arrival_date": days, "note": notes_of(printed, remarks[1:], met)}
    if "uncontrolled_landing_boats" not in data and max(days) >= COUNTED_APART_FROM:
        options = list(OPTIONAL["uncontrolled_landing_boats"])
        raise LayoutError("a column is missing", where=name, expected=options, got=header)
    data.setdefault("uncontrolled_landing_boats", pl.Series([None] * len(days), dtype=pl.Int64))
    frame = pl.DataFrame(data, schema_overrides={"arrival_date": pl.Date})
    refuse_more_boats(frame, "more boats than people on a day", name)
    return Parsed(
        {TABLE.name: frame.select(TABLE.column_names)},
        marks=used,
        notes=(
            *((f"Columns not read: {', '.join(extra)}.",) if extra else ()),
            *remark_notes(remarks, name),
        ),
        layout=tuple(f"column {label}" for label in header if label),
    )


def _table_of_days(page: Page, where: str) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Return the rows of the one table with a column of dates, and the remarks of each row.

    The weekly summary has no such column. Remarks ("[note 1]", "[r]") are taken out of the cells.
    """
    if not page.tables:
        raise LayoutError(
            "the page holds no table: an outage or a page that died, not a week without arrivals",
            where=where,
            expected="a table of seven days",
            got=f"page {page.title!r}",
            remedy=REMEDY,
        )
    plain = [plain_rows(item.rows) for item in page.tables if item.rows]
    dated = [item for item in plain if "Date" in map(normalise, item[0][0])]
    if len(dated) != 1:
        raise LayoutError(
            "not one table of days on the page",
            where=where,
            expected="one table with a column Date (the weekly summary has none)",
            got=[list(item.rows[0]) for item in page.tables if item.rows],
            remedy=REMEDY,
        )
    return dated[0]


def _label(key: str, options: Sequence[str], header: Sequence[str], where: str) -> str:
    found = [label for label in options if label in header]
    if len(found) != 1:
        raise LayoutError(
            f"columns of {key} are missing or stand twice",
            where=where,
            expected=f"one of {list(options)}",
            got=list(header),
        )
    return found[0]


def _day(text: str, where: str) -> date:
    match = _DAY.fullmatch(normalise(text))
    try:
        if match is not None and 2018 <= int(match[3]) <= 2200:
            return date(int(match[3]), month_number(match[2], where), int(match[1]))
    except ValueError:
        pass
    raise LayoutError("not a day", where=where, expected="13 August 2026", got=repr(text))


def _refuse_other_days(days: Sequence[date], page: Page, where: str) -> None:
    """Refuse other than seven days in a row, or days after the page's own date."""
    first = min(days, default=date.min)
    if sorted(days) != [first + timedelta(days=number) for number in range(DAYS)]:
        raise LayoutError(
            "the days are not seven in a row",
            where=where,
            expected=f"{DAYS} days, each once, none left out",
            got=[str(day) for day in days],
        )
    updated = _updated(page)
    if updated is not None and updated < max(days):
        raise LayoutError(
            "days after the page's own date", where=where, expected=updated, got=max(days)
        )


def _updated(page: Page) -> date | None:
    """Return the update day the page states; the first such paragraph is in its heading."""
    for text in page.paragraphs:
        if text.startswith("Updated ") and _DAY.fullmatch(text.removeprefix("Updated ")):
            return _day(text.removeprefix("Updated "), "Updated")
    return None


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return people and boats by day as shown; the weekly file gives months and weeks."""
    days = tables[TABLE.name]
    return pl.concat(
        channel_draft(days, indicator, column, "D", "arrival_date", is_suppressed=withheld(column))
        for indicator, column in INDICATORS.items()
    )


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Read the day the page was updated on or, where it prints none, its newest day."""
    page = read_page(files[0])
    updated = _updated(page)
    if updated is not None:
        return updated
    days: list[date] = from_page(page, files[0].name).tables[TABLE.name]["arrival_date"].to_list()
    return max(days)


SOURCE = Source(
    source_id="uk_small_boats_daily_page",
    title="People and boats crossing the English Channel in the last seven days",
    publisher="UK Home Office",
    landing_url=PAGE,
    hosts=frozenset({"www.gov.uk"}),
    licence=UK_OGL3,
    cadence=Cadence(
        "almost daily, the days to the day before",
        "17 13,18 * * *",
        stale_after_days=10,
        interval_days=1,
        lag_days=1,
    ),
    revision_habit="Of seven days of June 2022 the weekly file now has one otherwise (the 11th: 1 "
    "person in 1 boat, which the page showed as none).",
    tables=(TABLE,),
    module=__name__,
    country_scheme="home_office",
    absent_is_zero=False,
    fetch=fetch,
    parse=parse,
    flows=flows,
    offers=(Offer("GBR", "small_boat_arrivals", "D"),),
    release_date=release_date,
    rolling_by="arrival_date",
    is_modelled=False,
    by_hand=f"Open {PAGE} and save it as a web page (HTML only). The weekly pages of 2022, which "
    "list days, are taken too; the weekly summary, which lists none, is not.",
)
