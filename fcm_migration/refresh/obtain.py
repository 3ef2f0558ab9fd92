"""Getting releases into the archive: download, inbox, and the edition that ships with us.

Whatever happens to one source, the refresh goes on with the others and with that source's last
good release; the outcome is recorded in the attempts log.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from fcm_migration import store
from fcm_migration.archive.releases import take, usable_releases
from fcm_migration.archive.snapshots import Attempt, Incoming, Snapshot
from fcm_migration.errors import LayoutError, SourceError, UsageError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.due import why_not_due
from fcm_migration.sources.base import Fetch, Fetched, ReleaseFile, Source

if TYPE_CHECKING:
    from fcm_migration.http import Client, Contacts, Request, Response

Basis = Literal["publisher", "stated", "obtained"]
# Outcomes a person need not look into.
CALM = ("ok", "unchanged", "offline", "by_hand", "not_due")


@dataclass(frozen=True)
class Outcome:
    """What one look at a source gave: a word, a sentence, and the release if there is one.

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
    """Look for a release of one source everywhere it may be, and record the outcome.

    The bundled edition is archived first, so there is always something to stand on; then the
    inbox; then the publisher, unless the context is offline. ``contacts`` is what the looks of one
    refresh share. Without a client, one is opened for the source's hosts, if it is due.
    """
    admit_bundled(context, source)
    take_inbox(context, source)
    try:
        outcome = _ask_publisher(context, source, client, contacts)
    except SourceError as error:
        outcome = Outcome(source.source_id, error.outcome, str(error), None)
    return _record(context, outcome)


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
            return _download(context, source, source.fetch, own)
    return _download(context, source, source.fetch, client)


def open_client(context: Context, source: Source, contacts: Contacts | None = None) -> Client:
    """Return the HTTP client for one source, bound to its hosts."""
    from fcm_migration.http import Client

    return Client(
        download_dir=context.home.downloads, allowed_hosts=source.hosts, contacts=contacts
    )


def _download(context: Context, source: Source, fetch: Fetch, client: Client) -> Outcome:
    got: list[Path] = []

    def get(request: Request) -> Response:
        response = client.get(request)
        got.append(response.path)
        return response

    try:
        fetched = fetch(get)
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
    """Return the outcome with what the download did without, and its complaint if it has one."""
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
    day, basis = _release_date(context, source, incoming, as_of, stated)
    snapshot, new = context.archive.admit(
        source.source_id,
        incoming,
        as_of=day,
        as_of_basis=basis,
        obtained=obtained,
        obtained_at=context.now,
        licence_id=source.licence.licence_id,
        note=note,
    )
    _parse_or_refuse(context, source, snapshot)
    if (not new or obtained == "download") and (newer := _newer(context, snapshot)):
        detail = (
            f"the release of {snapshot.as_of.isoformat()} came, though that of "
            f"{newer.as_of.isoformat()} is known; the newer one stays in use"
        )
        return Outcome(source.source_id, "older_file", detail, snapshot.snapshot_id)
    if not new:
        detail = f"the same bytes as the release of {snapshot.as_of.isoformat()}"
        if stated not in (None, snapshot.as_of):
            detail += f"; the date stated, {stated}, was not taken: a release keeps its first date"
        return Outcome(source.source_id, "unchanged", detail, snapshot.snapshot_id)
    detail = f"{len(snapshot.files)} file(s), release of {snapshot.as_of.isoformat()} ({basis})"
    return Outcome(source.source_id, "ok", detail, snapshot.snapshot_id)


def _parse_or_refuse(context: Context, source: Source, snapshot: Snapshot) -> None:
    """Parse a release and judge it beside those before it; it is quarantined where that fails."""
    before = usable_releases(context.home, context.archive, source, before=snapshot)
    take(context.home, context.archive, source, snapshot, before)


def _newer(context: Context, snapshot: Snapshot) -> Snapshot | None:
    """A usable release of a later date, that did not ship with the project."""
    usable = context.archive.usable(snapshot.source_id)
    later = [s for s in usable if s.as_of > snapshot.as_of and s.obtained != "bundled"]
    return later[-1] if later else None


def _release_date(
    context: Context,
    source: Source,
    incoming: Sequence[Incoming],
    as_of: date | None,
    stated: date | None,
) -> tuple[date, Basis]:
    if stated is not None:
        return _not_future(context, stated), "stated"
    files = [ReleaseFile(item.name, item.path) for item in incoming]
    printed = as_of or source.release_date(files)
    if printed is not None:
        return _not_future(context, printed), "publisher"
    return context.today, "obtained"


def _not_future(context: Context, day: date) -> date:
    if day > context.today:
        raise LayoutError(
            "the release is dated in the future",
            expected=f"a date up to {context.today.isoformat()}",
            got=day.isoformat(),
            remedy="state the right date with --as-of, or mend the clock",
        )
    return day


def ingest(
    context: Context,
    source: Source,
    files: Sequence[Path],
    *,
    as_of: date | None = None,
    note: str = "",
) -> Outcome:
    """Archive hand-obtained files as one release of a source, by the same path as a download.

    Raises:
        UsageError: a file does not exist.
        SourceError: the release does not parse; its bytes are in quarantine.
    """
    if missing := [str(path) for path in files if not path.is_file()]:
        raise UsageError("no such file", where=", ".join(missing))
    incoming = [Incoming(path.name, path) for path in files]
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
    """
    outcomes = []
    folder = context.home.inbox / source.source_id
    for path in sorted(folder.glob("*")) if folder.is_dir() else []:
        if not path.is_file() or path.name.startswith("."):
            continue
        try:
            outcomes.append(ingest(context, source, [path], note="found in the inbox"))
            _move(path, context.home.inbox / "_taken" / source.source_id, context.now)
        except SourceError as error:
            refused = _move(path, context.home.inbox / "_refused" / source.source_id, context.now)
            refused.with_name(f"{refused.name}.reason.txt").write_text(f"{error}\n")
            outcomes.append(Outcome(source.source_id, error.outcome, str(error), None))
    return outcomes


def _move(path: Path, folder: Path, now: datetime) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / path.name
    if target.exists():
        target = folder / f"{now.strftime('%Y%m%dT%H%M%S')}-{path.name}"
    return Path(shutil.move(path, target))


def admit_bundled(context: Context, source: Source) -> Snapshot | None:
    """Archive the release that ships with the project, if there is one; it never changes."""
    folder = context.bundled_dir / source.source_id
    card = folder / "edition.json"
    if not card.exists():
        return None
    facts = store.read_json(card)
    files = [Incoming(f"{t.name}.parquet", folder / f"{t.name}.parquet") for t in source.tables]
    snapshot, _ = context.archive.admit(
        source.source_id,
        files,
        as_of=date.fromisoformat(facts["as_of"]),
        as_of_basis=facts["as_of_basis"],
        obtained="bundled",
        obtained_at=datetime.fromisoformat(facts["bundled_at"]),
        licence_id=source.licence.licence_id,
        note=f"bundled edition: {facts['described']}",
        printed_names=[file["name"] for file in facts.get("from_files", ())],
    )
    return snapshot
