"""A later copy of Frontex's detections by route beside the workbook held: what was revised since.

The copy was made by others from the publisher's workbook of August 2026; it states no licence, has
no nationalities and is not the publisher's layout, so that nothing of it is read but here.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.sources.frontex.ibc import SOURCE, TABLE
from fcm_migration.sources.frontex.ibc_releases import without_source_lines
from fcm_migration.sources.frontex.ibc_table import ROUTES
from tests.sources.reading import read

pytestmark = pytest.mark.shared_data

COPY = "../fresh/frontex/frontex_monthly_by_route_2026-08-04.json"
LAST = date(2025, 4, 1)  # the newest month of the workbook
KEY = ["route", "month"]


@pytest.fixture(scope="module")
def copy(shared_data: Path) -> pl.DataFrame:
    """Columns route, month, events; with the one route that is none."""
    path = shared_data / COPY
    if not path.is_file():
        pytest.skip("the later copy of Frontex's detections is not beside the project")
    monthly = json.loads(path.read_bytes())["data"]["monthly"]
    rows = [
        (route, month["m"], month["v"]) for route, months in monthly.items() for month in months
    ]
    return pl.DataFrame(rows, schema=["route", "month", "events"], orient="row").with_columns(
        pl.col("month").str.to_date("%Y-%m")
    )


@pytest.fixture(scope="module")
def held(shared_data: Path) -> pl.DataFrame:
    """The workbook as the source reads it: columns route, month, events."""
    core = read(SOURCE, shared_data / "frontex" / "ibc.xlsx").tables[TABLE.name]
    month = pl.col("month_start_date").alias("month")
    return core.group_by("route", month).agg(pl.col("detections_events").sum().alias("events"))


@pytest.fixture(scope="module")
def revisions(copy: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Months of a route that differ: columns route, month, change."""
    shared = copy.filter(pl.col("month") <= LAST, pl.col("route").is_in(list(ROUTES)))
    # the source keeps no row for a month without a detection
    both = shared.join(held, on=KEY, how="full", suffix="_held", coalesce=True).fill_null(0)
    change = both.select(*KEY, (pl.col("events") - pl.col("events_held")).alias("change"))
    return change.filter(pl.col("change") != 0).sort("month", "route")


def test_its_routes_are_those_of_the_source_and_a_source_line(copy: pl.DataFrame) -> None:
    (line,) = set(copy["route"]) - set(ROUTES)
    assert set(copy["route"]) - {line} == set(ROUTES)
    assert copy.filter(pl.col("route") == line)["events"].to_list() == [0] * 210
    assert without_source_lines([[line, "", "", "0", "0"]]) == ([], [line])
    sums = copy.group_by(pl.col("month").dt.year()).agg(pl.col("events").sum())
    years = dict(sums.iter_rows())
    assert [years[year] for year in (2024, 2025, 2026)] == [240_101, 179_921, 50_764]


def test_nothing_before_2023_was_revised(revisions: pl.DataFrame, held: pl.DataFrame) -> None:
    assert revisions["month"].min() == date(2023, 1, 1)
    assert held.filter(pl.col("month") < date(2023, 1, 1))["events"].sum() == 4_295_303


def test_16_figures_of_two_routes_were(revisions: pl.DataFrame) -> None:
    changes = {
        route: {(month.year, month.month): change for _, month, change in rows.iter_rows()}
        for (route,), rows in revisions.group_by("route")
    }
    assert changes == {
        "Eastern Borders Route": {
            (2024, 2): 1,
            (2024, 3): 14,
            (2024, 4): 19,
            (2024, 5): 50,
            (2024, 10): 1,
            (2024, 12): 1,
            (2025, 4): -2_388,
        },
        "Eastern Mediterranean Route": {
            (2023, 1): -6,
            (2023, 2): -9,
            (2023, 3): -5,
            (2023, 6): -4,
            (2023, 7): -10,
            (2023, 10): -28,
            (2024, 4): -3,
            (2024, 5): -3,
            (2025, 2): 9,
        },
    }


def test_the_newest_month_of_the_workbook_fell_by_a_sixth(
    copy: pl.DataFrame, held: pl.DataFrame
) -> None:
    newest = pl.col("month") == LAST
    assert held.filter(newest)["events"].sum() == 15_133
    assert copy.filter(newest)["events"].sum() == 12_745
