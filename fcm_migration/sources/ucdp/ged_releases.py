"""Which of UCDP's files make up one release, and in what order they are read.

A final edition (every June) covers 1989 to the year before; candidate CSVs of one month, or of
January to a month, follow it. Later files revise earlier ones.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from email.utils import parsedate_to_datetime
from urllib.parse import unquote, urlsplit

from fcm_migration.errors import LayoutError
from fcm_migration.http import Request, Response, resolve_links
from fcm_migration.sources.base import Fetched, FetchedFile, Get, ReleaseFile

LANDING = "https://ucdp.uu.se/downloads/"
MOST_ZIP_BYTES = 300_000_000
FINAL = re.compile(r"(?:^|/)ged(\d{2})(\d)-csv\.zip$", re.IGNORECASE)
MONTHLY = re.compile(r"(?:^|/)GEDEvent_v(\d{2})_0_(\d{1,2})\.csv$", re.IGNORECASE)
CUMULATIVE = re.compile(r"(?:^|/)GEDEvent_v(\d{2})_(\d{2})_(\d{2})_(\d{2})\.csv$", re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Part:
    """What a file covers, in months since year 0; sorts oldest first, a wider file last."""

    last: int
    months: int
    label: str
    is_final: bool

    @property
    def first(self) -> int:
        """Return the first month it covers."""
        return self.last - self.months + 1


def part(name: str) -> Part | None:
    """Return what a file covers by the publisher's name for it; None for another name."""
    if (found := FINAL.search(name)) is not None:
        # Version 26.1 covers 1989 to 2025.
        last_year = 2000 + int(found[1]) - 1
        return Part(last_year * 12 + 11, (last_year - 1988) * 12, "final", is_final=True)
    if (found := MONTHLY.search(name)) is not None and 1 <= int(found[2]) <= 12:
        label = f"candidate {found[1]}.0.{int(found[2])}"
        return Part((2000 + int(found[1])) * 12 + int(found[2]) - 1, 1, label, is_final=False)
    if (found := CUMULATIVE.search(name)) is not None:
        from_year, from_month, to_year, to_month = map(int, found.groups())
        first, last = from_year * 12 + from_month - 1, to_year * 12 + to_month - 1
        label = f"candidate {found[1]}.{found[2]}-{found[3]}.{found[4]}"
        if 1 <= from_month <= 12 and 1 <= to_month <= 12 and first <= last:
            return Part(24_000 + last, last - first + 1, label, is_final=False)
    return None


def in_use(parts: Mapping[str, Part]) -> list[str]:
    """Return the names to read, oldest first: the newest final edition and what follows gaplessly.

    A month within a wider file is replaced by it. A month after a hole is left out: the months in
    between would otherwise look as if nothing had happened in them.
    """
    finals = sorted((p, name) for name, p in parts.items() if p.is_final)
    if not finals:
        return []
    edition, chosen = finals[-1]
    reached, names = edition.last, [chosen]
    candidates = sorted(
        ((p, name) for name, p in parts.items() if not p.is_final), key=lambda item: item[0]
    )
    while True:
        # Of the files that go on where we stand, the one that reaches back furthest is the newest
        # word on its months; it must not reach beyond the hole.
        going_on = [(p, n) for p, n in candidates if edition.last < p.first <= reached + 1]
        further = [(p, n) for p, n in going_on if p.last > reached]
        if not further:
            break
        widest = max(further, key=lambda item: (item[0].months, item[0].last))
        names = [n for n in names if not _within(parts[n], widest[0])] + [widest[1]]
        reached = widest[0].last
    return names


def _within(inner: Part, outer: Part) -> bool:
    return not inner.is_final and outer.first <= inner.first and inner.last <= outer.last


def fetch(get: Get) -> Fetched:
    """Get the newest final edition the downloads page links to, and the candidates after it."""
    page = get(Request(LANDING, expect="html"))
    links = resolve_links(page.path.read_text(errors="replace"), page.final_url)
    addresses = {_file_name(link.href): link.href for link in links}
    chosen = in_use({name: p for name in addresses if (p := part(name)) is not None})
    if not chosen:
        raise LayoutError(
            "the downloads page links to no final edition",
            where=LANDING,
            expected="a link like .../ged/ged261-csv.zip",
            got=f"none among {len(links)} links",
            remedy="download it and the candidate CSVs after it by hand and run: "
            "fcm ingest ucdp_ged FILE...",
        )
    files = []
    for name in chosen:
        kind = "zip" if name.lower().endswith(".zip") else "csv"
        request = Request(addresses[name], expect=kind, max_bytes=MOST_ZIP_BYTES)
        files.append(FetchedFile(name, get(request)))
    days = [day for file in files if (day := _last_modified(file.response)) is not None]
    return Fetched(tuple(files), as_of=max(days, default=None))


def _file_name(address: str) -> str:
    return unquote(urlsplit(address).path).rsplit("/", 1)[-1]


def _last_modified(response: Response) -> date | None:
    """Return the date the server gives the file; UCDP prints none."""
    text = {name.lower(): value for name, value in response.headers.items()}.get("last-modified")
    try:
        return parsedate_to_datetime(text).date() if text else None
    except ValueError:
        return None


def reading_order(files: Sequence[ReleaseFile]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the files to read with labels, oldest first, and those a wider file replaces.

    A final edition by any name may stand alone (a copy from elsewhere).
    """
    names = [file.name for file in files]
    if len(names) == 1 and names[0].lower().endswith(".zip"):
        return [(names[0], "final")], []
    parts = {name: part(name) for name in names}
    known = {name: p for name, p in parts.items() if p is not None}
    finals = [name for name, p in known.items() if p.is_final]
    chosen = in_use(known) if len(known) == len(names) else []
    if len(finals) != 1 or not chosen or len(set(names)) != len(names):
        raise LayoutError(
            "not one final edition and candidate files after it",
            where=", ".join(names)[:200],
            expected="gedNNN-csv.zip and GEDEvent_vYY_0_M.csv or GEDEvent_vYY_01_YY_MM.csv",
            got=f"{len(finals)} final, unknown {[n for n, p in parts.items() if p is None][:3]}",
        )
    reached = max(known[name].last for name in chosen)
    if beyond := sorted(name for name, p in known.items() if p.last > reached):
        raise LayoutError(
            "candidate months are missing in between",
            where=", ".join(names)[:200],
            expected=f"every month since {(reached + 1) // 12}-{(reached + 1) % 12 + 1:02d}",
            got=beyond[:5],
            remedy="add the missing months' files, or one that holds them all",
        )
    return [(name, known[name].label) for name in chosen], sorted(set(names) - set(chosen))


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: neither files nor names print a day (a download has its Last-Modified)."""
    return None
