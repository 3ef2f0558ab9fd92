"""Pictures: the forecast that is drawn is a monthly total with the newest figures, and says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from fcm_migration.reports.plots import forecasts as plots
from tests.forecast.simulated import periods

BEGINNINGS = {"M": date(2023, 1, 1), "Q": date(2023, 1, 1), "A": date(2012, 1, 1)}


def _series(name: str, frequency: str, count: int, *, origin: str = "total", value: int = 10,
            ) -> pl.DataFrame:  # fmt: skip
    return pl.DataFrame(
        {
            "series_id": [name] * count,
            "frequency": [frequency] * count,
            "origin_iso3": [origin] * count,
            "period_start": periods(count, BEGINNINGS[frequency], frequency),
            "value": [value] * count,
            "indicator": ["asylum_claims"] * count,
            "destination_iso3": ["GBR"] * count,
            "unit": ["persons"] * count,
            "as_of_date": [date(2026, 1, 1)] * count,
        }
    )


def test_a_monthly_total_is_drawn_before_newer_and_larger_series() -> None:
    monthly, newer = _series("m", "M", 30), _series("n", "M", 31, value=3)
    quarterly, annual = _series("q", "Q", 14, value=900), _series("a", "A", 15, value=9000)
    part = _series("part", "M", 40, origin="SYR")
    everything = pl.concat([quarterly, annual, part, monthly, newer])
    assert plots.best_drawn(everything) == "n"
    assert plots.best_drawn(everything.filter(pl.col("series_id") != "n")) == "m"
    assert plots.best_drawn(pl.concat([annual, quarterly])) == "q"
    largest = _series("larger", "M", 31, value=4)
    assert plots.best_drawn(pl.concat([newer, largest])) == "larger"


def _fan(frequency: str, **record: object) -> plots.Fan:
    """Two periods ahead of twelve; ``record`` replaces what both rows say of earlier forecasts."""
    targets = periods(14, BEGINNINGS[frequency], frequency)[12:]
    ahead = pl.DataFrame({"target_period": targets, "horizon": [1, 2], "model": "published"})
    own = {
        "scored_forecasts": 24,
        "coverage_80": 0.75,
        "record_since": BEGINNINGS[frequency],
        "relative_wis": 0.834,
        **record,
    }
    ahead = ahead.with_columns(
        *(pl.lit(10 + place).alias(name) for place, name in enumerate(plots.COLUMNS)),
        *(pl.lit(value).alias(name) for name, value in own.items()),
    )
    past = _series("s", frequency, 12).select("period_start", "value")
    return plots.Fan(
        "asylum claims, GBR", "persons", frequency, "Nobody", date(2026, 1, 1), past, ahead
    )


@pytest.mark.parametrize(
    ("frequency", "words"),
    [
        ("M", "(persons a month): 13 in January 2024, 8 chances in 10 that it lies between 11 and "
              "15; last figure 10 in December 2023; forecast of January 2024 to February 2024. "),
        ("Q", "(persons a quarter): 13 in 2026 Q1, 8 chances in 10 that it lies between 11 and 15; "
              "last figure 10 in 2025 Q4; forecast of 2026 Q1 to 2026 Q2. "),
        ("A", "(persons a year): 13 in 2024, 8 chances in 10 that it lies between 11 and 15; "
              "last figure 10 in 2023; forecast of 2024 to 2025. "),
    ],
)  # fmt: skip
def test_the_picture_says_figure_periods_and_source(frequency: str, words: str) -> None:
    picture = plots.drawn(_fan(frequency))
    assert f"Forecast of asylum claims, GBR {words}" in picture.words
    assert picture.words.endswith("Source: Nobody, as of 2026-01-01.")
    assert picture.png.startswith(b"\x89PNG")


def test_the_picture_says_how_good_such_forecasts_were() -> None:
    same = (
        "since January 2023, 8-in-10 intervals held 75 % of 24 figures; better than the last "
        "value repeated (relative WIS 0.83)."
    )
    assert _fan("M").record == [f"1 month ahead: {same}", f"2 months ahead: {same}"]
    worse = _fan("Q", relative_wis=1.0, scored_forecasts=1).record[0]
    assert worse.endswith("75 % of 1 figure; no better than the last value repeated "
                          "(relative WIS 1.00).")  # fmt: skip
    no_ratio = _fan("Q", relative_wis=None).record[0]
    assert no_ratio.endswith("; not comparable with the last value repeated.")
    assert _fan("A", scored_forecasts=None).record == ["No such forecast could be scored yet."]


def test_a_nowcast_is_marked_and_not_judged_as_a_forecast() -> None:
    fan = _fan("M")
    running = pl.when(pl.col("horizon") == 1).then(pl.lit("nowcast")).otherwise("model")
    nowcast = replace(fan, ahead=fan.ahead.with_columns(running.alias("model")))
    assert [words[:15] for words in nowcast.record] == ["2 months ahead:"]
    counted = plots.drawn(replace(nowcast, counted=(9, date(2024, 1, 20))))
    assert counted.png != plots.drawn(nowcast).png
