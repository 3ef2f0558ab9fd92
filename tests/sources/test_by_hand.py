"""Files obtained by hand: the layouts of two publishers that ``fcm ingest`` takes, and refuses."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fcm_migration.archive.releases import usable_releases
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.errors import DateError, LayoutError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.sources.base import Source
from fcm_migration.sources.uk_home_office import small_boats as uk_small_boats
from tests.sources import small_boats, unhcr_pages
from tests.sources.unhcr_pages import ALL, APPLICATIONS, POPULATION

by_source = pytest.mark.parametrize("source", ALL, ids=lambda source: source.source_id)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """An empty home without a network."""
    return Context(
        Home(tmp_path / "home"),
        datetime(2026, 1, 15, 12, tzinfo=UTC),
        (uk_small_boats.SOURCE, *ALL),
        offline=True,
        reference_dir=REFERENCE_DIR,
        suites_dir=SUITES_DIR,
        bundled_dir=tmp_path / "bundled",
        workers=1,
    )


def test_a_workbook(context: Context, tmp_path: Path) -> None:
    file = small_boats.write(tmp_path, small_boats.sheets())
    assert ingest(context, uk_small_boats.SOURCE, [file.path]).outcome == "ok"
    (release,) = usable_releases(context.home, context.archive, uk_small_boats.SOURCE)
    assert (release.snapshot.as_of, release.snapshot.as_of_basis) == (
        date(2018, 3, 9),
        "publisher",
    )
    assert release.rows == {"uk_small_boats_daily": 65, "uk_small_boats_weekly": 9}
    assert release.marks == {"-": 43}


@by_source
def test_a_release_file_and_pages_of_the_api(
    context: Context, tmp_path: Path, source: Source
) -> None:
    """The file's name tells its date, pages tell none and are dated the day they came."""
    pages = [file.path for file in unhcr_pages.write(tmp_path, unhcr_pages.bodies(source))]
    for files in ([unhcr_pages.write_release(tmp_path, source).path], pages):
        assert ingest(context, source, files).outcome == "ok"
    older, newer = usable_releases(context.home, context.archive, source)
    assert [(r.snapshot.as_of, r.snapshot.as_of_basis) for r in (older, newer)] == [
        (date(2025, 11, 11), "publisher"),
        (date(2026, 1, 15), "obtained"),
    ]
    assert older.rows == newer.rows
    assert list(newer.rows) == [source.tables[0].name]


def test_a_broken_release_file_is_quarantined(context: Context, tmp_path: Path) -> None:
    path = unhcr_pages.write_release(tmp_path, APPLICATIONS).path
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(LayoutError, match="the parser failed on this release"):
        ingest(context, APPLICATIONS, [path])
    assert usable_releases(context.home, context.archive, APPLICATIONS) == []


def test_another_datasets_pages_are_refused(context: Context, tmp_path: Path) -> None:
    files = unhcr_pages.write(tmp_path, unhcr_pages.bodies(POPULATION))
    with pytest.raises(LayoutError, match=r"columns are missing.*'applied'"):
        ingest(context, APPLICATIONS, [file.path for file in files])


def test_a_release_of_tomorrow_is_refused(context: Context, tmp_path: Path) -> None:
    file = unhcr_pages.write_release(tmp_path, APPLICATIONS, "x__2026-01-16__1.parquet")
    with pytest.raises(DateError, match="dated in the future"):
        ingest(context, APPLICATIONS, [file.path])
