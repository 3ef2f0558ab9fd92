"""Proxies of facilitation: simulated figures with known answers, and the bundled edition."""

from __future__ import annotations

import re
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from fcm_migration.catalog.derive import empty
from fcm_migration.config import Home
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import FLOWS
from fcm_migration.trends.facilitation.boats import bunched_days, persons_per_boat
from fcm_migration.trends.facilitation.build import facilitation_proxies
from fcm_migration.trends.facilitation.origins import appearances, first_appearances, switches
from fcm_migration.trends.facilitation.tables import FACILITATION, PROXIES
from fcm_migration.trends.watch.panel import Scope
from tests.bundled import bundled_flows, bundled_series

NO_BREAKS = empty(SERIES_BREAKS)
YEARS = range(2018, 2026)
REAL = ("uk_small_boats", "us_ohss_usbp")


def flow(indicator: str, period: date, value: int | None, **changes: object) -> dict[str, object]:
    """One simulated row of mart.flows."""
    return {
        "source_id": "toy",
        "indicator": indicator,
        "unit": "persons",
        "destination_iso3": "GBR",
        "origin_iso3": "total",
        "origin_class": "total",
        "route": "english_channel",
        "place": "all",
        "population_group": "all",
        "frequency": "M",
        "period_start": period,
        "value": value,
        "is_suppressed": False,
        "rounding": 1,
        "is_derived": False,
        "is_partial": False,
        "as_of_date": date(2021, 1, 1),
        "snapshot_id": "toy",
        "obtained": "bundled",
    } | changes


