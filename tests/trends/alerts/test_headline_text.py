"""Headlines that a briefer reads out: figures, plain words, no codes, 240 characters."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.wording import MEASURES, country_words, measure_words
from fcm_migration.periods import period_words
from fcm_migration.trends.alerts.headline_text import LONGEST, headline_texts, level
from fcm_migration.trends.alerts.tables import ALERTS, TRACK_RECORD
from fcm_migration.trends.watch.settings import WATCHED

NAMES = {
    "CAN": "Canada",
    "COD": "Democratic Republic of the Congo",
    "GBR": "United Kingdom",
    "GIN": "Guinea",
    "USA": "United States",
}
POOL = "ca_ircc_asylum/asylum_claims/M"
RIGHT = " 26 of 28 alerts of this kind have proved right."


def record(judged: int = 28) -> pl.DataFrame:
    """A simulated record of one kind of alert: two false alarms among those judged."""
    row = {
        **dict.fromkeys(TRACK_RECORD.column_names, 0),
        "pool": POOL,
        "tier": "strong",
        "alert_kind": "own",
        "span": "all",
        "judged": judged,
        "false_alarms": 2,
    }
    return pl.DataFrame([row], schema=polars_schema(TRACK_RECORD))


def told(judged: int = 28, **said: Any) -> str:
    """The headline of that alert."""
    return both(judged, **said)[0]


def both(judged: int = 28, **said: Any) -> tuple[str, str | None]:
    """The headline and its record of a simulated alert.

    4,305 claims at Canada's land border, 1,490 a month before.
    """
    row = {
        **dict.fromkeys(ALERTS.column_names),
        "tier": "strong",
        "direction": "surge",
        "kind": "own",
        "indicator": "asylum_claims",
        "origin_iso3": "total",
        "destination_iso3": "CAN",
        "route": "land_border",
        "place": "all",
        "frequency": "M",
        "period": date(2025, 7, 1),
        "observed": 4_305.0,
        "expected": 1_490.0,
        **said,
    }
    rows = pl.DataFrame([row], schema=polars_schema(ALERTS)).with_columns(
        pl.lit(POOL).alias("pool")
    )
    texts = headline_texts(rows, record(judged), NAMES)
    assert texts.columns == ["headline", "headline_record"]
    headline, right = texts.row(0)
    return str(headline), right


def test_a_rise_is_read_out() -> None:
    assert told() == (
        "Asylum claims at Canada's land border reached 4,305 in July 2025, 2.9 times the monthly "
        f"average of the year before (1,490).{RIGHT}"
    )


def test_a_fall_is_told_in_per_cent_and_has_no_record() -> None:
    fall = told(
        direction="drop",
        indicator="border_encounters",
        destination_iso3="USA",
        origin_iso3="GIN",
        route="all",
        period=date(2024, 11, 1),
        observed=10.0,
        expected=1_154.0,
    )
    assert fall == (
        "US Border Patrol encounters of people from Guinea fell to 10 in November 2024, down 99% "
        "on the monthly average of the year before (1,154). Alerts of falls are not scored yet."
    )


@pytest.mark.parametrize(
    ("said", "change"),
    [
        ({"observed": 2_800.0}, "2,800 in July 2025, up 88% on the monthly average"),
        ({"observed": 29_800.0}, "29,800 in July 2025, 20 times the monthly average"),
        ({"observed": 60.0, "expected": 0.3}, "60 in July 2025, after almost none in the year"),
        ({"observed": 60.0, "expected": 4.25}, "14 times the monthly average of the year"),
        (
            {"direction": "drop", "observed": 0.0, "expected": 37.0},
            "fell to none in July 2025, after 37 a month in the year before.",
        ),
        (
            {"direction": "drop", "observed": 3.0, "expected": 1_200.0},
            "fell to 3 in July 2025, down more than 99% on",
        ),
        (
            {"frequency": "Q", "period": date(2024, 7, 1)},
            "4,305 in the third quarter of 2024, 2.9 times the quarterly average of the year",
        ),
        (
            {"frequency": "A", "period": date(2024, 1, 1)},
            "4,305 in 2024, 2.9 times the year before (1,490).",
        ),
    ],
)  # fmt: skip
def test_changes_and_periods_are_told_as_one_says_them(said: dict[str, Any], change: str) -> None:
    assert change in told(**said)


def test_without_enough_judged_alerts_nothing_is_said_of_the_record() -> None:
    headline, right = both(judged=19)
    assert headline.endswith("(1,490).")
    assert right is None


def test_the_record_stands_in_a_column_of_its_own_too() -> None:
    headline, right = both()
    assert right == RIGHT.strip()
    assert headline.endswith(RIGHT)
    assert both(direction="drop")[1] == "Alerts of falls are not scored yet."


def test_a_headline_that_would_be_too_long_is_the_first_sentence() -> None:
    long = {"COD": "Democratic Republic of the Congo, as the publisher spells it in full"}
    row = {"origin_iso3": "COD", "frequency": "Q", "place": "Newfoundland and Labrador"}
    whole = told(**row)
    assert "by people from the Democratic Republic of the Congo" in whole
    assert len(whole) <= LONGEST
    NAMES.update(long)
    try:
        short, right = both(**row)
    finally:
        NAMES.update(COD="Democratic Republic of the Congo")
    assert short.endswith("(1,490).")
    assert right == RIGHT.strip()


def test_names_take_their_article_within_a_sentence() -> None:
    assert country_words("COD", NAMES) == "the Democratic Republic of the Congo"
    assert country_words("GIN", NAMES) == "Guinea"
    assert country_words("ZZZ", NAMES) == "ZZZ"


@pytest.mark.parametrize(
    ("indicator", "destination", "route", "place", "words"),
    [
        ("nationwide_encounters", "USA", "all", "all", "Nationwide US border encounters"),
        ("nationwide_encounters", "USA", "other", "all",
         "US border encounters away from the land borders"),
        ("border_encounters", "USA", "all", "Del Rio, TX",
         "US Border Patrol encounters in the Del Rio, TX sector"),
        ("land_border_encounters", "USA", "southwest_land_border", "Office of Field Operations",
         "US encounters at the southwest land border by the Office of Field Operations"),
        ("small_boat_arrivals", "GBR", "english_channel", "all",
         "Small-boat arrivals in the United Kingdom"),
        ("irregular_arrivals", "GBR", "detected_inland", "all",
         "Irregular arrivals detected inland in the United Kingdom"),
        ("asylum_claims", "CAN", "airport", "Quebec",
         "Asylum claims at Canada's airports in Quebec"),
        ("eu_border_detections", "eu", "western_balkans", "all",
         "Detections at the EU's external borders on the western balkans route"),
        ("toy_claims", "USA", "all", "all", "Toy claims in the United States"),
    ],
)  # fmt: skip
def test_series_are_named_without_codes(
    indicator: str, destination: str, route: str, place: str, words: str
) -> None:
    made = measure_words(
        indicator, destination=destination, origin="total", route=route, place=place, names=NAMES
    )
    assert made == words


def test_every_watched_indicator_has_words() -> None:
    assert set(WATCHED) <= set(MEASURES)


def test_means_and_periods() -> None:
    assert [level(x) for x in (0.84, 2.0, 9.96, 10.4, 1234.5)] == ["0.8", "2", "10", "10", "1,234"]
    assert period_words(date(2025, 2, 1), "M") == "in February 2025"
