"""CBP's nationwide files: finding the two of the newest release.

A file is named by its window, its last month (none once the fiscal year is closed) and its kind,
and lies in the folder of its upload: .../2026-08/nationwide-encounters-fy23-fy26-jul-aor.csv.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from fcm_migration.errors import LayoutError
from fcm_migration.http import Request, resolve_links
from fcm_migration.sources.base import Fetched, FetchedFile, Get
from fcm_migration.sources.us_cbp.windows import ABBREVIATIONS, FISCAL_START

LANDING = "https://www.cbp.gov/document/stats/nationwide-encounters"
ANCHORS = {"aor": "Area of Responsibility", "state": "State"}
LINK = re.compile(
    r"/(?P<year>\d{4})-(?P<folder>\d{2}|[A-Z][a-z]{2})/nationwide-encounters-fy\d{2}-fy(?P<last>\d{2})"
    r"(?:-(?P<month>[a-z]{3})[a-z]*)?-(?P<kind>aor|state)(?:_(?P<again>\d+))?\.csv$"
)


@dataclass(frozen=True)
class Upload:
    """One linked file: ``release`` is its fiscal year and last month, ``order`` its upload."""

    kind: str
    release: tuple[int, int]
    order: tuple[int, int, int]
    address: str


def fetch(get: Get) -> Fetched:
    """Find the newest release of which both files are linked to, and get them."""
    page = get(Request(LANDING, expect="html"))
    links = resolve_links(page.path.read_text(errors="replace"), page.final_url)
    newest: dict[tuple[str, tuple[int, int]], Upload] = {}
    for link in links:
        item = upload(link.href)
        if item is None:
            continue
        known = newest.get((item.kind, item.release))
        if known is None or item.order > known.order:
            newest[item.kind, item.release] = item
    whole = [release for kind, release in newest if kind == "aor" and ("state", release) in newest]
    if not whole:
        raise LayoutError(
            "the discovery page does not link to both files of a release",
            where=LANDING,
            expected="links like .../YYYY-MM/nationwide-encounters-...-aor.csv and ...-state.csv",
            got=sorted(item.address for item in newest.values())
            or f"none among {len(links)} links",
            remedy="obtain the files by hand and run: fcm ingest us_cbp_nationwide FILE FILE",
        )
    return Fetched(tuple(_file(get, newest[kind, max(whole)]) for kind in ANCHORS))


def _file(get: Get, item: Upload) -> FetchedFile:
    request = Request(item.address, expect="csv", min_bytes=1_000, csv_anchor=ANCHORS[item.kind])
    name = unquote(urlsplit(item.address).path).rsplit("/", 1)[-1]
    return FetchedFile(name, get(request))


def upload(address: str) -> Upload | None:
    """Return what an address says of its file; None for any other file."""
    match = LINK.search(address.split("?")[0])
    if match is None:
        return None
    last = ABBREVIATIONS.get((match["month"] or "Sep").upper())
    folder = match["folder"]
    number = int(folder) if folder.isdigit() else ABBREVIATIONS.get(folder.upper())
    if last is None or number is None:
        return None
    release = int(match["last"]), (last - FISCAL_START) % 12
    return Upload(
        match["kind"], release, (int(match["year"]), number, int(match["again"] or -1)), address
    )
