"""Damaged originals of the archive, and what to do about each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fcm_migration import originals
from fcm_migration.archive import log
from fcm_migration.archive.model import Snapshot
from fcm_migration.archive.snapshots import NOTES, Archive, decoder
from fcm_migration.errors import DamagedError, NewerNoteError


@dataclass(frozen=True)
class Damage:
    """One damaged original: where it lies, what is wrong, and what to do."""

    path: Path
    what: str
    remedy: str

    def __str__(self) -> str:
        """Return the damage as one sentence."""
        return f"{self.path}: {self.what}; what to do: {self.remedy}"


def damaged_notes(archive: Archive, source_id: str) -> Iterator[Damage]:
    """Yield the notes of a source's releases of which both copies are damaged, and its log."""
    for suffix in NOTES:
        for path in archive.notes(source_id, suffix):
            try:
                originals.read(path, decoder(path))
            except NewerNoteError as error:
                yield Damage(path, error.what, error.remedy or "")
            except DamagedError:
                yield Damage(path, *_of_note(path, source_id))
    if lines := log.damaged_lines(archive.log(source_id), source_id):
        yield Damage(
            archive.log(source_id),
            f"damaged: {lines} line(s) of the log cannot be read, and are left out",
            "nothing: the next refresh drops them",
        )


def damaged_bytes(archive: Archive, source_id: str) -> Iterator[Damage]:
    """Yield the archived files of a source that are missing or not as they were archived."""
    for snapshot in archive.snapshots(source_id):
        for path in archive.damaged_files(snapshot):
            names = [file.name for file in snapshot.files if file.sha256 == path.name]
            what = f"damaged or gone: {names[0]} of {source_id}, release {snapshot.snapshot_id}"
            yield Damage(path, what, remedy(snapshot, path))


def _of_note(path: Path, source_id: str) -> tuple[str, str]:
    name = path.stem
    back = "put it back with `fcm restore BACKUP --missing` and run `fcm refresh`"
    if path.suffix == ".json":
        return (
            f"damaged: the note of release {name} of {source_id}, which is not used",
            f"{back}; or, if the publisher still has it or you have the file, `fcm refresh` or "
            f"`fcm ingest {source_id} FILE --as-of {name[:10]}` note it anew; where it is lost: "
            f"fcm review {name} --discard",
        )
    if path.suffix == ".accepted":
        return (
            f"damaged: who accepted release {name} of {source_id}, which is in quarantine again",
            f"fcm review {name} --accept --by NAME --reason WHY --until YYYY-MM-DD; or {back}",
        )
    return (
        f"damaged: why release {name} of {source_id} was set aside, which it stays",
        f"{back}; without one: fcm review {name} --discard, then bring the file again, or "
        f"fcm review {name} --withdraw --by NAME --reason WHY",
    )


def remedy(snapshot: Snapshot, path: Path) -> str:
    """Return what to do about damaged bytes of a release."""
    name, source = snapshot.snapshot_id, snapshot.source_id
    lost = f"where they are lost: fcm review {name} --discard"
    back = f"put {path.name} back with `fcm restore BACKUP --missing` and run `fcm refresh`"
    if snapshot.obtained == "bundled":
        return "run `fcm refresh`, which restores them from the bundled edition"
    if snapshot.obtained == "download":
        return (
            "run `fcm refresh`, which fetches them again if the publisher still has them; or "
            f"{back}; {lost}"
        )
    day = snapshot.as_of.isoformat()
    return f"bring the same file again: fcm ingest {source} FILE --as-of {day}; or {back}; {lost}"
