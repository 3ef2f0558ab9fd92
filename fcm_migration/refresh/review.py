"""Releases in quarantine, for a person to look at; a suspect one can be accepted by name.

Only a release that can be read but looks wrong (``suspect``, ``failed_checks``) can be accepted:
what no parser reads needs a parser or another file, not a signature. Any release but a bundled one
can be withdrawn; one in quarantine that nobody needs can be discarded with its bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fcm_migration import folders
from fcm_migration.archive.model import Acceptance, Attempt, Snapshot
from fcm_migration.archive.releases import ParsedRelease, beside, usable_releases
from fcm_migration.archive.snapshots import WITHDRAWN
from fcm_migration.errors import ACCEPTABLE, DamagedError, DateError, UsageError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.judging import judge
from fcm_migration.sources.base import Source

# Why a person cannot accept a release, by its outcome, and what to do instead.
UNREADABLE = "it cannot be read", "obtain the file anew, or teach the parser the new layout"
NOT_BY_WORD = {
    DamagedError.outcome: (
        "an original of it is damaged",
        "`fcm verify --archive` says which, and what to do about it",
    ),
    DateError.outcome: (
        "on its date, a period it holds was not over or its file not written",
        "bring the same file under the day it was published: fcm ingest SOURCE FILE --as-of "
        "YYYY-MM-DD",
    ),
    WITHDRAWN: (
        "a person set it aside",
        "bring the same file under another date, or undo the withdrawal: fcm review ID --discard, "
        "then bring the file again",
    ),
}


@dataclass(frozen=True)
class Quarantined:
    """One release that is not used: why, and where its bytes lie."""

    snapshot: Snapshot
    outcome: str
    detail: str
    files: tuple[str, ...]

    @property
    def can_be_accepted(self) -> bool:
        """Whether a person can accept it."""
        return self.outcome in ACCEPTABLE


@dataclass(frozen=True)
class Accepted:
    """One suspect release that is used because a person accepted it."""

    snapshot: Snapshot
    acceptance: Acceptance


def quarantined(context: Context) -> list[Quarantined]:
    """Every release in quarantine, as last judged; one whose acceptance has expired counts."""
    found = []
    for source in context.sources:
        for snapshot in context.archive.snapshots(source.source_id):
            if refusal := context.archive.refusal(snapshot):
                paths = [str(path) for path in context.archive.paths(snapshot)]
                found.append(
                    Quarantined(snapshot, refusal["outcome"], refusal["detail"], tuple(paths))
                )
    return found


def is_replaced(context: Context, item: Quarantined) -> bool:
    """Return whether it is a bundled release that the current version's one replaces."""
    usable = context.archive.usable(item.snapshot.source_id)
    replaced = any(snapshot.obtained == "bundled" for snapshot in usable)
    return item.snapshot.obtained == "bundled" and replaced


def waiting(context: Context) -> list[Quarantined]:
    """Return the releases in quarantine that a person has not settled yet."""
    return [
        item
        for item in quarantined(context)
        if item.outcome != WITHDRAWN and not is_replaced(context, item)
    ]


def accepted(context: Context) -> list[Accepted]:
    """Every acceptance in force today of a release that nobody has withdrawn since."""
    return [
        Accepted(snapshot, acceptance)
        for source in context.sources
        for snapshot in context.archive.snapshots(source.source_id)
        if (acceptance := context.archive.acceptance(snapshot)) is not None
        and not context.archive.is_withdrawn(snapshot)
    ]


def find(context: Context, snapshot_id: str) -> tuple[Source, Snapshot]:
    """Return a release of the archive by name, with its source.

    Raises:
        UsageError: there is none of that name.
    """
    for source in context.sources:
        for snapshot in context.archive.snapshots(source.source_id):
            if snapshot.snapshot_id == snapshot_id:
                return source, snapshot
    raise UsageError(
        "no release of that name is in the archive",
        got=snapshot_id,
        expected="one that `fcm review` lists, or a snapshot_id of meta.snapshots",
    )


def releases_beside(context: Context) -> list[tuple[ParsedRelease, ParsedRelease]]:
    """Every release that gives way to another of its date, with the one that is used."""
    return [
        (other, used)
        for source in context.sources
        for other, used in beside(source, usable_releases(context.home, context.archive, source))
        if other.snapshot.obtained != "bundled"
    ]


