"""Admitting a release into the archive: its date, its tables, and its place among the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from fcm_migration import limited, store
from fcm_migration.archive.model import Basis, Incoming, Snapshot
from fcm_migration.archive.releases import ParsedRelease, beside, parser_of, take
from fcm_migration.archive.snapshots import WITHDRAWN, Archive
from fcm_migration.errors import (
    DateError,
    KnownRefusalError,
    SourceError,
    UnsafeFileError,
)
from fcm_migration.limited import Look
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.judging import Judged, judge
from fcm_migration.sources.base import ReleaseFile, Source

# Remark on a date that nobody stated.
BASIS = {
    "publisher": "",
    "stated": "",
    "document": ": the day its document was last saved, as no other date is known",
    "obtained": "",
}


@dataclass(frozen=True)
class Admitted:
    """A release that can be read and contradicts no other.

    ``is_used`` is False where another release of its date is used; ``said`` is what a person has
    to know of others; ``newer`` is a release of a later date, if there is one.
    """

    snapshot: Snapshot
    is_new: bool
    is_used: bool
    said: str
    newer: Snapshot | None


def admit(
    context: Context,
    source: Source,
    incoming: Sequence[Incoming],
    *,
    obtained: Literal["download", "inbox"],
    published: date | None,
    stated: date | None,
    note: str,
) -> Admitted:
    """Archive a release, parse it and compare it with the others; refused bytes are quarantined.

    Args:
        context: home and moment.
        source: whose release it is.
        incoming: its files.
        obtained: how they came.
        published: its date by the publisher's page, if that says it.
        stated: its date by the person who brings it, if they say it; that one counts.
        note: what that person wrote down.

    Raises:
        SourceError: it cannot be read or dated, or contradicts a release beside it.
    """
    for item in incoming:
        refuse_large(source, item.name, item.path.stat().st_size)
    look = _look(context, source, incoming, needed=bool(stated) or published is None)
    day, basis = _release_date(context, look, published, stated)
    snapshot, is_new = context.archive.admit(
        source.source_id,
        incoming,
        as_of=day,
        as_of_basis=basis,
        obtained=obtained,
        obtained_at=context.now,
        licence_id=source.licence.licence_id,
        note=note,
    )
    before = {s.snapshot_id for s in context.archive.usable(source.source_id)}
    judged = _take_and_judge(context, source, snapshot, unsafe=look.unsafe, is_new=is_new)
    said = _other_date(look, stated)
    said += [
        f"; release {name} is set aside because of it, see fcm review {name}"
        for name in judged.suspect
        if name in before
    ]
    pairs = beside(source, judged.usable)
    said += [
        f"; {same_date(other, used)}"
        for other, used in pairs
        if snapshot in (other.snapshot, used.snapshot) and other.snapshot.obtained != "bundled"
    ]
    is_used = all(other.snapshot != snapshot for other, _ in pairs)
    return Admitted(snapshot, is_new, is_used, "".join(said), _newer(context, snapshot))


def _other_date(look: Look, stated: date | None) -> list[str]:
    """Report a file that prints another date than the one stated by the person who brings it."""
    printed = look.printed if stated else None
    return [] if printed in (None, stated) else [f"; the file itself says {printed}"]


def _take_and_judge(
    context: Context,
    source: Source,
    snapshot: Snapshot,
    *,
    unsafe: UnsafeFileError | None,
    is_new: bool,
) -> Judged:
    """Parse a release and compare it with the others; one found ``unsafe`` is not read.

    Raises:
        SourceError: it cannot be read or dated, or contradicts a release beside it; the archive
            keeps why.
    """
    archive = context.archive
    if is_new and unsafe is not None:
        code = parser_of(source)
        archive.refuse(snapshot, outcome=unsafe.outcome, detail=str(unsafe), parser=code)
    try:
        take(context.home, archive, source, snapshot)
    except SourceError:
        if is_new and any(archive.refusal(s) is None for s in archive.same_bytes(snapshot)):
            archive.forget(snapshot)  # the same bytes stay in use under their later date
        if archive.is_withdrawn(snapshot):
            raise _withdrawn(archive, snapshot) from None
        raise
    archive.settle_date(snapshot)
    judged = judge(context, source)
    if error := judged.suspect.get(snapshot.snapshot_id):
        raise error
    if (refusal := archive.refusal(snapshot)) is not None:
        raise KnownRefusalError(refusal["detail"], outcome=refusal["outcome"])
    return judged


def _withdrawn(archive: Archive, snapshot: Snapshot) -> KnownRefusalError:
    """Return the refusal of a release that a person withdrew, with the ways to bring it again."""
    name = snapshot.snapshot_id
    return KnownRefusalError(
        f"{name} was {(archive.recorded_refusal(snapshot) or {})['detail']}",
        outcome=WITHDRAWN,
        remedy=f"if another date is right: fcm ingest {snapshot.source_id} FILE --as-of YYYY-MM-DD"
        f"; if it was withdrawn by mistake: fcm review {name} --discard, then bring it again",
    )


def same_date(other: ParsedRelease, used: ParsedRelease) -> str:
    """Return in words which of two releases with one date is used, and how to change that."""
    name, beside_it = used.snapshot.snapshot_id, other.snapshot.snapshot_id
    day = used.snapshot.as_of.isoformat()
    if all(store.facts(path) == store.facts(other.paths[t]) for t, path in used.paths.items()):
        return f"{beside_it} holds the same figures as {name} of the same date, which is used"
    return (
        f"of the releases dated {day}, {name} is used and {beside_it} is not (the one saved or "
        "downloaded last, else the one that reaches furthest and holds most); to use the other: "
        f"fcm review {name} --withdraw --by NAME --reason WHY"
    )


def _newer(context: Context, snapshot: Snapshot) -> Snapshot | None:
    """Return a usable release of a later date that is not bundled with the project."""
    usable = context.archive.usable(snapshot.source_id)
    later = [s for s in usable if s.as_of > snapshot.as_of and s.obtained != "bundled"]
    return later[-1] if later else None


def refuse_large(source: Source, name: str, size: int) -> None:
    """Refuse a file larger than its source declares, before it is copied or read.

    Raises:
        UnsafeFileError: it is.
    """
    most = source.limits.file_bytes
    if size > most:
        raise UnsafeFileError(
            "the file is larger than any of its source should be",
            where=f"{source.source_id}: {name}",
            expected=f"at most {most:,} bytes",
            got=f"{size:,}",
            remedy="look whether it is the right file; if it is, the limit of the source is "
            "too narrow (`limits` in its module)",
        )


def _look(context: Context, source: Source, incoming: Sequence[Incoming], *, needed: bool) -> Look:
    """Return the dates that the files state; none if they cannot be read.

    Where they are unsafe, that is the verdict on the release; else reading it says why. Bytes that
    were refused as unsafe are not looked at again by the same code.
    """
    nothing = Look(None, None)
    if not needed:
        return nothing
    for known in context.archive.held(source.source_id, [item.path for item in incoming]):
        refusal = context.archive.recorded_refusal(known)
        is_unsafe = refusal is not None and refusal["outcome"] == UnsafeFileError.outcome
        if refusal and is_unsafe and refusal["parser"] == parser_of(source):
            return nothing
    files = [ReleaseFile(item.name, item.path) for item in incoming]
    try:
        return limited.look_at(source, files, context.home.downloads)
    except UnsafeFileError as error:
        return Look(None, None, error)
    except SourceError:
        return nothing


def _release_date(
    context: Context, look: Look, as_of: date | None, stated: date | None
) -> tuple[date, Basis]:
    if stated is not None:
        return _not_future(context, stated), "stated"
    printed = as_of or look.printed
    if printed is not None:
        return _not_future(context, printed), "publisher"
    saved = look.document.saved if look.document else None
    if saved and saved.date() <= context.today:
        return saved.date(), "document"
    return context.today, "obtained"


def _not_future(context: Context, day: date) -> date:
    if day > context.today:
        raise DateError(
            "the release is dated in the future",
            expected=f"a date up to {context.today.isoformat()}",
            got=day.isoformat(),
            remedy="state the right date with --as-of, or mend the clock",
        )
    return day
