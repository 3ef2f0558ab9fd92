"""Eighteen real releases of the Home Office: each is given back; one cell was revised in them.

Preventions are known to be revised (week ending 22 March 2026: 199, later 277), but in releases
after these: from 14 November 2025 to 24 April 2026 none was.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.archive.releases import one_per_day, usable_releases
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.core.build import revised
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources.uk_home_office.small_boats import DAILY, SOURCE, WEEKLY
from tests.making import read_as_of

pytestmark = pytest.mark.shared_data


@pytest.fixture(scope="module")
def home(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A home with all eighteen, ingested as a person would."""
    folder = tmp_path_factory.mktemp("boats")
    context = Context(
        Home(folder / "home"),
        datetime(2026, 5, 1, 12, tzinfo=UTC),
        (SOURCE,),
        offline=True,
        reference_dir=REFERENCE_DIR,
        suites_dir=SUITES_DIR,
        bundled_dir=folder / "bundled",
        workers=1,
    )
    for path in sorted((shared_data / "uk_small_boats" / "releases").glob("*.ods")):
        assert ingest(context, SOURCE, [path]).outcome == "ok"
    settle_source(context, SOURCE)
    return context


def test_every_release_is_reproduced_exactly(home: Context) -> None:
    releases = one_per_day(usable_releases(home.home, home.archive, SOURCE))
    assert len(releases) == 18
    for release in releases:
        for table in (DAILY, WEEKLY):
            printed = pl.read_parquet(release.paths[table.name])
            again = read_as_of(home.home, SOURCE, table, release.snapshot.as_of)
            assert again.sort(table.key).equals(printed.sort(table.key))


def test_what_was_revised_is_found_and_nothing_else(home: Context) -> None:
    releases = one_per_day(usable_releases(home.home, home.archive, SOURCE))
    changed: dict[str, int] = {}
    for table in (DAILY, WEEKLY):
        summary, detail = revised(home.home, SOURCE, table, releases)
        assert summary.height == 17 * len(table.measures)
        assert summary.select("vanished", "appeared").sum().row(0) == (0, 0)
        for measure, count in summary.group_by("measure").agg(pl.col("changed").sum()).rows():
            changed[f"{table.name}.{measure}"] = count
        revisions = detail.select("measure", "period_start", "as_of_date", "net_change").rows()
        assert revisions == (
            []
            if table is DAILY
            else [("uncontrolled_landing_boats", date(2026, 2, 15), date(2026, 2, 27), -5)]
        )
    assert changed == {
        "uk_small_boats_daily.arrivals_persons": 0,
        "uk_small_boats_daily.boats": 0,
        "uk_small_boats_daily.uncontrolled_landing_boats": 0,
        "uk_small_boats_weekly.arrivals_persons": 0,
        "uk_small_boats_weekly.boats": 0,
        "uk_small_boats_weekly.uncontrolled_landing_boats": 1,
        "uk_small_boats_weekly.prevented_persons": 0,
        "uk_small_boats_weekly.prevention_events": 0,
    }


def test_the_history_holds_both_words_on_a_revised_cell(home: Context) -> None:
    """Boats in uncontrolled landings, week ending 15 February 2026: 5, then 0."""
    history = pl.read_parquet(home.home.table("history", "uk_small_boats_weekly"))
    week = history.filter(pl.col("week_ending_date") == date(2026, 2, 15)).sort("first_seen_date")
    assert week.select(
        "uncontrolled_landing_boats", "first_seen_date", "last_seen_date"
    ).rows() == [
        (5, date(2026, 2, 20), date(2026, 2, 20)),
        (0, date(2026, 2, 27), date(2026, 4, 24)),
    ]


def test_storage_grows_with_what_changed(home: Context) -> None:
    releases = one_per_day(usable_releases(home.home, home.archive, SOURCE))
    for table in (DAILY, WEEKLY):
        printed = sum(release.rows[table.name] for release in releases)
        newest = releases[-1].rows[table.name]
        kept = pl.read_parquet(home.home.table("history", table.name)).height
        assert kept < 1.05 * newest
        assert printed > 17 * newest
