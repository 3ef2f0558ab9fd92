"""CBP's nationwide files: finding those of the newest release.

The file by area is the one that counts; the one by state may come later, or not at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from fcm_migration.errors import FetchError
from fcm_migration.sources.base import Fetched, FetchedFile, Get
from fcm_migration.sources.us_cbp.uploads import Discovery, Upload, get_file, naming

LANDING = "https://www.cbp.gov/document/stats/nationwide-encounters"
AREA, STATE = "aor", "state"
ANCHORS = {AREA: "Area of Responsibility", STATE: "State"}
NAMED = naming("nationwide", AREA, STATE)
PAGE = Discovery(
    "us_cbp_nationwide",
    LANDING,
    NAMED,
    others=("sbo", "southwest"),
    what="file of nationwide encounters",
    example="links like .../YYYY-MM/nationwide-encounters-...-aor.csv and ...-state.csv",
)


def fetch(get: Get) -> Fetched:
    """Get the newest file by area and that of the same release by state, where there is one.

    Without any file by area, the newest by state comes alone.
    """
    found, unknown = PAGE.read(get)
    areas = [item for item in found if item.kind == AREA]
    newest = (areas or found)[-1]
    files, notes = _release(get, [item for item in found if item.release == newest.release])
    if areas and found[-1].release > newest.release:
        notes.append(f"The newest file by state has none by area yet: {found[-1].address}.")
    return Fetched(files, notes=tuple(notes), complaint=PAGE.complaint(unknown, newest))


def _release(get: Get, items: Sequence[Upload]) -> tuple[tuple[FetchedFile, ...], list[str]]:
    """Get the files of one release, that by area first, and notes on what it lacks."""
    got: dict[str, FetchedFile] = {}
    notes = []
    # The file by state first: it may be absent, the one by area may not.
    for item in sorted(items, key=lambda item: item.kind, reverse=True):
        try:
            got[item.kind] = get_file(get, item, ANCHORS[item.kind])
        except FetchError as error:
            if error.outcome != "gone" or len(items) == 1 or item.kind == AREA:
                raise
    if STATE not in got:
        notes.append("The newest release has no file by state.")
    if AREA not in got:
        notes.append("The page links to no file by area.")
    return tuple(got[kind] for kind in ANCHORS if kind in got), notes
