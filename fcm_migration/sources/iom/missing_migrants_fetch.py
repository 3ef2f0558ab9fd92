"""Getting Missing Migrants: a JSON file for each year, or the CSV of all years where those stop.

Incidents become known every week, so files whose newest incident is old are no longer kept up. The
CSV is then asked for, and whichever has the newer incident is taken.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from fcm_migration.errors import FetchError, SourceError
from fcm_migration.http import ABSENT, Request
from fcm_migration.sources.base import Fetch, Fetched, FetchedFile, Get, ReleaseFile
from fcm_migration.sources.iom.missing_migrants_table import FIRST_YEAR

SITE = "https://missingmigrants.iom.int"
CSV_NAME = "Missing_Migrants_Global_Figures_allData.csv"
CSV = Request(
    f"{SITE}/sites/g/files/tmzbdl601/files/report-migrant-incident/{CSV_NAME}",
    expect="csv",
    csv_anchor="Main ID",
)
FRESH_DAYS = 45  # incidents come in every week, and become known for weeks after
Newest = Callable[[Sequence[ReleaseFile]], date]


@dataclass(frozen=True)
class Found:
    """What one way of getting the incidents gave: its files and their newest date, or a failure."""

    files: tuple[FetchedFile, ...] = ()
    newest: date | None = None
    failure: SourceError | None = None


def fetcher(newest: Newest) -> Fetch:
    """Return the fetch function; ``newest`` reads the newest incident's date out of files."""

    def fetch(get: Get) -> Fetched:
        today = datetime.now(UTC).date()
        by_year = _by_year(get, today.year, newest)
        if by_year.newest is not None and (today - by_year.newest).days <= FRESH_DAYS:
            return Fetched(by_year.files)
        whole = _whole(get, newest)
        if whole.newest is None or (by_year.newest and whole.newest <= by_year.newest):
            return _stale(by_year, whole)
        if by_year.newest is None:
            return Fetched(whole.files, complaint=by_year.failure)
        note = (
            f"The newest incident in the JSON files is of {by_year.newest.isoformat()}; the CSV of "
            f"all years was taken, which goes on to {whole.newest.isoformat()}."
        )
        return Fetched(whole.files, notes=(note,))

    return fetch


def _stale(by_year: Found, whole: Found) -> Fetched:
    """Return the JSON files though they are old or cannot be read; raise where there are none."""
    if not by_year.files and by_year.failure is not None:
        raise by_year.failure
    if by_year.newest is None:
        return Fetched(by_year.files)  # to be kept, and refused with its reason
    other = (
        f"could not be had ({whole.failure.outcome})" if whole.failure else "goes no further either"
    )
    note = (
        f"The newest incident is of {by_year.newest.isoformat()}; the CSV of all years {other}. "
        "The publisher may serve an old file."
    )
    return Fetched(by_year.files, notes=(note,))


def _by_year(get: Get, running: int, newest: Newest) -> Found:
    """Get every year's file; the running year may have none yet in its first days."""
    files: list[FetchedFile] = []
    for year in range(FIRST_YEAR, running + 1):
        request = Request(f"{SITE}/global-figures/{year}/json", expect="json")
        try:
            files.append(FetchedFile(f"{year}-json.json", get(request)))
        except FetchError as error:
            if year == running and error.outcome == "gone":
                continue
            if error.outcome not in ABSENT:
                raise
            return Found(failure=error)
    return _found(files, newest)


def _whole(get: Get, newest: Newest) -> Found:
    try:
        file = FetchedFile(CSV_NAME, get(CSV))
    except FetchError as error:
        return Found(failure=error)
    return _found([file], newest)


def _found(files: Sequence[FetchedFile], newest: Newest) -> Found:
    try:
        day = newest([ReleaseFile(file.name, file.response.path) for file in files])
    except SourceError as error:
        return Found(tuple(files), failure=error)
    return Found(tuple(files), day)