def accept(
    context: Context, snapshot_id: str, *, by: str, reason: str, until: date
) -> tuple[Source, Snapshot]:
    """Accept a suspect release until a day; the next refresh uses it.

    An acceptance still in force is renewed the same way.

    Raises:
        UsageError: no such release in quarantine, not a suspect one, no name or reason, or a day
            that has passed.
    """
    source, snapshot = find(context, snapshot_id)
    judge(context, source)
    refusal, known = context.archive.refusal(snapshot), context.archive.acceptance(snapshot)
    if refusal is None and known is None:
        raise UsageError(
            "this release is not in quarantine",
            got=snapshot_id,
            expected="one that `fcm review` lists",
        )
    if refusal is not None and refusal["outcome"] not in ACCEPTABLE:
        why, remedy = NOT_BY_WORD.get(refusal["outcome"], UNREADABLE)
        raise UsageError(
            f"a release refused as {refusal['outcome']} cannot be accepted: {why}",
            got=snapshot_id,
            remedy=remedy,
        )
    if not by.strip() or not reason.strip():
        raise UsageError("an acceptance needs a name and a reason", got=f"{by!r}, {reason!r}")
    if until < context.today:
        raise UsageError("the acceptance would have expired", got=until.isoformat())
    acceptance = Acceptance(by.strip(), reason.strip(), until, context.now)
    context.archive.accept(snapshot, acceptance)
    judge(context, source)
    return source, snapshot


def withdraw(
    context: Context, snapshot_id: str, *, by: str, reason: str
) -> tuple[Source, Snapshot]:
    """Set a release aside for good: it was taken under a wrong date, or its publisher recalled it.

    Its bytes stay. The same file can be brought again under another date.

    Raises:
        UsageError: no such release, it ships with the project, or no name or reason.
    """
    source, snapshot = find(context, snapshot_id)
    _withdraw(context, snapshot, by.strip(), reason.strip())
    judge(context, source)
    return source, snapshot


def discard(context: Context, snapshot_id: str) -> Source:
    """Remove a release in quarantine from the archive, with the bytes no other release has.

    The log of attempts keeps that it came and that it was discarded. The same file may come again;
    so a withdrawal made by mistake is undone. Of a release whose note is damaged the notes alone
    are removed: nobody knows its bytes.

    Raises:
        UsageError: no such release, or it is in use.
    """
    for source in context.sources:
        if snapshot_id in context.archive.unreadable(source.source_id):
            context.archive.forget_notes(source.source_id, snapshot_id)
            return _discarded(context, source, snapshot_id, "of which no note could be read")
    source, snapshot = find(context, snapshot_id)
    refusal = context.archive.refusal(snapshot)
    if refusal is None and context.archive.damaged_files(snapshot):
        refusal = {"outcome": DamagedError.outcome}
    if refusal is None:
        raise UsageError(
            "only a release that was refused can be discarded",
            got=f"{snapshot_id}, in use",
            remedy="`fcm review` lists what was refused; --withdraw sets a release in use aside",
        )
    context.archive.forget(snapshot)
    return _discarded(context, source, snapshot_id, _was(refusal))


def _discarded(context: Context, source: Source, snapshot_id: str, what: str) -> Source:
    """Remove the parsed tables of a discarded release, and note that it was discarded."""
    parsed = context.home.core / "releases" / source.source_id / snapshot_id
    folders.remove(parsed, context.home.root)
    context.archive.record(
        Attempt(
            source.source_id,
            context.now,
            "discarded",
            f"release {snapshot_id}, {what}, was discarded",
            snapshot_id,
        )
    )
    return source


def _was(refusal: Mapping[str, str]) -> str:
    """Return the facts kept of a refusal, and of a withdrawal who made it, when and why."""
    withdrawn = refusal["outcome"] == WITHDRAWN
    return refusal["detail"] if withdrawn else f"refused as {refusal['outcome']}"


def _withdraw(context: Context, snapshot: Snapshot, by: str, reason: str) -> None:
    if not by or not reason:
        raise UsageError("a withdrawal needs a name and a reason", got=f"{by!r}, {reason!r}")
    if snapshot.obtained == "bundled":
        raise UsageError(
            "the release that ships with the project cannot be withdrawn",
            got=snapshot.snapshot_id,
            remedy="a download or a file of the same or a later date takes its place",
        )
    context.archive.refuse(
        snapshot,
        outcome=WITHDRAWN,
        detail=f"withdrawn by {by} on {context.today.isoformat()}: {reason}",
        parser="",
    )
