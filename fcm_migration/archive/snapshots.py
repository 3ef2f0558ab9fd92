"""The archive of publishers' files, byte for byte, named by sha256, with a sidecar each.

Layout below the home's ``archive/``::

    blobs/<first two hex>/<sha256>                 bytes, never changed
    snapshots/<source_id>/<snapshot_id>.json       one release: its files, when, from where
    snapshots/<source_id>/<snapshot_id>.refused    why its bytes are in quarantine, if they are
    snapshots/<source_id>/<snapshot_id>.accepted   who accepted a suspect release, why, until when
    attempts/<source_id>.jsonl                     one line for every attempt to fetch

A snapshot is identified by its content: the same bytes obtained twice are one snapshot. Bytes are
compared with their sha256 whenever they are read to be parsed. Every note is kept twice
(:mod:`fcm_migration.originals`), and each line of a log has a seal.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fcm_migration import folders, originals, store
from fcm_migration.archive import blobs, log
from fcm_migration.archive.model import (
    Acceptance,
    Attempt,
    Basis,
    Cause,
    Incoming,
    Obtained,
    Snapshot,
    acceptance_from,
    as_text,
    from_json,
    refusal_from,
    to_json,
)
from fcm_migration.errors import ACCEPTABLE, DamagedError
from fcm_migration.sources.base import ReleaseFile

WITHDRAWN = "withdrawn"
NOTES = (".json", ".refused", ".accepted")  # of a release
OLDER_NOTE = ".judged"


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
        as_of_basis: Basis,
        obtained: Obtained,
        obtained_at: datetime,
        licence_id: str,
        note: str = "",
        printed_names: Sequence[str] = (),
    ) -> tuple[Snapshot, bool]:
        """Archive one release; return it and whether it is new (the same bytes are not).

        Bytes whose date was doubted, refused or withdrawn may come again under another date, which
        is how a wrong date is put right; so may the bundled edition, whose date ships with it. The
        same bytes under an earlier date are archived beside the known ones until the earlier date
        has proved possible (see :meth:`settle_date`): what was public then is as old as that.
        """
        stored = tuple(blobs.keep(self.root, item) for item in files)
        digest = _digest(file.sha256 for file in stored)
        if as_of_basis == "obtained":
            as_of = self._date_lost(source_id, digest) or as_of
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
        for known in self.same_bytes(snapshot):
            if known.as_of == as_of or not self._may_be_dated_anew(known, snapshot):
                return self._named(known, printed_names), False
        originals.write(self._sidecar(snapshot), to_json(snapshot))
        return snapshot, True

    def _date_lost(self, source_id: str, digest: str) -> date | None:
        """Return the date of a release from the name of its damaged note."""
        names = [n for n in self.unreadable(source_id) if n.endswith(f"_{digest[:12]}")]
        return date.fromisoformat(names[0][:10]) if names else None

    def _named(self, known: Snapshot, names: Sequence[str]) -> Snapshot:
        """Return a known release with the publisher's names, which older versions did not note."""
        if names and not known.printed_names:
            known = replace(known, printed_names=tuple(names))
            originals.write(self._sidecar(known), to_json(known))
        return known

    def same_bytes(self, snapshot: Snapshot) -> list[Snapshot]:
        """Return the archived releases with the bytes of this one, oldest first."""
        digest = snapshot.snapshot_id.rpartition("_")[2]
        return [s for s in self.snapshots(snapshot.source_id) if s.snapshot_id.endswith(digest)]

    def held(self, source_id: str, files: Iterable[Path]) -> list[Snapshot]:
        """Return the archived releases of these very bytes, oldest first."""
        digest = _digest(store.sha256_file(path) for path in files)[:12]
        return [s for s in self.snapshots(source_id) if s.snapshot_id.endswith(digest)]

    def settle_date(self, snapshot: Snapshot) -> None:
        """Keep the bytes of a release under its date alone; a withdrawn date stays on record."""
        for known in self.same_bytes(snapshot):
            if known.snapshot_id != snapshot.snapshot_id and not self.is_withdrawn(known):
                self.forget(known)

    def snapshots(self, source_id: str) -> list[Snapshot]:
        """Return every archived release of a source, oldest first, including quarantined ones.

        One whose note is damaged in both copies is left out; :meth:`unreadable` names it.
        """
        found = (self._snapshot(path) for path in self.notes(source_id, ".json"))
        return sorted((s for s in found if s is not None), key=lambda snapshot: snapshot.order)

    def notes(self, source_id: str, suffix: str) -> list[Path]:
        """Return the notes of one kind (see :data:`NOTES`) of a source's releases, by name."""
        folder = self.root / "snapshots" / source_id
        paths = [*folder.glob(f"*{suffix}"), *folder.glob(f".*{suffix}{originals.SPARE}")]
        return sorted({originals.named(path) for path in paths})

    def unreadable(self, source_id: str) -> list[str]:
        """Return the names of the releases whose note cannot be read in either copy."""
        return [p.stem for p in self.notes(source_id, ".json") if self._snapshot(p) is None]

    def _snapshot(self, path: Path) -> Snapshot | None:
        try:
            found: Snapshot | None = originals.read(path, decoder(path))
        except DamagedError:
            return None
        return found

    def mend(self, source_id: str) -> None:
        """Repair every note of a source that can be repaired, and drop the log's damaged lines."""
        for suffix in NOTES:
            for path in self.notes(source_id, suffix):
                originals.mend(path, decoder(path))
        log.mend(self.log(source_id), source_id)

    def usable(self, source_id: str) -> list[Snapshot]:
        """Return every release that is not in quarantine, oldest first."""
        return [s for s in self.snapshots(source_id) if self.refusal(s) is None]

    def release_files(self, snapshot: Snapshot) -> tuple[ReleaseFile, ...]:
        """Return the release's files as a parser expects them, byte for byte as archived.

        Raises:
            DamagedError: a file is not as it was archived, or is gone.
        """
        if damaged := self.damaged_files(snapshot):
            raise DamagedError(
                "a file of the archive is not as it was archived, so the release is not used",
                where=f"{snapshot.source_id}, release {snapshot.snapshot_id}",
                got=f"damaged: {damaged[0]}",
                remedy=f"`fcm verify --archive` says what to do about {damaged[0].name}",
            )
        return tuple(map(ReleaseFile, (f.name for f in snapshot.files), self.paths(snapshot)))

    def paths(self, snapshot: Snapshot) -> list[Path]:
        """Return the paths of the release's files, damaged or not."""
        return [blobs.path_of(self.root, file.sha256) for file in snapshot.files]

    def damaged_files(self, snapshot: Snapshot) -> list[Path]:
        """Return the files of the release that are missing or differ from what was archived."""
        return [p for p in dict.fromkeys(self.paths(snapshot)) if not blobs.is_whole(p)]

    def _may_be_dated_anew(self, known: Snapshot, now: Snapshot) -> bool:
        if known.obtained == "bundled" or now.obtained == "bundled":
            return known.obtained == now.obtained
        refusal = self.recorded_refusal(known)
        if refusal is None:
            return now.as_of < known.as_of and now.as_of_basis != "obtained"
        return refusal["outcome"] in (*ACCEPTABLE, "wrong_date", WITHDRAWN)

    def forget(self, snapshot: Snapshot) -> None:
        """Remove the notes of a release, and those of its files that no other release has."""
        self.forget_notes(snapshot.source_id, snapshot.snapshot_id)
        sources = [path.name for path in (self.root / "snapshots").glob("*")]
        if any(self.unreadable(source_id) for source_id in sources):
            return  # a release whose note cannot be read may have the same bytes
        others = [other for source_id in sources for other in self.snapshots(source_id)]
        kept = {file.sha256 for other in others for file in other.files}
        for file in snapshot.files:
            if file.sha256 not in kept:
                folders.remove(blobs.path_of(self.root, file.sha256), self.root)

    def forget_notes(self, source_id: str, snapshot_id: str) -> None:
        """Remove the notes of a release, readable or not."""
        for suffix in (*NOTES, OLDER_NOTE):
            originals.remove(
                self.root / "snapshots" / source_id / f"{snapshot_id}{suffix}", self.root
            )

    def refuse(
        self,
        snapshot: Snapshot,
        *,
        outcome: str,
        detail: str,
        parser: str,
        cause: Cause = "itself",
    ) -> None:
        """Put a release into quarantine; its bytes are kept for inspection.

        ``parser`` is the fingerprint of the code that refused it: newer code tries again.
        """
        reason = {"outcome": outcome, "detail": detail, "parser": parser, "cause": cause}
        if self.recorded_refusal(snapshot) != reason:
            originals.write(self._sidecar(snapshot).with_suffix(".refused"), reason)

    def recorded_refusal(self, snapshot: Snapshot) -> dict[str, Any] | None:
        """Return why a release was put into quarantine, whether or not a person accepted it.

        Where that cannot be read any more, the release stays there: a person may have withdrawn it.
        """
        try:
            return originals.read(self._sidecar(snapshot).with_suffix(".refused"), refusal_from)
        except DamagedError as error:
            lost = {"outcome": error.outcome, "detail": f"why it was set aside is lost: {error}"}
            return {**lost, "cause": "itself", "is_lost": True}

    def refusal(self, snapshot: Snapshot) -> dict[str, Any] | None:
        """Return why a release is in quarantine; None if it is not, or is accepted today."""
        refusal = self.recorded_refusal(snapshot)
        if refusal is None or refusal["outcome"] not in ACCEPTABLE:
            return refusal
        return None if self.acceptance(snapshot) is not None else refusal

    def is_withdrawn(self, snapshot: Snapshot) -> bool:
        """Return whether a person withdrew the release."""
        refusal = self.recorded_refusal(snapshot)
        return refusal is not None and refusal["outcome"] == WITHDRAWN

    def release(self, snapshot: Snapshot) -> None:
        """Take a release out of quarantine, because the reason no longer holds."""
        originals.remove(self._sidecar(snapshot).with_suffix(".refused"), self.root)

    def accept(self, snapshot: Snapshot, acceptance: Acceptance) -> None:
        """Record that a person accepts a suspect release."""
        facts = json.loads(json.dumps(asdict(acceptance), default=as_text))
        originals.write(self._sidecar(snapshot).with_suffix(".accepted"), facts)

    def acceptance(self, snapshot: Snapshot) -> Acceptance | None:
        """Return the acceptance valid today, or None; one that cannot be read is not valid."""
        path = self._sidecar(snapshot).with_suffix(".accepted")
        try:
            found = originals.read(path, acceptance_from)
        except DamagedError:
            return None
        return found if found is not None and self.today <= found.until else None

    def record(self, attempt: Attempt) -> None:
        """Append one attempt to the source's log."""
        log.record(self.log(attempt.source_id), attempt)

    def attempts(self, source_id: str) -> list[Attempt]:
        """Return every attempt on a source, oldest first, without lines that are damaged."""
        return log.attempts(self.log(source_id), source_id)

    def log(self, source_id: str) -> Path:
        """Return where the log of attempts on a source lies."""
        return self.root / "attempts" / f"{source_id}.jsonl"

    def _sidecar(self, snapshot: Snapshot) -> Path:
        return self.root / "snapshots" / snapshot.source_id / f"{snapshot.snapshot_id}.json"


def decoder(path: Path) -> Callable[[dict[str, Any]], Any]:
    """Return the function that makes a value of a note, and refuses that of another release."""

    def own(data: dict[str, Any]) -> Snapshot:
        found = from_json(data)
        if (found.source_id, found.snapshot_id) != (path.parent.name, path.stem):
            raise ValueError(f"the note of {found.snapshot_id}")
        return found

    return {".json": own, ".refused": refusal_from, ".accepted": acceptance_from}[path.suffix]


def _digest(checksums: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(checksums).encode()).hexdigest()
