"""Remarks below the table of a refresh's summary: one function for each kind of remark.

A function returns sentences, each printed as a line of its own; no sentence where there is nothing
to say. :data:`REMARKS` is their order. To add a kind, write its function and name it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import polars as pl

from fcm_migration import folders, store
from fcm_migration.archive.releases import precedence, usable_releases
from fcm_migration.errors import LinkError
from fcm_migration.metadata.tables import SOURCES
from fcm_migration.refresh import ledger_files
from fcm_migration.refresh.admitting import same_date
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.inbox import NOT_TAKEN
from fcm_migration.refresh.labels import label_lines
from fcm_migration.refresh.obtain import CALM
from fcm_migration.refresh.review import is_replaced, quarantined, releases_beside
from fcm_migration.refresh.run import Summary
from fcm_migration.sources.base import SET_ASIDE, Source

Remark = Callable[[Context, Summary], Iterable[str]]

NOT_ASKED = ("offline", "by_hand", "not_due")
LONGEST_DETAIL = 300  # characters; some messages list every label expected

# Failures to expect of a publisher's site: one line for each of these words names all its sources.
EXPECTED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "could not be reached": (
            "unreachable",
            "connection_lost",
            "timeout",
            "server_error",
            "rate_limited",
        ),
        "refused to serve a program": ("blocked", "challenge"),
        "can only be obtained by hand": ("by_hand",),
    }
)


def bundled_edition(context: Context, _summary: Summary) -> Iterable[str]:
    """Say how many sources have nothing newer than the bundled edition."""
    sources = store.read(context.home.table("meta", "sources"), SOURCES)
    bundled = sources.filter(pl.col("obtained") == "bundled").height
    if bundled:
        yield (
            f"{bundled} of {sources.height} sources use the bundled edition: figures that "
            "ship with this project, not a download."
        )


def expected_failures(_context: Context, summary: Summary) -> Iterable[str]:
    """Say which sources could not be obtained, one line for each kind of reason."""
    asked = [item for item in summary.outcomes if item.outcome not in NOT_ASKED]
    for words, outcomes in EXPECTED.items():
        names = [item.source_id for item in summary.outcomes if item.outcome in outcomes]
        if not names:
            continue
        if len(names) == len(asked) > 1 and words == "could not be reached":
            yield (
                f"None of the {len(names)} sources asked could be reached: is there a network? The "
                "last good releases stay in use."
            )
            continue
        word = "source" if len(names) == 1 else "sources"
        yield f"{len(names)} {word} {words}: {', '.join(names)}; `fcm sources SOURCE` tells more."


def failures_to_look_at(_context: Context, summary: Summary) -> Iterable[str]:
    """Say what went wrong where a person can do something about it, a line for each source."""
    expected = {outcome for outcomes in EXPECTED.values() for outcome in outcomes}
    for item in summary.outcomes:
        if item.outcome not in expected | set(CALM):
            detail = item.detail
            if len(detail) > LONGEST_DETAIL:
                detail = f"{detail[:LONGEST_DETAIL]} ...; see `fcm sources {item.source_id}`"
            yield f"{item.source_id}: {item.outcome}: {detail}"


def downloads_without_a_part(_context: Context, summary: Summary) -> Iterable[str]:
    """Say which parts a download lacks although its release is usable."""
    for item in summary.outcomes:
        if item.outcome in CALM:
            yield from (f"{item.source_id}: {note}" for note in item.notes)


def set_aside_by_parsers(context: Context, _summary: Summary) -> Iterable[str]:
    """Say which figures of the releases in use the parsers left out, and why."""
    for source in context.sources:
        for note in newest_notes(context, source):
            if note.startswith(SET_ASIDE):
                yield f"{source.source_id}: {note[:1].lower()}{note[1:]}"


def newest_notes(context: Context, source: Source) -> tuple[str, ...]:
    """Return the parser's remarks on a source's newest usable release."""
    releases = usable_releases(context.home, context.archive, source)
    newest = max(releases, key=precedence, default=None)
    return newest.notes if newest else ()


def releases_set_aside(_context: Context, summary: Summary) -> Iterable[str]:
    """Say which releases this refresh set aside, why, and with which commands that is settled."""
    return (f"set aside: {words}" for words in summary.set_aside)


def releases_of_one_date(context: Context, _summary: Summary) -> Iterable[str]:
    """Say which releases give way to another one of their date."""
    return (same_date(*pair) for pair in releases_beside(context))


def labels_held_back(context: Context, _summary: Summary) -> Iterable[str]:
    """Say which labels nobody has reviewed, what each might be, and how to accept it."""
    return label_lines(context)


def releases_in_quarantine(context: Context, _summary: Summary) -> Iterable[str]:
    """Say how many releases are not used, and of which sources.

    A bundled release of an older version of this project, for which that of the current version
    stands in, needs nobody's attention.
    """
    held = [item for item in quarantined(context) if not is_replaced(context, item)]
    if held:
        names = sorted({f"{item.snapshot.source_id} ({item.outcome})" for item in held})
        word = "release" if len(held) == 1 else "releases"
        yield f"{len(held)} {word} in quarantine, {', '.join(names)}: see `fcm review`"


def misnamed_inboxes(context: Context, _summary: Summary) -> Iterable[str]:
    """Say which folders of the inbox, or files beside them, are of no source: nobody takes them."""
    known = {source.source_id for source in context.sources}
    try:
        found = folders.names(context.home.inbox, context.home.inbox)
    except LinkError as error:
        yield str(error)
        return
    for name in found:
        if name not in known and not name.startswith(("_", ".")):
            yield (
                f"inbox/{name} is not taken: no source has that name; move what is in it to "
                "inbox/SOURCE (`fcm sources` lists them)"
            )


def damaged_ledger(context: Context, _summary: Summary) -> Iterable[str]:
    """Say which files of the ledger are damaged, so that their forecasts were not scored."""
    return (found.words for found in ledger_files.damaged(context.home))


def files_left_in_the_inbox(context: Context, _summary: Summary) -> Iterable[str]:
    """Say which files of the inbox this refresh could not take, and why."""
    for source in context.sources:
        for look in context.archive.attempts(source.source_id):
            if look.outcome == NOT_TAKEN and look.attempted_at == context.now:
                yield f"{source.source_id}: {look.outcome}: {look.detail}"


def notifications(_context: Context, summary: Summary) -> Iterable[str]:
    """Say who was told of new alerts."""
    return (f"notification: {words}" for words in summary.told)


REMARKS: tuple[Remark, ...] = (
    bundled_edition,
    expected_failures,
    failures_to_look_at,
    downloads_without_a_part,
    set_aside_by_parsers,
    releases_set_aside,
    labels_held_back,
    releases_of_one_date,
    releases_in_quarantine,
    misnamed_inboxes,
    damaged_ledger,
    files_left_in_the_inbox,
    notifications,
)
