"""Operation Sovereign Borders: pages of the last twelve months, and a feed of the newest three.

The pages are that of May 2024 in the fixtures, with another month in it: simulated.
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime
from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.periods import MONTHS
from fcm_migration.sources.au.osb_pages import FEED, LINK, USUAL, Month, last_months

FIXTURES = Path(__file__).parents[1] / "fixtures" / "au_osb"
PAGES = (
    "Operation-Sovereign-Borders-Monthly-Update-May-2024.aspx",
    "operation-sovereign-borders-monthly-update-July-2022-26-08-2022.aspx",
    "Operation-Sovereign-Borders-Monthly-Update-December-2018.aspx",
)


def address(month: Month) -> str:
    """The usual address of a month's page."""
    return USUAL.format(month=MONTHS[month[1] - 1], year=month[0])


def page_of(month: Month) -> bytes:
    """The update of a month."""
    name, last = f"{MONTHS[month[1] - 1]} {month[0]}", calendar.monthrange(*month)[1]
    text = (FIXTURES / PAGES[0]).read_text(encoding="utf-8")
    return text.replace("31 May 2024", f"{last} {name}").replace("May 2024", name).encode()


def feed_of(*addresses: str) -> bytes:
    """An RSS feed of these pages, and of another one."""
    other = "https://www.abf.gov.au/newsroom-subsite/Pages/New-Commander.aspx"
    items = "".join(
        f"<item><title>News</title><link>{link}</link><guid>{link}</guid></item>"
        for link in (other, *addresses)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0"><channel>'
        f"<title>Newsroom</title>{items}</channel></rss>\n"
    ).encode()


def release(folder: Path) -> list[Path]:
    """Write one good release: the updates of the last twelve months."""
    paths = []
    for month in last_months(datetime.now(UTC).date()):
        paths.append(folder / address(month).rsplit("/", 1)[-1])
        paths[-1].write_bytes(page_of(month))
    return paths


def answer(request: Request) -> bytes | None:
    """Answer as the publisher does."""
    months = last_months(datetime.now(UTC).date())
    if request.url == FEED.url:
        return feed_of(*(address(month) for month in months[:3]))
    found = LINK.search(request.url)
    if found is None:
        return None
    month = int(found[2]), [name.lower() for name in MONTHS].index(found[1].lower()) + 1
    return page_of(month) if month in months else None
