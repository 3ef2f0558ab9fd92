"""Everything known about one source: facts, last attempts, remarks, how to bring a file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, islice

from fcm_migration import console as consoles
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.remarks import newest_notes
from fcm_migration.refresh.report import period_ends, say, source_row
from fcm_migration.refresh.review import quarantined
from fcm_migration.sources.base import Source

MOST_LOOKS = 5


def print_source(context: Context, source: Source) -> None:
    """Print everything about one source, a sentence a line."""
    console = consoles.console()
    for line in source_lines(context, source):
        say(console, line)


def source_lines(context: Context, source: Source) -> Iterator[str]:
    """Yield facts of the source, the last attempts to obtain it, and remarks on its releases."""
    yield f"{source.source_id}: {source.title}"
    for name, text in source_row(context, source, period_ends(context)).items():
        if name != "source":
            yield f"  {name}: {text or '-'}"
    yield f"  page: {source.landing_url}"
    yield f"  revisions: {source.revision_habit}"
    yield from _looks(context, source)
    yield from _remarks(context, source)
    yield from _quarantine(context, source)
    yield "To bring a release by hand (docs/inbox.md):"
    page = (
        f"Download the newest file from {source.landing_url} in a browser, keep its name, and run:"
    )
    yield f"  {source.by_hand or f'{page} fcm ingest {source.source_id} FILE'}"


def _looks(context: Context, source: Source) -> Iterator[str]:
    """Yield the newest attempts, newest first; repeated results are told once."""
    attempts = context.archive.attempts(source.source_id)
    yield "Last looks at the publisher, newest first:" if attempts else "Nobody has looked yet."
    same = groupby(reversed(attempts), key=lambda look: (look.outcome, look.detail))
    for (outcome, detail), looks in islice(same, MOST_LOOKS):
        times = [look.attempted_at.strftime("%Y-%m-%d %H:%M") for look in looks]
        since = f" ({len(times)} times since {times[-1]})" if len(times) > 1 else ""
        yield f"  {times[0]} UTC{since}: {outcome}: {detail}"


def _remarks(context: Context, source: Source) -> Iterator[str]:
    notes = newest_notes(context, source)
    yield "Remarks on the newest release in use:" if notes else "No remarks on a release."
    yield from (f"  {note}" for note in notes)


def _quarantine(context: Context, source: Source) -> Iterator[str]:
    for item in quarantined(context):
        if item.snapshot.source_id == source.source_id:
            yield f"In quarantine (see `fcm review`): {item.snapshot.snapshot_id}: {item.outcome}"
            yield f"  {item.detail}"
