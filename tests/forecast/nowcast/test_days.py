"""Running months and weeks out of days: arithmetic, causality, choice, and honest intervals."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from fcm_migration.arrays import Floats
from fcm_migration.forecast.nowcast.days import (
    CANDIDATES,
    FEWEST_WINDOWS,
    WARM_UP,
    Days,
    Window,
    joined_days,
    widened,
)
from fcm_migration.forecast.nowcast.running import (
    FEWEST_TARGETS,
    MONTH,
    RELEASE_STAGE,
    SIMPLE,
    WEEK,
    nowcast,
    past_cases,
    running,
    vintage_cases,
)
from fcm_migration.forecast.nowcast.scoring import with_choice
from fcm_migration.forecast.scores import QUANTILE_LEVELS

FIRST = date(2018, 1, 1)
LONGEST = 3000


def simulated(days: int, seed: int = 1) -> Floats:
    """Ints of days with a season, bad weather and bursts; simulated, for tests only."""
    rng = np.random.default_rng(seed)
    season = 40 * (1.2 + np.sin(2 * np.pi * (np.arange(LONGEST) - 120) / 365))
    made = rng.poisson(season * rng.gamma(0.6, 1.7, LONGEST)).astype(np.float64)
    return made[:days]


def until(day: date, seed: int = 1) -> Days:
    return Days(FIRST, simulated((day - FIRST).days + 1, seed), 5.0)


def test_days_are_counted_from_the_first() -> None:
    days = Days(FIRST, np.array([1.0, 2.0, 3.0]), 1.0)
    assert days.day(3) == date(2018, 1, 3)
    assert days.known(date(2018, 1, 3)) == 3
    assert days.sums.tolist() == [0, 1, 3, 6]
    assert days.pace(2).tolist() == [0, 1, 1.5, 2.5]
    assert days.season.tolist() == [365, 1, 2, 3]


def test_a_window_expects_what_each_method_says() -> None:
    counts = np.arange(800.0)
    window = Window(Days(FIRST, counts, 1.0), counted=10, coming=20)
    known = 700
    expected = {name: values[known] for name, values in window.expected.items()}
    assert expected["pro_rata"] == pytest.approx(20 * counts[690:700].mean())
    assert expected["last_56_days"] == pytest.approx(20 * counts[644:700].mean())
    ago = slice(700 - 365 - 10, 700 - 365 + 20 + 10)
    assert expected["last_year"] == pytest.approx(20 * counts[ago].mean())
    both = np.sqrt((expected["last_56_days"] + 1) * (expected["last_year"] + 1)) - 1
    assert expected["last_56_days_and_last_year"] == pytest.approx(both)
    assert window.observed[known] == counts[700:720].sum()


def test_the_period_that_runs() -> None:
    assert running(until(date(2020, 2, 10)), MONTH) == (date(2020, 2, 1), 10, 29)
    assert running(until(date(2020, 2, 29)), MONTH) is None
    assert running(until(date(2020, 2, 13)), WEEK) == (date(2020, 2, 10), 4, 7)
    assert running(until(date(2020, 2, 16)), WEEK) is None


def test_too_few_days_are_no_nowcast() -> None:
    last = FIRST + timedelta(days=FEWEST_WINDOWS + WARM_UP + 10)
    days = until(last)
    assert running(days, MONTH) is not None
    assert nowcast(days, MONTH, past_cases(days, MONTH)) is None
    assert past_cases(until(date(2018, 6, 9)), MONTH).is_empty()


def test_what_is_counted_stays_counted() -> None:
    days = until(date(2023, 5, 17))
    made = nowcast(days, MONTH, past_cases(days, MONTH))
    assert made is not None
    assert (made.begin, made.counted, made.length) == (date(2023, 5, 1), 17, 31)
    assert made.counted_sum == days.counts[-17:].sum()
    assert (made.quantiles >= made.counted_sum).all()
    assert (np.diff(made.quantiles) >= 0).all()
    assert (made.quantiles == np.round(made.quantiles)).all()


def test_nothing_is_learnt_from_later_days() -> None:
    """Quantiles at a past day are, bit by bit, those of a series that ends there."""
    whole = until(date(2023, 12, 31))
    for known in (900, 1500, 1501):
        cut = Days(FIRST, whole.counts[:known], 5.0)
        for counted, coming in ((5, 25), (10, 21), (2, 5)):
            then = Window(cut, counted, coming).quantiles(known, CANDIDATES)
            now = Window(whole, counted, coming).quantiles(known, CANDIDATES)
            assert then is not None
            assert now is not None
            for name in CANDIDATES:
                assert then[name].tobytes() == now[name].tobytes()


def test_the_choice_uses_targets_known_by_then() -> None:
    """The cases of a series that ends earlier are the first of the longer one, choice included."""
    long = past_cases(until(date(2023, 12, 31)), MONTH)
    short = past_cases(until(date(2022, 12, 31)), MONTH)

    def chosen(cases: pl.DataFrame) -> pl.DataFrame:
        made = with_choice(cases, CANDIDATES, SIMPLE, FEWEST_TARGETS)
        return made.sort("stage", "nowcast_method", "target_period")

    early = chosen(long).filter(pl.col("target_period") <= date(2022, 12, 1))
    assert early.equals(chosen(short))
    published = chosen(short).filter(pl.col("nowcast_method") == "published")
    assert published.height == short.height // len(CANDIDATES)


def test_intervals_hold_what_they_say() -> None:
    """All stages of seventy months of a simulated series."""
    cases = past_cases(until(date(2024, 12, 31), seed=3), MONTH)
    assert set(cases.get_column("stage")) == {
        f"after {n:02} days of the month" for n in (5, 10, 15, 20, 25)
    }
    kept = cases.filter(pl.col("nowcast_method") == "last_56_days")
    shares = kept.select(pl.col("coverage_50", "coverage_80", "coverage_95").mean()).row(0)
    for share, nominal in zip(shares, (0.5, 0.8, 0.95), strict=True):
        assert abs(share - nominal) < 0.1


def test_a_pace_learnt_from_eight_weeks_beats_that_of_five_days() -> None:
    cases = past_cases(until(date(2024, 12, 31), seed=3), MONTH)
    early = cases.filter(pl.col("stage") == "after 05 days of the month")
    means = dict(early.group_by("nowcast_method").agg(pl.col("wis").mean()).iter_rows())
    assert means["last_56_days"] < 0.8 * means[SIMPLE]
    days = until(date(2025, 1, 5), seed=3)
    made = nowcast(days, MONTH, past_cases(days, MONTH))
    assert made is not None
    assert made.method != SIMPLE


def test_real_releases_are_judged_by_the_newest() -> None:
    truth = until(date(2023, 6, 30))
    ends = [truth.known(date(2023, 4, 13)), truth.known(date(2023, 5, 31)), len(truth.counts) - 3]
    releases = [Days(FIRST, truth.counts[:end], 5.0) for end in ends]
    revised = truth.counts.copy()
    revised[ends[0] - 1] += 1000.0
    then = [Days(FIRST, revised[: ends[0]], 5.0), *releases[1:]]
    cases = past_cases(truth, MONTH)
    made = vintage_cases(then, truth, MONTH, cases)
    assert set(made.get_column("stage")) == {RELEASE_STAGE}
    # the second ends with its month: nothing ran; April and June did
    assert made.get_column("target_period").unique().sort().to_list() == [
        date(2023, 4, 1),
        date(2023, 6, 1),
    ]
    assert set(made.get_column("nowcast_method")) == {*CANDIDATES, "published"}
    unrevised = vintage_cases(releases, truth, MONTH, cases)
    april = pl.col("target_period") == date(2023, 4, 1)
    pro_rata = pl.col("nowcast_method") == SIMPLE
    wis = [frame.filter(april & pro_rata).item(0, "wis") for frame in (made, unrevised)]
    assert wis[0] > wis[1] + 100


def test_levels_widen_with_few_errors_and_the_median_stays() -> None:
    assert widened(1e9) == pytest.approx(QUANTILE_LEVELS, abs=1e-6)
    wide = widened(10.0)
    assert wide[3] == 0.5
    assert wide[1] == pytest.approx(0.5 - 0.8 * 1.1 / 2)
    assert (np.diff(wide) > 0).all()
    assert widened(1.0)[0] == pytest.approx(0.0025)


def test_days_of_the_page_are_joined_as_far_as_none_is_missing() -> None:
    def frame(*days: int) -> pl.DataFrame:
        return pl.DataFrame(
            {
                "day": [date(2026, 4, day) for day in days],
                "value": [float(day) for day in days],
                "as_of_date": [date(2026, 4, 30)] * len(days),
            },
            schema={"day": pl.Date, "value": pl.Float64, "as_of_date": pl.Date},
        )

    file = frame(1, 2, 3)
    assert joined_days(file, frame(2, 3, 4, 5)).get_column("day").dt.day().to_list() == [
        *range(1, 6)
    ]
    assert joined_days(file, frame(5, 6)).height == 3
    assert joined_days(file, frame(4, 6)).height == 4
    assert joined_days(file, frame()).height == 3
    assert joined_days(file.clear(), frame(4, 5)).is_empty()
