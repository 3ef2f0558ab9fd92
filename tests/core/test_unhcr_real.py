"""UNHCR's real releases: the history reproduces each, and shows withdrawn figures.

Eight releases of three tables, 27 April 2023 to 11 November 2025, and four exports of the retired
monthly table, 2015 to 2017, ingested as a person would do it into an empty home.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.core.vintages import rows_as_of
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.refresh.settling import settle_source
from fcm_migration.sources.base import ReleaseFile, Source
from fcm_migration.sources.unhcr import monthly as unhcr_monthly
from tests.sources.reading import read
from tests.sources.unhcr_pages import APPLICATIONS, DECISIONS, POPULATION

# long: `make test` holds the same with simulated releases (test_vintages.py)
pytestmark = [pytest.mark.shared_data, pytest.mark.torture]

MONTHLY = unhcr_monthly.SOURCE
SOURCES = (APPLICATIONS, DECISIONS, POPULATION, MONTHLY)
# Rows of all releases together, and rows the history keeps of them.
STORED = {
    APPLICATIONS: (867_983, 137_034),
    DECISIONS: (823_068, 128_975),
    POPULATION: (1_017_520, 277_880),
    MONTHLY: (362_848, 141_256),
}
# Rows that left and came back as they were, each in two runs: South Africa 2022, gone from June
# 2023 to October 2023 and printed again since June 2024.
RETURNED = {APPLICATIONS: 4, DECISIONS: 0, POPULATION: 0, MONTHLY: 0}
# Rows of a half-year that its full year prints alike: they mean another period, so are kept apart.
COMPLETED = {APPLICATIONS: 1_718, DECISIONS: 2_036, POPULATION: 2_823, MONTHLY: 0}
OCTOBER_2024, JUNE_2025 = date(2024, 10, 18), date(2025, 6, 12)
NOVEMBER_2025 = date(2025, 11, 11)
NEW = ("N", "V", "NR", "NA")
by_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.source_id)


@dataclass(frozen=True)
class Vintages:
    """One table: its releases as parsed, by date and oldest first; its history and newest form."""

    releases: Mapping[date, pl.DataFrame]
    history: pl.DataFrame
    latest: pl.DataFrame

    def as_of(self, day: date) -> pl.DataFrame:
        return rows_as_of(self.history, list(self.releases), day)

    def printed(self, day: date) -> pl.DataFrame:
        """As it was parsed: without the mark of incomplete years, which is set later."""
        return self.as_of(day).drop("is_partial", strict=False)


def paths(shared_data: Path, source: Source) -> list[Path]:
    """The source's release files, oldest first; exports of every origin only."""
    if source is MONTHLY:
        folder = shared_data / "unhcr_monthly"
        return [*sorted((folder / "releases").iterdir()), *folder.glob("unhcr_popstats_*.csv")]
    prefix = source.source_id.removeprefix("unhcr_")
    return sorted((shared_data / "unhcr" / "releases").glob(f"{prefix}__*"))


@pytest.fixture(scope="module")
def vintages(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Source], Vintages]:
    folder = tmp_path_factory.mktemp("unhcr-vintages")

    @cache
    def built(source: Source) -> Vintages:
        context = Context(
            Home(folder / source.source_id),
            datetime(2025, 12, 1, 12, tzinfo=UTC),
            (source,),
            offline=True,
            reference_dir=REFERENCE_DIR,
            suites_dir=SUITES_DIR,
            bundled_dir=folder / "bundled",
            workers=1,
        )
        (table,) = source.tables
        releases = {}
        for path in paths(shared_data, source):
            assert ingest(context, source, [path]).outcome == "ok", path.name
            day = source.release_date([ReleaseFile(path.name, path)])
            assert day is not None
            releases[day] = read(source, path).tables[table.name]
        stored = settle_source(context, source).stored
        history = pl.read_parquet(stored[f"history.{table.name}"].path)
        return Vintages(releases, history, pl.read_parquet(stored[table.full_name].path))

    return built


@by_source
def test_the_history_gives_every_release_back(
    vintages: Callable[[Source], Vintages], source: Source
) -> None:
    """Row for row; between two releases the older one stands, before the first there is none."""
    found = vintages(source)
    (table,) = source.tables
    days = list(found.releases)
    assert len(days) == (4 if source is MONTHLY else 8)
    for number, day in enumerate(days):
        release = found.releases[day].sort(table.key)
        assert found.printed(day).sort(table.key).equals(release), day
        if number:
            eve = date.fromordinal(day.toordinal() - 1)
            before = found.releases[days[number - 1]].sort(table.key)
            assert found.printed(eve).sort(table.key).equals(before), eve
    assert found.as_of(date.fromordinal(days[0].toordinal() - 1)).is_empty()
    newest = found.latest.select(table.column_names).sort(table.key)
    assert newest.equals(found.releases[days[-1]].sort(table.key))


@by_source
def test_the_history_grows_with_what_changed(
    vintages: Callable[[Source], Vintages], source: Source
) -> None:
    """Not with the number of releases: unchanged rows are kept once."""
    found = vintages(source)
    printed = sum(release.height for release in found.releases.values())
    assert (printed, found.history.height) == STORED[source]
    distinct = pl.concat(found.releases.values()).unique().height
    assert found.history.height - distinct == RETURNED[source] + COMPLETED[source]


