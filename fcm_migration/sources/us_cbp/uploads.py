"""CBP's uploads: what the address of a CSV says of it, and the newest one of a page.

A file is named by its window of fiscal years and its last month (none once the year is closed), and
lies in the folder of its upload: .../2026-08/nationwide-encounters-fy23-fy26-jul-aor.csv. CBP also
writes it without hyphens or in capitals (SBOEncountersFY23FY26Jun.csv).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from fcm_migration.errors import LayoutError
from fcm_migration.sources.us_cbp.windows import ABBREVIATIONS, FISCAL_START

_FOLDER = r"/(?P<year>\d{4})-(?P<folder>\d{2}|[a-z]{3})/"
_ENCOUNTERS = re.compile(rf"{_FOLDER}[^/]*encounter[^/]*\.csv$", re.IGNORECASE)
SEPARATOR = "[-_ ]?"
Folder = tuple[int, int]


@dataclass(frozen=True)
class Upload:
    """One linked file: ``release`` is its fiscal year and last month, ``order`` its upload."""

    kind: str
    release: tuple[int, int]
    order: tuple[int, int, int]
    address: str

    @property
    def folder(self) -> Folder:
        """Return year and month of the folder it was uploaded to."""
        return self.order[:2]


def naming(first: str, *kinds: str) -> re.Pattern[str]:
    """Return the pattern of file names that begin with a word and end with one of the kinds."""
    end = rf"{SEPARATOR}(?P<kind>{'|'.join(kinds)})" if kinds else "(?P<kind>)"
    return re.compile(
        rf"{_FOLDER}{first}{SEPARATOR}encounters{SEPARATOR}fy\d{{2}}{SEPARATOR}fy(?P<last>\d{{2}})"
        rf"(?:{SEPARATOR}(?P<month>(?!{'|'.join(kinds) or '$'})[a-z]{{3}})[a-z]*?)?{end}"
        r"(?:_(?P<again>\d+))?\.csv$",
        re.IGNORECASE,
    )


def upload(address: str, named: re.Pattern[str]) -> Upload | None:
    """Return what an address says of its file; None for any other file."""
    match = named.search(_path(address))
    if match is None:
        return None
    last = ABBREVIATIONS.get((match["month"] or "Sep").upper())
    folder = _folder(match)
    if last is None or folder is None:
        return None
    release = int(match["last"]), (last - FISCAL_START) % 12
    return Upload(match["kind"].lower(), release, (*folder, int(match["again"] or -1)), address)


def newest_of_each(addresses: Iterable[str], named: re.Pattern[str]) -> list[Upload]:
    """Return the uploads of a page, the newest release last; of several of one the newest."""
    newest: dict[tuple[str, tuple[int, int]], Upload] = {}
    for address in addresses:
        item = upload(address, named)
        if item is None:
            continue
        known = newest.get((item.kind, item.release))
        if known is None or item.order > known.order:
            newest[item.kind, item.release] = item
    return sorted(newest.values(), key=lambda item: (item.release, item.order))


def unknown_names(
    addresses: Iterable[str], named: re.Pattern[str], others: Sequence[str]
) -> list[tuple[Folder, str]]:
    """Return a page's CSVs of encounters under names not known here, by folder, newest last.

    ``others`` are words in the names of CBP's other files of encounters, which are not meant.
    """
    found = []
    for address in addresses:
        match = _ENCOUNTERS.search(_path(address))
        folder = _folder(match) if match is not None else None
        meant = not any(word in file_name(address).lower() for word in others)
        if folder is not None and meant and upload(address, named) is None:
            found.append((folder, address))
    return sorted(found)


def newer_unread(
    unknown: Sequence[tuple[Folder, str]], taken: Upload, source_id: str
) -> LayoutError | None:
    """Return the complaint that a page has a newer file than the one taken, or None."""
    if not unknown or unknown[-1][0] <= taken.folder:
        return None
    return LayoutError(
        "the page links to a newer CSV of encounters under a name not known here",
        where=unknown[-1][1],
        expected=f"a name like that of the file taken, {file_name(taken.address)}",
        remedy=f"download it in a browser and run: fcm ingest {source_id} FILE",
    )


def none_known(unknown: Sequence[tuple[Folder, str]], links: int) -> str:
    """Return what a message says that a page has instead of the files wanted."""
    names = [file_name(address) for _, address in unknown]
    return f"none among {links} links" + (f", but {names[-3:]}" if names else "")


def file_name(address: str) -> str:
    """Return the publisher's name of a file."""
    return _path(address).rsplit("/", 1)[-1]


def _path(address: str) -> str:
    return unquote(urlsplit(address).path)


def _folder(match: re.Match[str]) -> Folder | None:
    text = match["folder"]
    month = int(text) if text.isdigit() else ABBREVIATIONS.get(text.upper())
    return None if month is None else (int(match["year"]), month)
