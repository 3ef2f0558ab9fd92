"""A copy of Canada's claims by year that others made, beside IRCC's months: why it is no source.

The decision is in docs/decisions/comparability.md. The copy says nothing of what it counts. Beside
IRCC's workbook it proves to be the sum of all offices and provinces, withheld cells taken as zero.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from fcm_migration.sources.base import Parsed
from fcm_migration.sources.ca.ircc_asylum import ANNUAL, MONTHLY, SOURCE
from tests.sources.reading import read

pytestmark = pytest.mark.shared_data

COPIES = "../fresh/ca_annual"
PERSONS = "claimants_persons"


@pytest.fixture(scope="module")
def ircc(shared_data: Path) -> Parsed:
    (path,) = (shared_data / SOURCE.source_id).iterdir()
    return read(SOURCE, path)


@pytest.fixture(scope="module")
def copies(shared_data: Path) -> Path:
    folder = shared_data / COPIES
    if not folder.is_dir():
        pytest.skip("the copies of Canada's annual tables are not beside the project")
    return folder


@pytest.fixture(scope="module")
def totals(copies: Path) -> pl.DataFrame:
    """Columns year, count."""
    return pl.read_csv(copies / "ircc_asylum_total.csv")


def cells_by_year(monthly: pl.DataFrame) -> pl.DataFrame:
    """Sum what is printed for each office and province; an office without provinces is a cell."""
    parts = monthly.filter(pl.col("office_type") != "All")
    provinces = parts.filter(pl.col("province") != "All")
    undivided = parts.join(provinces, on="office_type", how="anti")
    return (
        pl.concat([provinces, undivided])
        .group_by(pl.col("month_start_date").dt.year().cast(pl.Int64).alias("year"))
        .agg(pl.col(PERSONS).sum().alias("cells"), pl.col("is_suppressed").sum().alias("withheld"))
    )


def test_the_copy_is_the_sum_of_cells_with_withheld_ones_as_zero(
    ircc: Parsed, totals: pl.DataFrame
) -> None:
    both = totals.join(cells_by_year(ircc.tables[MONTHLY.name]), on="year").sort("year")
    whole = both.filter(pl.col("year") < 2025)  # the workbook ends in July 2025
    gaps = dict(whole.select("year", pl.col("count") - pl.col("cells")).iter_rows())
    revised = {2018: -5, 2019: -5, 2020: -5, 2023: -10, 2024: 20}
    assert gaps == {**dict.fromkeys(range(2015, 2025), 0), **revised}
    assert whole["withheld"].min() == 41


def test_it_is_below_what_ircc_prints_in_every_year(ircc: Parsed, totals: pl.DataFrame) -> None:
    printed = (
        ircc.tables[ANNUAL.name]
        .filter(pl.col("office_type") == "All", ~pl.col("is_year_to_date"))
        .select(pl.col("claim_year").alias("year"), PERSONS)
    )
    both = totals.join(printed, on="year")
    short = both.select(pl.col(PERSONS) - pl.col("count")).to_series()
    assert (short.len(), short.min(), short.max()) == (10, 75, 180)


def test_2025_is_later_than_the_workbook(ircc: Parsed, totals: pl.DataFrame) -> None:
    months = ircc.tables[MONTHLY.name].filter(
        pl.col("office_type") == "All", pl.col("month_start_date").dt.year() == 2025
    )
    assert (months.height, months[PERSONS].sum()) == (7, 69_810)
    assert totals.filter(pl.col("year") == 2025)["count"].to_list() == [113_040]


def test_the_countries_are_the_25_that_lead_and_not_all(copies: Path, totals: pl.DataFrame) -> None:
    countries = pl.read_csv(copies / "ircc_asylum_by_country.csv")
    by_year = countries.group_by("year").agg(pl.len(), pl.col("count").sum().alias("named"))
    assert by_year["len"].max() == 25
    assert countries["country"].n_unique() == 25
    share = totals.join(by_year, on="year").select(pl.col("named") / pl.col("count")).to_series()
    assert (share.len(), round(share.min(), 2), round(share.max(), 2)) == (11, 0.41, 0.81)  # type: ignore[arg-type]
