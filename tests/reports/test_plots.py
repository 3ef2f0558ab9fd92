"""Pictures: the forecast that is drawn is a monthly total with the newest figures, and says so."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.reports.plots import series as plots
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


@pytest.mark.parametrize(
    ("frequency", "words"), [("M", "a month"), ("Q", "a quarter"), ("A", "a year")]
)
def test_the_picture_says_its_period(frequency: str, words: str) -> None:
    past = _series("s", frequency, 12)
    targets = periods(14, BEGINNINGS[frequency], frequency)[12:]
    ahead = pl.DataFrame(
        [
            (target, horizon, "naive", level, 10 + place)
            for horizon, target in enumerate(targets, 1)
            for place, level in enumerate(QUANTILE_LEVELS)
        ],
        schema=["target_period", "horizon", "model", "quantile", "value"],
        orient="row",
    )
    picture = plots._fan(past, ahead, "Nobody")
    assert (
        f"(persons {words}): median 13 in the {words[2:]} from {targets[0]:%B %Y}" in picture.words
    )
    assert "Source: Nobody, as of 2026-01-01; model: naive." in picture.words
    assert picture.png.startswith(b"\x89PNG")
