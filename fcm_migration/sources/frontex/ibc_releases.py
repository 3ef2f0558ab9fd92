"""Finding Frontex's newest workbook of detections, and the date of a release."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from urllib.parse import unquote, urlsplit

from fcm_migration.errors import LayoutError
from fcm_migration.http import Request, resolve_links
from fcm_migration.periods import MONTHS
from fcm_migration.sources.base import Fetched, FetchedFile, Get, ReleaseFile
from fcm_migration.workbook import Sheet, read_workbook

LANDING = "https://www.frontex.europa.eu/what-we-do/monitoring-and-risk-analysis/migratory-map/"
FILE_NAME = re.compile(r"Monthly_detections_of_IBC_(\d{4})_(\d{2})_(\d{2})[^/]*\.xlsx$")
RELEASE_NAME = re.compile(r"__(\d{4})-(\d{2})-(\d{2})\.parquet$")
DATA_AS_OF = re.compile(r"FRAN data as of (\d{1,2}) ?([A-Z]{3})[A-Z]* ?(\d{4}|\d{2})\b", re.I)
ABBREVIATIONS = tuple(month[:3].upper() for month in MONTHS)


def fetch(get: Get) -> Fetched:
    """Find the newest workbook the page of the migratory map links to, and get it."""
    page = get(Request(LANDING, expect="html"))
    links = resolve_links(page.path.read_text(errors="replace"), page.final_url)
    files = [(_file_name(link.href), link.href) for link in links]
    found = [
        (day, href)
        for name, href in files
        if name.endswith(".xlsx") and (day := _named_day(name)) is not None
    ]
    if not found:
        raise LayoutError(
            "the page links to no workbook of monthly detections",
            where=LANDING,
            expected="a link like .../Monthly_detections_of_IBC_2026_09_02.xlsx",
            got=f"none among {len(links)} links",
            remedy="download the workbook by hand and run: fcm ingest frontex_ibc FILE",
        )
    _, url = max(found)
    return Fetched((FetchedFile(_file_name(url), get(Request(url, expect="xlsx"))),))


def _file_name(address: str) -> str:
    return unquote(urlsplit(address).path).rsplit("/", 1)[-1]


def _named_day(name: str) -> date | None:
    """Return the date in the name of a workbook or of a derivative release, or None."""
    found = FILE_NAME.search(name) or RELEASE_NAME.search(name)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Read the day of the data out of the workbook's notes, else the day in the file's name."""
    if files[0].name.endswith(".xlsx"):
        for sheet in read_workbook(files[0]).values():
            if sheet.name.lower() == "notes" and (day := noted_day(sheet)) is not None:
                return day
    return _named_day(files[0].name)


def noted_day(notes: Sheet) -> date | None:
    """Return the day the notes state, as in "Source: FRAN data as of 03JUN25"."""
    found = DATA_AS_OF.search(" ".join(cell for row in notes.rows for cell in row))
    if found is None or found[2].upper() not in ABBREVIATIONS:
        return None
    year = int(found[3]) if len(found[3]) == 4 else 2000 + int(found[3])
    try:
        return date(year, ABBREVIATIONS.index(found[2].upper()) + 1, int(found[1]))
    except ValueError:
        return None
