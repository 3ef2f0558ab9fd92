"""Facts of the Home Office's real releases, 14 November 2025 to 24 April 2026."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform
from fcm_migration.sources.base import Parsed, ReleaseFile
from fcm_migration.sources.uk_home_office.small_boats import DAILY, SOURCE, WEEKLY

pytestmark = pytest.mark.shared_data

NEWEST = date(2026, 4, 24)
ARRIVALS = {
    2018: 299,
    2019: 1_843,
    2020: 8_462,
    2021: 28_526,
    2022: 45_755,
    2023: 29_437,
    2024: 36_816,
    2025: 41_472,
}


@pytest.fixture(scope="session")
def releases(shared_data: Path) -> Mapping[date, Parsed]:
    """Every release by its date, parsed once; two at a time, as each has a process of its own."""
    paths = sorted((shared_data / "uk_small_boats" / "releases").glob("*.ods"))
    files = [ReleaseFile(path.name, path) for path in paths]
    with ThreadPoolExecutor(2) as pool:
        parsed = list(pool.map(lambda file: SOURCE.parse([file]), files))
    found = {SOURCE.release_date([file]): one for file, one in zip(files, parsed, strict=True)}
    assert None not in found
    return {day: found[day] for day in sorted(day for day in found if day)}


def daily(parsed: Parsed) -> pl.DataFrame:
    return conform(parsed.tables[DAILY.name], DAILY)


def weekly(parsed: Parsed) -> pl.DataFrame:
    return conform(parsed.tables[WEEKLY.name], WEEKLY)


def test_eighteen_releases_parse_and_are_dated(releases: Mapping[date, Parsed]) -> None:
    days = list(releases)
    assert (len(days), days[0], days[-1]) == (18, date(2025, 11, 14), NEWEST)
    for day, parsed in releases.items():
        assert daily(parsed).get_column("arrival_date").max() == (
            day - timedelta(days=1) if day != date(2025, 12, 31) else date(2025, 12, 28)
        )
        assert weekly(parsed).get_column("week_ending_date").dt.weekday().unique().to_list() == [7]
        # not collected: 1,826 days and 260 weeks of landings, 330 weeks of two kinds of preventions
        assert parsed.marks == {"-": 1_826 + 260 + 330 + 330}


def test_arrivals_by_year(releases: Mapping[date, Parsed]) -> None:
    by_year = (
        daily(releases[NEWEST])
        .group_by(pl.col("arrival_date").dt.year().alias("year"))
        .agg(pl.col("arrivals_persons").sum())
        .filter(pl.col("year") < 2026)
    )
    assert dict(by_year.rows()) == ARRIVALS


def test_months_add_up_to_the_years(releases: Mapping[date, Parsed]) -> None:
    months = SOURCE.flows(releases[NEWEST].tables).filter(
        frequency="M", indicator="small_boat_arrivals"
    )
    assert months.height == 8 * 12 + 4
    by_year = months.group_by(pl.col("period_start").dt.year()).agg(pl.col("value").sum())
    assert {year: value for year, value in by_year.rows() if year < 2026} == ARRIVALS
    assert months.filter("is_partial").get_column("period_start").to_list() == [date(2026, 4, 1)]


def test_what_is_not_collected_begins_and_ends_where_it_did(
    releases: Mapping[date, Parsed],
) -> None:
    landings = daily(releases[NEWEST]).drop_nulls("uncontrolled_landing_boats")
    assert landings.get_column("arrival_date").min() == date(2023, 1, 1)
    prevented = weekly(releases[NEWEST]).drop_nulls("prevented_persons")
    assert prevented.get_column("week_ending_date").min() == date(2024, 5, 5)
    revised = daily(releases[NEWEST]).filter(note="Revised").get_column("arrival_date").to_list()
    assert len(revised) == 9
    assert (revised[0], revised[-1]) == (date(2023, 2, 8), date(2025, 9, 6))


@pytest.mark.parametrize(
    ("table", "key", "column"),
    [
        (DAILY, "arrival_date", "arrivals_persons"),
        (DAILY, "arrival_date", "boats"),
        (WEEKLY, "week_ending_date", "arrivals_persons"),
        (WEEKLY, "week_ending_date", "boats"),
    ],
)
def test_arrivals_are_never_revised(
    releases: Mapping[date, Parsed], table: object, key: str, column: str
) -> None:
    """Every release repeats what the first to print a period said of it."""
    name = DAILY.name if table is DAILY else WEEKLY.name
    printed = pl.concat(parsed.tables[name].select(key, column) for parsed in releases.values())
    assert printed.height > 18 * 400
    assert printed.unique().height == releases[NEWEST].tables[name].height


def test_days_add_up_to_weeks(releases: Mapping[date, Parsed]) -> None:
    for parsed in releases.values():
        # from Monday of the first week on; the days after the last week belong to no printed week
        days = (
            daily(parsed)
            .group_by_dynamic("arrival_date", every="1w")
            .agg(pl.col("arrivals_persons", "boats").sum())
        )
        weeks = weekly(parsed)
        printed = days.head(weeks.height).select("arrivals_persons", "boats")
        assert printed.equals(weeks.select("arrivals_persons", "boats"))
