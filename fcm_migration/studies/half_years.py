"""Makes the reference tables of UNHCR's half-years from folders of earlier releases.

Two small tables in ``data/reference/``: the ratios of whole years to their half-years, and the
scores of nowcasts made with them. They serve homes that hold only the newest release. Both are
quantiles and scores of UNHCR's published figures (CC BY 4.0); each row names its releases. A
maintainer makes them again, when a new whole year is out, by::

    python -m fcm_migration.studies.half_years FOLDER... --out data/reference
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

import polars as pl

from fcm_migration.catalog.derive import conform
from fcm_migration.core.build import marked
from fcm_migration.errors import UsageError
from fcm_migration.forecast.nowcast.tables import REFERENCE_FILES
from fcm_migration.outfile import write_file
from fcm_migration.sources.base import ReleaseFile, Seen
from fcm_migration.sources.unhcr.asylum_applications import SOURCE, TABLE

Releases = Sequence[tuple[date, pl.DataFrame]]
FILES = "asylum_applications__*.parquet"


def release_frames(*folders: Path) -> list[tuple[date, pl.DataFrame]]:
    """Return day and marked rows of every release of asylum applications, oldest first.

    Args:
        folders: they hold the releases, as the files of :data:`FILES`.

    Raises:
        UsageError: there is none, or a file's name has no date.
    """
    found = []
    for path in sorted(path for folder in folders for path in folder.glob(FILES)):
        file = ReleaseFile(path.name, path)
        day = SOURCE.release_date([file])
        if day is None:
            raise UsageError("a release without a date in its name", got=path.name)
        found.append((day, path.name, SOURCE.parse([file]).tables[TABLE.name]))
    if not found:
        raise UsageError("no releases", where=", ".join(map(str, folders)), expected=FILES)
    found.sort(key=lambda item: item[:2])
    seen = [Seen((name,), {TABLE.name: rows}) for _, name, rows in found]
    days = [day for day, _, _ in found]
    return list(zip(days, marked(SOURCE, TABLE, seen), strict=True))


def reference_tables(releases: Releases) -> dict[str, pl.DataFrame]:
    """Return the reference tables by file name, from real releases."""
    from fcm_migration.forecast.nowcast.half_years import half_year_pairs, learn, score_rows

    pairs = half_year_pairs(releases)
    made = zip(REFERENCE_FILES.items(), (learn(pairs), score_rows(pairs)), strict=True)
    return {name: conform(frame, table) for (name, table), frame in made}


def main() -> None:
    """Write both tables from folders of releases."""
    parser = argparse.ArgumentParser(
        prog="python -m fcm_migration.studies.half_years",
        description="Make the reference tables of UNHCR's half-years from earlier releases.",
    )
    parser.add_argument("folders", type=Path, nargs="+", help=f"folders with {FILES}")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    given = parser.parse_args()
    for name, frame in reference_tables(release_frames(*given.folders)).items():
        write_file(given.out / name, partial(frame.write_csv, float_precision=None))


if __name__ == "__main__":
    main()
