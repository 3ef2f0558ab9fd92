"""Text of charts is harmless, measured and set apart; axes end where they should."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_migration.periods import PERIODS_PER_YEAR
from fcm_migration.reports.charts.labels import (
    LONGEST_LABEL,
    change,
    clean,
    period_words,
    spoken,
    spread,
    width_of,
    wrapped,
)
from fcm_migration.reports.charts.lanes import APART, Label, stacked
from fcm_migration.reports.charts.scales import STEEPEST, at, axis_end, axis_values, middle, spans


@given(st.text(max_size=400))
def test_a_label_is_one_line_that_acts_on_nothing(text: str) -> None:
    line = clean(text)
    assert len(line.splitlines()) <= 1
    assert not set(line) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u0000\u001b\u2028")
    assert len(line) <= LONGEST_LABEL


def test_marks_of_direction_are_written_out_and_scripts_stay() -> None:
    assert clean("a\u202eb") == "a\\u202eb"
    assert clean("Türkiye  \n العربية") == "Türkiye العربية"


@given(st.text("abc deW. ", max_size=80), st.floats(30, 200))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: float) -> None:
    lines = wrapped(text, 12, width)
    assert " ".join(lines).split() == text.split()
    assert all(width_of(line, 12) <= width or " " not in line for line in lines)


@given(st.lists(st.floats(0, 100), max_size=5))
def test_labels_are_set_apart_as_near_as_may_be(wanted: list[float]) -> None:
    placed = spread(wanted, 20, 0, 100)
    ordered = sorted(placed)
    assert all(b - a >= 20 - 1e-6 for a, b in pairwise(ordered))
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in placed)
    far_apart = sorted(wanted)
    if all(b - a >= 20 for a, b in pairwise(far_apart)):
        assert placed == pytest.approx(wanted)


@given(st.lists(st.tuples(st.floats(0, 300), st.text("ab ", min_size=1, max_size=30))))
def test_no_label_above_the_area_lies_on_another(given_labels: list[tuple[float, str]]) -> None:
    placed = stacked([Label(x, (text, text)) for x, text in given_labels], -50, 400)
    boxes = [(p.lane + row, p.left, p.left + p.label.width) for p in placed for row in (0, 1)]
    for place, (lane, left, right) in enumerate(boxes):
        for other, start, end in boxes[place + 1 :]:
            assert lane != other or right + APART <= start + 1e-6 or end + APART <= left + 1e-6


def test_changes_and_bounds_are_said_as_people_say_them() -> None:
    assert change(-37.4) == "\N{MINUS SIGN}37%"
    assert change(31) == "+31%"
    assert change(240) == "3.4\N{MULTIPLICATION SIGN}"
    assert spoken(19_847) == "19,800"
    assert spoken(987) == "987"
    day = date(2025, 7, 1)
    said = [period_words(day, frequency) for frequency in PERIODS_PER_YEAR]
    assert said == ["July 2025", "July\N{EN DASH}September 2025", "2025"]
    assert period_words(date(2025, 10, 1), "Q", short=True) == "Oct\N{EN DASH}Dec 2025"


@given(st.floats(0, 1e9))
def test_an_axis_has_few_round_whole_figures_and_holds_all(most: float) -> None:
    values = axis_values(most)
    assert values[0] == 0
    assert values[-1] >= most * (1 - 1e-6)
    assert 2 <= len(values) <= 8
    assert all(value == int(value) for value in values)


def test_the_widest_bound_never_flattens_a_history() -> None:
    """A history of 50,000 with a 95 % bound of a million is not cut to a flat line."""
    figures = [30_000.0, 50_000.0]
    assert axis_end(figures, [70_000.0], [1_000_000.0]) == 80_000
    # nor by an 80 % bound of its own
    assert axis_end(figures, [900_000.0], [1_000_000.0]) <= STEEPEST * 50_000 * 1.4
    # a bound that is little higher lengthens the axis instead of being cut
    assert axis_end(figures, [58_000.0], [65_000.0]) >= 65_000
    assert axis_end([0.0]) == 1


def test_a_time_axis_has_years_months_or_days_as_there_is_room() -> None:
    def labels(first: date, last: date, width: float = 600) -> list[str]:
        return [label for _start, _end, label in spans(at(first), at(last), width)]

    assert labels(date(2022, 5, 1), date(2024, 5, 1)) == ["2022", "2023", "2024"]
    assert labels(date(1951, 1, 1), date(2025, 1, 1), 120) == ["1975", "2000", "2025"]
    assert labels(date(2025, 11, 5), date(2026, 1, 20)) == ["Nov 2025", "Dec 2025", "Jan 2026"]
    assert labels(date(2026, 8, 13), date(2026, 8, 16)) == ["13 Aug", "14 Aug", "15 Aug"]
    year = (at(date(2024, 1, 1)), at(date(2025, 1, 1)))
    months = [middle(date(2024, month, 1), "M") for month in (1, 12)]
    assert year[0] < months[0] < months[1] < year[1]
