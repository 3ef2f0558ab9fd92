"""The manifest of a backup: name, sha256 and size of every file in it, and its own check sum."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from fcm_migration.backup.contents import FILES, FOLDERS, named_hash
from fcm_migration.errors import BackupError

NAME = "manifest.json"
FORMAT, VERSION = "fcm-backup", 1
LARGEST = 256_000_000  # bytes of a manifest: a million files
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Entry:
    """One file of a backup."""

    sha256: str
    size: int


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: files by their name in the home, and what was left out."""

    files: Mapping[str, Entry]
    left_out: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Return the bytes of all files together."""
        return sum(entry.size for entry in self.files.values())

    def text(self) -> bytes:
        """Return the manifest as it lies in the backup; the same files give the same bytes."""
        tree: dict[str, Any] = {
            "format": FORMAT,
            "version": VERSION,
            "files": {n: {"sha256": e.sha256, "size": e.size} for n, e in self.files.items()},
            "left_out": list(self.left_out),
            "damaged": list(self.damaged),
        }
        return _dumped({**tree, "check": _check(tree)})


def parsed(text: bytes, where: str) -> Manifest:
    """Return a manifest from its JSON, after checking every entry.

    Raises:
        BackupError: it is damaged, of a newer version, or names a file a home does not have there.
    """
    try:
        tree = json.loads(text)
        check, version = tree.pop("check"), tree["version"]
        sound = tree["format"] == FORMAT and check == _check(tree)
        files = {n: Entry(str(e["sha256"]), int(e["size"])) for n, e in tree["files"].items()}
        left_out, damaged = tuple(tree["left_out"]), tuple(tree["damaged"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound, version, files, left_out, damaged = False, VERSION, {}, (), ()
    if not sound:
        raise BackupError("the manifest of the backup is damaged", where=where, remedy=ANOTHER)
    if version != VERSION:
        raise BackupError(
            "the backup was written by another version of this program", where=where,
            expected=f"version {VERSION}", got=version, remedy="restore it with that version",
        )  # fmt: skip
    for name, entry in files.items():
        if not is_name(name) or not SHA256.fullmatch(entry.sha256) or entry.size < 0:
            raise BackupError("no file of a home", where=where, got=ascii(name), remedy=ANOTHER)
        if named_hash(name) not in (None, entry.sha256):
            raise BackupError("a file is not what its name says", where=where, got=ascii(name),
                              remedy=ANOTHER)  # fmt: skip
    return Manifest(files, left_out, damaged)


ANOTHER = "nothing was changed; restore another backup"


def is_name(name: str) -> bool:
    """Return whether a name is that of a file a backup may hold: relative, plain, in its place."""
    if name in FILES:
        return True
    parts = name.split("/")
    return (
        len(parts) > 1
        and parts[0] in FOLDERS
        and not any(part in ("", ".", "..") for part in parts)
        and "\\" not in name
        and "\0" not in name
        and ":" not in parts[0]
        and str(PurePosixPath(name)) == name
    )


def _check(tree: Mapping[str, Any]) -> str:
    return hashlib.sha256(_dumped(tree)).hexdigest()


def _dumped(tree: Mapping[str, Any]) -> bytes:
    """Return JSON in ASCII: a file's name may hold bytes that are no UTF-8."""
    return (json.dumps(tree, sort_keys=True, indent=1) + "\n").encode("ascii")
