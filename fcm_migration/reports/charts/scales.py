"""Scales of charts: where a value axis ends, its figures, and the labels of a time axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from fcm_migration.periods import DAYS_OF_MONTH, MONTHS_PER_PERIOD

STEPS = (1, 2, 2.5, 5, 10)
ROOM = 1.15  # an outer bound this little above the axis lengthens it instead of being cut
STEEPEST = 3.0  # the 80 % bound may make the axis this much longer than the figures themselves
DAY = 86_400_000  # milliseconds
YEAR_DAYS, MONTH_DAYS = 400, 45


def axis_values(most: float, about: int = 5) -> list[float]:
    """Return round figures from 0 to the first one that is not below ``most``.

    Steps are 1, 2, 2.5 or 5 times a power of ten, at least 1: counts have no halves.
    """
    if most <= 1:
        return [0.0, 1.0]
    power = 10 ** math.floor(math.log10(most / about))
    step = next(size * power for size in STEPS if size * power * about >= most * (1 - 1e-9))
    step = max(1.0, step if step >= 10 or step == int(step) else math.ceil(step))
    return [step * place for place in range(math.ceil(most / step - 1e-9) + 1)]


def axis_end(
    figures: Sequence[float], bounds_80: Sequence[float] = (), bounds_95: Sequence[float] = ()
) -> float:
    """Return up to where a value axis has to reach.

    A linear axis that reaches the widest bound of a forecast can flatten its whole history to a
    line. So the axis reaches the highest figure and the highest 80 % bound, the latter up to
    STEEPEST times the figures; the 95 % bound only where little more is needed. What is cut has to
    be printed (:func:`is_cut`).

    Args:
        figures: what is drawn as lines and points, the median of a forecast included.
        bounds_80: upper bounds of the 80 % interval.
        bounds_95: upper bounds of the 95 % interval.
    """
    highest = max(figures, default=0.0)
    needed = max([highest, *(min(bound, STEEPEST * highest) for bound in bounds_80)])
    end = axis_values(needed)[-1]
    widest = max(bounds_95, default=0.0)
    return axis_values(widest)[-1] if end < widest <= ROOM * end else end


@dataclass(frozen=True)
class Area:
    """The drawing area of a chart: pixels, and what its edges stand for.

    Attributes:
        width: pixels.
        height: pixels.
        first: left edge; a moment is milliseconds since 1970 (UTC).
        last: right edge.
        top: figure at the upper edge; the lower one is 0.
    """

    width: float
    height: float
    first: float
    last: float
    top: float

    def x(self, moment: float) -> float:
        """Return the pixels from the left edge."""
        return (moment - self.first) / (self.last - self.first) * self.width

    def y(self, value: float) -> float:
        """Return the pixels from the upper edge."""
        return (1 - value / self.top) * self.height

    def moment(self, x: float) -> float:
        """Return the moment so many pixels from the left edge; beyond the area, too."""
        return self.first + x / self.width * (self.last - self.first)

    def value(self, y: float) -> float:
        """Return the figure so many pixels below the upper edge; beyond the area, too."""
        return self.top * (1 - y / self.height)


def at(day: date) -> float:
    """Return the milliseconds since 1970 at which a day begins (UTC)."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000


def half(frequency: str) -> float:
    """Return half the length of a period, in milliseconds."""
    days = {"D": 1.0, "W": 7.0}
    months = MONTHS_PER_PERIOD.get(frequency, 0)
    return DAY * (days.get(frequency) or months * DAYS_OF_MONTH) / 2


def middle(start: date, frequency: str) -> float:
    """Return where a period's figure is drawn: in its middle, so that a year holds its months."""
    return at(start) + half(frequency)


def spans(first: float, last: float, width: float) -> list[tuple[float, float, str]]:
    """Return what stands below a time axis: first and last moment of each span, and its label.

    Years, or months where there are fewer than YEAR_DAYS days, or days where there are fewer than
    MONTH_DAYS; only as many as there is room for.
    """
    start, end = _day(first), _day(last)
    if (end - start).days >= YEAR_DAYS:
        room = max(1, int(width // 34))
        every = next(
            size for size in (1, 2, 5, 10, 20, 25, 50, 100, 1000)
            if end.year // size - (start.year - 1) // size <= room
        )  # fmt: skip
        shown = [year for year in range(start.year, end.year + 1) if year % every == 0]
        return [(at(date(year, 1, 1)), at(date(year + 1, 1, 1)), str(year)) for year in shown]
    if (end - start).days >= MONTH_DAYS:
        months = [start.replace(day=1)]
        while months[-1] < end:
            months.append((months[-1] + timedelta(days=32)).replace(day=1))
        every = max(1, math.ceil(len(months) * 60 / width))
        return [(at(month), at(after), f"{month:%b %Y}")
                for month, after in pairwise(months)][::every]  # fmt: skip
    days = [start + timedelta(days=number) for number in range((end - start).days)]
    every = max(1, math.ceil(len(days) * 48 / width))
    return [(at(day), at(day + timedelta(days=1)), f"{day.day} {day:%b}") for day in days[::every]]


def _day(moment: float) -> date:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=moment)).date()
