"""Which releases of a source contradict one another, and which of two is set aside.

Every release is compared with the ones before and after it by date: rows and periods lost, and
settled figures that read otherwise than the source's suite allows. The verdict is worked out anew
from all releases whenever one comes or goes, so releases that agree with their neighbours give
the same result in whatever order they came. Of two that contradict each other the neighbours on
either side decide; where they cannot, the one that came later is set aside, because the other is
what analysts have been reading.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.archive.releases import (
    ParsedRelease,
    content,
    in_order,
    parser_of,
    readable_releases,
)
from fcm_migration.archive.suspicion import oddities
from fcm_migration.catalog.model import Table
from fcm_migration.errors import SuspectError
from fcm_migration.expectations import settled_changes, suite_hash
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import code_of
from fcm_migration.sources.base import Source

NOTHING_KNOWN: dict[str, Any] = {"code": "", "pairs": {}}
Compare = Callable[[ParsedRelease, ParsedRelease], list[str]]


@dataclass(frozen=True)
class Judged:
    """The releases in use, and why each of the others that can be read is set aside."""

    usable: list[ParsedRelease]
    suspect: Mapping[str, SuspectError]


def judge(context: Context, source: Source) -> Judged:
    """Compare a source's releases with one another and remember which are set aside."""
    archive = context.archive
    readable = [
        release
        for release in readable_releases(context.home, archive, source)
        if not _failed_before(context, source, release)
    ]
    pairs = _Pairs(context, source)
    suspect = _set_aside(
        source,
        readable,
        pairs.compare,
        {
            release.snapshot.snapshot_id: word.accepted_at
            for release in readable
            if (word := archive.acceptance(release.snapshot)) is not None
        },
    )
    pairs.keep()
    for release in readable:
        snapshot = release.snapshot
        known = archive.recorded_refusal(snapshot)
        if (error := suspect.get(snapshot.snapshot_id)) is not None:
            archive.refuse(
                snapshot,
                outcome=error.outcome,
                detail=str(error),
                parser=parser_of(source),
                cause="neighbours",
            )
        elif known and known["cause"] == "neighbours" and not archive.acceptance(snapshot):
            archive.release(snapshot)
    usable = [release for release in readable if archive.refusal(release.snapshot) is None]
    return Judged(usable, suspect)


def _set_aside(
    source: Source,
    readable: Sequence[ParsedRelease],
    compare: Compare,
    accepted: Mapping[str, datetime],
) -> dict[str, SuspectError]:
    """Return the releases to set aside, by name; the one that replaces each is compared, too.

    Where the release used of a date is set aside, another of that date would be used instead.
    """
    aside = dict[str, SuspectError]()
    while True:
        left = [release for release in readable if release.snapshot.snapshot_id not in aside]
        found = contradictions(source, in_order(source, left), compare, accepted)
        if not found:
            return aside
        aside |= found


def contradictions(
    source: Source,
    releases: Sequence[ParsedRelease],
    compare: Compare,
    accepted: Mapping[str, datetime],
) -> dict[str, SuspectError]:
    """Return the releases to set aside, by name, so that no two neighbours contradict each other.

    Args:
        source: whose releases they are.
        releases: oldest first, one a day.
        compare: what is odd about the second of two releases beside the first.
        accepted: releases a person accepted, and when: they are never set aside.
    """
    kept, aside, at = list(releases), dict[str, SuspectError](), 0
    while at < len(kept) - 1:
        before, after = kept[at], kept[at + 1]
        odd = compare(before, after)
        loser = _loser(kept, at, compare, accepted) if odd else None
        if loser is None:
            at += 1
            continue
        other = after if loser is before else before
        aside[loser.snapshot.snapshot_id] = _suspect(source, loser, other, odd)
        kept.remove(loser)
        at = max(at - 1, 0)
    return aside


def _loser(
    kept: Sequence[ParsedRelease], at: int, compare: Compare, accepted: Mapping[str, datetime]
) -> ParsedRelease | None:
    """Return which of two releases that contradict each other is set aside; None for neither."""
    before, after = kept[at], kept[at + 1]
    if (word := accepted.get(before.snapshot.snapshot_id)) is not None:
        late = after.snapshot.snapshot_id not in accepted and _arrival(after) > word
        return after if late else None
    if after.snapshot.snapshot_id in accepted:
        return None
    odd_one = _odd_one_out(kept, at, compare)
    if odd_one is not None:
        return odd_one
    return max(before, after, key=lambda release: (_arrival(release), release.snapshot.as_of))


