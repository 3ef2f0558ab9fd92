"""Effects of policies: a known one is found, none is not, and nothing looks ahead (simulated)."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_migration.errors import UsageError
from fcm_migration.trends.policies.effects import policy_effects
from fcm_migration.trends.policies.events import first_period, policies
from fcm_migration.trends.policies.placebos import (
    PANDEMIC,
    SIGNIFICANCE,
    as_large,
    draw,
    limit,
    moves,
    p_value,
)
from tests.trends.panels import marts, one
from tests.trends.policy_panel import (
    FIRST,
    MONTHS,
    POLICY,
    at,
    counts,
    event,
    events,
    held,
    only,
    origin_series,
    simulate_ar1,
)


@pytest.mark.parametrize(
    ("day", "frequency", "expected"),
    [
        (date(2021, 9, 4), "M", date(2021, 9, 1)),  # begun in the first week: the month itself
        (date(2021, 9, 7), "M", date(2021, 9, 1)),
        (date(2021, 9, 8), "M", date(2021, 10, 1)),
        (date(2022, 12, 13), "M", date(2023, 1, 1)),
        (date(2022, 12, 13), "Q", date(2023, 1, 1)),
        (date(2022, 11, 3), "Q", date(2023, 1, 1)),  # not the first month of its quarter
        (date(2022, 10, 3), "Q", date(2022, 10, 1)),
    ],
)
def test_the_first_period_is_one_under_the_policy(
    day: date, frequency: str, expected: date
) -> None:
    assert first_period(day, frequency) == expected


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"receiving": "airport"}, "does not say where"),
        ({"receiving": "route="}, "does not say where"),
        ({"receiving": "colour=red"}, "does not say where"),
        ({"fit_start_date": POLICY}, "fitted on what followed"),
        ({"receiving": "route=airport", "expected_direction": "none"}, "expected direction"),
    ],
)
def test_a_policy_that_contradicts_itself_is_refused(
    changes: dict[str, object], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        policies(events(event(**changes)))


def test_a_known_effect_is_found_beyond_the_tide() -> None:
    """Everyone doubles; the treated series falls by four fifths of that."""
    panel = held(origin_series(cut=0.2, common=2.0), event())
    for after in (3, 6):
        row = only(policy_effects(panel), periods_after=after)
        assert row["verdict"] == "identified"
        assert -90 < row["change_pct"] < -65
        assert row["change_lower_pct"] < -80 < row["change_upper_pct"]
        assert 1.5 < row["control_factor"] < 2.7
        assert row["control_series"] == 19
        assert (
            row["p_value"] == (row["placebos_as_large"] + 1) / (row["placebos"] + 1) <= SIGNIFICANCE
        )


def test_no_effect_is_not_found_and_a_check_finds_none() -> None:
    panel = held(
        origin_series(common=2.0),
        event("nothing"),
        event("check", origin_iso3="AAB", expected_direction="none"),
    )
    found = policy_effects(panel)
    assert set(found.filter(policy_id="nothing")["verdict"]) == {"not identified"}
    assert set(found.filter(policy_id="check")["verdict"]) == {"none expected, none found"}


def test_the_direction_that_was_expected_decides() -> None:
    said = {}
    for direction in ("down", "up", "any", "none"):
        panel = held(origin_series(cut=0.1), event(expected_direction=direction))
        said[direction] = only(policy_effects(panel), periods_after=6)["verdict"]
    assert said == {
        "down": "identified",
        "any": "identified",
        "up": "moved the other way",
        "none": "none expected, change found",
    }


def test_an_earlier_measure_in_the_periods_before_leaves_it_open() -> None:
    earlier = event("earlier", date(2017, 5, 2))
    panel = held(origin_series(cut=0.1), event(), earlier)
    found = policy_effects(panel)
    row = only(found, policy_id="policy", periods_after=6)
    assert row["p_value"] <= SIGNIFICANCE
    assert row["verdict"] == "not identified"
    assert row["reasons"] == "an earlier measure begins in the periods before: earlier"
    later = only(found, policy_id="earlier", periods_after=6)
    assert later["reasons"] == "another measure begins in the periods after: policy"


def test_what_cannot_be_tested_says_so() -> None:
    small = held([one("AAA", counts(simulate_ar1(0, level=30)), first=FIRST)], event())
    row = only(policy_effects(small), periods_after=6)
    assert row["verdict"] == "not testable"
    assert "below 100" in row["reasons"]
    short = held([one("AAA", counts(simulate_ar1(0)[:24]), first=date(2016, 1, 1))], event())
    row = only(policy_effects(short), periods_after=6)
    assert (row["verdict"], row["reasons"]) == ("not testable", "fewer than 60 placebo dates")
    late = held([one("AAA", counts(simulate_ar1(0)), first=FIRST)], event(day=date(2019, 9, 3)))
    row = only(policy_effects(late), periods_after=6)
    assert row["reasons"] == "the figures do not cover the periods before and after"
    assert row["observed_mean"] is None


def test_no_move_depends_on_later_figures() -> None:
    """Cut anywhere, what was measured with figures before the cut stays as it was."""
    whole = held(origin_series(cut=0.2), event())
    pool = whole.pool("us_ohss_usbp/border_encounters/USA/AAA/all/all/all/M", has_control=True)
    full = moves(pool, 6, whole.known, whole.index)
    for cut in (60, 100, MONTHS - 7):
        series = [{**each, "values": each["values"][:cut]} for each in origin_series(cut=0.2)]  # type: ignore[index]
        part = held(series, event())
        less = moves(part.pool(pool.series[0], has_control=True), 6, part.known, part.index)
        np.testing.assert_array_equal(less.change[: cut - 5], full.change[: cut - 5])
        np.testing.assert_array_equal(less.eligible[: cut - 5], full.eligible[: cut - 5])
        assert np.isnan(less.change[cut - 5 :]).all()


def test_placebo_dates_keep_away_from_policies_and_the_pandemic() -> None:
    series = [
        one(origin, counts(simulate_ar1(n, months=MONTHS + 48)), first=FIRST)
        for n, origin in enumerate(("AAA", "AAB", "AAC", "AAD", "AAE", "AAF", "AAG"))
    ]
    everyone = event("everyone", date(2012, 3, 1), origin_iso3="total")
    panel = held(series, event(), everyone)
    pool = panel.pool("us_ohss_usbp/border_encounters/USA/AAA/all/all/all/M", has_control=True)
    found = panel.moves(pool, 3)
    around = slice(at(POLICY) - 6, at(POLICY) + 7)
    assert not found.eligible[around, pool.series.index(panel.index["series_id"][0])].any()
    assert found.eligible[around, 1:].any()
    assert not found.eligible[at(date(2012, 3, 1)), :].any()
    assert not found.eligible[at(PANDEMIC[0]) : at(PANDEMIC[1]) + 1].any()
    # the treated series is no control while its windows hold the policy; everyone's policy is one
    # of the shocks a control is there to share
    assert (found.controls[at(POLICY), 1:] == 5).all()
    assert (found.controls[at(date(2012, 3, 1))] == 6).all()


@given(
    st.lists(st.floats(-3, 3), min_size=60, max_size=300),
    st.floats(-3, 3),
)
def test_limit_and_p_value_say_the_same(placebos: list[float], change: float) -> None:
    values = np.array(placebos)
    p = p_value(as_large(change, values), len(values))
    assert 0 < p <= 1
    assert (p <= SIGNIFICANCE) == (abs(change) > limit(values))


def test_too_few_placebos_have_no_limit() -> None:
    assert np.isnan(limit(np.zeros(18)))
    assert limit(np.arange(19.0)) == 18


def test_the_draw_is_the_same_every_time_and_near_the_date() -> None:
    panel = held(origin_series(), event())
    pool = panel.pool("us_ohss_usbp/border_encounters/USA/AAA/all/all/all/M", has_control=True)
    found = panel.moves(pool, 6)
    first, second = (draw(pool, found, at(POLICY)) for _ in range(2))
    np.testing.assert_array_equal(first.change, second.change)
    assert 100 <= len(first.change) <= 1000
    assert (np.abs(first.rows - at(POLICY)) <= 36).all()


def test_the_order_of_rows_changes_nothing() -> None:
    series, index = marts(origin_series(cut=0.5))
    known = policies(events(event()))
    from fcm_migration.trends.policies.effects import watched

    straight = policy_effects(watched(series, index, known))
    mixed = watched(series.sample(fraction=1, shuffle=True, seed=1), index.reverse(), known)
    assert policy_effects(mixed).equals(straight)


def test_without_other_origins_the_source_as_a_whole_is_compared_with() -> None:
    total = simulate_ar1(50, level=4000)
    total[at(POLICY) :] *= 0.1
    series = [*origin_series(), one("total", counts(total), first=FIRST)]
    row = only(policy_effects(held(series, event(origin_iso3="total"))), periods_after=6)
    assert row["control_factor"] is None
    assert row["expected_mean"] == pytest.approx(row["before_mean"])
    assert row["placebo_series"] > 10
    assert row["verdict"] == "identified"


def test_the_sentence_carries_the_figures_of_its_row() -> None:
    row = only(policy_effects(held(origin_series(cut=0.2), event())), periods_after=6)
    words = str(row["explanation"])
    for figure in (
        f"{row['observed_mean']:,.0f} events a month from 2017-06 to 2017-11",
        f"against {row['before_mean']:,.0f} a month from 2017-03 to 2017-05",
        f"so about {row['expected_mean']:,.0f} would be expected",
        f"the change is {row['change_pct']:+,.0f}%",
        f"on {row['placebos_as_large']} of {row['placebos']} placebo dates",
        "Verdict: identified.",
        "Source us_ohss_usbp, as of 2025-01-01.",
    ):
        assert figure in words
    assert re.search(r"\(p (= 0\.0\d\d|< 0\.001)\)", words)


def test_a_series_is_no_part_of_its_own_control() -> None:
    panel = held(origin_series(), event())
    pool = panel.pool("us_ohss_usbp/border_encounters/USA/AAA/all/all/all/M", has_control=True)
    found, row = panel.moves(pool, 3), 60
    after, before = (pool.values[span].mean(axis=0) for span in (slice(60, 63), slice(57, 60)))
    move = np.log((after + 1) / (before + 1))
    for column in range(len(pool.series)):
        assert found.control[row, column] == pytest.approx(np.delete(move, column).mean())
        assert found.change[row, column] == pytest.approx(
            move[column] - np.delete(move, column).mean()
        )
