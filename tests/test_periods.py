"""US fiscal years begin in October."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from fcm_migration.errors import LayoutError
from fcm_migration.periods import (
    MONTHS,
    fiscal_month_start,
    month_number,
    quarter_start,
    refuse_odd_years,
    whole_calendar,
)


@pytest.mark.parametrize(
    ("fiscal_year", "month", "expected"),
    [
        (2000, 10, date(1999, 10, 1)),
        (2000, 12, date(1999, 12, 1)),
        (2000, 1, date(2000, 1, 1)),
        (2000, 9, date(2000, 9, 1)),
        (2025, 11, date(2024, 11, 1)),
    ],
)
def test_october_to_december_lie_in_the_year_before(
    fiscal_year: int, month: int, expected: date
) -> None:
    frame = pl.DataFrame({"y": [fiscal_year], "m": [month]})
    assert frame.select(fiscal_month_start(pl.col("y"), pl.col("m"))).item() == expected


def test_a_fiscal_year_is_twelve_months_in_a_row() -> None:
    order = [*range(10, 13), *range(1, 10)]
    frame = pl.DataFrame({"y": [2024] * 12, "m": order})
    made = frame.select(fiscal_month_start(pl.col("y"), pl.col("m"))).to_series().to_list()
    assert made == [date(2023 if month >= 10 else 2024, month, 1) for month in order]


def test_the_months_have_their_names_in_order() -> None:
    initials = "".join(name[0] for name in MONTHS)
    assert initials == "JFMAMJJASOND"
    assert (MONTHS[0], MONTHS[9]) == ("January", "October")


def test_a_calendar_is_whole_between_its_ends_whatever_lies_between() -> None:
    starts = pl.Series([date(2024, 3, 1), date(2023, 12, 1)])
    months = [date(2023, 12, 1), date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
    assert whole_calendar(starts, "1mo") == months
    years = pl.Series([date(2000, 1, 1), date(2002, 1, 1)])
    assert whole_calendar(years, "1y") == [date(year, 1, 1) for year in (2000, 2001, 2002)]
    assert whole_calendar(pl.Series([], dtype=pl.Date), "1mo") == []


def test_numbers_that_are_no_years_are_refused() -> None:
    refuse_odd_years(pl.Series([1900, 2024, 2200]), "a sheet")
    with pytest.raises(LayoutError, match=r"a sheet: numbers .*got \[1899, 2201\]"):
        refuse_odd_years(pl.Series([1899, 2000, 2201]), "a sheet")


@pytest.mark.parametrize("text", ["2023 Q3", "2023Q3", "2023-Q3", " 2023 - Q3 "])
def test_a_quarter_begins_with_its_first_month(text: str) -> None:
    assert quarter_start(text, "a file") == date(2023, 7, 1)


@pytest.mark.parametrize("text", ["", "2023", "2023 Q5", "Q3 2023", "0000 Q1", "9999 Q4", "23 Q1"])
def test_other_texts_are_no_quarters(text: str) -> None:
    with pytest.raises(LayoutError, match="a file: no quarter"):
        quarter_start(text, "a file")


def test_months_by_name_or_three_letters_in_any_case() -> None:
    assert [month_number(name, "a file") for name in MONTHS] == list(range(1, 13))
    assert month_number(" aug ", "a file") == month_number("AUGUST", "a file") == 8
    with pytest.raises(LayoutError, match="a file: no month"):
        month_number("Sept", "a file")
