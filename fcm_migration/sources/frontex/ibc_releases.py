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
    """Read the day of the data out of the workbook's notes, else the day in the file's name.

    Where no note states it, a line among the figures may.
    """
    if files[0].name.endswith(".xlsx"):
        sheets = read_workbook(files[0]).values()
        notes = [sheet for sheet in sheets if sheet.name.lower() == "notes"]
        lines = [Sheet("", tuple((line,) for line in _stated(sheet.rows))) for sheet in sheets]
        for sheet in (*notes, *lines):
            if (day := noted_day(sheet)) is not None:
                return day
    return _named_day(files[0].name)


def without_source_lines(
    rows: Sequence[Sequence[str]],
) -> tuple[list[Sequence[str]], list[str]]:
    """Return the rows but those that state the source of the data, and what these state.

    A workbook of August 2026 has such a line among its routes, as a copy of it shows; those held
    here have it on the sheet of notes only. A row with another label or a figure but 0 is none.
    """
    return [row for row in rows if _source_line(row) is None], _stated(rows)


def _stated(rows: Sequence[Sequence[str]]) -> list[str]:
    return [line for row in rows if (line := _source_line(row)) is not None]


def _source_line(row: Sequence[str]) -> str | None:
    texts = [" ".join(cell.split()) for cell in row if cell.strip() not in ("", "0")]
    return texts[0] if len(texts) == 1 and DATA_AS_OF.search(texts[0]) else None


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
