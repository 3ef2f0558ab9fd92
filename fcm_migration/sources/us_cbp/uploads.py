"""CBP's uploads: release and version read from a CSV's address, and the newest of a page.

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
from fcm_migration.http import Request, resolve_links
from fcm_migration.periods import FISCAL_START
from fcm_migration.sources.base import FetchedFile, Get
from fcm_migration.sources.us_cbp.windows import ABBREVIATIONS

_FOLDER = r"/(?P<year>\d{4})-(?P<folder>\d{2}|[a-z]{3})/"
_ENCOUNTERS = re.compile(rf"{_FOLDER}[^/]*encounter[^/]*\.csv$", re.IGNORECASE)
SEPARATOR = "[-_ ]?"
Folder = tuple[int, int]
Unknown = tuple[Folder, str]  # folder and address of a file


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


@dataclass(frozen=True)
class Discovery:
    """A page of CBP's that links to the files of a source, among others.

    Attributes:
        source_id: the source.
        landing: the page's address.
        named: pattern of the files' names, see :func:`naming`.
        others: words in the names of CBP's other files of encounters, which are not meant.
        what: the file in words, for messages.
        example: what a link to it looks like, for messages.
    """

    source_id: str
    landing: str
    named: re.Pattern[str]
    others: tuple[str, ...]
    what: str
    example: str

    def read(self, get: Get) -> tuple[list[Upload], list[Unknown]]:
        """Return the page's uploads, the newest release last, and its CSVs of unknown names.

        Raises:
            LayoutError: no file has a name that is known.
        """
        page = get(Request(self.landing, expect="html"))
        links = resolve_links(page.path.read_text(errors="replace"), page.final_url)
        addresses = [link.href for link in links]
        found = _newest_of_each(addresses, self.named)
        unknown = _unknown_names(addresses, self.named, self.others)
        if not found:
            names = [file_name(address) for _, address in unknown]
            raise LayoutError(
                f"the discovery page links to no {self.what}",
                where=self.landing,
                expected=self.example,
                got=f"none among {len(links)} links" + (f", but {names[-3:]}" if names else ""),
                remedy=f"{self.by_hand} FILE...",
            )
        return found, unknown

    def complaint(self, unknown: Sequence[Unknown], taken: Upload) -> LayoutError | None:
        """Return the complaint that the page has a newer file than the one taken, or None."""
        if not unknown or unknown[-1][0] <= taken.folder:
            return None
        return LayoutError(
            "the page links to a newer CSV of encounters under a name not known here",
            where=unknown[-1][1],
            expected=f"a name like that of the file taken, {file_name(taken.address)}",
            remedy=f"{self.by_hand} FILE",
        )

    @property
    def by_hand(self) -> str:
        """Return the instructions for a person, up to the file's name."""
        return f"download it in a browser and run: fcm ingest {self.source_id}"


def get_file(get: Get, item: Upload, anchor: str) -> FetchedFile:
    """Get an upload; ``anchor`` is text its first line must contain."""
    request = Request(item.address, expect="csv", min_bytes=1_000, csv_anchor=anchor)
    return FetchedFile(file_name(item.address), get(request))


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
    """Return the release and upload named in a file's address; None for any other file."""
    match = named.search(_path(address))
    if match is None:
        return None
    last = ABBREVIATIONS.get((match["month"] or "Sep").upper())
    folder = _folder(match)
    if last is None or folder is None:
        return None
    release = int(match["last"]), (last - FISCAL_START) % 12
    return Upload(match["kind"].lower(), release, (*folder, int(match["again"] or -1)), address)


def _newest_of_each(addresses: Iterable[str], named: re.Pattern[str]) -> list[Upload]:
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


def _unknown_names(
    addresses: Iterable[str], named: re.Pattern[str], others: Sequence[str]
) -> list[Unknown]:
    """Return a page's CSVs of encounters under names not known here, the newest folder last."""
    found = []
    for address in addresses:
        match = _ENCOUNTERS.search(_path(address))
        folder = _folder(match) if match is not None else None
        meant = not any(word in file_name(address).lower() for word in others)
        if folder is not None and meant and upload(address, named) is None:
            found.append((folder, address))
    return sorted(found)


def file_name(address: str) -> str:
    """Return the publisher's name of a file."""
    return _path(address).rsplit("/", 1)[-1]


def _path(address: str) -> str:
    return unquote(urlsplit(address).path)


def _folder(match: re.Match[str]) -> Folder | None:
    text = match["folder"]
    month = int(text) if text.isdigit() else ABBREVIATIONS.get(text.upper())
    return None if month is None else (int(match["year"]), month)
