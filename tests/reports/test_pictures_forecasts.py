"""Pictures: the forecast that is drawn is a monthly total with the newest figures, and says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest

from fcm_migration.reports.charts import Series, series_chart, svg
from fcm_migration.reports.pictures import forecasts as pictures
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
    assert pictures.best_drawn(everything) == "n"
    assert pictures.best_drawn(everything.filter(pl.col("series_id") != "n")) == "m"
    assert pictures.best_drawn(pl.concat([annual, quarterly])) == "q"
    largest = _series("larger", "M", 31, value=4)
    assert pictures.best_drawn(pl.concat([newer, largest])) == "larger"


def _ahead(frequency: str, **record: object) -> pl.DataFrame:
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
    return ahead.with_columns(
        *(pl.lit(10 + place).alias(name) for place, name in enumerate(pictures.COLUMNS)),
        *(pl.lit(value).alias(name) for name, value in own.items()),
    )


def _forecast(
    ahead: pl.DataFrame, frequency: str, counted: Sequence[tuple[int, date]] = ()
) -> Series:
    past = _series("s", frequency, 12)
    about = {**past.row(0, named=True), "source_id": "toy"}
    return pictures.forecast_series(
        about, {"GBR": "United Kingdom"}, "Nobody", past, ahead, counted, today=date(2026, 1, 2)
    )


@pytest.mark.parametrize(
    ("frequency", "unit", "last", "target"),
    [
        ("M", "people a month", "10 in December 2023", "February 2024"),
        ("Q", "people a quarter", "10 in October\N{EN DASH}December 2025",
         "April\N{EN DASH}June 2026"),
        ("A", "people a year", "10 in 2023", "2025"),
    ],
)  # fmt: skip
def test_the_picture_says_figure_periods_and_source(
    frequency: str, unit: str, last: str, target: str
) -> None:
    series = _forecast(_ahead(frequency), frequency)
    assert series.title.startswith(f"Asylum claims, United Kingdom: {last}")
    words = series_chart(series).words
    assert words.startswith(f"Asylum claims, United Kingdom, {unit}, ")
    assert last in words
    assert (
        f"forecast for {target} 13, with 8 chances in 10 that it lies between 11 and 15." in words
    )
    assert words.endswith("Source: Nobody, as of 2026-01-01.")


def test_the_picture_says_how_good_such_forecasts_were() -> None:
    same = (
        "the 8 in 10 range held 18 of 24 past figures; errors 17% smaller than from repeating the "
        "last figure."
    )
    assert pictures.record(_ahead("M"), "M") == [
        f"Record, 1 month ahead: {same}",
        f"Record, 2 months ahead: {same}",
    ]
    worse = _ahead("Q", relative_wis=1.2, scored_forecasts=1, coverage_80=1.0)
    assert pictures.record(worse, "Q")[0] == (
        "Record, 1 quarter ahead: the 8 in 10 range held 1 of 1 past figure; errors 20% larger "
        "than from repeating the last figure."
    )
    equal = pictures.record(_ahead("Q", relative_wis=1.0), "Q")[0]
    assert equal.endswith("errors as large as from repeating the last figure.")
    no_ratio = pictures.record(_ahead("Q", relative_wis=None), "Q")[0]
    assert "cannot be compared" in no_ratio
    none = _ahead("A", scored_forecasts=None)
    assert pictures.record(none, "A") == ["No such forecast could be scored yet."]
    assert _forecast(none, "A").remarks == ("No such forecast could be scored yet.",)


def test_a_nowcast_is_marked_and_not_judged_as_a_forecast() -> None:
    running = pl.when(pl.col("horizon") == 1).then(pl.lit("nowcast")).otherwise("model")
    ahead = _ahead("M").with_columns(running.alias("model"))
    assert [words[:24] for words in pictures.record(ahead, "M")] == ["Record, 2 months ahead: "]
    drawn = svg(series_chart(_forecast(ahead, "M", [(9, date(2024, 1, 20))])))
    assert "Hollow: 9 counted by 20 January 2024." in drawn
    assert "8 in 10 range of the whole month, 11 to 15." in drawn
    assert "Hollow" not in svg(series_chart(_forecast(ahead, "M")))
