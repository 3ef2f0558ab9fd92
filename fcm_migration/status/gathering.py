"""Gathering the status of a home. Nothing is written, parsed, fetched or waited for.

A part that cannot be told (a damaged note) does not keep the others from being told.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import date
from typing import TypeVar

from fcm_migration import store
from fcm_migration.archive.damage import damaged_notes
from fcm_migration.archive.lock import Holder, holder_of
from fcm_migration.catalog.derive import empty
from fcm_migration.errors import EditionError, FcmError
from fcm_migration.metadata.build import next_release
from fcm_migration.metadata.freshness import STALE, freshness
from fcm_migration.metadata.tables import QUARANTINED_LABELS, SOURCES
from fcm_migration.notify import stale_after_days
from fcm_migration.publish.standing import Standing, standing
from fcm_migration.refresh import journal, ledger_files
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.due import ANSWERED
from fcm_migration.refresh.obtain import CALM
from fcm_migration.refresh.review import waiting
from fcm_migration.refresh.state import is_running, judged, last_published
from fcm_migration.sources.base import Source
from fcm_migration.status.disk import disk_of
from fcm_migration.status.model import (
    Attention,
    DiskStatus,
    EditionStatus,
    LockStatus,
    QuarantineStatus,
    RefreshStatus,
    SourceStatus,
    Status,
    state_word,
)

T = TypeVar("T")
NO_SOURCES: tuple[SourceStatus, ...] = ()
NONE_HELD: tuple[QuarantineStatus, ...] = ()
NO_WORDS: tuple[str, ...] = ()


def gather(context: Context, *, ignore: Collection[str] = ()) -> Status:
    """Return the status of a home at the context's moment.

    Args:
        context: home, moment and sources.
        ignore: kinds of attention that leave the state as it is.
    """
    home, now = context.home, context.now
    untold: list[Attention] = []
    noted, held, edition = journal.runs(home), holder_of(home.root), standing(home)
    days = stale_after_days(home)
    state = judged(noted, edition, held, now, days, home)
    sources = _told(untold, "the sources", lambda: _sources(context), NO_SOURCES)
    quarantine = _told(untold, "the quarantine", lambda: _quarantine(context), NONE_HELD)
    labels = _told(untold, "the labels held back", lambda: _labels(context), 0)
    disk = _told(untold, "the disk", lambda: disk_of(home.root), None)
    damaged = _told(untold, "the originals", lambda: _damaged(context), NO_WORDS)
    attention = (*untold, *_attention(sources, quarantine, labels, disk, damaged))
    kinds = {item.kind for item in attention} - set(ignore)
    word = state_word(state.word, edition.is_whole, kinds)
    if word == "attention":
        details = [item.detail for item in attention if item.kind in kinds]
    else:
        details = [] if edition.is_whole else [edition.detail]
        details += [state.detail] if state.word != "well" else []
    return Status(
        checked_at=now,
        home=str(home.root),
        state=word,
        detail="; ".join(dict.fromkeys(details)),
        stale_after_days=days,
        last_published_at=last_published(noted, edition),
        edition=_edition(edition),
        last_refresh=_last_refresh(noted, held),
        lock=None if held is None else LockStatus(held.holder, held.pid, held.since),
        attention=attention,
        sources=sources,
        quarantine=quarantine,
        labels_held_back=labels,
        originals_damaged=damaged,
        disk=disk,
    )


def _told(untold: list[Attention], what: str, tell: Callable[[], T], without: T) -> T:
    """Return one part of the status; note the reason if it cannot be told."""
    try:
        return tell()
    except Exception as error:
        why = str(error) if isinstance(error, FcmError) else type(error).__name__
        untold.append(Attention("unreadable", f"{what} cannot be determined: {why}"))
        return without


def _edition(found: Standing) -> EditionStatus:
    return EditionStatus(
        found.is_whole,
        found.detail,
        found.edition_id,
        found.sequence,
        found.published_at,
        found.size,
        found.kept,
    )


def _last_refresh(noted: list[journal.Run], held: Holder | None) -> RefreshStatus | None:
    if not noted:
        return None
    run = noted[-1]
    outcome: str = run.outcome or ("running" if is_running(run, noted, held) else "killed")
    if outcome == "done":
        outcome = "published" if run.edition_id else "nothing published"
    return RefreshStatus(
        outcome, run.detail, run.started_at, run.ended_at, run.holder, run.edition_id,
        run.sequence or None,
    )  # fmt: skip


def _sources(context: Context) -> tuple[SourceStatus, ...]:
    """Return every source, with the newest figures as of the last refresh that made the table."""
    try:
        table = store.read(context.home.table(SOURCES.layer, SOURCES.name), SOURCES)
    except EditionError:
        table = empty(SOURCES)  # the archive still tells the release
    ends = dict(table.select("source_id", "newest_period_end").iter_rows())
    return tuple(_source(context, source, ends.get(source.source_id)) for source in context.sources)


def _source(context: Context, source: Source, end: date | None) -> SourceStatus:
    usable = context.archive.usable(source.source_id)
    looks = context.archive.attempts(source.source_id)
    as_of, last = usable[-1].as_of if usable else None, looks[-1] if looks else None
    fresh = freshness(
        context.today,
        as_of=as_of,
        newest_period_end=end,
        stale_after_days=source.cadence.stale_after_days,
        discontinued_since=source.cadence.discontinued_since,
    )
    good = next((look for look in reversed(looks) if look.outcome in ANSWERED), None)
    return SourceStatus(
        source.source_id,
        fresh.word,
        fresh.words,
        fresh.age_days,
        end,
        as_of,
        next_release(source, as_of),
        last.attempted_at if last else None,
        last.outcome if last else None,
        last is not None and last.outcome not in CALM,
        last.detail if last and last.outcome not in CALM else "",
        good.attempted_at if good else None,
    )


def _quarantine(context: Context) -> tuple[QuarantineStatus, ...]:
    return tuple(
        QuarantineStatus(
            item.snapshot.source_id,
            item.snapshot.snapshot_id,
            item.outcome,
            item.detail,
            f"fcm review {item.snapshot.snapshot_id}",
        )
        for item in waiting(context)
    )


def _damaged(context: Context) -> tuple[str, ...]:
    """Return damaged ledger files and archive notes; archived files are not read."""
    notes = (
        str(item)
        for source in context.sources
        for item in damaged_notes(context.archive, source.source_id)
    )
    return (*(item.words for item in ledger_files.damaged(context.home)), *notes)


def _labels(context: Context) -> int:
    path = context.home.table(QUARANTINED_LABELS.layer, QUARANTINED_LABELS.name)
    if not path.exists():
        return 0
    labels = store.read(path, QUARANTINED_LABELS)
    return labels.select("source_id", "label").n_unique()


def _attention(
    sources: tuple[SourceStatus, ...],
    quarantine: tuple[QuarantineStatus, ...],
    labels: int,
    disk: DiskStatus | None,
    damaged: tuple[str, ...],
) -> list[Attention]:
    found = []
    if stale := [source.source_id for source in sources if source.freshness == STALE]:
        what = f"figures of {len(stale)} of {len(sources)} sources are stale: {', '.join(stale)}"
        found.append(Attention("figures", what))
    if quarantine:
        names = ", ".join(item.snapshot_id for item in quarantine)
        count = "1 release waits" if len(quarantine) == 1 else f"{len(quarantine)} releases wait"
        found.append(Attention("quarantine", f"{count} for a person (`fcm review`): {names}"))
    if labels:
        found.append(
            Attention("labels", f"{labels} country labels are not reviewed (`fcm review`)")
        )
    if disk is not None and disk.free_bytes < disk.low_below_bytes:
        found.append(Attention("disk", f"{disk.free_bytes / 1e9:.2f} GB are free on the disk"))
    if damaged:
        found.append(Attention("originals", f"{len(damaged)} damaged: {damaged[0]}"))
    return found
