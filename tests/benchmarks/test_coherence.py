"""The comparison of coherent with published forecasts, on simulated ones."""

from __future__ import annotations

import polars as pl
import pytest

from benchmarks.coherence import compare, lines, ratio
from tests.forecast.coherence.test_coherence import CROSSED, index, past, published


def test_errors_and_scores_are_those_of_the_definitions() -> None:
    known = index(CROSSED)
    series = past(known)
    days = series["period_start"].unique().sort()
    backtest = pl.concat(
        published(known, day).rename({"origin_date": "origin"}) for day in days[-8:-3]
    ).with_columns(pl.lit("published").alias("model"), pl.lit(130.0).alias("observed"))
    compared = compare(backtest, known, series)
    assert compared.height == 9 * 5 * 3
    one = compared.filter(pl.col("horizon") == 1).sort("series_id", "origin").row(0, named=True)
    own = backtest.filter(
        pl.col("series_id") == one["series_id"], pl.col("horizon") == 1,
        pl.col("origin") == one["origin"],
    ).sort("quantile")["value"]  # fmt: skip
    low95, low80, low50, middle, high50, high80, high95 = own.to_list()
    assert one["mae_base"] == abs(130 - middle)
    # Bracher et al. 2021: half the median's error and the weighted interval scores, over 3.5
    total = 0.5 * abs(130 - middle)
    for low, high, alpha in ((low50, high50, 0.5), (low80, high80, 0.2), (low95, high95, 0.05)):
        outside = max(low - 130, 0) + max(130 - high, 0)
        total += alpha / 2 * (high - low + 2 / alpha * outside)
    assert one["wis_base"] == pytest.approx(total / 3.5)
    value, low, high = ratio(compared, "mae")
    assert low <= value <= high
    assert len(lines(compared)) >= 3
