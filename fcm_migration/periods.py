"""Calendar periods from publishers' labels: US fiscal months, quarters, months by name."""

from __future__ import annotations

import re
from datetime import date

import polars as pl

from fcm_migration.errors import LayoutError

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
FISCAL_START = 10  # first month of the US fiscal year, which is named by the year it ends in

# By frequency: the length of a period as Polars writes it, in months, and periods in a year.
PERIOD_LENGTH = {"D": "1d", "W": "7d", "M": "1mo", "Q": "1q", "A": "1y"}
QUARTERS = ("first", "second", "third", "fourth")
MONTHS_PER_PERIOD = {"M": 1, "Q": 3, "A": 12}
PERIODS_PER_YEAR = {"M": 12, "Q": 4, "A": 1}
DAYS_OF_MONTH = 30.44  # on average


def period_end(start: str = "period_start") -> pl.Expr:
    """Last day of a period, out of the column ``frequency`` and that of its first day."""
    return pl.coalesce(
        pl.when(pl.col("frequency") == frequency).then(
            pl.col(start).dt.offset_by(length).dt.offset_by("-1d")
        )
        for frequency, length in PERIOD_LENGTH.items()
    )


def period_name(day: date, frequency: str) -> str:
    """A period by its first day, no finer than it is: 2023-05, 2023 Q2, 2023."""
    if frequency == "A":
        return f"{day:%Y}"
    if frequency == "Q":
        return f"{day:%Y} Q{(day.month + 2) // 3}"
    return f"{day:%Y-%m}" if frequency == "M" else day.isoformat()


def period_words(day: date, frequency: str) -> str:
    """Return a period as one says it: in July 2025, in the third quarter of 2024, in 2025."""
    if frequency == "A":
        return f"in {day.year}"
    if frequency == "Q":
        return f"in the {QUARTERS[(day.month - 1) // 3]} quarter of {day.year}"
    month = f"{MONTHS[day.month - 1]} {day.year}"
    return f"in {month}" if frequency == "M" else f"on {day.day} {month}"


def fiscal_month_start(fiscal_year: pl.Expr, month: pl.Expr) -> pl.Expr:
    """Return the first day of a calendar month (1 to 12) of a US fiscal year.

    October to December lie in the calendar year before: October of FY2000 is 1999-10-01.
    """
    return pl.date(fiscal_year - (month >= FISCAL_START).cast(pl.Int64), month, 1)


def whole_calendar(starts: pl.Series, every: str) -> list[date]:
    """Every period ("1mo", "1y") from the first start to the last, both included."""
    if starts.is_empty():
        return []
    ends = starts.rename("start").to_frame()
    first, last = pl.col("start").min(), pl.col("start").max()
    return ends.select(pl.date_range(first, last, every)).to_series().to_list()


def refuse_odd_years(years: pl.Series, where: str) -> None:
    """Refuse numbers no year can be, before dates are made of them."""
    if odd := years.filter(~years.is_between(1900, 2200)).head(3).to_list():
        raise LayoutError("numbers that are no years", where=where, expected="1900-2200", got=odd)


def month_number(name: str, where: str) -> int:
    """Number of an English month given in full or by its first three letters, in any case.

    Raises LayoutError for any other text ("Sept" included: publishers' labels are declared).
    """
    for number, month in enumerate(MONTHS, start=1):
        if name.strip().lower() in (month.lower(), month[:3].lower()):
            return number
    raise LayoutError("no month", where=where, expected="January or Jan ...", got=repr(name))


_QUARTER = re.compile(r"(\d{4})\s*-?\s*Q([1-4])")


def quarter_start(text: str, where: str) -> date:
    """First day of a quarter printed as "2023 Q3", "2023Q3" or "2023-Q3"."""
    found = _QUARTER.fullmatch(text.strip())
    if found is None or not 1900 <= int(found[1]) <= 2200:
        raise LayoutError("no quarter", where=where, expected="2023 Q3", got=repr(text))
    return date(int(found[1]), 3 * int(found[2]) - 2, 1)
