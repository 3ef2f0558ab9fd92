"""One movement is headlined once: the whole or a part, one source or the other."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from fcm_migration.catalog.derive import empty
from fcm_migration.marts.reviewed import OVERLAPS
from fcm_migration.trends.alerts.headlines import told_once

MONTH = date(2019, 10, 1)


def alert(name: str, **other: object) -> dict[str, object]:
    """A headlined surge from 100 to 500 of Egyptians to the United States, all routes."""
    usual: dict[str, object] = {
        "alert_id": name,
        "series_id": f"series {name}",
        "source_id": "us_ohss_usbp",
        "indicator": "border_encounters",
        "destination_iso3": "USA",
        "origin_iso3": "EGY",
        "route": "all",
        "place": "all",
        "frequency": "M",
        "period": MONTH,
        "direction": "surge",
        "observed": 500.0,
        "expected": 100.0,
        "score": 60.0,
        "is_headlined": True,
    }
    return usual | other


def linked(*alerts: dict[str, object], overlaps: pl.DataFrame | None = None) -> dict[str, str]:
    """Return the alert that tells the movement, by each alert that is told with it."""
    rows = pl.DataFrame(alerts)
    made = told_once(rows, empty(OVERLAPS) if overlaps is None else overlaps)
    same = made.drop_nulls("same_movement_as")
    assert not same.get_column("is_headlined").any()
    assert made.filter(pl.col("same_movement_as").is_null()).get_column("is_headlined").all()
    return dict(same.select("alert_id", "same_movement_as").iter_rows())


def test_egypt_at_one_border_is_egypt_in_all() -> None:
    whole = alert("all")
    border = alert("border", route="southwest_land_border", observed=480.0, score=70.0)
    assert linked(border, whole) == {"border": "all"}
    assert linked(whole, border) == {"border": "all"}


def test_a_small_part_is_a_movement_of_its_own() -> None:
    coast = alert("coast", route="coastal_border", observed=250.0, expected=60.0)  # 190 of 400
    assert linked(alert("all"), coast) == {}
    half = alert("half", route="coastal_border", observed=260.0, expected=60.0)
    assert linked(alert("all"), half) == {"half": "all"}


@pytest.mark.parametrize(
    "other",
    [
        {"direction": "drop", "observed": 20.0},
        {"period": date(2019, 11, 1)},
        {"frequency": "Q"},
        {"origin_iso3": "MAR"},
        {"destination_iso3": "CAN"},
        {"source_id": "us_cbp_sbo", "indicator": "land_border_encounters"},
    ],
)
def test_another_movement_is_told_too(other: dict[str, object]) -> None:
    border = alert("border", route="southwest_land_border", **other)
    assert linked(alert("all"), border) == {}


def test_two_routes_are_not_parts_of_each_other() -> None:
    one = alert("one", route="southwest_land_border")
    assert linked(one, alert("other", route="coastal_border")) == {}


def test_sources_that_count_the_same_people_tell_it_once() -> None:
    pair = {
        "source_id": "us_southwest_spliced",
        "indicator": "border_encounters",
        "other_source_id": "us_ohss_usbp",
        "other_indicator": "border_encounters",
    }
    overlaps = pl.DataFrame([pair])
    spliced = alert("spliced", source_id="us_southwest_spliced", route="southwest_land_border")
    own = alert("own", route="southwest_land_border", score=40.0)
    assert linked(spliced, own, overlaps=overlaps) == {"spliced": "own"}
    whole = alert("whole", score=10.0)
    assert linked(spliced, own, whole, overlaps=overlaps) == {"spliced": "whole", "own": "whole"}


def test_what_is_not_headlined_tells_nothing() -> None:
    listed = alert("all", is_headlined=False)
    rows = pl.DataFrame([listed, alert("border", route="southwest_land_border")])
    made = told_once(rows, empty(OVERLAPS))
    assert made.get_column("is_headlined").to_list() == [False, True]
    assert made.get_column("same_movement_as").null_count() == 2
