"""The publishers' real files: OHSS, CBP and IRCC figures known from elsewhere come out exactly."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.sources.base import Parsed, Source
from fcm_migration.sources.ca import ircc_asylum as ca_ircc_asylum
from fcm_migration.sources.us_cbp import sbo as us_cbp_sbo
from fcm_migration.sources.us_ohss import usbp as us_ohss_usbp
from tests.sources.reading import figure, read

pytestmark = pytest.mark.shared_data

EVENTS = "encounters_events"


def one_file(folder: Path, source: Source) -> Parsed:
    (path,) = (folder / source.source_id).iterdir()
    return read(source, path)


@pytest.fixture(scope="module")
def ohss(shared_data: Path) -> Parsed:
    return one_file(shared_data, us_ohss_usbp.SOURCE)


@pytest.fixture(scope="module")
def sbo(shared_data: Path) -> Parsed:
    return one_file(shared_data, us_cbp_sbo.SOURCE)


@pytest.fixture(scope="module")
def ircc(shared_data: Path) -> Parsed:
    return one_file(shared_data, ca_ircc_asylum.SOURCE)


class TestOhss:
    @pytest.mark.parametrize(
        ("year", "of_months", "of_year"),
        [
            (2000, 1_590_320, 1_590_310),
            (2017, 310_520, 310_530),
            (2022, 2_214_670, 2_214_650),
            (2023, 2_063_700, 2_063_690),
        ],
    )
    def test_fiscal_years(self, ohss: Parsed, year: int, of_months: int, of_year: int) -> None:
        monthly = ohss.tables[us_ohss_usbp.MONTHLY.name]
        annual = ohss.tables[us_ohss_usbp.ANNUAL.name]
        count = monthly.filter(pl.col("breakdown") == "count", pl.col("fiscal_year") == year)
        assert count.height == 12
        assert count[EVENTS].sum() == of_months
        assert figure(annual, EVENTS, breakdown="count", fiscal_year=year) == of_year

    def test_size_and_span(self, ohss: Parsed) -> None:
        monthly = ohss.tables[us_ohss_usbp.MONTHLY.name]
        months = monthly["month_start_date"]
        assert (months.min(), months.max(), months.n_unique()) == (
            date(1999, 10, 1),
            date(2023, 9, 1),
            288,
        )
        assert monthly.filter(pl.col("breakdown") == "citizenship").height == 9_705
        assert (ohss.marks, ohss.notes) == ({}, ())

    def test_family_status_is_shown_from_the_years_the_catalogue_says(self, ohss: Parsed) -> None:
        shown = ohss.tables[us_ohss_usbp.MONTHLY.name].filter(
            pl.col("breakdown") == "family_status"
        )
        first = dict(shown.group_by("family_status").agg(pl.col("fiscal_year").min()).iter_rows())
        assert first == {
            "Single Adults": 2000,
            "Unaccompanied Children": 2008,
            "Family Unit Individuals": 2012,
        }

    def test_flows_add_up_to_the_counts_within_rounding(self, ohss: Parsed) -> None:
        flows = us_ohss_usbp.SOURCE.flows(ohss.tables)
        key = ["origin_label", "route", "place", "population_group", "period_start"]
        assert flows.select(key).is_unique().all()
        total = pl.col("origin_label") == "@total"
        group, place = pl.col("population_group") == "all", pl.col("place") == "all"
        whole = flows.filter(total, group, place, pl.col("route") == "all")
        routes = flows.filter(total, group, place, pl.col("route") != "all")
        sums = routes.group_by("period_start").agg(pl.col("value").sum().alias("sum"))
        gaps = whole.join(sums, on="period_start").select(pl.col("sum") - pl.col("value"))
        assert gaps.height == 288
        # Four figures, each up to 5 off, might differ by 20.
        assert gaps.to_series().abs().max() == 10


class TestSbo:
    def test_fiscal_years(self, sbo: Parsed) -> None:
        years = (
            sbo.tables[us_cbp_sbo.TABLE.name]
            .group_by("fiscal_year", "is_fiscal_year_to_date")
            .agg(pl.col(EVENTS).sum(), pl.col("month_start_date").n_unique().alias("months"))
        )
        assert sorted(years.rows()) == [
            (2022, False, 2_378_944, 12),
            (2023, False, 2_475_669, 12),
            (2024, False, 2_135_005, 12),
            (2025, True, 432_059, 11),
        ]

    def test_size_span_and_title_42(self, sbo: Parsed) -> None:
        frame = sbo.tables[us_cbp_sbo.TABLE.name]
        months = frame["month_start_date"]
        assert (frame.height, months.min(), months.max()) == (
            1_936,
            date(2021, 10, 1),
            date(2025, 8, 1),
        )
        expelled = frame.filter(pl.col("title_of_authority") == "Title 42")
        assert expelled["month_start_date"].max() == date(2023, 5, 1)
        may = expelled.filter(pl.col("month_start_date") == date(2023, 5, 1))
        assert may[EVENTS].sum() == 32_446

    def test_monthly_totals_of_the_flows(self, sbo: Parsed) -> None:
        flows = us_cbp_sbo.SOURCE.flows(sbo.tables).filter(
            pl.col("origin_label") == "@total",
            pl.col("place") == "all",
            pl.col("population_group") == "all",
        )
        assert flows.height == 47
        known = {
            date(2024, 11, 1): 94_186,
            date(2025, 1, 1): 61_448,
            date(2025, 2, 1): 11_714,
            date(2025, 8, 1): 9_740,
        }
        for month, value in known.items():
            assert figure(flows, "value", period_start=month) == value


class TestIrcc:
    def test_july_2025(self, ircc: Parsed) -> None:
        monthly = ircc.tables[ca_ircc_asylum.MONTHLY.name]
        known = {"All": 12_545, "Airport": 1_000, "Border": 4_305, "Inland": 7_240}
        key = {"month_start_date": date(2025, 7, 1), "province": "All"}
        for office, persons in known.items():
            assert figure(monthly, "claimants_persons", office_type=office, **key) == persons

    def test_size_span_and_withheld_cells(self, ircc: Parsed) -> None:
        monthly = ircc.tables[ca_ircc_asylum.MONTHLY.name]
        annual = ircc.tables[ca_ircc_asylum.ANNUAL.name]
        months = monthly["month_start_date"]
        assert (months.min(), months.max(), months.n_unique()) == (
            date(2015, 1, 1),
            date(2025, 7, 1),
            127,
        )
        assert (monthly.height, annual.height) == (39 * 127, 39 * 11)
        assert ircc.marks == {"--": 660}
        assert sum(frame["is_suppressed"].sum() for frame in ircc.tables.values()) == 660
        assert annual.filter(pl.col("is_year_to_date"))["claim_year"].unique().to_list() == [2025]

    def test_totals_add_up_within_rounding(self, ircc: Parsed) -> None:
        """Five figures, each up to 2.5 off, and an office of up to 5 withheld."""
        whole = ircc.tables[ca_ircc_asylum.MONTHLY.name].filter(pl.col("province") == "All")
        total = pl.col("office_type") == "All"
        gaps = (
            whole.group_by("month_start_date")
            .agg(
                pl.col("claimants_persons").filter(total).sum().alias("total"),
                pl.col("claimants_persons").filter(~total).sum().alias("parts"),
            )
            .select((pl.col("total") - pl.col("parts")).abs())
        )
        assert gaps.height == 127
        assert gaps.to_series().max() == 5


def test_border_patrol_on_the_southwest_border_is_published_twice_alike(
    ohss: Parsed, sbo: Parsed
) -> None:
    rounded = ohss.tables[us_ohss_usbp.MONTHLY.name].filter(
        pl.col("breakdown") == "region", pl.col("region") == "Southwest Land Border"
    )
    exact = (
        sbo.tables[us_cbp_sbo.TABLE.name]
        .filter(pl.col("component") == "U.S. Border Patrol")
        .group_by("month_start_date")
        .agg(pl.col(EVENTS).sum().alias("exact"))
    )
    both = rounded.join(exact, on="month_start_date")
    assert both.height == 24
    assert (both["month_start_date"].min(), both["month_start_date"].max()) == (
        date(2021, 10, 1),
        date(2023, 9, 1),
    )
    assert both.select((pl.col(EVENTS) - pl.col("exact")).abs().max()).item() <= 10
