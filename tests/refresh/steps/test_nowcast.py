"""Nowcasting as a step of a refresh: on the toy home, and on the publishers' real releases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.errors import ConformError, UsageError
from fcm_migration.expectations import check_table
from fcm_migration.forecast.nowcast.tables import (
    NOWCAST,
    NOWCAST_SCORES,
    RATIOS,
    RATIOS_FILE,
    REFERENCE_FILES,
    SCORES_FILE,
    TABLES,
)
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources.uk_home_office.small_boats import SOURCE as BOATS
from fcm_migration.sources.uk_home_office.small_boats_daily_page import SOURCE as PAGE
from fcm_migration.sources.unhcr.asylum_applications import SOURCE as APPLICATIONS
from fcm_migration.studies.half_years import reference_tables, release_frames
from tests.making import make

MONTH = "uk_small_boats/small_boat_arrivals/GBR/total/english_channel/all/all/M"


def test_months_of_the_toy_that_are_over_are_listed(own_home: Context) -> None:
    """Its figures end in June 2023, its newest release is of 15 January 2024."""
    (toy,) = own_home.sources
    expected = replace(toy, cadence=replace(toy.cadence, interval_days=30))  # more will come
    make(replace(own_home, sources=(expected,)), "nowcast")
    made = store.read(own_home.home.table("forecast", "nowcast"), NOWCAST)
    assert made.get_column("target_period").min() == date(2023, 7, 1)
    assert made.get_column("target_period").max() == date(2023, 12, 1)
    assert set(made.get_column("nowcast_task")) == {"not_yet_published"}
    scores = store.read(own_home.home.table("forecast", "nowcast_scores"), NOWCAST_SCORES)
    assert scores.is_empty()


def test_the_reference_is_held_to_its_declaration(tmp_path: Path) -> None:
    for name, table in REFERENCE_FILES.items():
        assert read_declared(REFERENCE_DIR / name, table).height
        with pytest.raises(UsageError, match="missing"):
            read_declared(tmp_path / name, table)
    good = (REFERENCE_DIR / RATIOS_FILE).read_text()
    path = tmp_path / RATIOS_FILE
    path.write_text(good.replace("scope", "place", 1))
    with pytest.raises(UsageError, match="another header"):
        read_declared(path, RATIOS)
    path.write_text(good.replace("corridor", "street", 1))
    with pytest.raises(ConformError, match="street"):
        read_declared(path, RATIOS)
    with pytest.raises(UsageError, match="no releases"):
        release_frames(tmp_path)


@pytest.mark.shared_data
def test_the_reference_is_what_the_releases_give(shared_data: Path) -> None:
    both = (shared_data, shared_data.parent / "fresh")
    if not both[1].is_dir():
        pytest.skip("the releases of 2026 are not beside the project")
    made = reference_tables(release_frames(*(data / "unhcr" / "releases" for data in both)))
    for name, table in REFERENCE_FILES.items():
        assert read_declared(REFERENCE_DIR / name, table).equals(made[name])


def _context(folder: Path) -> Context:
    return Context(
        Home(folder / "home"),
        datetime(2026, 5, 1, 12, tzinfo=UTC),
        (BOATS, PAGE, APPLICATIONS),
        offline=True,
        reference_dir=REFERENCE_DIR,
        suites_dir=SUITES_DIR,
        bundled_dir=folder / "bundled",
        workers=1,
    )


def _build(context: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both tables of a home in which nothing was forecast."""
    for source in context.sources:
        settle_source(context, source)
    make(context, "harmonise")
    make(context, "panel")
    for table in (QUANTILES, NOT_SHOWN):
        store.write(empty(table), table, context.home.table(table.layer, table.name))
    make(context, "nowcast")
    nowcast, scores = (
        store.read(context.home.table("forecast", table.name), table) for table in TABLES
    )
    return nowcast, scores


@pytest.fixture(scope="module")
def real(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Context, pl.DataFrame, pl.DataFrame]:
    """A home with 18 weekly releases of the Home Office and 8 of UNHCR."""
    context = _context(tmp_path_factory.mktemp("nowcasts"))
    for path in sorted((shared_data / "uk_small_boats" / "releases").glob("*.ods")):
        assert ingest(context, BOATS, [path]).outcome == "ok"
    for path in sorted((shared_data / "unhcr" / "releases").glob("asylum_applications__*")):
        assert ingest(context, APPLICATIONS, [path]).outcome == "ok"
    return context, *_build(context)


