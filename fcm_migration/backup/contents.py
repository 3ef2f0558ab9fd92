"""What a backup holds: the originals of a home, each declared with the reason.

Everything else in a home is made again by `fcm refresh` (docs/operations.md).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from fcm_migration import originals, store
from fcm_migration.config import Home
from fcm_migration.errors import DamagedError
from fcm_migration.notify import MEMORY_NAME, REFRESH_MEMORY_NAME, SETTINGS_NAME
from fcm_migration.notify.settings import may_bear_secrets
from fcm_migration.refresh import journal, ledger_files

FOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "archive": "publishers' bytes, their sidecars, acceptances, withdrawals, log of attempts",
        "ledger": "every forecast that was published",
        "inbox": "files that wait, or were refused (those taken lie in the archive)",
        "reference": "reviewed files of the home's own",
    }
)
FILES: Mapping[str, str] = MappingProxyType(
    {
        SETTINGS_NAME: "whom to tell; left out where a secret stands in it or may",
        MEMORY_NAME: "what was told, so that nobody is told twice",
        REFRESH_MEMORY_NAME: "which state of the refreshes was told",
        ledger_files.OLDER.as_posix(): "the ledger of an older version, until it is taken over",
        journal.NAME: "when refreshes began, ended and published; the sequence of editions",
    }
)
NOT_KEPT = ("inbox/_taken/",)  # the same bytes lie in the archive
UNFINISHED = (store.PART, ".part")
NOTES = "archive/snapshots/"
# files whose name is, or ends with, the sha256 of their bytes
NAMED = re.compile(
    r"archive/blobs/[0-9a-f]{2}/([0-9a-f]{64})|ledger/[0-9-]{10}_([0-9a-f]{64})\.parquet"
)


@dataclass(frozen=True)
class Contents:
    """The files of a backup by their name in the home, and what is left out, with the reason.

    ``damaged`` are originals that are gone, or whose bytes are not those that were kept.
    """

    files: Mapping[str, Path]
    left_out: tuple[str, ...]
    damaged: tuple[str, ...]


def contents_of(home: Home, *, with_secrets: bool) -> Contents:
    """Return what a backup of a home holds now; call it under the home's lock.

    A link inside the folders is never followed. A folder of :data:`FOLDERS` that is itself a link
    (an archive on another disk) is.
    """
    files: dict[str, Path] = {}
    left_out: list[str] = []
    damaged: list[str] = []
    for name in FOLDERS:
        for path, inner in _below((home.root / name).resolve(), name):
            if not stat.S_ISREG(path.lstat().st_mode):
                left_out.append(f"{inner}: a link, or no regular file")
            elif is_damaged(inner, path):
                damaged.append(inner)
            else:
                files[inner] = path
    for name in FILES:
        path = home.root / name
        if not os.path.lexists(path):
            continue
        if not stat.S_ISREG(path.lstat().st_mode):
            left_out.append(f"{name}: a link, or no regular file")
        elif name == SETTINGS_NAME and not with_secrets and may_bear_secrets(path):
            left_out.append(
                f"{name}: a secret stands in it or may, or it cannot be read (--with-secrets "
                "takes it)"
            )
        else:
            files[name] = path
    damaged += sorted(_named_bytes(files) - files.keys() - {*damaged})
    return Contents(dict(sorted(files.items())), tuple(left_out), tuple(damaged))


def _named_bytes(files: Mapping[str, Path]) -> set[str]:
    """Return the names of the bytes that the releases of the archive consist of."""
    notes = [
        originals.read(originals.named(path), dict)
        for name, path in files.items()
        if name.startswith(NOTES) and name.endswith(".json")
    ]
    hashes = [file["sha256"] for note in notes if note for file in note.get("files", ())]
    return {f"archive/blobs/{sha256[:2]}/{sha256}" for sha256 in hashes}


def named_hash(name: str) -> str | None:
    """Return the sha256 that a file's name in the home says its bytes have; None if none."""
    found = NAMED.fullmatch(name)
    return None if found is None else found[1] or found[2]


def tells_damage(name: str) -> bool:
    """Return whether a file of this name says by itself whether it is damaged."""
    return named_hash(name) is not None or name.startswith(NOTES)


def is_damaged(name: str, path: Path) -> bool:
    """Return whether a file is damaged: bytes that do not match their name, or a note its seal.

    A note is damaged only where both its copies are: one is restored from the other.
    """
    expected = named_hash(name)
    if expected is not None:
        return store.sha256_file(path) != expected
    if not name.startswith(NOTES):
        return False
    try:
        originals.read(originals.named(path), dict)
    except DamagedError:
        return True
    return False


def _below(folder: Path, name: str) -> Iterator[tuple[Path, str]]:
    """Yield every file below a folder with its name in the home; links are yielded, not entered."""
    for where, folders, files in os.walk(folder, onerror=_raise):
        here = Path(where)
        linked = [inner for inner in folders if (here / inner).is_symlink()]
        for inner in (*files, *linked):
            within = (here / inner).relative_to(folder).as_posix()
            full = f"{name}/{within}"
            if not full.startswith(NOT_KEPT) and not full.endswith(UNFINISHED):
                yield here / inner, full


def _raise(error: OSError) -> None:
    """Raise errors that os.walk would ignore: an unreadable folder is not an empty one."""
    if not isinstance(error, FileNotFoundError):
        raise error
