"""The editions kept in the published folder, remains of killed runs, and old ones to remove."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from fcm_migration import folders, originals, store
from fcm_migration.config import PUBLISHED_NAME
from fcm_migration.errors import DamagedError

BUILDING = f"building{store.PART}"


@dataclass(frozen=True)
class Edition:
    """One published edition. ``tables`` maps full name to (rows, content hash).

    ``structure`` is the fingerprint of all but the rows, ``keys`` the key of each table in its own
    order; both are empty where an older version did not keep them.
    """

    edition_id: str
    sequence: int
    published_at: datetime
    content_hash: str
    path: Path
    size: int
    sha256: str
    tables: dict[str, tuple[int, str]]
    storage_version: str
    is_current: bool
    structure: str = ""
    keys: dict[str, tuple[str, ...]] = field(default_factory=dict)


def known(folder: Path) -> list[Edition]:
    """Return every edition whose file and facts are both there, oldest first."""
    written = [
        (edition, facts)
        for facts in _facts(folder)
        if facts.with_suffix(".duckdb").exists() and (edition := _read(facts)) is not None
    ]
    current = _current(folder / PUBLISHED_NAME, [edition for edition, _ in written])
    found = [replace(edition, is_current=edition.path == current) for edition, _ in written]
    return sorted(found, key=lambda edition: edition.sequence)


def _facts(folder: Path) -> list[Path]:
    """Return the paths of each edition's facts, of which one copy may be missing."""
    paths = [
        path
        for mark in ("*.json", f".*.json{originals.SPARE}")
        for path in (folder / "editions").glob(mark)
    ]
    return sorted({originals.named(path) for path in paths})


def _read(facts: Path) -> Edition | None:
    """Return the edition described by its facts; None if they are damaged."""
    try:
        return originals.read(facts, _decoder(facts))
    except DamagedError:
        return None


def _decoder(facts: Path) -> Callable[[dict[str, Any]], Edition]:
    def decode(data: dict[str, Any]) -> Edition:
        return Edition(
            **{
                **data,
                "published_at": datetime.fromisoformat(data["published_at"]),
                "tables": {name: tuple(v) for name, v in data["tables"].items()},
                "keys": {name: tuple(v) for name, v in data.get("keys", {}).items()},
                "path": facts.with_suffix(".duckdb"),
                "is_current": False,
            }
        )

    return decode


def _current(target: Path, editions: Sequence[Edition]) -> Path | None:
    """Return the edition that is published: the same file or, in a copied home, the same bytes.

    Publishing makes the published path a link to its edition; copying a folder may make two files
    of them, which are as good.
    """
    if not target.exists():
        return None
    for edition in editions:
        if edition.path.samefile(target):
            return edition.path
    alike = [edition for edition in editions if edition.size == target.stat().st_size]
    found = store.sha256_file(target) if alike else ""
    return next((e.path for e in reversed(alike) if e.sha256 == found), None)


def is_whole(edition: Edition) -> bool:
    """Return whether an edition's file holds the bytes that were published."""
    return (
        edition.path.stat().st_size == edition.size
        and store.sha256_file(edition.path) == edition.sha256
    )


def lost(folder: Path) -> list[Path]:
    """Return facts without their file: publishing writes facts last and removes them first."""
    return [path for path in _facts(folder) if not path.with_suffix(".duckdb").exists()]


def prune(folder: Path, keep: int) -> None:
    """Keep the newest publication of each of the last ``keep`` distinct undamaged editions."""
    kept: list[str] = []
    for edition in reversed(known(folder)):
        if edition.is_current:
            kept.append(edition.edition_id)
            continue
        if edition.edition_id not in kept and len(kept) < keep:
            if is_whole(edition):
                kept.append(edition.edition_id)
                continue
            store.say_damaged(edition.path, "is no longer kept for rollback")
        originals.remove(edition.path.with_suffix(".json"), folder)
        folders.remove(edition.path, folder)


def protect(path: Path) -> None:
    """Take the right to write to a file from everybody, its owner included."""
    mode = path.stat().st_mode
    if mode & 0o222:  # a file that is protected may belong to somebody else
        path.chmod(mode & ~0o222)


def clean(folder: Path) -> None:
    """Remove remains of a killed publication; set aside a write-ahead log at the published path.

    Such a log belongs to a writer that should not exist and would make the next file unreadable.

    Raises:
        LinkError: one of the folders is a link; nothing is removed through it.
    """
    for name in folders.names(folder, folder):
        if name.startswith(BUILDING):
            folders.remove(folder / name, folder)
    for facts in lost(folder):
        originals.remove(facts, folder)
    kept = folder / "editions"
    for path in (kept / name for name in folders.names(kept, folder) if name.endswith(".duckdb")):
        facts = path.with_suffix(".json")
        if _read(facts) is None:
            if originals.spare_of(facts).exists():
                store.say_damaged(facts, "leaves nothing to compare its edition with: removed")
            folders.remove(path, folder)  # what is published stays: it is a link of its own
            originals.remove(facts, folder)
        else:
            originals.mend(facts, _decoder(facts))
    log = folder / f"{PUBLISHED_NAME}.wal"
    if log.exists():
        log.rename(folder / f"stray-{log.stat().st_mtime_ns}.wal.quarantined")


def facts_of(edition: Edition) -> dict[str, Any]:
    """Return the facts written beside an edition's file; :func:`known` reads them back."""
    facts = asdict(edition)
    del facts["path"], facts["is_current"]
    return {**facts, "published_at": edition.published_at.isoformat()}
