"""How fresh a source's figures are, as its core tables were last built."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fcm_migration import store
from fcm_migration.marts.tables import FLOWS
from fcm_migration.metadata.build import newest_period_end
from fcm_migration.metadata.freshness import Freshness, freshness
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.parts import harmonised_part
from fcm_migration.sources.base import Source


@dataclass(frozen=True)
class Newest:
    """The newest figures of a source: where they come from, and how fresh they are."""

    as_of: date | None
    obtained: str | None
    period_end: date | None
    freshness: Freshness


def newest_of(context: Context, source: Source) -> Newest:
    """Return the newest figures of a source, and how fresh they are on the context's day.

    Reads the source's core tables, as they were last built.
    """
    usable = context.archive.usable(source.source_id)
    release = max(usable, key=lambda snapshot: snapshot.order, default=None)
    end = None
    if release is not None:
        part = harmonised_part(context, source)[FLOWS.full_name]
        end = newest_period_end(store.read(part.path, FLOWS)).get(source.source_id)
    found = freshness(
        context.today,
        as_of=release.as_of if release else None,
        newest_period_end=end,
        stale_after_days=source.cadence.stale_after_days,
        discontinued_since=source.cadence.discontinued_since,
    )
    return Newest(
        release.as_of if release else None, release.obtained if release else None, end, found
    )
