"""Signs that a release is wrong: fewer rows, an earlier end or a later beginning than another.

Such a file parses without error, so it may be correct; it stays in quarantine until a person
accepts it by name, with a reason and an expiry date (``fcm review``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fcm_migration.sources.base import Source

LARGEST_LOSS_PCT = 10  # of a table's rows; no release measured lost that many
FEWEST_ROWS = 50  # with fewer rows a share is meaningless


@dataclass(frozen=True)
class Content:
    """Rows by table, and first and last period by table (dates or years)."""

    snapshot_id: str
    rows: Mapping[str, int]
    spans: Mapping[str, tuple[object, object]]


def oddities(source: Source, before: Content, now: Content) -> list[str]:
    """Return in words what a release lacks that an earlier one had; empty if nothing."""
    return [*_lost_rows(source, before, now), *_lost_periods(source, before, now)]


def _lost_rows(source: Source, before: Content, now: Content) -> list[str]:
    if source.rolling_by is not None:
        return []  # a moving window may shrink
    return [
        f"{name} has {now.rows[name]:,} rows after {rows:,}"
        for name, rows in before.rows.items()
        if rows >= FEWEST_ROWS and 100 * (rows - now.rows.get(name, 0)) > LARGEST_LOSS_PCT * rows
    ]


def _lost_periods(source: Source, before: Content, now: Content) -> list[str]:
    odd = []
    for name, (first, last) in before.spans.items():
        now_first, now_last = now.spans[name]
        if last is None or now_last is None:
            continue  # an empty table; the count of rows reports it
        if now_last < last:  # type: ignore[operator]
            odd.append(f"{name} ends with {now_last} after {last}: an older file")
        if source.rolling_by is None and now_first > first:  # type: ignore[operator]
            odd.append(f"{name} begins with {now_first} after {first}")
    return odd
