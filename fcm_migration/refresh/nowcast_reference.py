"""What UNHCR's earlier releases taught, kept for homes that hold only the newest one.

Two small tables in ``data/reference/``: how whole years stood to their half-years, and how good
nowcasts learnt from that were. They are quantiles and scores of UNHCR's published figures (CC BY
4.0), each row with the releases it rests on. Made again from a folder of release files by::

    python -m fcm_migration.refresh.nowcast_reference FOLDER
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration.catalog.derive import conform, polars_schema
from fcm_migration.catalog.model import Table
from fcm_migration.config import SHIPPED, in_checkout
from fcm_migration.errors import UsageError
from fcm_migration.forecast.nowcast.tables import HALF_TASK, NOWCAST_SCORES
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.sources.unhcr.asylum_applications import SOURCE, TABLE

RATIOS_FILE = "unhcr_half_year_ratios.csv"
SCORES_FILE = "unhcr_half_year_scores.csv"
FILES = (RATIOS_FILE, SCORES_FILE)
INDICATOR = "asylum_applications_new"
UNIT = "persons"
# UNHCR's codes of the five countries: AUL is Australia, AUS is Austria.
FIVE = ("AUL", "CAN", "GBR", "NZL", "USA")
Releases = Sequence[tuple[date, pl.DataFrame]]


def release_frames(folder: Path) -> list[tuple[date, pl.DataFrame]]:
    """Read every release of asylum applications in a folder, oldest first.

    Raises:
        UsageError: there is none, or a file's name does not say its day.
    """
    found = []
    for path in sorted(folder.glob("asylum_applications__*.parquet")):
        file = ReleaseFile(path.name, path)
        day = SOURCE.release_date([file])
        if day is None:
            raise UsageError("a release without a date in its name", got=path.name)
        found.append((day, SOURCE.parse([file]).tables[TABLE.name]))
    if not found:
        raise UsageError(
            "no releases", where=str(folder), expected="asylum_applications__*.parquet"
        )
    return sorted(found, key=lambda item: item[0])


def make(releases: Releases) -> dict[str, pl.DataFrame]:
    """Both tables by file name, out of real releases."""
    from fcm_migration.forecast.nowcast.half_years import RATIOS, half_year_pairs, learn, score_rows

    pairs = half_year_pairs(releases)
    scores = score_rows(pairs, FIVE, task=HALF_TASK, indicator=INDICATOR, unit=UNIT)
    return {
        RATIOS_FILE: conform(learn(pairs), RATIOS),
        SCORES_FILE: conform(scores, NOWCAST_SCORES),
    }


def read_reference(folder: Path, name: str, table: Table) -> pl.DataFrame:
    """Read one of :data:`FILES`.

    Raises:
        UsageError: the file is missing or has another header.
        ConformError: a value is not one its column allows.
    """
    path = folder / name
    if not path.exists():
        raise UsageError("a reference table is missing", where=name, expected=str(path))
    header = pl.read_csv(path, n_rows=0).columns
    if tuple(header) != table.column_names:
        raise UsageError(
            "the reference table has another header",
            where=name,
            expected=list(table.column_names),
            got=header,
        )
    return conform(pl.read_csv(path, schema=polars_schema(table)), table)


def main(folder: str, out: str | None = None) -> None:
    """Write both tables from a folder of releases, by default among the checkout's reference data.

    Raises:
        UsageError: the package is installed and ``out`` is not given.
    """
    target = Path(out) if out else in_checkout(SHIPPED["reference"], option="a second argument")
    for name, frame in make(release_frames(Path(folder))).items():
        frame.write_csv(target / name, float_precision=None)


if __name__ == "__main__":
    main(*sys.argv[1:3])
