"""Ex-post surges, on series made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pytest

from fcm_migration.trends.scoring.surges import Surge, at, surges
from tests.trends.simulated_scopes import one_of, scope_of


def found(
    *parts: tuple[float, int] | Sequence[float], frequency: str = "M", size: float = 500
) -> list[Surge]:
    return surges(one_of(*parts, frequency=frequency), size=size)


def test_onset_peak_and_first_year() -> None:
    (surge,) = found((20, 36), (200, 9), [400], (200, 14))
    assert surge == Surge(0, 36, 45, 11 * 200 + 400)


def test_a_peak_is_of_a_year_and_a_half() -> None:
    (surge,) = found((20, 36), (200, 17), [400], (200, 14))
    assert surge.peak == 36 + 17
    (surge,) = found((20, 36), (200, 18), [400], (200, 14))
    assert surge.peak == 36  # the 400 comes too late; the first of equal figures


def test_an_onset_must_hold_for_a_quarter() -> None:
    """One figure of twice the level before, and back: the rise begins later."""
    (surge,) = found((20, 36), [45, 20, 20], (200, 20))
    assert surge.onset == 39


def test_the_smallest_base_is_ten_a_month() -> None:
    """Persons of a new origin: twice nothing is 20 a month, not the first twelve."""
    (surge,) = found((0, 36), [12, 14, 16, 25, 40, 80, 120], (150, 14))
    assert surge.onset == 39


@pytest.mark.parametrize(("gap", "number"), [(1, 1), (2, 1), (3, 2)])
def test_runs_a_few_months_apart_are_one(gap: int, number: int) -> None:
    """A lone figure makes every month of the year up to it one of large growth."""
    assert len(found((0, 24), [600], (0, 11 + gap), [9000], (0, 24))) == number


def test_growth_and_size_are_both_needed() -> None:
    assert found((20, 36), (58, 24)) == []  # 59/21
    assert len(found((20, 36), (63, 24))) == 1
    assert found((5, 36), (40, 24)) == []  # 480 a year
    assert len(found((5, 36), (40, 24), size=480)) == 1
    assert len(found((5, 36), (43, 24))) == 1  # 516


def test_half_a_year_must_follow() -> None:
    assert found((20, 36), (400, 1)) != []  # 400 in the half-year from five months before on
    assert found((20, 36), (200, 1)) == []
    assert len(found((20, 36), (200, 6))) == 1
    assert found((20, 12), (200, 24)) != []
    assert found((20, 8), (200, 24)) == []  # no year before it


def test_of_quarters_and_years() -> None:
    (surge,) = found((60, 8), (300, 3), [500], (300, 4), frequency="Q")
    assert (surge.onset, surge.peak, surge.first_year) == (8, 11, 1400)
    (surge,) = found((600, 5), [2500, 2600, 2000], frequency="A")
    assert (surge.onset, surge.peak, surge.first_year) == (5, 6, 2500)


def test_every_series_has_its_own() -> None:
    values = np.full((72, 3), 20.0)
    values[30:, 1] = 200
    values[50:, 2] = 300
    assert [(s.series, s.onset) for s in surges(scope_of(values))] == [(1, 30), (2, 50)]


def test_a_withheld_year_is_not_a_year_of_none() -> None:
    """The same level before and after figures that are withheld has not surged."""
    assert found((60, 24), (float("nan"), 12), (60, 24)) == []
    assert len(found((60, 24), (0, 12), (60, 24))) == 1  # nobody for a year, and then they come


def test_withheld_months_do_not_hide_a_surge() -> None:
    nan = float("nan")
    (surge,) = found((20, 30), [nan, nan], (20, 4), (200, 5), [nan], (200, 14))
    assert surge.onset == 36
    assert surge.first_year == 11 * 200  # of what is known


def test_a_labelled_event_is_placed_in_its_months() -> None:
    scope = one_of((20, 36), (200, 24))
    made = at(scope, 0, date(2012, 12, 1), date(2013, 6, 1), "named")
    assert made == Surge(0, 35, 41, 20 + 11 * 200, "named")
    assert at(scope, 0, date(2009, 12, 1), date(2013, 6, 1), "before") is None
    assert at(scope, 0, date(2015, 1, 1), date(2015, 6, 1), "after") is None
