"""Figures and tables in Markdown: ratios to two digits, shares in whole per cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from fcm_migration.periods import period_name

PERIODS = {"D": "days", "W": "weeks", "M": "months", "Q": "quarters", "A": "years"}
LEVELS = (50, 80, 95)
NONE = "-"


def picture_name(pool: str) -> str:
    """The file of a pool's picture."""
    return f"skill_{pool.replace('/', '_')}.png"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """A table and the empty line after it; a bar in a cell would end it."""
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    lines += [f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in rows]
    return [*lines, ""]


def ratio(value: float | None) -> str:
    """Two digits after the point, or a dash."""
    return NONE if value is None else f"{value:.2f}"


def percent(share: float | None) -> str:
    """A share in whole per cent."""
    return NONE if share is None else f"{100 * share:.0f}"


def points(share: float, nominal: float) -> str:
    """Percentage points above or below the nominal share."""
    return f"{100 * share - nominal:+.1f}"


def covered(row: Mapping[str, Any]) -> str:
    """The three coverages of a row, in per cent."""
    return " ".join(percent(row[f"coverage_{level}"]) for level in LEVELS)


def span(first: date | None, last: date | None, frequency: str) -> str:
    """First and last period, no finer than they are."""
    if first is None or last is None:
        return NONE
    return f"{period_name(first, frequency)} to {period_name(last, frequency)}"


def plain(day: date) -> str:
    """A date as it is read."""
    return f"{day.day} {day:%B %Y}"
