"""SQL of days that several views compute: the edition's day, and the length of a period."""

from __future__ import annotations

from fcm_migration.periods import MONTHS_PER_PERIOD

# with meta.edition as e
EDITION_DAY = "CAST(e.published_at AS DATE)"


def period_length(frequency: str) -> str:
    """Return the SQL of a period's length as an interval; null for days and weeks.

    Args:
        frequency: SQL of the frequency, such as ``a.frequency``.
    """
    lengths = (f"WHEN '{name}' THEN INTERVAL {n} MONTH" for name, n in MONTHS_PER_PERIOD.items())
    return f"CASE {frequency} {' '.join(lengths)} END"


def last_day(start: str, length: str) -> str:
    """Return the SQL of the last day of a period, of the SQL of its first day and its length."""
    return f"CAST({start} + {length} - INTERVAL 1 DAY AS DATE)"
