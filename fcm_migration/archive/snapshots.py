"""The archive of publishers' files, byte for byte, named by sha256, with a sidecar each.

Layout below the home's ``archive/``::

    blobs/<first two hex>/<sha256>                 bytes, never changed
    snapshots/<source_id>/<snapshot_id>.json       one release: its files, when, from where
    snapshots/<source_id>/<snapshot_id>.refused    why its bytes are in quarantine, if they are
    snapshots/<source_id>/<snapshot_id>.judged     it was compared with the release before it
    snapshots/<source_id>/<snapshot_id>.accepted   who accepted a suspect release, why, until when
    attempts/<source_id>.jsonl                     one line for every attempt to fetch

A snapshot is identified by its content: the same bytes obtained twice are one snapshot.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

from fcm_migration import store
from fcm_migration.sources.base import ReleaseFile

Obtained = Literal["download", "inbox", "bundled"]
WITHDRAWN = "withdrawn"
PREFERENCE: dict[str, int] = {"bundled": 0, "inbox": 1, "download": 1}


@dataclass(frozen=True)
class SnapshotFile:
    """One file of a release as archived."""

    name: str
    sha256: str
    size: int
    url: str | None = None
    retrieved_at: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """One archived release of one source.

    ``as_of`` is the date of the release as best known; ``as_of_basis`` says how: ``publisher``
    (read from the release), ``stated`` (by the person who brought it), or ``obtained`` (no date
    is printed, so the day it was obtained). ``printed_names``: the publisher's, of a bundled one.
    """

    source_id: str
    snapshot_id: str
    as_of: date
    as_of_basis: Literal["publisher", "stated", "obtained"]
    obtained: Obtained
    obtained_at: datetime
    note: str
    licence_id: str
    files: tuple[SnapshotFile, ...]
    printed_names: tuple[str, ...] = ()

    @property
    def publisher_names(self) -> tuple[str, ...]:
        """Return the names the publisher gave the files."""
        return self.printed_names or tuple(f.name for f in self.files)

    @property
    def order(self) -> tuple[date, int, datetime]:
        """Return the sort key: release date, then fetched before bundled, then time obtained."""
        return (self.as_of, PREFERENCE[self.obtained], self.obtained_at)


@dataclass(frozen=True)
class Acceptance:
    """A person's acceptance of a suspect release, and how long it is valid."""

    by: str
    reason: str
    until: date
    accepted_at: datetime


@dataclass(frozen=True)
class Attempt:
    """One attempt to obtain a release, from the publisher or the inbox, and its outcome."""

    source_id: str
    attempted_at: datetime
    outcome: str
    detail: str
    snapshot_id: str | None


