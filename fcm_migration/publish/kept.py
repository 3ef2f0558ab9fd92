"""The editions kept in the published folder: what is there, what a killed run left, what is old."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from fcm_migration import folders, store
from fcm_migration.config import PUBLISHED_NAME

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
    """Every edition whose file and facts are both there, oldest first."""
    written = [
        (path, store.read_json(facts))
        for facts in sorted((folder / "editions").glob("*.json"))
        if (path := facts.with_suffix(".duckdb")).exists()
    ]
    current = _current(folder / PUBLISHED_NAME, written)
    found = []
    for path, data in written:
        found.append(
            Edition(
                **{
                    **data,
                    "published_at": datetime.fromisoformat(data["published_at"]),
                    "tables": {name: tuple(v) for name, v in data["tables"].items()},
                    "keys": {name: tuple(v) for name, v in data.get("keys", {}).items()},
                    "path": path,
                    "is_current": path == current,
                }
            )
        )
    return sorted(found, key=lambda edition: edition.sequence)


def _current(target: Path, written: Sequence[tuple[Path, dict[str, Any]]]) -> Path | None:
    """Return the edition that is published: the same file or, in a copied home, the same bytes.

    Publishing makes the published path a link to its edition; copying a folder may make two files
    of them, which are as good.
    """
    if not target.exists():
        return None
    for path, _ in written:
        if path.samefile(target):
            return path
    size = target.stat().st_size
    alike = [(path, facts["sha256"]) for path, facts in written if facts["size"] == size]
    found = store.sha256_file(target) if alike else ""
    return next((path for path, sha256 in reversed(alike) if sha256 == found), None)


def lost(folder: Path) -> list[Path]:
    """Facts without their file: publishing writes facts last and removes them first."""
    facts = sorted((folder / "editions").glob("*.json"))
    return [path for path in facts if not path.with_suffix(".duckdb").exists()]


def prune(folder: Path, keep: int) -> None:
    """Keep the newest publication of each of the last ``keep`` distinct editions."""
    kept: list[str] = []
    for edition in reversed(known(folder)):
        if edition.is_current or (edition.edition_id not in kept and len(kept) < keep):
            kept.append(edition.edition_id)
            continue
        folders.remove(edition.path.with_suffix(".json"), folder)
        folders.remove(edition.path, folder)


def protect(path: Path) -> None:
    """Take the right to write to a file from everybody, its owner included."""
    mode = path.stat().st_mode
    if mode & 0o222:  # a file that is protected may belong to somebody else
        path.chmod(mode & ~0o222)


def clean(folder: Path) -> None:
    """Remove what a killed publication left; set aside a write-ahead log at the published path.

    Such a log belongs to a writer that should not exist and would make the next file unreadable.

    Raises:
        LinkError: one of the folders is a link; nothing is removed through it.
    """
    for name in folders.names(folder, folder):
        if name.startswith(BUILDING):
            folders.remove(folder / name, folder)
    kept = folder / "editions"
    names = folders.names(kept, folder)
    for name in names:
        if name.endswith(".duckdb") and not (kept / name).with_suffix(".json").exists():
            folders.remove(kept / name, folder)
    for facts in lost(folder):
        folders.remove(facts, folder)
    log = folder / f"{PUBLISHED_NAME}.wal"
    if log.exists():
        log.rename(folder / f"stray-{log.stat().st_mtime_ns}.wal.quarantined")


def facts_of(edition: Edition) -> dict[str, Any]:
    """What is written beside an edition's file; :func:`known` reads it back."""
    facts = asdict(edition)
    del facts["path"], facts["is_current"]
    return {**facts, "published_at": edition.published_at.isoformat()}
