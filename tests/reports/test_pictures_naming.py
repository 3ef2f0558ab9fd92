"""Series in words for people, and the policies and breaks a picture has to name."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.config import REFERENCE_DIR
from fcm_migration.marts.reviewed import POLICY_EVENTS, SERIES_BREAKS
from fcm_migration.reports.pictures.marks import MOST, marks_of
from fcm_migration.reports.pictures.naming import (
    corridor,
    indicator_words,
    publishers,
    title_of,
    unit_words,
)

NAMES = {"GBR": "United Kingdom", "USA": "United States", "ALB": "Albania", "none": "No one"}


def row(indicator: str, destination: str = "GBR", **other: str) -> dict[str, Any]:
    given = {"origin_iso3": "total", "route": "all", "place": "all", "population_group": "all",
             "unit": "persons", "frequency": "M", **other}  # fmt: skip
    return {"indicator": indicator, "destination_iso3": destination, **given}


def test_titles_are_of_names_and_leave_out_what_goes_without_saying() -> None:
    boats = row("small_boat_arrivals", route="english_channel")
    assert title_of(boats, NAMES) == "Small boat arrivals, United Kingdom"
    arrivals = row("irregular_arrivals", origin_iso3="ALB", route="english_channel")
    assert title_of(arrivals, NAMES) == (
        "Irregular arrivals, United Kingdom, from Albania, English Channel"
    )
    assert title_of(row("migrant_deaths", "none"), NAMES) == "Migrant deaths"
    assert title_of(row("asylum_claims", "XYZ"), NAMES) == "Asylum claims, XYZ"
    assert corridor(row("asylum_claims", route="land_border"), NAMES) == (
        "All origins to United Kingdom, land border"
    )
    assert indicator_words("asylum_applications_new") == "new asylum applications"


def test_units_say_their_period_and_stocks_their_day() -> None:
    assert unit_words(row("asylum_claims", frequency="Q")) == "people a quarter"
    assert unit_words(row("border_encounters", unit="events")) == "events a month"
    assert unit_words(row("refugees", frequency="A")) == "people at the end of the year"


def test_a_spliced_series_has_the_publishers_of_both() -> None:
    source = "us_southwest_spliced"
    name = f"{source}/border_encounters/USA/total/southwest_land_border/all/all/M"
    spliced = {"source_id": source, "series_id": name}
    known = {"us_cbp_sbo": "CBP", "us_ohss_usbp": "OHSS"}
    assert publishers(spliced, known) == "CBP and OHSS"
    assert publishers({"source_id": "us_cbp_sbo", "series_id": "x"}, known) == "CBP"
    assert publishers({"source_id": "other", "series_id": "x"}, known) == "other"


def test_policies_and_breaks_within_the_drawing_are_marked() -> None:
    policies = read_declared(REFERENCE_DIR / "policy_events.csv", POLICY_EVENTS)
    series = row("asylum_claims", "CAN", route="land_border") | {
        "source_id": "ca_ircc_asylum", "series_id": "s"
    }  # fmt: skip
    found = marks_of(series, policies, empty(SERIES_BREAKS), date(2022, 1, 1))
    assert [mark.day for mark in found] == [date(2023, 3, 25)]
    assert "Safe Third Country" in found[0].words
    assert marks_of(row("asylum_claims", "NZL") | {"source_id": "x", "series_id": "s"},
                    policies, empty(SERIES_BREAKS), date(2000, 1, 1)) == ()  # fmt: skip
    breaks = pl.DataFrame(
        [
            {"series_id": "s", "break_id": f"b{number}", "break_first_date": day,
             "break_last_date": last, "break_kind": kind, "treatment": "note", "words": kind}
            for number, (day, last, kind) in enumerate(
                [
                    (date(2021, 1, 1), date(2022, 6, 1), "method"),
                    (date(2010, 1, 1), date(2011, 1, 1), "unit"),
                    (None, None, "policy"),
                    (date(2024, 1, 1), None, "rounding"),
                    *((date(2025, month, 1), None, "level") for month in range(1, MOST + 1)),
                ]
            )
        ],
        schema=empty(SERIES_BREAKS).schema,
    )  # fmt: skip
    found = marks_of(series, policies.clear(), breaks, date(2022, 1, 1))
    assert len(found) == MOST
    assert {mark.words for mark in found} == {"level"}
    few = breaks.filter(pl.col("break_kind") != "level")
    (only,) = marks_of(series, policies.clear(), few, date(2022, 1, 1))
    assert (only.words, only.last) == ("method", date(2022, 6, 1))