@dataclass(frozen=True)
class Incoming:
    """A file about to be archived."""

    name: str
    path: Path
    url: str | None = None
    retrieved_at: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Archive:
    """Access to the archive below one folder."""

    def __init__(self, root: Path, today: date = date.max) -> None:
        self.root = root
        self.today = today

    def admit(
        self,
        source_id: str,
        files: Sequence[Incoming],
        *,
        as_of: date,
        as_of_basis: Literal["publisher", "stated", "obtained"],
        obtained: Obtained,
        obtained_at: datetime,
        licence_id: str,
        note: str = "",
        printed_names: Sequence[str] = (),
    ) -> tuple[Snapshot, bool]:
        """Archive one release; return it and whether it is new (the same bytes are not).

        Bytes that a person withdrew may come again under another date, the right one.
        """
        stored = tuple(self._blob(item) for item in files)
        digest = _digest(stored)
        for known in self.snapshots(source_id):
            same = known.snapshot_id.endswith(digest[:12])
            if same and (known.as_of == as_of or not self.is_withdrawn(known)):
                return self._named(known, printed_names), False
        snapshot = Snapshot(
            source_id,
            f"{as_of.isoformat()}_{digest[:12]}",
            as_of,
            as_of_basis,
            obtained,
            obtained_at,
            note,
            licence_id,
            stored,
            tuple(printed_names),
        )
        store.write_json(self._sidecar(snapshot), _to_json(snapshot))
        return snapshot, True

    def _named(self, known: Snapshot, names: Sequence[str]) -> Snapshot:
        """Return a known release with the publisher's names, which older versions did not note."""
        if names and not known.printed_names:
            known = replace(known, printed_names=tuple(names))
            store.write_json(self._sidecar(known), _to_json(known))
        return known

    def snapshots(self, source_id: str) -> list[Snapshot]:
        """Return every archived release of a source, oldest first, including quarantined ones."""
        folder = self.root / "snapshots" / source_id
        found = [_from_json(store.read_json(path)) for path in sorted(folder.glob("*.json"))]
        return sorted(found, key=lambda snapshot: snapshot.order)

    def usable(self, source_id: str) -> list[Snapshot]:
        """Return every release that is not in quarantine, oldest first."""
        return [s for s in self.snapshots(source_id) if self.refusal(s) is None]

    def release_files(self, snapshot: Snapshot) -> tuple[ReleaseFile, ...]:
        """Return the release's files as a parser expects them."""
        return tuple(ReleaseFile(f.name, self._blob_path(f.sha256)) for f in snapshot.files)

    def refuse(self, snapshot: Snapshot, *, outcome: str, detail: str, parser: str) -> None:
        """Put a release into quarantine; its bytes stay for whoever looks into it.

        ``parser`` is the fingerprint of the code that refused it: newer code tries again.
        """
        reason = {"outcome": outcome, "detail": detail, "parser": parser}
        store.write_json(self._sidecar(snapshot).with_suffix(".refused"), reason)

    def refusal(self, snapshot: Snapshot) -> dict[str, Any] | None:
        """Return why a release is in quarantine, or None."""
        path = self._sidecar(snapshot).with_suffix(".refused")
        return store.read_json(path) if path.exists() else None

    def is_withdrawn(self, snapshot: Snapshot) -> bool:
        """Return whether a person withdrew the release."""
        refusal = self.refusal(snapshot)
        return refusal is not None and refusal["outcome"] == WITHDRAWN

    def release(self, snapshot: Snapshot) -> None:
        """Take a release out of quarantine, because a newer parser can read it."""
        self._sidecar(snapshot).with_suffix(".refused").unlink(missing_ok=True)

    def mark_judged(self, snapshot: Snapshot) -> None:
        """Record that a release was compared with the one before it and accepted."""
        if not self.is_judged(snapshot):
            store.write_json(self._sidecar(snapshot).with_suffix(".judged"), {})

    def is_judged(self, snapshot: Snapshot) -> bool:
        """Return whether the release was compared and accepted."""
        return self._sidecar(snapshot).with_suffix(".judged").exists()

    def accept(self, snapshot: Snapshot, acceptance: Acceptance) -> None:
        """Record that a person accepts a suspect release."""
        store.write_json(
            self._sidecar(snapshot).with_suffix(".accepted"),
            json.loads(json.dumps(asdict(acceptance), default=_text)),
        )

    def acceptance(self, snapshot: Snapshot) -> Acceptance | None:
        """Return the acceptance valid today, or None."""
        path = self._sidecar(snapshot).with_suffix(".accepted")
        if not path.exists():
            return None
        facts = store.read_json(path)
        until = date.fromisoformat(facts["until"])
        found = Acceptance(
            facts["by"], facts["reason"], until, datetime.fromisoformat(facts["accepted_at"])
        )
        return found if self.today <= until else None

    def record(self, attempt: Attempt) -> None:
        """Append one attempt to the source's log."""
        path = self.root / "attempts" / f"{attempt.source_id}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(asdict(attempt), default=_text, sort_keys=True) + "\n"
        with path.open("a", encoding="utf-8") as log:
            log.write(line)

    def attempts(self, source_id: str) -> list[Attempt]:
        """Return every attempt on a source, oldest first; skip a line truncated by a crash."""
        path = self.root / "attempts" / f"{source_id}.jsonl"
        if not path.exists():
            return []
        return list(_attempt_lines(path.read_text(encoding="utf-8").splitlines()))

    def _sidecar(self, snapshot: Snapshot) -> Path:
        return self.root / "snapshots" / snapshot.source_id / f"{snapshot.snapshot_id}.json"

    def _blob_path(self, sha256: str) -> Path:
        return self.root / "blobs" / sha256[:2] / sha256

    def _blob(self, item: Incoming) -> SnapshotFile:
        sha256 = store.sha256_file(item.path)
        target = self._blob_path(sha256)
        if not target.exists() or store.sha256_file(target) != sha256:
            _copy_durably(item.path, target)
        return SnapshotFile(
            item.name, sha256, target.stat().st_size, item.url, item.retrieved_at, item.headers
        )


def _copy_durably(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f"{target.name}.{os.getpid()}.part")
    with source.open("rb") as reader, partial.open("wb") as writer:
        shutil.copyfileobj(reader, writer)
        writer.flush()
        os.fsync(writer.fileno())
    partial.replace(target)


def _digest(files: Iterable[SnapshotFile]) -> str:
    return hashlib.sha256("\n".join(f"{f.sha256}" for f in files).encode()).hexdigest()


def _text(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no JSON form here")


def _to_json(snapshot: Snapshot) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(snapshot), default=_text))  # type: ignore[no-any-return]


def _from_json(data: dict[str, Any]) -> Snapshot:
    return Snapshot(
        **{
            **data,
            "as_of": date.fromisoformat(data["as_of"]),
            "obtained_at": datetime.fromisoformat(data["obtained_at"]),
            "files": tuple(SnapshotFile(**item) for item in data["files"]),
            "printed_names": tuple(data.get("printed_names", ())),
        }
    )


def _attempt_lines(lines: Iterable[str]) -> Iterable[Attempt]:
    for line in lines:
        try:
            data = json.loads(line)
        except ValueError:
            continue
        data["attempted_at"] = datetime.fromisoformat(data["attempted_at"])
        yield Attempt(**data)
