"""How fresh a source's newest figures are on a day: in one word, and in a sentence.

View ``meta.status`` of the published file says the same in SQL for the day of the edition
(``publish/views.py``); a test holds the two together. Ages are never stored in a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

FRESH, STALE, DISCONTINUED, NEVER = "fresh", "stale", "discontinued", "never obtained"
Word = Literal["fresh", "stale", "discontinued", "never obtained"]


@dataclass(frozen=True)
class Freshness:
    """Age and state of a source's newest figures on a day.

    Attributes:
        word: fresh, stale, discontinued or never obtained.
        words: the same in a sentence.
        age_days: days from the end of the newest complete period to the day; where no series is
            made of the source, from the date of its newest release. None without a release.
        is_stale: whether the newest figures are too old to be called current. True of a
            discontinued source too; None without a release.
    """

    word: Word
    words: str
    age_days: int | None

    @property
    def is_stale(self) -> bool | None:
        """Whether the newest figures are too old to be called current; None without any."""
        return None if self.word == NEVER else self.word != FRESH


def freshness(
    today: date,
    *,
    as_of: date | None,
    newest_period_end: date | None,
    stale_after_days: int | None,
    discontinued_since: str | None,
) -> Freshness:
    """Return how fresh a source is on a day.

    Args:
        today: the day.
        as_of: date of the newest release in use; None where there is none.
        newest_period_end: last day of its newest complete period; None where it has no periods.
        stale_after_days: days after which its figures are too old; None for a discontinued source.
        discontinued_since: when the publisher stopped, in words; None while releases are expected.
    """
    stopped = (
        ""
        if discontinued_since is None
        else f"the publisher has released nothing since {discontinued_since}; "
    )
    if as_of is None:
        return Freshness("never obtained", f"{stopped}no release has been obtained here", None)
    newest = newest_period_end or as_of
    age = (today - newest).days
    what = "newest figures to" if newest_period_end else "newest release of"
    unit = "day" if age == 1 else "days"
    told = f"{stopped}{what} {newest.isoformat()}, {age} {unit} old"
    if discontinued_since is not None or stale_after_days is None:
        return Freshness("discontinued", told, age)
    told += f" (at most {stale_after_days} are usual)"
    return Freshness("stale" if age > stale_after_days else "fresh", told, age)
