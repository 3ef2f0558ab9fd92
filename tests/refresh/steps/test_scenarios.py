"""Scenarios as a step of a refresh; and the evidence of the shipped ones, measured again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.config import REFERENCE_DIR, Home
from fcm_migration.forecast.scenarios.tables import SCENARIO_FORECASTS, SCENARIO_MATCHES
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.reviewed import read_reviewed
from fcm_migration.marts.tables import SERIES
from fcm_migration.refresh.context import Context


def test_an_edition_holds_the_scenarios_beside_the_forecast(published: Context) -> None:
    home = published.home
    made = store.read(home.table("forecast", "scenarios"), SCENARIO_FORECASTS)
    matches = store.read(home.table("meta", "scenario_matches"), SCENARIO_MATCHES)
    assert matches.get_column("scenario_outcome").to_list() == ["applied"]
    forecast = store.read(home.table("forecast", "quantiles"), QUANTILES).filter("is_published")
    assert made.height == forecast.height > 0
    assert (made.get_column("scenario_value") >= made.get_column("baseline_value")).all()


Values = Callable[[str, date, date], list[int]]


@pytest.fixture(scope="module")
def values(bundled_home: Home) -> Values:
    """Figures of one series of the bundled edition between two periods, by its identity."""
    series = store.read(bundled_home.table("mart", "series"), SERIES)

    def found(series_id: str, first: date, last: date) -> list[int]:
        chosen = pl.col("series_id").eq(series_id) & pl.col("period_start").is_between(first, last)
        figures = series.filter(chosen).sort("period_start").get_column("value")
        assert figures.len() > 0, series_id
        return [int(value) for value in figures]

    return found


def mean(figures: Sequence[int]) -> int:
    return round(sum(figures) / len(figures))


def evidence(scenario_id: str) -> str:
    declared = read_reviewed(REFERENCE_DIR, "scenarios.csv")
    return str(declared.filter(pl.col("scenario_id") == scenario_id).item(0, "evidence"))


def told(scenario_id: str, *figures: int) -> None:
    """Every figure stands in the entry's evidence."""
    text = evidence(scenario_id)
    missing = [f"{figure:,}" for figure in figures if f"{figure:,}" not in text]
    assert missing == [], text


def test_the_evidence_of_canada_is_what_is_published(values: Values) -> None:
    def claims(route: str, first: date, last: date, place: str = "all") -> list[int]:
        name = f"ca_ircc_asylum/asylum_claims/CAN/total/{route}/{place}/all/M"
        return values(name, first, last)

    winter, spring = ((date(2023, 1, 1), date(2023, 3, 1)), (date(2023, 4, 1), date(2023, 6, 1)))
    border = [mean(claims("land_border", *span)) for span in (winter, spring)]
    quebec = [mean(claims("land_border", *span, "Quebec")) for span in (winter, spring)]
    autumn, summer = (date(2022, 10, 1), date(2022, 12, 1)), (date(2023, 7, 1), date(2023, 9, 1))
    air = [mean(claims("airport", *span)) for span in (winter, spring, autumn, summer)]
    highest = max(claims("land_border", date(2023, 4, 1), date(2023, 12, 1)))
    told("ca-land-border-closes", *border, *quebec, *air, highest)
    spans = [(2023, 9, 2024, 2), (2024, 3, 2024, 5), (2024, 3, 2024, 8), (2024, 9, 2024, 12)]
    airports = [mean(claims("airport", date(a, b, 1), date(c, d, 1))) for a, b, c, d in spans]
    told("ca-airport-visa-rule", *airports)


def test_the_evidence_of_the_visa_rules_is_what_is_published(values: Values) -> None:
    """Four quarters before and four after, the quarter of the rule itself in neither."""
    before_2022 = (date(2021, 4, 1), date(2022, 1, 1))
    before_2023 = (date(2022, 7, 1), date(2023, 4, 1))
    after = {
        "SLV": (before_2022, (date(2022, 7, 1), date(2023, 4, 1))),
        "NAM": (before_2023, (date(2023, 10, 1), date(2024, 7, 1))),
        "HND": (before_2023, (date(2023, 10, 1), date(2024, 7, 1))),
    }
    for origin, spans in after.items():
        name = f"uk_asylum_claims/asylum_claims/GBR/{origin}/all/all/all/Q"
        told("uk-visa-rule", *(mean(values(name, *span)) for span in spans))


def test_the_evidence_of_the_united_states_is_what_is_published(values: Values) -> None:
    def southwest(origin: str, day: date) -> int:
        name = f"us_ohss_usbp/border_encounters/USA/{origin}/southwest_land_border/all/all/M"
        return values(name, day, day)[0]

    for month in (date(2022, 12, 1), date(2023, 1, 1), date(2023, 2, 1)):
        four = sum(southwest(origin, month) for origin in ("CUB", "HTI", "NIC", "VEN"))
        told("us-parole-and-returns", four)
    told("us-parole-and-returns", southwest("VEN", date(2023, 4, 1)))
    name = "us_cbp_sbo/land_border_encounters/USA/total/southwest_land_border/all/all/M"
    low = mean(values(name, date(2025, 2, 1), date(2025, 8, 1)))
    high = values(name, date(2024, 12, 1), date(2025, 1, 1))
    told("us-southwest-fall-undone", low, *high)


def test_the_evidence_of_the_channel_is_what_is_published(values: Values) -> None:
    def year(indicator: str, number: int) -> int:
        name = f"uk_small_boats/{indicator}/GBR/total/english_channel/all/all/M"
        return sum(values(name, date(number, 1, 1), date(number, 12, 1)))

    told("uk-boats-fall", *(year("small_boat_arrivals", n) for n in (2022, 2023, 2024)))
    told("uk-boats-fall", *(year("small_boats", n) for n in (2022, 2023)))
    told("uk-boats-surge", *(year("small_boat_arrivals", n) for n in range(2020, 2025)))
