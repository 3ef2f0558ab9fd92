"""The explanation of an alert states the figures and rules it is based on."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from fcm_migration.catalog.derive import polars_schema
from fcm_migration.trends.alerts.explanation import explanations
from fcm_migration.trends.alerts.tables import ALERTS, PRECEDENTS, TRACK_RECORD

WITHIN = "The figure alone is within that bound"
NAMES = {"GTM": "Guatemala", "USA": "United States"}


def told(**said: Any) -> str:
    """The sentence of a simulated alert: a surge of 33,720 events where 16,262 were expected."""
    row = {
        **dict.fromkeys(ALERTS.column_names),
        "alert_id": "a",
        "tier": "alert",
        "direction": "surge",
        "kind": "own",
        "indicator": "border_encounters",
        "source_id": "us_ohss_usbp",
        "unit": "events",
        "origin_iso3": "GTM",
        "destination_iso3": "USA",
        "route": "all",
        "place": "all",
        "frequency": "M",
        "period": date(2023, 9, 1),
        "episode_start": date(2023, 8, 1),
        "public_from": date(2023, 12, 14),
        "first_public_from": date(2023, 11, 14),
        "is_lag_usual": True,
        "opens_episode": False,
        "is_headlined": True,
        "score": 35.0,
        "observed": 33_720.0,
        "expected": 16_262.0,
        "bound": 37_528.0,
        "p_value": 0.042,
        "ratio": 2.5,
        "own_ratio": 3.1,
        "causes": "",
        **said,
    }
    rows = pl.DataFrame([row], schema=polars_schema(ALERTS)).with_columns(
        pl.lit("us_ohss_usbp/border_encounters/M").alias("pool"),
        pl.lit(date(2025, 1, 16)).alias("newest_release"),
    )
    empty = [pl.DataFrame(schema=polars_schema(table)) for table in (PRECEDENTS, TRACK_RECORD)]
    return str(explanations(rows, *empty, NAMES).item())


def test_a_figure_within_its_bound_says_what_the_alert_rests_on() -> None:
    """Guatemala in September 2023: 33,720 beside an upper bound of 37,528, and yet an alert."""
    assert (
        f"{WITHIN} (4% of quiet periods were at least as surprising): the alert rests on the "
        "rise of the recent level. The movement of the route"
    ) in told()
    fall = told(direction="drop", observed=700.0, expected=1958.0, bound=657.0, ratio=0.4)
    assert "the alert rests on the fall of the recent level." in fall


@pytest.mark.parametrize(
    ("direction", "observed", "bound"), [("surge", 40_000.0, 37_528.0), ("drop", 10.0, 299.0)]
)
def test_a_figure_beyond_its_bound_needs_no_such_words(
    direction: str, observed: float, bound: float
) -> None:
    assert WITHIN not in told(direction=direction, observed=observed, bound=bound)


def test_a_new_origin_is_told_by_number() -> None:
    """118 the year before is not "next to none"."""
    assert "There were fewer than 120 in the two years before (kind new_origin)." in told(
        kind="new_origin"
    )


def test_a_rise_is_told_in_times_and_a_fall_in_percent() -> None:
    assert (
        "The recent level is 2.5 times that of the year before and 3.1 times what the movement of "
        "the route as a whole explains."
    ) in told()
    fall = told(direction="drop", observed=4.0, bound=299.0, ratio=0.02, own_ratio=0.1)
    assert "The recent level is down 98% on that of the year before and 10% of what" in fall
    whole = told(kind="common")
    assert "The recent level is 2.5 times that of the year before. " in whole


def test_the_first_sentences_say_what_was_counted_and_what_is_usual() -> None:
    assert told().startswith(
        "Alert of a rise, score 35 of 100. US Border Patrol encounters of people from Guatemala "
        "(border_encounters of us_ohss_usbp): 33,720 events in September 2023. The mean of the "
        "year before was 16,262, and up to 37,528 would not be unusual."
    )
