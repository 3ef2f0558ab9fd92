"""Years of monthly totals: the count so far, and the months that remain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.forecast.year_totals.settings import FIRST_MONTH, FISCAL

MONTHS = 12


@dataclass(frozen=True)
class Monthly:
    """A gapless monthly series and one kind of year.

    Attributes:
        series_id: the series.
        kind: kind of year, one of FIRST_MONTH.
        first: its first month.
        values: counts by month; NaN where missing or withheld.
        rounding: the publisher's rounding step.
    """

    series_id: str
    kind: str
    first: date
    values: Floats
    rounding: float

    def month(self, place: int) -> date:
        """Return the first day of the month at a place."""
        count = self.first.year * MONTHS + self.first.month - 1 + place
        return date(count // MONTHS, count % MONTHS + 1, 1)

    def place(self, month: date) -> int:
        """Return the place of a month."""
        return (month.year - self.first.year) * MONTHS + month.month - self.first.month

    def year_after(self, origin: date) -> Year:
        """Return the year of the month after an origin."""
        place = self.place(origin) + 1
        day = self.month(place)
        done = (day.month - FIRST_MONTH[self.kind]) % MONTHS
        return Year(self, place - done, done)


@dataclass(frozen=True)
class Year:
    """A year of a series at a forecast origin.

    Attributes:
        series: the series.
        start: place of its first month; may lie before the series begins.
        done: its months up to the origin, 0 to 11.
    """

    series: Monthly
    start: int
    done: int

    @property
    def remaining(self) -> int:
        """Months of the year after the origin."""
        return MONTHS - self.done

    @property
    def number(self) -> int:
        """Return the year's name: of a fiscal year the calendar year in which it ends."""
        return self.series.month(self.start).year + (self.series.kind == FISCAL)

    def counted(self) -> float:
        """Return the sum of the months up to the origin; NaN where one is missing."""
        return self._sum(self.start, self.done)

    def total(self) -> float:
        """Return the sum of the whole year; NaN where a month is missing."""
        return self._sum(self.start, MONTHS)

    def earlier(self, years: int) -> Year:
        """Return the same stage of an earlier year."""
        return Year(self.series, self.start - years * MONTHS, self.done)

    def _sum(self, start: int, months: int) -> float:
        if start < 0 or start + months > len(self.series.values):
            return float("nan")
        return float(np.sum(self.series.values[start : start + months]))