def into(table: pl.DataFrame, iso3: str, year: int) -> pl.DataFrame:
    return table.filter(asylum_printed_iso3=iso3, year=year)


def test_australias_half_year_of_2024_was_withdrawn(
    vintages: Callable[[Source], Vintages],
) -> None:
    """13,461 new applications in October 2024; since June 2025 there are appeals only."""
    found = vintages(APPLICATIONS)
    then = into(found.as_of(OCTOBER_2024), "AUS", 2024).filter(
        pl.col("application_type").is_in(NEW)
    )
    assert (then.height, then.get_column("applications").sum()) == (105, 13_461)
    assert set(then.get_column("persons_or_cases")) == {"P"}
    for day in (JUNE_2025, NOVEMBER_2025):
        now = into(found.as_of(day), "AUS", 2024)
        assert set(now.get_column("application_type")) == {"A"}
        assert now.get_column("applications").sum() == 20_753
    # the withdrawn rows are still in the history, seen last in October 2024
    kept = into(found.history, "AUS", 2024).filter(application_type="N")
    assert set(kept.get_column("last_seen_date")) == {OCTOBER_2024}


def test_the_united_kingdoms_half_year_of_2025(vintages: Callable[[Source], Vintages]) -> None:
    """52,092 applications of persons, 49,682 of them new; 13,907 appeals are cases apart."""
    rows = into(vintages(APPLICATIONS).as_of(NOVEMBER_2025), "GBR", 2025)
    sums = rows.group_by("application_type", "persons_or_cases").agg(pl.col("applications").sum())
    assert {tuple(row[:2]): row[2] for row in sums.rows()} == {
        ("N", "P"): 49_682,
        ("R", "P"): 2_410,
        ("A", "C"): 13_907,
    }
    assert into(vintages(APPLICATIONS).as_of(JUNE_2025), "GBR", 2025).is_empty()


def changes(before: pl.DataFrame, after: pl.DataFrame, source: Source, measure: str) -> list[int]:
    """Figures that read otherwise, are gone, and are new."""
    (table,) = source.tables
    key = list(table.key)
    both = before.join(after, on=key, suffix="_after")
    return [
        both.filter(pl.col(measure).ne_missing(pl.col(f"{measure}_after"))).height,
        before.join(after, on=key, how="anti").height,
        after.join(before, on=key, how="anti").height,
    ]


def test_older_years_of_applications_are_frozen(vintages: Callable[[Source], Vintages]) -> None:
    """The release of June rewrites the newest year; one older year gained rows, once."""
    found = vintages(APPLICATIONS)
    days = list(found.releases)
    frozen = {}
    for earlier, later in pairwise(days):
        newest = found.releases[earlier].get_column("year").max()
        before, after = (
            found.as_of(day).filter(pl.col("year") < newest) for day in (earlier, later)
        )
        frozen[str(later)] = changes(before, after, APPLICATIONS, "applications")
    assert frozen == {
        "2023-06-14": [0, 0, 0],
        "2023-08-15": [0, 0, 0],
        "2023-10-25": [0, 0, 0],
        "2024-06-17": [0, 0, 55],
        "2024-10-18": [0, 0, 0],
        "2025-06-12": [0, 0, 0],
        "2025-11-11": [0, 0, 0],
    }


def test_nothing_up_to_2023_changed_after_june_2025(
    vintages: Callable[[Source], Vintages],
) -> None:
    """The one later release held is of November 2025: 108,496 rows, all as they were."""
    found = vintages(APPLICATIONS)
    assert [day for day in found.releases if day > JUNE_2025] == [NOVEMBER_2025]
    before, after = (
        found.as_of(day).filter(pl.col("year") <= 2023) for day in (JUNE_2025, NOVEMBER_2025)
    )
    assert (before.height, after.height) == (108_496, 108_496)
    assert changes(before, after, APPLICATIONS, "applications") == [0, 0, 0]


def test_the_half_year_is_rewritten_by_its_full_year(
    vintages: Callable[[Source], Vintages],
) -> None:
    found = vintages(APPLICATIONS)
    before, after = (found.as_of(day).filter(year=2024) for day in (OCTOBER_2024, JUNE_2025))
    assert changes(before, after, APPLICATIONS, "applications") == [3_772, 318, 1_527]


def test_the_monthly_export_was_revised_for_years(
    vintages: Callable[[Source], Vintages],
) -> None:
    """Australia, export of July 2016 against that of August 2017."""
    found = vintages(MONTHLY)
    before, after = (
        found.as_of(day).filter(asylum_name="Australia")
        for day in (date(2016, 7, 22), date(2017, 8, 9))
    )
    key = ["month_start_date", "origin_name"]
    both = before.join(after, on=key, suffix="_after")
    moved = both.filter(
        pl.col("asylum_applications").ne_missing(pl.col("asylum_applications_after"))
    )
    assert (both.height, moved.height) == (2_984, 903)
    assert before.join(after, on=key, how="anti").height == 116
    added = after.join(before, on=key, how="anti")
    newest = before.get_column("month_start_date").max()
    assert added.filter(pl.col("month_start_date") <= newest).height == 1
    shown = moved.filter(pl.col("is_suppressed") & ~pl.col("is_suppressed_after"))
    assert shown.height == 813  # withheld in 2016, printed in 2017
