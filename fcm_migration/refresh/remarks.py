"""Remarks below the table of a refresh's summary: one function for each kind of remark.

A function returns sentences, each printed as a line of its own; no sentence where there is nothing
to say. :data:`REMARKS` is their order. To add a kind, write its function and name it there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import polars as pl

from fcm_migration import store
from fcm_migration.metadata.tables import QUARANTINED_LABELS, SOURCES
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import CALM
from fcm_migration.refresh.review import quarantined
from fcm_migration.refresh.run import Summary

Remark = Callable[[Context, Summary], Iterable[str]]

# Failures to expect of a publisher's site: outcomes that are told in one line together, by words.
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
    """Say how many sources have nothing newer than what ships with the project."""
    sources = store.read(context.home.table("meta", "sources"), SOURCES)
    bundled = sources.filter(pl.col("obtained") == "bundled").height
    if bundled:
        yield (
            f"{bundled} of {sources.height} sources stand on the bundled edition: figures that "
            "ship with this project, not a download."
        )


def expected_failures(_context: Context, summary: Summary) -> Iterable[str]:
    """Say which publishers could not be had, one line for each kind of reason."""
    asked = [item for item in summary.outcomes if item.outcome not in ("offline", "by_hand")]
    for words, outcomes in EXPECTED.items():
        names = [item.source_id for item in summary.outcomes if item.outcome in outcomes]
        if not names:
            continue
        if len(names) == len(asked) > 1 and words == "could not be reached":
            yield f"None of the {len(names)} sources asked could be reached: is there a network?"
            continue
        word = "source" if len(names) == 1 else "sources"
        yield f"{len(names)} {word} {words}: {', '.join(names)}."


def failures_to_look_at(_context: Context, summary: Summary) -> Iterable[str]:
    """Say what went wrong where a person can do something about it, a line for each source."""
    expected = {outcome for outcomes in EXPECTED.values() for outcome in outcomes}
    for item in summary.outcomes:
        if item.outcome not in expected | set(CALM):
            yield f"{item.source_id}: {item.outcome}: {item.detail}"


def labels_held_back(context: Context, _summary: Summary) -> Iterable[str]:
    """Say which country labels are in no alias table, so that their rows are held back."""
    labels = store.read(context.home.table("meta", "quarantined_labels"), QUARANTINED_LABELS)
    for source_id, label, rows, near in labels.iter_rows():
        hint = f"; alike: {near}" if near else ""
        yield f"{source_id}: label {label!r} is not in the alias table; {rows} rows held{hint}"


def releases_in_quarantine(context: Context, _summary: Summary) -> Iterable[str]:
    """Say how many releases are not used, and of which sources."""
    if held := quarantined(context):
        names = sorted({f"{item.snapshot.source_id} ({item.outcome})" for item in held})
        word = "release" if len(held) == 1 else "releases"
        yield f"{len(held)} {word} in quarantine, {', '.join(names)}: see `fcm review`"


def notifications(_context: Context, summary: Summary) -> Iterable[str]:
    """Say who was told of new alerts."""
    return (f"notification: {words}" for words in summary.told)


REMARKS: tuple[Remark, ...] = (
    bundled_edition,
    expected_failures,
    failures_to_look_at,
    labels_held_back,
    releases_in_quarantine,
    notifications,
)
