"""Decide whether a publisher is asked now; one that stopped publishing is asked once a month."""

from __future__ import annotations

from datetime import timedelta

from fcm_migration.refresh.context import Context
from fcm_migration.sources.base import Source

RARELY = timedelta(days=28)
ANSWERED = ("ok", "unchanged", "older_file")


def why_not_due(context: Context, source: Source) -> str | None:
    """Return why a source need not be asked again yet, or None where it is to be asked.

    A look that failed does not count: it is tried again at the next refresh.
    """
    since = source.cadence.discontinued_since
    if since is None:
        return None
    looks = context.archive.attempts(source.source_id)
    answered = [look.attempted_at for look in looks if look.outcome in ANSWERED]
    if not answered or context.now - answered[-1] >= RARELY:
        return None
    return (
        f"not asked: it answered on {answered[-1]:%Y-%m-%d}, and a publisher without a release "
        f"since {since} is asked once in {RARELY.days} days"
    )
