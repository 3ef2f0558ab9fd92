"""Scores: the weighted interval score is the published one, and summaries say what they claim."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_migration.forecast.backtesting.records import mark_shocks
from fcm_migration.forecast.backtesting.scoring import (
    origin_scores,
    pool_scores,
    scored,
    series_scores,
    unfitted_scores,
)
from fcm_migration.forecast.scores import QUANTILE_LEVELS, wis
from fcm_migration.marts.reviewed import SERIES_BREAKS
from tests.forecast import simulated

LEVELS = np.array(QUANTILE_LEVELS)
WIDE = [0.0, 20, 40, 50, 60, 80, 100]
POINT = [50.0] * 7


def test_wis_by_hand() -> None:
    # 50 %: 40..60, 80 %: 20..80, 95 %: 10..90, median 50, observed 100
    quantiles = np.array([10.0, 20, 40, 50, 60, 80, 90])
    half = 20 + 2 / 0.5 * 40
    eighty = 60 + 2 / 0.2 * 20
    most = 80 + 2 / 0.05 * 10
    expected = (0.5 * 50 + 0.25 * half + 0.1 * eighty + 0.025 * most) / 3.5
    assert wis(np.array([100.0]), quantiles[None])[0] == pytest.approx(expected)


@given(
    st.lists(st.floats(0, 1e5), min_size=7, max_size=7).map(sorted),
    st.floats(0, 1e5),
)
def test_wis_is_the_definition_written_out(quantiles: list[float], observed: float) -> None:
    """(|y - m| / 2 + sum of alpha / 2 * IS_alpha) / (K + 1/2), interval by interval."""
    total = abs(observed - quantiles[3]) / 2
    for alpha, low, high in ((0.5, 2, 4), (0.2, 1, 5), (0.05, 0, 6)):
        lower, upper = quantiles[low], quantiles[high]
        score = upper - lower
        score += 2 / alpha * max(lower - observed, 0)
        score += 2 / alpha * max(observed - upper, 0)
        total += alpha / 2 * score
    assert wis(np.array(observed), np.array(quantiles)) == pytest.approx(total / 3.5, abs=1e-7)


def test_wis_keeps_its_shape_and_is_nan_where_nothing_was_observed() -> None:
    observed = np.array([[[5.0], [np.nan]]])
    quantiles = np.broadcast_to(np.arange(7.0), (1, 2, 1, 7))
    made = wis(observed, quantiles)
    assert made.shape == observed.shape
    np.testing.assert_array_equal(np.isnan(made), np.isnan(observed))


def _cases(
    model: str,
    quantiles: list[float],
    observed: list[float],
    series: str = "a",
    rounding: float = 1.0,
) -> pl.DataFrame:
    origins = simulated.months(len(observed), date(2017, 1, 1))
    frame = pl.DataFrame(
        {
            "pool": ["p"] * len(observed),
            "series_id": [f"simulated_{series}"] * len(observed),
            "scored_model": [model] * len(observed),
            "origin_date": origins,
            "target_period": simulated.months(len(observed), date(2017, 2, 1)),
            "horizon": pl.Series([1] * len(observed), dtype=pl.Int64),
            "rounding": [rounding] * len(observed),
            "observed": observed,
            "is_shock": [False] * len(observed),
        }
    )
    return scored(frame, np.tile(quantiles, (len(observed), 1)))


def test_a_case_has_its_errors_its_tail_and_what_was_inside() -> None:
    row = _cases("m", WIDE, [90.0]).row(0, named=True)
    assert (row["mae"], row["squared"]) == (40, 1600)
    assert row["tail"] == pytest.approx((0.9 * (90 - 80) + 0.025 * (100 - 90)) / 2)
    assert (row["coverage_50"], row["coverage_80"], row["coverage_95"]) == (0, 0, 1)
    on_the_edge = _cases("m", WIDE, [60.0]).row(0, named=True)
    assert (on_the_edge["coverage_50"], on_the_edge["coverage_95"]) == (1, 1)


def test_scores_of_a_series_are_relative_to_naive_and_scaled_by_its_past() -> None:
    observed = [50.0, 70.0, 90.0, 120.0]
    cases = pl.concat([_cases("naive", WIDE, observed), _cases("sharp", POINT, observed)])
    # two years before the first origin, each month 10 above the year before; a jump after it
    history = simulated.panel({"a": [100.0] * 12 + [110.0] * 12 + [120.0] + [9999.0] * 5})
    made = series_scores(cases, history, 12)
    naive, sharp = made.sort("scored_model").iter_rows(named=True)
    assert [row["origins"] for row in (naive, sharp)] == [4, 4]
    assert (naive["coverage_50"], naive["coverage_80"], naive["coverage_95"]) == (0.25, 0.5, 0.75)
    assert (sharp["coverage_50"], sharp["coverage_95"]) == (0.25, 0.25)
    assert naive["relative_wis"] == pytest.approx(1)
    assert sharp["wis"] == pytest.approx((0 + 20 + 40 + 70) / 4)  # a point's WIS is its error
    assert sharp["relative_wis"] == pytest.approx(sharp["wis"] / naive["wis"])
    assert sharp["mae"] == pytest.approx(32.5)
    assert sharp["mase"] == pytest.approx(32.5 / 10)
    # two changes of 10 in 24 months: mean square 200 / 24
    squares = (0 + 400 + 1600 + 4900) / 4
    assert sharp["rmsse"] == pytest.approx(np.sqrt(squares / (200 / 24)))
    tail = (0.9 + 0.975) / 2  # of the point at 50: only what came above it counts
    assert sharp["relative_tail"] == pytest.approx(
        tail * 32.5 / cases.filter(pl.col("scored_model") == "naive")["tail"].mean()  # type: ignore[operator]
    )


def test_the_scale_of_an_annual_series_is_the_change_of_one_year() -> None:
    cases = _cases("naive", POINT, [60.0])
    history = simulated.panel({"a": [10.0, 14.0, 10.0]}, first=date(2014, 1, 1), frequency="A")
    row = series_scores(cases, history, 1).row(0, named=True)
    assert row["mase"] == pytest.approx(10 / 4)
    assert row["rmsse"] == pytest.approx(10 / 4)


def test_a_naive_without_error_gives_no_ratio_rather_than_infinity() -> None:
    cases = pl.concat([_cases("naive", POINT, [50.0] * 3), _cases("other", [40.0] * 7, [50.0] * 3)])
    made = series_scores(cases, simulated.panel({"a": [50.0] * 30}), 12)
    for name in ("relative_wis", "relative_tail", "mase", "rmsse"):
        assert made.get_column(name).to_list() == [None, None]


@pytest.fixture
def pooled() -> pl.DataFrame:
    """Two series, two models, four targets each; the last of the first series is in a shock."""
    parts = [
        _cases("naive", WIDE, [50.0, 70.0, 90.0, 120.0], "a"),
        _cases("published", POINT, [50.0, 70.0, 90.0, 120.0], "a"),
        _cases("naive", WIDE, [50.0] * 4, "b", 5.0),
        _cases("published", POINT, [50.0] * 4, "b", 5.0),
    ]
    last = pl.col("target_period") == date(2017, 5, 1)
    mine = pl.col("series_id") == "simulated_a"
    return pl.concat(parts).with_columns(is_shock=mine & last)


def test_pool_scores_are_geometric_means_over_series_by_window(pooled: pl.DataFrame) -> None:
    made = {
        row["window"]: row
        for row in pool_scores(pooled).filter(scored_model="published").iter_rows(named=True)
    }
    assert {name: row["series"] for name, row in made.items()} == {"all": 2, "calm": 2, "shock": 1}
    assert {name: row["targets"] for name, row in made.items()} == {"all": 8, "calm": 7, "shock": 1}
    score = {
        (name, y): float(wis(np.array(y), np.array(levels)))
        for name, levels in (("naive", WIDE), ("published", POINT))
        for y in (50, 70, 90, 120)
    }

    def ratio(observed: tuple[int, ...], half: float) -> float:
        mine, theirs = (np.mean([score[m, y] for y in observed]) for m in ("published", "naive"))
        return float((mine + half) / (theirs + half))

    still = ratio((50,), 2.5)
    whole = np.sqrt(ratio((50, 70, 90, 120), 0.5) * still)
    assert made["all"]["relative_wis_mean"] == pytest.approx(whole)
    assert made["shock"]["relative_wis_mean"] == pytest.approx(ratio((120,), 0.5))
    calm = np.sqrt(ratio((50, 70, 90), 0.5) * still)
    assert made["calm"]["relative_wis_mean"] == pytest.approx(calm)
    # coverage is by target: one of four and four of four; all calm but one of those missed
    assert made["all"]["coverage_50"] == pytest.approx(5 / 8)
    assert made["calm"]["coverage_50"] == pytest.approx(5 / 7)
    assert made["shock"]["coverage_95"] == 0


def test_naive_relative_to_itself_is_one_in_every_window(pooled: pl.DataFrame) -> None:
    made = pool_scores(pooled).filter(scored_model="naive")
    for name in ("relative_wis_mean", "relative_mae_mean", "relative_tail_mean"):
        np.testing.assert_allclose(made.get_column(name).to_numpy(), 1)


def test_scores_do_not_depend_on_the_order_of_cases(pooled: pl.DataFrame) -> None:
    shuffled = pooled.sample(fraction=1, shuffle=True, seed=4)
    assert pool_scores(shuffled).equals(pool_scores(pooled))
    assert origin_scores(shuffled).equals(origin_scores(pooled))


def test_series_without_a_fit_are_scored_by_their_class_at_the_origin() -> None:
    """The wide interval holds two of three at 80 %; fitted cases and other models do not count."""
    kinds = ["too_short", "too_short", "sparse", "dense"]
    parts = [
        _cases(model, WIDE, observed, series).with_columns(
            series_class=pl.Series(kinds), is_fitted=pl.Series(kinds) == "dense"
        )
        for model, observed, series in (
            ("published", [50.0, 90.0, 120.0, 50.0], "a"),
            ("published", [70.0, 150.0, 50.0, 50.0], "b"),
            ("naive", [999.0] * 4, "a"),
        )
    ]
    sparse, short = unfitted_scores(pl.concat(parts)).iter_rows(named=True)
    assert (sparse["series_class"], sparse["series"], sparse["targets"]) == ("sparse", 2, 2)
    assert (short["series_class"], short["series"], short["targets"]) == ("too_short", 2, 4)
    covered = [short[f"coverage_{level}"] for level in (50, 80, 95)]
    assert covered == [0.25, 0.5, 0.75]
    scores = [float(wis(np.array(y), np.array(WIDE))) for y in (50.0, 90.0, 70.0, 150.0)]
    assert short["wis"] == pytest.approx(np.mean(scores))
    assert sparse["coverage_95"] == 0.5


def test_origin_scores_say_how_each_origin_went(pooled: pl.DataFrame) -> None:
    made = origin_scores(pooled).sort("origin_date")
    assert made.get_column("series").to_list() == [2] * 4
    assert made.get_column("is_shock").to_list() == [False] * 3 + [True]
    assert made.get_column("coverage_95").to_list() == [1, 0.5, 0.5, 0.5]
    sharp, wide = 70 + 0.5, float(wis(np.array(120.0), np.array(WIDE))) + 0.5
    still = 2.5 / (float(wis(np.array(50.0), np.array(WIDE))) + 2.5)
    assert made.get_column("relative_wis_mean")[3] == pytest.approx(np.sqrt(sharp / wide * still))


def test_a_target_in_a_window_or_beyond_a_split_is_a_shock() -> None:
    cases = _cases("naive", WIDE, [50.0] * 4).drop("is_shock")
    breaks = pl.DataFrame(
        [
            ("simulated_a", "window", date(2017, 2, 1), date(2017, 2, 28)),
            ("simulated_a", "split", date(2017, 4, 1), None),
            ("simulated_a", "note", date(2017, 3, 1), date(2017, 3, 31)),
            ("simulated_b", "window", None, None),
        ],
        schema=["series_id", "treatment", "break_first_date", "break_last_date"],
        orient="row",
    )
    assert set(breaks.columns) <= set(SERIES_BREAKS.column_names)
    # targets February to May; the split lies between the origin of March and its target
    assert mark_shocks(cases, breaks)["is_shock"].to_list() == [True, False, True, False]
    open_ended = breaks.filter(pl.col("treatment") == "window").with_columns(
        break_last_date=pl.lit(None, dtype=pl.Date)
    )
    assert mark_shocks(cases, open_ended)["is_shock"].to_list() == [True] * 4
    assert not mark_shocks(cases, None)["is_shock"].any()
