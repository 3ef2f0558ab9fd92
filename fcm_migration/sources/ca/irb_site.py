"""The site of the Immigration and Refugee Board: finding the page of claims of each year."""

from __future__ import annotations

import re

from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.http import Request, resolve_links
from fcm_migration.sources.base import Fetched, FetchedFile, Get

LANDING = "https://www.irb-cisr.gc.ca/en/statistics/protection/Pages/index.aspx"
# The board's site has a French name, an English one, and one of both in either order.
DOMAINS = ("irb-cisr.gc.ca", "cisr-irb.gc.ca", "irb.gc.ca", "cisr.gc.ca")
HOSTS = frozenset({*DOMAINS, *(f"www.{domain}" for domain in DOMAINS)})
LINK = re.compile(r"/RPDStat(\d{4})\.aspx$", re.IGNORECASE)


def fetch(get: Get) -> Fetched:
    """Get the page of every year the landing page links to, newest first.

    A page that is gone is left out with a note, as long as fewer than half of them are gone.
    """
    landing = get(Request(LANDING, expect="html"))
    links = resolve_links(landing.path.read_text(errors="replace"), landing.final_url)
    pages: dict[int, str] = {}
    for link in links:
        if found := LINK.search(link.href.split("?")[0]):
            pages.setdefault(int(found[1]), link.href)
    if not pages:
        raise LayoutError(
            "the landing page links to no page of claims",
            where=LANDING,
            expected="a link like .../RPDStat2023.aspx",
            got=f"none among {len(links)} links",
            remedy="save the pages by hand and run: fcm ingest ca_irb_claims FILE...",
        )
    files: list[FetchedFile] = []
    notes: list[str] = []
    for year in sorted(pages, reverse=True):
        name = f"RPDStat{year}.aspx"
        try:
            files.append(FetchedFile(name, get(Request(pages[year], expect="html"))))
        except FetchError as error:
            if error.outcome != "gone" or 2 * (len(notes) + 1) >= len(pages):
                raise
            notes.append(f"The landing page links to {name}, which is gone.")
    return Fetched(tuple(files), notes=tuple(notes))