def _odd_one_out(kept: Sequence[ParsedRelease], at: int, compare: Compare) -> ParsedRelease | None:
    """Return which of two neighbours the releases around them contradict; None if undecided."""
    before, after = kept[at], kept[at + 1]
    earlier = kept[at - 1] if at > 0 else None
    following = kept[at + 2] if at + 2 < len(kept) else None
    if following is None:
        return None
    if not compare(before, following):
        against = compare(after, following) or (earlier is not None and compare(earlier, after))
        return after if against else None
    agree = earlier is not None and not compare(earlier, after) and not compare(after, following)
    return before if agree else None


def _arrival(release: ParsedRelease) -> datetime:
    """Return when a release arrived; bundled releases count as the first."""
    if release.snapshot.obtained == "bundled":
        return datetime.min.replace(tzinfo=UTC)
    return release.snapshot.obtained_at


def _suspect(
    source: Source, loser: ParsedRelease, other: ParsedRelease, odd: Sequence[str]
) -> SuspectError:
    name, beside = loser.snapshot.snapshot_id, other.snapshot.snapshot_id
    place = "before" if other.snapshot.order < loser.snapshot.order else "after"
    ways = [
        f"if both are right: fcm review {name} --accept --by NAME --reason WHY --until YYYY-MM-DD",
        f"if the date is wrong: fcm ingest {source.source_id} FILE --as-of YYYY-MM-DD",
    ]
    if other.snapshot.obtained != "bundled":
        ways.append(
            f"if {beside} is the wrong one: fcm review {beside} --withdraw --by NAME --reason WHY"
        )
    return SuspectError(
        "; ".join(odd),
        where=f"{source.source_id}, release {name}",
        expected=f"what agrees with the release {place} it, {beside}",
        remedy=f"look at the file and at its date; {'; '.join(ways)}",
    )


def checks_key(context: Context, source: Source) -> str:
    """Return the fingerprint of all that decides whether a release passes its source's checks."""
    from fcm_migration.core.tables import core_tables

    suites = [suite_hash(table, context.suites_dir) for table in core_tables(source)]
    parts = [parser_of(source), code_of(settled_changes.__module__), *suites]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _failed_before(context: Context, source: Source, release: ParsedRelease) -> bool:
    """Return whether the checks refused an unchanged release before and nobody has accepted it."""
    refusal = context.archive.recorded_refusal(release.snapshot)
    if refusal is None or refusal["cause"] != "checks":
        return False
    if context.archive.refusal(release.snapshot) is None:  # a person accepted it
        return False
    if refusal["parser"] == checks_key(context, source):
        return True
    context.archive.release(release.snapshot)
    return False


class _Pairs:
    """Cached results of comparing pairs of releases, which is slow."""

    def __init__(self, context: Context, source: Source) -> None:
        self._context, self._source = context, source
        self._path = context.home.cache / "judged" / f"{source.source_id}.json"
        self._code = hashlib.sha256(
            f"{code_of(__name__)} {checks_key(context, source)}".encode()
        ).hexdigest()
        known = store.read_note(self._path) or NOTHING_KNOWN
        self._found: dict[str, list[str]] = known["pairs"] if known["code"] == self._code else {}
        self._asked: dict[str, list[str]] = {}

    def compare(self, before: ParsedRelease, now: ParsedRelease) -> list[str]:
        """Return in words the signs that a release is wrong beside one of an earlier date."""
        pair = f"{before.snapshot.snapshot_id} {now.snapshot.snapshot_id}"
        if pair not in self._asked:
            known = self._found.get(pair)
            self._asked[pair] = self._compared(before, now) if known is None else known
        return self._asked[pair]

    def _compared(self, before: ParsedRelease, now: ParsedRelease) -> list[str]:
        source = self._source
        found = oddities(source, content(source, before), content(source, now))
        for table in source.tables:
            then, word = (store.read(item.paths[table.name], table) for item in (before, now))
            found += settled_changes(
                table, _still_held(source, table, then, word), word, self._context.suites_dir
            )
        return found

    def keep(self) -> None:
        """Save the results that were asked for; drop the others."""
        if self._asked != self._found:
            store.write_note(self._path, {"code": self._code, "pairs": self._asked})


def _still_held(
    source: Source, table: Table, then: pl.DataFrame, now: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows of an earlier release that a moving window still covers."""
    if source.rolling_by is None or source.rolling_by not in table.column_names:
        return then
    return then.join(now.select(source.rolling_by).unique(), on=source.rolling_by, how="semi")
