"""The status as lines for a person."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fcm_migration.metadata.freshness import DISCONTINUED, FRESH, NEVER, STALE
from fcm_migration.status.model import RefreshStatus, Status

SHOWN = 160  # characters of a detail


def lines(status: Status) -> Iterator[str]:
    """Yield the status line by line, the state first."""
    yield f"{status.state}: {status.detail}" if status.detail else status.state
    edition = status.edition
    if edition.edition_id is None:
        yield f"edition: none; {edition.detail}"
    else:
        yield (
            f"edition: {edition.edition_id} (sequence {edition.sequence}), published "
            f"{_moment(edition.published_at)}, {edition.size_bytes / 1e6:.1f} MB; {edition.detail}"
        )
    yield f"last refresh: {_refresh(status.last_refresh)}"
    if status.lock is not None:
        yield (
            f"running now: {status.lock.holder} (pid {status.lock.pid}) since "
            f"{_moment(status.lock.since)}"
        )
    yield from _sources(status)
    for item in status.quarantine:
        yield f"waits for a person: {item.source_id}, {item.outcome}: {item.command}"
    yield from status.originals_damaged
    yield from (item.detail for item in status.attention if item.kind == "unreadable")
    if status.disk is not None:
        yield _disk(status)


def _refresh(last: RefreshStatus | None) -> str:
    if last is None:
        return "none noted"
    detail = f": {last.detail[:SHOWN]}" if last.detail else ""
    edition = f", edition {last.edition_id}" if last.edition_id else ""
    return f"{last.outcome}{edition}, begun {_moment(last.started_at)} by {last.holder}{detail}"


def _sources(status: Status) -> Iterator[str]:
    words = [source.freshness for source in status.sources]
    counts = [f"{words.count(word)} {word}" for word in (FRESH, STALE, DISCONTINUED, NEVER)]
    yield f"sources: {', '.join(counts)}"
    for source in status.sources:
        if source.freshness == STALE:
            yield f"  {source.source_id}: stale: {source.in_words}"
    for source in status.sources:
        if source.last_look_failed:
            good = _moment(source.last_good_look_at)
            yield (
                f"  {source.source_id}: last look {_moment(source.last_look_at)}: "
                f"{source.last_look}; last answer: {good}"
            )


def _disk(status: Status) -> str:
    disk = status.disk
    if disk is None:
        return ""
    largest = sorted(disk.folders.items(), key=lambda item: -item[1])[:5]
    parts = ", ".join(f"{name} {size / 1e6:,.1f}" for name, size in largest if size)
    least = "" if disk.is_complete else "at least "
    return (
        f"disk: {disk.free_bytes / 1e9:.1f} GB of {disk.total_bytes / 1e9:.1f} GB free; home "
        f"{least}{disk.home_bytes / 1e6:,.1f} MB ({parts})"
    )


def _moment(moment: datetime | None) -> str:
    return "never" if moment is None else f"{moment:%Y-%m-%d %H:%M} UTC"
