"""Getting releases into the archive: download, inbox, and the edition that ships with us.

Whatever happens to one source, the refresh goes on with the others and with that source's last
good release; the outcome is recorded in the attempts log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fcm_migration import limited
from fcm_migration.archive.model import Attempt, Incoming, Snapshot
from fcm_migration.errors import SourceError, UsageError
from fcm_migration.refresh import inbox
from fcm_migration.refresh.admitting import BASIS, admit, refuse_large
from fcm_migration.refresh.bundled import take_bundled
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.due import why_not_due
from fcm_migration.refresh.inbox import NOT_TAKEN
from fcm_migration.sources.base import Fetched, Source

if TYPE_CHECKING:
    from fcm_migration.http import Client, Contacts, Request, Response

# Outcomes a person need not look into.
CALM = ("ok", "unchanged", "offline", "by_hand", "not_due")


@dataclass(frozen=True)
class Outcome:
    """Result of one attempt to obtain a source: outcome, explanation, and the release if any.

    ``notes`` say what a download did without; they also stand at the end of ``detail``.
    """

    source_id: str
    outcome: str
    detail: str
    snapshot_id: str | None
    notes: tuple[str, ...] = ()


def obtain(
    context: Context,
    source: Source,
    client: Client | None = None,
    *,
    contacts: Contacts | None = None,
) -> Outcome:
    """Look for a new release of one source (download, inbox, bundle), and record the outcome.

    Notes of the archive are mended first. The bundled edition is archived next, so there is always
    something to stand on; then the inbox; then the publisher, unless the context is offline.
    ``contacts`` is what the looks of one refresh share. Without a client, one is opened for the
    source's hosts, if it is due.
    """
    context.archive.mend(source.source_id)
    damage = take_bundled(context, source)
    take_inbox(context, source)
    try:
        outcome = _ask_publisher(context, source, client, contacts)
    except SourceError as error:
        outcome = Outcome(source.source_id, error.outcome, str(error), None)
    detail = ". ".join([outcome.detail, *damage])
    return _record(context, replace(outcome, detail=detail, notes=(*damage, *outcome.notes)))


def _record(context: Context, outcome: Outcome) -> Outcome:
    context.archive.record(
        Attempt(
            outcome.source_id,
            context.now,
            outcome.outcome,
            outcome.detail,
            outcome.snapshot_id,
        )
    )
    return outcome


def _ask_publisher(
    context: Context, source: Source, client: Client | None, contacts: Contacts | None
) -> Outcome:
    if context.offline:
        return Outcome(source.source_id, "offline", "not asked: the refresh is offline", None)
    if source.fetch is None:
        detail = "no program can fetch it: a release comes through the inbox (docs/inbox.md)"
        return Outcome(source.source_id, "by_hand", detail, None)
    if client is None:
        if (reason := why_not_due(context, source)) is not None:
            return Outcome(source.source_id, "not_due", reason, None)
        with open_client(context, source, contacts) as own:
            return _download(context, source, own)
    return _download(context, source, client)


def open_client(context: Context, source: Source, contacts: Contacts | None = None) -> Client:
    """Return the HTTP client for one source, bound to its hosts."""
    from fcm_migration.http import Client

    return Client(
        download_dir=context.home.downloads, allowed_hosts=source.hosts, contacts=contacts
    )


def _download(context: Context, source: Source, client: Client) -> Outcome:
    got: list[Path] = []

    def get(request: Request) -> Response:
        most = min(request.max_bytes, source.limits.file_bytes)
        response = client.get(replace(request, max_bytes=most))
        got.append(response.path)
        return response

    try:
        fetched = limited.fetch_release(source, get, context.home.downloads)
        incoming = [
            Incoming(
                item.name,
                item.response.path,
                item.response.final_url,
                item.response.retrieved_at.isoformat(timespec="seconds"),
                dict(item.response.headers),
            )
            for item in fetched.files
        ]
        outcome = _admit(context, source, incoming, obtained="download", as_of=fetched.as_of)
        return _remarked(outcome, fetched)
    finally:
        for path in got:
            path.unlink(missing_ok=True)


def _remarked(outcome: Outcome, fetched: Fetched) -> Outcome:
    """Return the outcome with the download's notes, and its complaint if it has one."""
    word, notes = outcome.outcome, list(fetched.notes)
    if fetched.complaint is not None:
        word = fetched.complaint.outcome
        notes.append(str(fetched.complaint))
    detail = ". ".join([outcome.detail, *(note.removesuffix(".") for note in notes)])
    return replace(outcome, outcome=word, detail=detail, notes=fetched.notes)