def flows(rows: list[dict[str, object]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=empty(FLOWS).schema)


def boats(per_boat: dict[int, int], *, number: int = 10) -> list[dict[str, object]]:
    """Months of years with ``number`` boats a month of so many persons each."""
    return [
        row
        for year, persons in per_boat.items()
        for month in range(1, 13)
        for row in (
            flow("small_boats", date(year, month, 1), number, unit="boats"),
            flow("small_boat_arrivals", date(year, month, 1), number * persons),
        )
    ]


def test_persons_per_boat_against_the_year_before() -> None:
    made = list(persons_per_boat(flows(boats({2018: 8, 2019: 10, 2020: 12})), NO_BREAKS))
    years = {row["period"].year: row for row in made if row["frequency"] == "A"}
    values = [years[year]["proxy_value"] for year in (2018, 2019, 2020)]
    assert values == [8.0, 10.0, 12.0]
    assert [years[y]["is_present"] for y in (2018, 2019, 2020)] == [None, True, False]
    quarters = [row for row in made if row["frequency"] == "Q"]
    assert len(quarters) == 12
    assert {row["compared_value"] for row in quarters if row["period"].year == 2020} == {10.0}


def test_an_unfinished_year_is_not_compared() -> None:
    rows = boats({2018: 8, 2019: 20})
    rows[-1]["is_partial"] = True
    made = list(persons_per_boat(flows(rows), NO_BREAKS))
    assert [row["period"].year for row in made if row["frequency"] == "A"] == [2018]
    assert max(row["period"] for row in made if row["frequency"] == "Q") == date(2019, 7, 1)


def test_few_boats_are_not_judged() -> None:
    made = list(persons_per_boat(flows(boats({2018: 8, 2019: 20}, number=1)), NO_BREAKS))
    assert {row["is_present"] for row in made} == {None}


def test_nothing_is_compared_across_another_way_of_counting() -> None:
    cut = pl.DataFrame(
        [
            {
                "series_id": "toy/small_boats/GBR/total/english_channel/all/all/M",
                "break_id": "toy",
                "break_first_date": date(2019, 1, 1),
                "break_last_date": None,
                "break_kind": "definition",
                "treatment": "cut",
                "words": "Simulated.",
            }
        ],
        schema=NO_BREAKS.schema,
    )
    made = list(persons_per_boat(flows(boats({2018: 8, 2019: 20, 2020: 30})), cut))
    years = {row["period"].year: row["is_present"] for row in made if row["frequency"] == "A"}
    assert years == {2018: None, 2019: None, 2020: True}


def daily(year: int, busy: int) -> list[dict[str, object]]:
    """A year of one arrival a day, but ``busy`` on each of eighteen days."""
    days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
    return [
        flow("small_boat_arrivals", day, busy if n < 18 else 1, frequency="D")
        for n, day in enumerate(days)
        if day.year == year
    ]


def test_bunched_days_is_the_share_of_the_busiest_twentieth() -> None:
    made = list(bunched_days(flows([*daily(2018, 10), *daily(2019, 40), *daily(2021, 1)])))
    shares = [100 * 18 * b / (18 * b + 347) for b in (10, 40, 1)]
    assert [row["proxy_value"] for row in made] == pytest.approx(shares)
    # 2021 has no year before it
    assert [row["is_present"] for row in made] == [None, True, None]
    unfinished = daily(2018, 10)[:-1]
    assert list(bunched_days(flows(unfinished))) == []


def encounters(year: int, origin: str, counts: dict[str, int]) -> list[dict[str, object]]:
    """A year's encounters by region, in January; the whole route in every month."""
    where = {"destination_iso3": "USA", "unit": "events"}
    one = {"origin_iso3": origin, "origin_class": "country"}
    return [
        flow("border_encounters", date(year, 1, 1), value, **where, **one, route=route)
        for route, value in counts.items()
    ]


def whole(year: int, total: int) -> list[dict[str, object]]:
    where = {"destination_iso3": "USA", "unit": "events"}
    return [
        flow(
            "border_encounters",
            date(year, month, 1),
            total if month == 1 else 0,
            **where,
            route="all",
        )
        for month in range(1, 13)
    ]


def test_a_change_of_region_marks_the_origin_and_a_large_one_the_route() -> None:
    sea, land = "coastal_border", "southwest_land_border"
    rows = [
        *encounters(2018, "CUB", {sea: 900, land: 100}),
        *encounters(2019, "CUB", {sea: 300, land: 700}),
        *encounters(2018, "HTI", {land: 1000}),
        *encounters(2019, "HTI", {land: 750, sea: 250}),
        *encounters(2018, "TCD", {sea: 150}),  # too few to judge
        *encounters(2019, "TCD", {land: 150}),
        *whole(2018, 2150),
        *whole(2019, 2150),
    ]
    made = {row.get("origin_iso3", "total"): row for row in switches(flows(rows))}
    assert set(made) == {"CUB", "HTI", "total"}
    assert (made["CUB"]["compared_value"], made["CUB"]["proxy_value"]) == (10.0, 70.0) or (
        made["CUB"]["compared_value"],
        made["CUB"]["proxy_value"],
    ) == (90.0, 30.0)
    assert [made[o]["is_present"] for o in ("CUB", "HTI", "total")] == [True, False, True]
    assert made["CUB"]["counts_in_level"] is False
    assert made["CUB"]["concentration"] == pytest.approx(0.3**2 + 0.7**2)
    assert made["total"]["proxy_value"] == pytest.approx(100 * 1000 / 2150)


def scope(values: dict[str, list[float]]) -> Scope:
    """A simulated monthly route from January 2018."""
    facts = pl.DataFrame(
        {
            "series_id": list(values),
            "origin_iso3": list(values),
            "destination_iso3": "USA",
            "route": "southwest_land_border",
            "source_id": "toy",
            "unit": "events",
            "as_of_date": date(2021, 1, 1),
        }
    )
    length = len(next(iter(values.values())))
    starts = pl.date_range(date(2018, 1, 1), date(2030, 1, 1), "1mo", eager=True)
    wide = np.array(list(values.values())).T
    periods = tuple(starts.to_list()[:length])
    return Scope("toy", "origin", "M", facts, periods, wide, np.nansum(wide, axis=1))


def test_first_appearances_together() -> None:
    quiet = [5.0] * 24
    made = scope(
        {
            "AGO": [*quiet, *[0.0] * 4, 70, *[80.0] * 7],
            "COD": [*quiet, *[0.0] * 5, 90, *[80.0] * 6],
            "CMR": [*quiet, *[0.0] * 5, 90, *[80.0] * 6],
            "CHL": [*quiet, *[0.0] * 5, 14, 14, *[14.0] * 5],  # less than three times, too few
            "HTI": [20.0] * 29 + [300.0] * 7,  # no stranger: more than 240 before
            "ERI": [*quiet[:-1], np.nan, *[0.0] * 5, 90, *[80.0] * 6],  # withheld before
        }
    )
    assert appearances(made) == [(28, "AGO"), (29, "CMR"), (29, "COD")]
    rows = {(r["frequency"], r["period"]): r for r in first_appearances(made)}
    present = [key for key, row in rows.items() if row["is_present"]]
    assert present == [("Q", date(2020, 4, 1)), ("A", date(2020, 1, 1))]
    assert "AGO, CMR, COD" in rows["Q", date(2020, 4, 1)]["reason"]
    assert rows["Q", date(2020, 7, 1)]["compared_value"] == pytest.approx(3 / 2)


@pytest.fixture(scope="module")
def real(bundled_home: Home) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Proxies of the bundled edition (boats and US Border Patrol), and the flows they come from."""
    read = bundled_flows(bundled_home, *REAL)
    series, index = bundled_series(bundled_home, *REAL)
    return facilitation_proxies(read, series, index, NO_BREAKS), read


def chosen(real: tuple[pl.DataFrame, pl.DataFrame], proxy: str, destination: str) -> pl.DataFrame:
    mask = (pl.col("proxy") == proxy) & (pl.col("destination_iso3") == destination)
    yearly = mask & (pl.col("frequency") == "A")
    return real[0].filter(yearly).sort("period")


def test_persons_per_boat_of_the_channel(real: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    # Home Office, small boat arrivals, daily time series: as measured when this was designed
    expected = [7.0, 11.2, 13.2, 27.6, 41.2, 48.9, 53.0, 61.7]
    made = chosen(real, "persons_per_boat", "GBR")
    assert made.get_column("proxy_value").round(1).to_list()[: len(expected)] == expected
    bunched = chosen(real, "bunched_days", "GBR").get_column("proxy_value")
    assert bunched.round(0).to_list()[1:8] == [50, 44, 44, 35, 34, 31, 36]


def test_every_figure_in_words_is_one_of_the_tables_read(
    real: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    proxies, read = real
    days = read.filter((pl.col("source_id") == "uk_small_boats") & (pl.col("frequency") == "D"))
    judged = 0
    for row in proxies.filter(pl.col("destination_iso3") == "GBR").rows(named=True):
        length = {"A": "1y", "Q": "1q"}[row["frequency"]]
        own = days.filter(pl.col("period_start").dt.truncate(length) == row["period"])
        persons = own.filter(pl.col("indicator") == "small_boat_arrivals").get_column("value")
        figures = [
            float(f.replace(",", "")) for f in re.findall(r"[\d,]*\d(?:\.\d)?", row["reason"])
        ]
        if row["proxy"] == "persons_per_boat":
            craft = own.filter(pl.col("indicator") == "small_boats").get_column("value").sum()
            assert figures[:3] == [persons.sum(), craft, round(persons.sum() / craft, 1)]
            judged += 1
        elif row["proxy"] == "bunched_days":
            top = persons.sort(descending=True).head(18).sum()
            assert figures[:4] == [top, persons.sum(), 18, round(100 * top / persons.sum(), 1)]
            judged += 1
    assert judged >= 8 * 2 + 8 * 4


def test_known_changes_of_region_and_a_known_cluster(
    real: tuple[pl.DataFrame, pl.DataFrame],
) -> None:
    regions = chosen(real, "dominant_region", "USA")
    cuba = regions.filter((pl.col("origin_iso3") == "CUB") & pl.col("is_present"))
    assert {2017, 2019} <= set(cuba.get_column("period").dt.year())
    sectors = chosen(real, "dominant_sector", "USA")
    hhi = dict(sectors.select(pl.col("period").dt.year(), "concentration").iter_rows())
    assert all(0.25 <= hhi[year] <= 0.33 for year in range(2013, 2017))
    assert all(hhi[year] <= 0.16 for year in (2020, 2022))
    quarters = real[0].filter(
        (pl.col("proxy") == "first_appearances")
        & (pl.col("frequency") == "Q")
        & (pl.col("route") == "southwest_land_border")
        & pl.col("is_present")
    )
    assert quarters.get_column("period").to_list() == [date(2019, 4, 1)]
    assert "COD" in quarters.item(0, "reason")


def test_level_words_and_disagreement(real: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    made = real[0]
    assert set(made.get_column("proxy")) == set(PROXIES)
    assert made.schema == empty(FACILITATION).schema
    assert made.get_column("other_explanations").str.len_chars().min() > 40
    text = " ".join(made.get_column("reason")) + " ".join(made.get_column("other_explanations"))
    assert not re.search("crim|smuggl|traffick", text, re.IGNORECASE)
    counted = made.filter(pl.col("counts_in_level") & pl.col("is_present").fill_null(value=False))
    keys = ["destination_iso3", "route", "frequency", "period"]
    by_hand = counted.group_by(keys).agg(pl.col("proxy").n_unique().clip(0, 3).alias("n"))
    both = made.select(*keys, "proxy_level").unique().join(by_hand, on=keys, how="left")
    assert (both.get_column("proxy_level") == both.get_column("n").fill_null(0)).all()
    year = pl.col("period") == date(2022, 1, 1)
    (words,) = made.filter(year & (pl.col("proxy") == "bunched_days"))["disagreement"]
    assert words == (
        "Persons per boat rose from 27.6 to 41.2 while the share on the busiest days fell from "
        "44.2% to 35.1%: the two do not agree."
    )
    agrees = pl.col("period") == date(2025, 1, 1)
    assert made.filter(agrees & (pl.col("proxy") == "bunched_days"))["disagreement"].to_list() == [
        ""
    ]
