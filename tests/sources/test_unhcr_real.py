"""Facts of UNHCR's real releases, 27 April 2023 to 11 November 2025."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.core.build import marked
from fcm_migration.marts.countries import aliases, resolve
from fcm_migration.sources.base import ReleaseFile, Seen, Source
from tests.sources.unhcr_pages import APPLICATIONS, DECISIONS, POPULATION, SOURCES, hold

pytestmark = pytest.mark.shared_data

# Rows of each release, oldest first.
ROWS = {
    APPLICATIONS: (100_750, 102_261, 102_261, 107_109, 108_496, 113_379, 114_588, 119_139),
    DECISIONS: (95_806, 97_270, 97_270, 101_350, 103_034, 107_396, 108_444, 112_498),
    POPULATION: (120_261, 120_338, 120_338, 126_262, 126_402, 132_491, 132_602, 138_826),
}
# From the year of release to the newest year, and whether that is whole.
DAYS = {
    date(2023, 4, 27): (2022, False),
    date(2023, 6, 14): (2022, True),
    date(2023, 8, 15): (2022, True),
    date(2023, 10, 25): (2023, False),
    date(2024, 6, 17): (2023, True),
    date(2024, 10, 18): (2024, False),
    date(2025, 6, 12): (2024, True),
    date(2025, 11, 11): (2025, False),
}
VERSIONS = {day: f"{year}.{12 if whole else 6:02}.0" for day, (year, whole) in DAYS.items()}
NEWEST = date(2025, 11, 11)
Releases = Callable[[Source, date], pl.DataFrame]
by_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.source_id)
by_release = pytest.mark.parametrize("day", DAYS, ids=str)


@pytest.fixture(scope="session")
def release(shared_data: Path) -> Releases:
    """One release's table, parsed and held to its declaration once."""
    folder = shared_data / "unhcr" / "releases"

    @cache
    def read(source: Source, day: date) -> pl.DataFrame:
        prefix = source.source_id.removeprefix("unhcr_")
        (path,) = folder.glob(f"{prefix}__{day.isoformat()}__*.parquet")
        file = ReleaseFile(path.name, path)
        assert source.release_date([file]) == day
        parsed = source.parse([file])
        assert parsed.notes == ()
        return hold(source, parsed)

    return read


@pytest.fixture(scope="session")
def known() -> pl.DataFrame:
    return aliases(REFERENCE_DIR, "unhcr")


def new_by_unit(flows: pl.DataFrame, destination: str) -> Mapping[tuple[int, str], int]:
    """New applications into one destination, by year and unit."""
    rows = flows.filter(destination_iso3=destination, origin_label="@total")
    return {
        (day.year, "cases" if indicator.endswith("_cases") else "persons"): value
        for indicator, day, value in rows.select("indicator", "period_start", "value").rows()
    }


@by_source
@by_release
def test_every_release_conforms_and_its_origins_resolve(
    release: Releases, known: pl.DataFrame, source: Source, day: date
) -> None:
    table = release(source, day)
    assert table.height == ROWS[source][list(DAYS).index(day)]
    assert table.get_column("year").max() == DAYS[day][0]
    labels = table.select(origin_label="origin_unhcr_code").unique()
    _, unresolved = resolve(labels, known)
    assert unresolved.get_column("origin_label").unique().to_list() == []


@by_source
def test_the_folder_holds_no_release_unread(shared_data: Path, source: Source) -> None:
    prefix = source.source_id.removeprefix("unhcr_")
    assert len(list((shared_data / "unhcr" / "releases").glob(f"{prefix}__*"))) == len(DAYS)


@by_source
@pytest.mark.parametrize("is_named", [True, False], ids=["named", "unnamed"])
def test_half_years_are_marked(release: Releases, source: Source, *, is_named: bool) -> None:
    """By the version in the name; and as well by the figures alone, as the API gives them."""
    (table,) = source.tables
    names = [f"x__{day}__{VERSIONS[day]}.parquet" if is_named else "page-001.json" for day in DAYS]
    seen = [
        Seen((name,), {table.name: release(source, day)})
        for name, day in zip(names, DAYS, strict=True)
    ]
    for (newest, whole), rows in zip(DAYS.values(), marked(source, table, seen), strict=True):
        flows = source.flows({table.name: rows})
        partial = set(flows.filter("is_partial").get_column("period_start").dt.year())
        assert partial == (set() if whole else {newest})


def test_values_called_na_are_there(release: Releases) -> None:
    table = release(APPLICATIONS, NEWEST)
    assert table.filter(application_type="NA").height == 358
    assert table.filter(decision_level="NA").height == 2_187
    assert table.filter(application_type="V").get_column("year").max() == 2005
    assert table.filter(pl.col("applications").is_between(1, 4)).is_empty()


def test_codes_that_look_like_iso_are_not(release: Releases) -> None:
    pairs = release(APPLICATIONS, NEWEST).select("asylum_unhcr_code", "asylum_printed_iso3")
    codes = dict(pairs.unique().rows())
    assert (codes["AUS"], codes["AUL"]) == ("AUT", "AUS")


def test_new_applications_of_the_five(release: Releases) -> None:
    (table,) = APPLICATIONS.tables
    flows = APPLICATIONS.flows({table.name: release(APPLICATIONS, NEWEST)})
    assert set(flows.get_column("destination_iso3")) == {"AUS", "CAN", "GBR", "NZL", "USA", "all"}
    states = new_by_unit(flows, "USA")
    assert {key: states[key] for key in states if key[0] in {2020, 2021, 2023}} == {
        (2020, "persons"): 119_300,
        (2020, "cases"): 87_678,
        (2021, "persons"): 188_860,
        (2023, "persons"): 1_176_051,
    }
    # no first-instance figure for Australia in 2024: neither a row nor a zero
    assert (2024, "persons") not in new_by_unit(flows, "AUS")
    assert new_by_unit(flows, "GBR")[2024, "persons"] == 108_136
    assert new_by_unit(flows, "NZL")[2023, "persons"] == 1_721


def test_decision_totals_are_not_always_sums(release: Releases) -> None:
    parts = ("recognized", "other_protection", "rejected", "otherwise_closed")
    table = release(DECISIONS, NEWEST)
    assert table.filter(pl.sum_horizontal(parts) != pl.col("decisions")).height == 444


def test_asylum_seekers_pending_in_canada(release: Releases) -> None:
    (table,) = POPULATION.tables
    flows = POPULATION.flows({table.name: release(POPULATION, NEWEST)})
    rows = flows.filter(
        indicator="asylum_seekers_pending", destination_iso3="CAN", origin_label="@total"
    )
    assert dict(rows.select("period_start", "value").rows())[date(2024, 1, 1)] == 292_055
