"""Protection beside corridors: each figure as published, rates with their parts, never a sum."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR
from fcm_migration.expectations import check_table
from fcm_migration.marts.countries import aliases, resolve
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.sources.unhcr.asylum_decisions import SOURCE
from fcm_migration.trends.corridors.protection import protection
from fcm_migration.trends.corridors.settings import LEAST_DECISIONS, YEARS
from fcm_migration.trends.corridors.tables import CORRIDOR_PROTECTION
from tests.trends.panels import marts, one

PAIRS = pl.DataFrame(
    {
        "destination_iso3": ["GBR", "GBR", "AUS", "eu"],
        "origin_iso3": ["AFG", "SYR", "AFG", "AFG"],
    }
)


def yearly(origin: str, indicator: str, values: list[int | None], **other: Any) -> dict[str, Any]:
    """A yearly series of UNHCR's into the United Kingdom from 2022 on."""
    usual: dict[str, Any] = {"source": "unhcr_population", "destination": "GBR"}
    usual |= {"unit": "persons", "frequency": "A", "first": date(2022, 1, 1)}
    return one(origin, values, indicator=indicator, **{**usual, **other})


PANEL = [
    yearly("AFG", "refugees", [10, 20, 30]),
    yearly("AFG", "resettlement_arrivals", [1, None, 3], source="unhcr_solutions"),
    yearly("AFG", "refugee_returns", [4, 5, 6], source="unhcr_solutions"),
    yearly("SYR", "refugees", [7, 7, 7]),
    yearly("IRQ", "refugees", [9, 9, 9]),  # no corridor
    yearly("AFG", "refugees", [8, 8, 8], destination="all"),
    yearly("AFG", "asylum_decisions_total", [1, 1, 1], source="unhcr_asylum_decisions"),
    one(
        "AFG",
        [1] * 24 + [2] * 11,  # December 2023 is not there
        source="ucdp_ged",
        indicator="conflict_deaths",
        unit="deaths",
        destination="none",
        first=date(2021, 1, 1),
    ),
]


def decision(**known: Any) -> dict[str, Any]:
    """A row of decisions as the step hands them over."""
    usual = {
        "asylum_printed_iso3": "GBR", "origin_iso3": "AFG", "origin_class": "country",
        "year": 2024, "decision_level": "FI", "persons_or_cases": "P", "recognized": 0,
        "other_protection": 0, "rejected": 0, "otherwise_closed": 0,
        "as_of_date": date(2025, 11, 11),
    }  # fmt: skip
    return {**usual, **known}


DECISIONS = pl.DataFrame(
    [
        decision(recognized=60, other_protection=15, rejected=25, otherwise_closed=500),
        decision(recognized=5, rejected=5, decision_level="AR", persons_or_cases="C"),
        decision(recognized=30, rejected=10),  # UNHCR's own procedure beside the government's
        decision(recognized=90, rejected=10, year=2025),  # half a year: not in the marts
        decision(otherwise_closed=70, decision_level="RA"),
        decision(recognized=49, origin_iso3="SYR"),
        decision(recognized=70, origin_iso3="stateless", origin_class="stateless"),
    ]
)


def made(decisions: pl.DataFrame | None = DECISIONS) -> pl.DataFrame:
    """``trend.corridor_protection`` as the store would hold it."""
    frame = protection(PAIRS, marts(PANEL)[0], decisions)
    return conform(frame, CORRIDOR_PROTECTION)


def rows(frame: pl.DataFrame, measure: str, **key: Any) -> list[dict[str, Any]]:
    """The rows of a measure."""
    return frame.filter(protection_measure=measure, **key).sort("year").to_dicts()


def failed(frame: pl.DataFrame) -> list[str]:
    """The expectations of the suite that do not hold."""
    day = date(2025, 12, 1)
    results = check_table(CORRIDOR_PROTECTION, frame, suites_dir=SUITES_DIR, today=day)
    return [item.expectation for item in results if not item.success]


def test_a_rate_stands_with_its_parts_and_leaves_closed_ones_out() -> None:
    frame = made()
    (first,) = rows(frame, "protection_rate", decision_level="FI", origin_iso3="AFG")
    assert (first["figure"], first["decisions_on_substance"], first["unit"]) == (
        105,
        140,
        "persons",
    )
    assert first["rate"] == 0.75
    assert first["words"] == (
        "Protection was given in 105 of 140 decisions (persons) on the substance at first "
        "instance in GBR in 2024, origin AFG (75%)."
    )
    (review,) = rows(frame, "protection_rate", decision_level="AR")
    assert (review["figure"], review["decisions_on_substance"], review["unit"]) == (5, 10, "cases")
    assert review["rate"] is None
    assert review["words"].endswith("; no rate is given under 50 decisions.")
    assert rows(frame, "protection_rate", decision_level="RA") == []
    assert failed(frame) == []


def test_the_floor_is_where_it_says() -> None:
    (below,) = rows(made(), "protection_rate", origin_iso3="SYR")
    assert (below["decisions_on_substance"], below["rate"]) == (LEAST_DECISIONS - 1, None)
    one_more = pl.DataFrame([decision(recognized=LEAST_DECISIONS, origin_iso3="SYR")])
    (at,) = rows(made(one_more), "protection_rate")
    assert at["rate"] == 1


