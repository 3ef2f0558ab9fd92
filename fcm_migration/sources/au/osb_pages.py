"""Finding the monthly updates of Operation Sovereign Borders on the site of the ABF.

The newsroom's list is made by a script, so no program can read it; its RSS feed names the newest
pages with their addresses. Months the feed does not name are tried under the usual address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.http import ABSENT, Request, feed_addresses
from fcm_migration.periods import MONTHS, month_number
from fcm_migration.sources.base import Fetched, FetchedFile, Get

LANDING = "https://www.abf.gov.au/newsroom"
FEED = Request(
    "https://www.abf.gov.au/_layouts/15/AppPages/Rss.aspx",
    params=(("site", "newsroom"),),
    expect="xml",
)
USUAL = (
    "https://www.abf.gov.au/newsroom-subsite/Pages/"
    "Operation-Sovereign-Borders-Monthly-Update-{month}-{year}.aspx"
)
LINK = re.compile(
    rf"/operation-sovereign-borders-monthly-update-({'|'.join(MONTHS)})-(\d{{4}})[^/]*\.aspx$",
    re.IGNORECASE,
)
MONTHS_BACK = 12
# Every update says this; the site answers with a page of its own where there is no update.
SAYING = b"reporting period"
Month = tuple[int, int]


def fetch(get: Get) -> Fetched:
    """Get the updates the feed names and those of the last twelve months, newest first.

    A month before the newest that has no page under the usual address is noted.
    """
    named, notes = _named_by_feed(get)
    pages: dict[Month, FetchedFile] = {}
    absent = []
    for month in sorted(set(last_months(datetime.now(UTC).date())) - set(named), reverse=True):
        page = _under_usual_address(get, month)
        if page is None:
            absent.append(month)
        else:
            pages[month] = page
    for month in sorted(named, reverse=True)[:MONTHS_BACK]:
        pages[month] = _page(get, named[month])
    if not pages:
        raise LayoutError(
            "no monthly update was found",
            where=LANDING,
            expected=f"one named by the RSS feed, or a page like {USUAL}",
            got=f"none for the last {MONTHS_BACK} months",
            remedy="save the pages by hand and run: fcm ingest au_osb FILE...",
        )
    # Months after the newest page are not out yet.
    if missing := [month for month in absent if month < max(pages)]:
        names = ", ".join(f"{MONTHS[month - 1]} {year}" for year, month in missing)
        notes.append(f"No update under the usual address for: {names}.")
    return Fetched(tuple(pages[m] for m in sorted(pages, reverse=True)), notes=tuple(notes))


def last_months(today: date) -> list[Month]:
    """Return the twelve months before the one of a day, newest first."""
    count = today.year * 12 + today.month - 1
    counts = range(count - 1, count - 1 - MONTHS_BACK, -1)
    return [(month // 12, month % 12 + 1) for month in counts]


def _named_by_feed(get: Get) -> tuple[Mapping[Month, str], list[str]]:
    """Return the addresses of monthly updates in the feed, and a note where there is no feed."""
    try:
        text = get(FEED).path.read_text(encoding="utf-8", errors="replace")
    except FetchError as error:
        if error.outcome not in ABSENT:
            raise
        return {}, [f"The RSS feed could not be read ({error.outcome})."]
    named: dict[Month, str] = {}
    for address in feed_addresses(text):
        if found := LINK.search(address.split("?")[0]):
            named.setdefault((int(found[2]), month_number(found[1], FEED.url)), address)
    return named, []


def _under_usual_address(get: Get, month: Month) -> FetchedFile | None:
    """Return a month's page; None where the site has none or answers with a page of its own."""
    address = USUAL.format(month=MONTHS[month[1] - 1], year=month[0])
    try:
        page = _page(get, address)
    except FetchError as error:
        if error.outcome == "gone":
            return None
        raise
    return page if SAYING in page.response.path.read_bytes().lower() else None


def _page(get: Get, address: str) -> FetchedFile:
    name = address.split("?")[0].rsplit("/", 1)[-1]
    return FetchedFile(name, get(Request(address, expect="html")))
