"""Five real releases of Frontex: the history gives each of them back, and the fall of 2023 shows.

The releases are derivatives (long, ISO codes) of 7 and 10 February, 10 March, 15 May and 19 June
2025. They are ingested as a person would do it, into an empty home.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.core.vintages import rows_as_of
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.sources.frontex.ibc import SOURCE, TABLE
from tests.sources.reading import read

pytestmark = pytest.mark.shared_data

EVENTS = "detections_events"
DECEMBER = date(2023, 12, 1)


@pytest.fixture(scope="module")
def releases(shared_data: Path) -> dict[date, pl.DataFrame]:
    """Each release as parsed, by its date, oldest first."""
    found = {}
    for path in sorted((shared_data / "frontex" / "releases").iterdir()):
        day = SOURCE.release_date([ReleaseFile(path.name, path)])
        assert day is not None
        found[day] = read(SOURCE, path).tables[TABLE.name]
    return found


@pytest.fixture(scope="module")
def tables(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Latest and history after all five were ingested, the newest first."""
    folder = tmp_path_factory.mktemp("frontex")
    context = Context(
        Home(folder / "home"),
        datetime(2025, 7, 1, 12, tzinfo=UTC),
        (SOURCE,),
        offline=True,
        reference_dir=REFERENCE_DIR,
        suites_dir=SUITES_DIR,
        bundled_dir=folder / "bundled",
        workers=1,
    )
    for path in sorted((shared_data / "frontex" / "releases").iterdir(), reverse=True):
        assert ingest(context, SOURCE, [path]).outcome == "ok"
    stored = settle_source(context, SOURCE).stored
    return {name: pl.read_parquet(stored[name].path) for name in stored}


def by_month(rows: pl.DataFrame) -> dict[date, int]:
    return dict(rows.group_by("month_start_date").agg(pl.col(EVENTS).sum()).iter_rows())


def test_the_history_gives_every_release_back(
    tables: dict[str, pl.DataFrame], releases: dict[date, pl.DataFrame]
) -> None:
    history, days = tables["history.frontex_ibc"], list(releases)
    assert [str(day) for day in days] == [
        "2025-02-07",
        "2025-02-10",
        "2025-03-10",
        "2025-05-15",
        "2025-06-19",
    ]
    for day, release in releases.items():
        found = rows_as_of(history, days, day).sort(TABLE.key)
        assert found.equals(release.sort(TABLE.key)), day
    assert rows_as_of(history, days, date(2025, 2, 6)).is_empty()
    between = rows_as_of(history, days, date(2025, 6, 18)).sort(TABLE.key)
    assert between.equals(releases[date(2025, 5, 15)].sort(TABLE.key))


def test_december_2023_fell_by_a_fifth(
    tables: dict[str, pl.DataFrame], releases: dict[date, pl.DataFrame]
) -> None:
    history, days = tables["history.frontex_ibc"], list(releases)
    sums = [by_month(rows_as_of(history, days, day))[DECEMBER] for day in days]
    assert sums == [24_649, 19_961, 19_978, 19_985, 19_985]
    assert by_month(tables["core.frontex_ibc"])[DECEMBER] == sums[-1]


def test_nineteen_of_191_months_changed(releases: dict[date, pl.DataFrame]) -> None:
    first, last = by_month(releases[date(2025, 2, 7)]), by_month(releases[date(2025, 6, 19)])
    changed = [month for month, events in first.items() if last[month] != events]
    assert (len(first), len(changed)) == (191, 19)


def test_the_history_is_little_larger_than_one_release(
    tables: dict[str, pl.DataFrame], releases: dict[date, pl.DataFrame]
) -> None:
    """168,774 printed rows are kept as 34,787: a release costs what it changed."""
    printed = sum(release.height for release in releases.values())
    assert printed == 168_774
    assert tables["history.frontex_ibc"].height == 34_787