def test_counts_stand_as_published() -> None:
    frame = made()
    assert [row["figure"] for row in rows(frame, "refugees", origin_iso3="AFG")] == [10, 20, 30]
    resettled = rows(frame, "resettlement_arrivals")
    assert [(row["year"], row["figure"]) for row in resettled] == [(2022, 1), (2024, 3)]
    assert [row["is_newest"] for row in resettled] == [False, True]
    assert resettled[1]["words"] == "Refugees from AFG resettled to GBR in 2024: 3."
    assert rows(frame, "refugee_returns")[2]["words"] == (
        "Refugees returned from GBR to AFG in 2024: 6."
    )
    assert set(frame["destination_iso3"]) == {"GBR", "AUS"}
    assert rows(frame, "refugees", origin_iso3="IRQ") == []


def test_conflict_stands_beside_every_destination_or_is_said_to_be_unknown() -> None:
    frame = made()
    told = rows(frame, "conflict_deaths", origin_iso3="AFG")
    whole = {(r["destination_iso3"], r["year"]): r["figure"] for r in told}
    assert whole == {(d, y): 12 for d in ("GBR", "AUS") for y in (2021, 2022)}  # 2023 lacks a month
    (unknown,) = rows(frame, "conflict_deaths", origin_iso3="SYR")
    assert (unknown["figure"], unknown["as_of_date"], unknown["year"]) == (None, None, 2024)
    assert unknown["words"] == (
        "We hold no figure of conflict deaths in SYR for these years (UCDP); that is not zero."
    )


def test_only_the_newest_years_and_a_home_without_decisions() -> None:
    long = yearly("AFG", "refugees", list(range(20)), first=date(2005, 1, 1))
    frame = conform(protection(PAIRS, marts([long])[0], None), CORRIDOR_PROTECTION)
    assert [row["year"] for row in rows(frame, "refugees")] == list(range(2015, 2015 + YEARS))
    assert rows(frame, "protection_rate") == []
    nothing = protection(PAIRS, marts([yearly("IRQ", "refugees", [1])])[0], None)
    assert conform(nothing, CORRIDOR_PROTECTION).is_empty()
    assert failed(nothing.clear()) == []


@pytest.mark.parametrize(
    ("change", "expectation"),
    [
        (pl.lit(0.5).alias("rate"), "no rate of few decisions"),
        (pl.col("decisions_on_substance") * 0, "no rate above one"),
    ],
)
def test_the_suite_refuses(change: pl.Expr, expectation: str) -> None:
    frame = conform(made().with_columns(change), CORRIDOR_PROTECTION)
    assert expectation in failed(frame)


def complete_decisions() -> list[dict[str, Any]]:
    """Series that tell which years of decisions are complete: of all five, 2000 to 2024."""
    return [
        yearly(
            "AFG",
            "asylum_decisions_total",
            [1] * 25,
            source="unhcr_asylum_decisions",
            destination=destination,
            first=date(2000, 1, 1),
        )
        for destination in ("AUS", "CAN", "GBR", "NZL", "USA")
    ]


def test_a_year_the_marts_leave_out_has_no_rate() -> None:
    """The United States' decisions of 2024 are a half-year that was never completed."""
    panel = [
        yearly("AFG", "asylum_decisions_total", [1, 1], source="unhcr_asylum_decisions"),
        yearly(
            "AFG",
            "asylum_decisions_total",
            [1, 1, 1],
            source="unhcr_asylum_decisions",
            destination="AUS",
        ),
    ]
    decisions = pl.DataFrame(
        [
            decision(asylum_printed_iso3=country, year=year, recognized=60, rejected=40)
            for country in ("GBR", "AUS")
            for year in (2023, 2024)
        ]
    )
    rates = protection(PAIRS, marts(panel)[0], decisions).filter(
        protection_measure="protection_rate", origin_iso3="AFG"
    )
    assert sorted(rates.select("destination_iso3", "year").rows()) == [
        ("AUS", 2023),
        ("AUS", 2024),
        ("GBR", 2023),
    ]


@pytest.mark.shared_data
def test_the_real_decisions(shared_data: Path) -> None:
    """Every published row of the five in persons or cases is in exactly one rate's parts."""
    path = sorted((shared_data / "unhcr" / "releases").glob("asylum_decisions__*.parquet"))[-1]
    core = SOURCE.parse([ReleaseFile(path.name, path)]).tables[SOURCE.tables[0].name]
    draft = core.with_columns(
        pl.col("origin_unhcr_code").alias("origin_label"),
        pl.lit(date(2025, 11, 11)).alias("as_of_date"),
    )
    known, _ = resolve(draft, aliases(REFERENCE_DIR, "unhcr"))
    five = known.filter(
        pl.col("asylum_printed_iso3").is_in(["AUS", "CAN", "GBR", "NZL", "USA"])
        & (pl.col("origin_class") == "country")
        & pl.col("year").is_between(2015, 2024)
    )
    pairs = five.select("origin_iso3", destination_iso3="asylum_printed_iso3").unique()
    frame = conform(protection(pairs, marts(complete_decisions())[0], known), CORRIDOR_PROTECTION)
    rates = frame.filter(protection_measure="protection_rate")
    positive = five.select((pl.col("recognized") + pl.col("other_protection")).sum()).item()
    assert rates.get_column("figure").sum() == positive
    afghans = rates.filter(
        origin_iso3="AFG", destination_iso3="GBR", decision_level="FI", year=2024
    )
    assert afghans.select("figure", "decisions_on_substance").rows() == [(4117, 6975)]
    assert failed(frame) == []