def _admit(
    context: Context,
    source: Source,
    incoming: Sequence[Incoming],
    *,
    obtained: Literal["download", "inbox"],
    as_of: date | None = None,
    stated: date | None = None,
    note: str = "",
) -> Outcome:
    """Archive a release and parse it at once; refused bytes go to quarantine and raise."""
    admitted = admit(
        context,
        source,
        incoming,
        obtained=obtained,
        published=as_of,
        stated=stated,
        note=note,
    )
    snapshot, newer = admitted.snapshot, admitted.newer
    if newer is not None and (not admitted.is_new or obtained == "download"):
        detail = (
            f"the release of {snapshot.as_of.isoformat()} came, though that of "
            f"{newer.as_of.isoformat()} is known; the newer one stays in use"
        )
        return Outcome(source.source_id, "older_file", detail, snapshot.snapshot_id)
    if not admitted.is_new:
        detail = _already_held(snapshot, stated)
        return Outcome(source.source_id, "unchanged", detail, snapshot.snapshot_id)
    detail = (
        f"{len(snapshot.files)} file(s), release of {snapshot.as_of.isoformat()} "
        f"({snapshot.as_of_basis}){BASIS[snapshot.as_of_basis]}{admitted.said}"
    )
    word = "ok" if admitted.is_used else "same_date"
    return Outcome(source.source_id, word, detail, snapshot.snapshot_id)


def _already_held(snapshot: Snapshot, stated: date | None) -> str:
    detail = f"the same bytes as the release of {snapshot.as_of.isoformat()}"
    if stated in (None, snapshot.as_of):
        return detail
    return (
        f"{detail}; the date stated, {stated}, was not taken: a release keeps its earliest date. "
        f"If {snapshot.as_of.isoformat()} is wrong: fcm review {snapshot.snapshot_id} --withdraw "
        "--by NAME --reason WHY, then ingest the file again"
    )


def ingest(
    context: Context,
    source: Source,
    files: Sequence[Path],
    *,
    as_of: date | None = None,
    note: str = "",
) -> Outcome:
    """Archive hand-obtained files as one release of a source, by the same path as a download.

    Whoever calls this has chosen the files by name, so a link is followed here; a pipe or a device
    is refused.

    Raises:
        UsageError: a file does not exist, is not a regular file, or has a name that is not UTF-8.
        SourceError: the release does not parse; its bytes are in quarantine.
    """
    for path in files:
        if not path.is_file():
            what = "not a regular file" if path.exists() else "no such file"
            raise UsageError(what, where=str(path))
        inbox.check_name(path.name)
    incoming = [Incoming(path.name, path) for path in files]
    take_bundled(context, source)
    try:
        outcome = _admit(
            context, source, incoming, obtained="inbox", stated=as_of, note=note or "by hand"
        )
    except SourceError as error:
        _record(context, Outcome(source.source_id, error.outcome, str(error), None))
        raise
    return _record(context, outcome)


def take_inbox(context: Context, source: Source) -> list[Outcome]:
    """Ingest each file waiting in the source's inbox as a release of its own.

    A file taken moves to ``inbox/_taken``, a refused one to ``inbox/_refused`` beside its reason.
    One that cannot be taken, such as a link, stays where it is, and the outcome says why.
    """
    try:
        found = inbox.waiting(context.home, source.source_id)
    except (UsageError, OSError) as error:
        return [_record(context, Outcome(source.source_id, NOT_TAKEN, str(error), None))]
    outcomes = []
    for path in found:
        try:
            outcomes.append(_take(context, source, path))
        except (UsageError, OSError) as error:
            detail = f"left in the inbox: {error}"
            outcomes.append(_record(context, Outcome(source.source_id, NOT_TAKEN, detail, None)))
    return outcomes


def _take(context: Context, source: Source, path: Path) -> Outcome:
    reason, most = "", source.limits.file_bytes
    with inbox.own_copy(context.home, path, most_bytes=most) as (copied, same):
        try:
            outcome = _ingest_copy(context, source, copied, same.size)
        except SourceError as error:
            reason = str(error)
            outcome = Outcome(source.source_id, error.outcome, reason, None)
        inbox.put_away(context.home, path, same, context.now, reason)
    return outcome


def _ingest_copy(context: Context, source: Source, copied: Path, size: int) -> Outcome:
    """Ingest the copy of a file of the inbox, which was not copied if its size is refused."""
    try:
        refuse_large(source, copied.name, size)
    except SourceError as error:
        _record(context, Outcome(source.source_id, error.outcome, str(error), None))
        raise
    return ingest(context, source, [copied], note="found in the inbox")