@pytest.mark.shared_data
@pytest.mark.torture
def test_real_releases_are_scored_as_such(
    real: tuple[Context, pl.DataFrame, pl.DataFrame], shared_data: Path
) -> None:
    _, _, scores = real
    real_ones = scores.filter(pl.col("vintage_basis") == "real releases")
    boats = real_ones.filter(pl.col("nowcast_task").str.starts_with("uk_small_boats"))
    assert set(boats.get_column("vintages")) == {
        "Home Office: 18 releases, 2025-11-14 to 2026-04-24"
    }
    months = boats.filter(pl.col("nowcast_task") == "uk_small_boats_month")
    # the two of April, whose month is not over, are left out
    assert set(months.get_column("cases")) == {16}
    halves = real_ones.filter(pl.col("nowcast_task") == "unhcr_year_from_half")
    of_these = reference_tables(release_frames(shared_data / "unhcr" / "releases"))
    assert halves.equals(of_these[SCORES_FILE])


@pytest.mark.shared_data
def test_the_figures_of_the_page_of_decisions_hold(
    real: tuple[Context, pl.DataFrame, pl.DataFrame],
) -> None:
    """Relative WIS and coverage of the months' published method, within what is said."""
    _, _, scores = real
    cut = scores.filter(
        (pl.col("nowcast_task") == "uk_small_boats_month")
        & (pl.col("indicator") == "small_boat_arrivals")
        & (pl.col("vintage_basis") == "today's release cut")
        & (pl.col("nowcast_method") == "published")
    ).sort("stage")
    bars = (0.1, 0.4, 0.85, 0.97, 1.0)
    for ratio, bar in zip(cut.get_column("relative_wis"), bars, strict=True):
        assert ratio < bar
    assert cut.get_column("cases").min() == 83
    for column, nominal in (("coverage_50", 0.5), ("coverage_80", 0.8), ("coverage_95", 0.95)):
        mean = cut.get_column(column).mean()
        assert isinstance(mean, float)
        assert abs(mean - nominal) < 0.05


@pytest.mark.shared_data
def test_the_running_month_and_the_halves_of_the_newest_releases(
    real: tuple[Context, pl.DataFrame, pl.DataFrame],
) -> None:
    context, nowcast, scores = real
    april = nowcast.filter(pl.col("series_id") == MONTH)
    assert set(april.get_column("target_period")) == {date(2026, 4, 1)}
    assert set(april.get_column("counted_so_far")) == {1636}
    assert set(april.get_column("counted_to_date")) == {date(2026, 4, 23)}
    assert set(april.get_column("as_of_date")) == {date(2026, 4, 24)}
    halves = nowcast.filter(pl.col("nowcast_task") == "unhcr_year_from_half")
    # the United States had no half-year of 2025 in November 2025
    places = halves.get_column("series_id").str.split("/").list.get(2)
    assert set(places) == {"AUS", "CAN", "GBR", "NZL"}
    median = halves.filter(pl.col("quantile") == 0.5)
    assert (median.get_column("value") == 2 * median.get_column("counted_so_far")).all()
    for table, frame in ((NOWCAST, nowcast), (NOWCAST_SCORES, scores)):
        results = check_table(table, frame, suites_dir=SUITES_DIR, today=context.today)
        assert [item.expectation for item in results if not item.success] == []


@pytest.mark.shared_data
def test_one_release_of_unhcr_uses_the_reference(
    real: tuple[Context, pl.DataFrame, pl.DataFrame], shared_data: Path, tmp_path: Path
) -> None:
    """A home without earlier releases gives the same nowcasts of the year as one with them."""
    context = _context(tmp_path)
    path = next((shared_data / "unhcr" / "releases").glob("asylum_applications__2025-11*"))
    assert ingest(context, APPLICATIONS, [path]).outcome == "ok"
    nowcast, scores = _build(context)
    assert nowcast.drop("as_of_date").equals(
        real[1].filter(pl.col("nowcast_task") == "unhcr_year_from_half").drop("as_of_date")
    )
    assert set(scores.get_column("vintage_basis")) == {"real releases"}
