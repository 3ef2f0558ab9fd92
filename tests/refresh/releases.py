"""Snapshots for tests of pure functions."""

from __future__ import annotations

from datetime import UTC, date, datetime

from fcm_migration.archive import Snapshot


def snapshot(day: date) -> Snapshot:
    """A release of the toy source on one day, with no files."""
    return Snapshot(
        "toy",
        f"{day.isoformat()}_000000000000",
        day,
        "publisher",
        "inbox",
        datetime(2024, 6, 1, tzinfo=UTC),
        "",
        "none",
        (),
    )
