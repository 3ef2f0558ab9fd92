"""The archive of publishers' files, byte for byte, named by sha256, with a sidecar each.

Layout below the home's ``archive/``::

    blobs/<first two hex>/<sha256>                 bytes, never changed
    snapshots/<source_id>/<snapshot_id>.json       one release: its files, when, from where
    snapshots/<source_id>/<snapshot_id>.refused    why its bytes are in quarantine, if they are
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
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fcm_migration import folders, store
from fcm_migration.archive.model import (
    Acceptance,
    Attempt,
    Basis,
    Cause,
    Incoming,
    Obtained,
    Snapshot,
    SnapshotFile,
    as_text,
    attempt_lines,
    from_json,
    to_json,
)
from fcm_migration.errors import ACCEPTABLE
from fcm_migration.sources.base import ReleaseFile

WITHDRAWN = "withdrawn"
BESIDE_SIDECAR = (".json", ".refused", ".accepted", ".judged")  # older versions wrote the last


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
        stored = tuple(self._blob(item) for item in files)
        digest = _digest(file.sha256 for file in stored)
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
        store.write_json(self._sidecar(snapshot), to_json(snapshot))
        return snapshot, True

    def _named(self, known: Snapshot, names: Sequence[str]) -> Snapshot:
        """Return a known release with the publisher's names, which older versions did not note."""
        if names and not known.printed_names:
            known = replace(known, printed_names=tuple(names))
            store.write_json(self._sidecar(known), to_json(known))
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
        """Return every archived release of a source, oldest first, including quarantined ones."""
        folder = self.root / "snapshots" / source_id
        found = [from_json(store.read_json(path)) for path in sorted(folder.glob("*.json"))]
        return sorted(found, key=lambda snapshot: snapshot.order)

    def usable(self, source_id: str) -> list[Snapshot]:
        """Return every release that is not in quarantine, oldest first."""
        return [s for s in self.snapshots(source_id) if self.refusal(s) is None]

    def release_files(self, snapshot: Snapshot) -> tuple[ReleaseFile, ...]:
        """Return the release's files as a parser expects them."""
        return tuple(ReleaseFile(f.name, self._blob_path(f.sha256)) for f in snapshot.files)

    def _may_be_dated_anew(self, known: Snapshot, now: Snapshot) -> bool:
        if known.obtained == "bundled" or now.obtained == "bundled":
            return known.obtained == now.obtained
        refusal = self.recorded_refusal(known)
        if refusal is None:
            return now.as_of < known.as_of and now.as_of_basis != "obtained"
        return refusal["outcome"] in (*ACCEPTABLE, "wrong_date", WITHDRAWN)

    def forget(self, snapshot: Snapshot) -> None:
        """Remove what is noted of a release, and those of its bytes that no other release has."""
        for suffix in BESIDE_SIDECAR:
            folders.remove(self._sidecar(snapshot).with_suffix(suffix), self.root)
        kept = {
            file["sha256"]
            for path in (self.root / "snapshots").glob("*/*.json")
            for file in store.read_json(path)["files"]
        }
        for file in snapshot.files:
            if file.sha256 not in kept:
                folders.remove(self._blob_path(file.sha256), self.root)

    def refuse(
        self,
        snapshot: Snapshot,
        *,
        outcome: str,
        detail: str,
        parser: str,
        cause: Cause = "itself",
    ) -> None:
        """Put a release into quarantine; its bytes stay for whoever looks into it.

        ``parser`` is the fingerprint of the code that refused it: newer code tries again.
        """
        reason = {"outcome": outcome, "detail": detail, "parser": parser, "cause": cause}
        if self.recorded_refusal(snapshot) != reason:
            store.write_json(self._sidecar(snapshot).with_suffix(".refused"), reason)

    def recorded_refusal(self, snapshot: Snapshot) -> dict[str, Any] | None:
        """Return why a release was put into quarantine, whether or not a person accepted it."""
        path = self._sidecar(snapshot).with_suffix(".refused")
        return {"cause": "itself", **store.read_json(path)} if path.exists() else None

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
        """Take a release out of quarantine, because what put it there no longer holds."""
        folders.remove(self._sidecar(snapshot).with_suffix(".refused"), self.root)

    def accept(self, snapshot: Snapshot, acceptance: Acceptance) -> None:
        """Record that a person accepts a suspect release."""
        store.write_json(
            self._sidecar(snapshot).with_suffix(".accepted"),
            json.loads(json.dumps(asdict(acceptance), default=as_text)),
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
        line = json.dumps(asdict(attempt), default=as_text, sort_keys=True) + "\n"
        with path.open("a", encoding="utf-8") as log:
            log.write(line)

    def attempts(self, source_id: str) -> list[Attempt]:
        """Return every attempt on a source, oldest first; skip a line truncated by a crash."""
        path = self.root / "attempts" / f"{source_id}.jsonl"
        if not path.exists():
            return []
        return list(attempt_lines(path.read_text(encoding="utf-8").splitlines()))

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


def _digest(checksums: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(checksums).encode()).hexdigest()
