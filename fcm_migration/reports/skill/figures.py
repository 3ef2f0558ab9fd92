"""Figures as the pages print them: the filters of the templates.

What is not known is a dash; shares are whole per cent, ratios have two digits after the point.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from fcm_migration.forecast.scores import INTERVAL_LEVELS
from fcm_migration.periods import period_name

PERIODS = {"D": "days", "W": "weeks", "M": "months", "Q": "quarters", "A": "years"}
NONE = "-"


def picture_name(pool: str) -> str:
    """Return the file name of a pool's picture."""
    return f"skill_{pool.replace('/', '_')}.png"


def fixed(value: float | None, digits: int = 2) -> str:
    """Return a number with so many digits after the point."""
    return NONE if value is None else f"{value:.{digits}f}"


def thousands(value: float) -> str:
    """Return a whole number with commas between the thousands."""
    return f"{value:,.0f}"


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share in per cent, without the sign."""
    return NONE if share is None else f"{100 * share:.{digits}f}"


def points(share: float, nominal: float) -> str:
    """Return percentage points above or below the nominal share."""
    return f"{100 * share - nominal:+.1f}"


def coverages(row: Mapping[str, Any] | None, prefix: str = "coverage") -> str:
    """Return the three interval coverages of a row, in per cent."""
    if row is None:
        return NONE
    return " ".join(percent(row[f"{prefix}_{level}"]) for level in INTERVAL_LEVELS)


def scores(row: Mapping[str, Any] | None) -> str:
    """Return relative WIS, MAE and tail loss of a row of ``forecast.pool_scores``."""
    if row is None:
        return NONE
    return " ".join(fixed(row[f"relative_{name}_mean"]) for name in ("wis", "mae", "tail"))


def limits(low: float | None, high: float | None, digits: int = 2) -> str:
    """Return an interval to stand behind its ratio; nothing where there is none."""
    return "" if low is None or high is None else f" ({low:.{digits}f}-{high:.{digits}f})"


def estimate(triple: Sequence[float | None], *, signed: bool = False) -> str:
    """Return a value with its interval in brackets."""
    value, low, high = triple
    if value is None:
        return NONE
    form = "+.2f" if signed else ".2f"
    ends = "" if low is None or high is None else f" [{low:{form}}, {high:{form}}]"
    return f"{value:{form}}{ends}"


def span(first: date | None, last: date | None, frequency: str) -> str:
    """Return the first and last period, no finer than they are."""
    if first is None or last is None:
        return NONE
    return f"{period_name(first, frequency)} to {period_name(last, frequency)}"


def ahead(horizon: int, frequency: str) -> str:
    """Return how far ahead a period lies: 1 month, 6 months."""
    words = PERIODS[frequency]
    return f"{horizon} {words if horizon > 1 else words.removesuffix('s')}"


def long_date(day: date) -> str:
    """Return a date as people read it: 5 June 2024."""
    return f"{day.day} {day:%B %Y}"


def month(day: str) -> str:
    """Return the month of an ISO date: 2024-06."""
    return day[:7]


def paragraph(text: str) -> str:
    """Return wrapped text as one line: Markdown viewers wrap paragraphs themselves."""
    return " ".join(text.split()) + "\n"


FILTERS = {
    "estimate": estimate,
    "coverages": coverages,
    "fixed": fixed,
    "long_date": long_date,
    "month": month,
    "paragraph": paragraph,
    "percent": percent,
    "period": period_name,
    "points": points,
    "scores": scores,
    "thousands": thousands,
}
FUNCTIONS = {"ahead": ahead, "limits": limits, "span": span}
