"""CBP's nationwide files: finding those of the newest release.

The file by area is the one that counts; the one by state may come later, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.http import Request, resolve_links
from fcm_migration.sources.base import Fetched, FetchedFile, Get
from fcm_migration.sources.us_cbp.uploads import (
    Upload,
    file_name,
    naming,
    newer_unread,
    newest_of_each,
    none_known,
    unknown_names,
)

LANDING = "https://www.cbp.gov/document/stats/nationwide-encounters"
AREA, STATE = "aor", "state"
ANCHORS = {AREA: "Area of Responsibility", STATE: "State"}
NAMED = naming("nationwide", AREA, STATE)
OTHERS = ("sbo", "southwest")


def fetch(get: Get) -> Fetched:
    """Get the newest file by area and that of the same release by state, where there is one.

    Without any file by area, the newest by state comes alone.
    """
    page = get(Request(LANDING, expect="html"))
    links = resolve_links(page.path.read_text(errors="replace"), page.final_url)
    addresses = [link.href for link in links]
    found = newest_of_each(addresses, NAMED)
    unknown = unknown_names(addresses, NAMED, OTHERS)
    if not found:
        raise LayoutError(
            "the discovery page links to no file of nationwide encounters",
            where=LANDING,
            expected="links like .../YYYY-MM/nationwide-encounters-...-aor.csv and ...-state.csv",
            got=none_known(unknown, len(links)),
            remedy="obtain the files by hand and run: fcm ingest us_cbp_nationwide FILE FILE",
        )
    areas = [item for item in found if item.kind == AREA]
    newest = (areas or found)[-1]
    files, notes = _release(get, [item for item in found if item.release == newest.release])
    if areas and found[-1].release > newest.release:
        notes.append(f"The newest file by state has none by area yet: {found[-1].address}.")
    complaint = newer_unread(unknown, newest, "us_cbp_nationwide")
    return Fetched(files, notes=tuple(notes), complaint=complaint)


def _release(get: Get, items: Sequence[Upload]) -> tuple[tuple[FetchedFile, ...], list[str]]:
    """Get the files of one release, that by area first, and notes on what it lacks."""
    got: dict[str, FetchedFile] = {}
    notes = []
    # The file by state first: it may be absent, the one by area may not.
    for item in sorted(items, key=lambda item: item.kind, reverse=True):
        try:
            got[item.kind] = _file(get, item)
        except FetchError as error:
            if error.outcome != "gone" or len(items) == 1 or item.kind == AREA:
                raise
    if STATE not in got:
        notes.append("The newest release has no file by state.")
    if AREA not in got:
        notes.append("The page links to no file by area.")
    return tuple(got[kind] for kind in ANCHORS if kind in got), notes


def _file(get: Get, item: Upload) -> FetchedFile:
    request = Request(item.address, expect="csv", min_bytes=1_000, csv_anchor=ANCHORS[item.kind])
    return FetchedFile(file_name(item.address), get(request))
