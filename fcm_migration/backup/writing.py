"""Writing a backup: one tar file, the same bytes for the same home, put in place when complete."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from fcm_migration import folders, store
from fcm_migration.backup.contents import Contents, contents_of, named_hash
from fcm_migration.backup.manifest import NAME, Entry, Manifest
from fcm_migration.config import Home
from fcm_migration.errors import BackupError, UsageError

Report = Callable[[str], None]
STEM = "fcm-backup-"
LEFT_SECONDS = 3600


def write_backup(
    home: Home,
    target: Path,
    now: datetime,
    *,
    with_secrets: bool = False,
    replace: bool = False,
    report: Report = lambda _message: None,
) -> tuple[Path, Manifest]:
    """Write a backup of a home and return its path and what it holds; call under the home's lock.

    Args:
        home: the working home.
        target: the file, or a folder in which a file named after the moment is written.
        now: the moment.
        with_secrets: whether a notify.toml that holds secrets is taken too.
        replace: whether a file that is there is replaced.
        report: is told how far it is.

    Raises:
        UsageError: the target lies in the home, exists, or is no regular file; or the home is
            empty.
        BackupError: a file cannot be read, changes meanwhile, or there is no space.
    """
    path = _target(home, target, now, replace=replace)
    try:
        report("read and compare the originals")
        contents = contents_of(home, with_secrets=with_secrets)
        if not contents.files:
            raise UsageError("the home holds nothing to back up", where=str(home.root),
                             remedy="name the home with `fcm --home FOLDER backup`")  # fmt: skip
        manifest = _manifest(contents, report)
        _clear(path)
        store.write_atomically(path, lambda part: _write(part, contents, manifest, report))
    except OSError as error:
        raise BackupError(
            "the backup could not be written",
            where=str(path),
            got=f"{error.strerror or type(error).__name__}: {error.filename!a}",
            remedy="see to space and rights, then run it again; nothing was left there, and an "
            "earlier file of that name is as it was",
        ) from error
    return path, manifest


def _target(home: Home, target: Path, now: datetime, *, replace: bool) -> Path:
    path = target / f"{STEM}{now:%Y%m%dT%H%M%SZ}.tar" if target.is_dir() else target
    path = path.parent.resolve() / path.name
    if path.is_relative_to(home.root.resolve()):
        raise UsageError(
            "a backup inside the home is lost with it",
            where=str(path),
            remedy="name a place outside the home, best on another disk",
        )
    if not path.parent.is_dir():
        raise UsageError("no such folder", where=str(path.parent), remedy="create it first")
    if os.path.lexists(path) and (path.is_symlink() or not path.is_file() or not replace):
        raise UsageError(
            "something lies there already",
            where=str(path),
            remedy="name another file, or a folder; --replace replaces a regular file",
        )
    return path


def _clear(path: Path) -> None:
    """Remove temporary files of killed backups; one still being written is younger."""
    for name in folders.names(path.parent, path.parent):
        part = path.with_name(name)
        is_ours = name.startswith((f".{path.name}.", f".{STEM}")) and name.endswith(store.PART)
        if is_ours and time.time() - part.lstat().st_mtime > LEFT_SECONDS:
            folders.remove(part, path.parent)


def _manifest(contents: Contents, report: Report) -> Manifest:
    entries = {}
    for number, (name, path) in enumerate(contents.files.items(), start=1):
        sha256 = named_hash(name) or store.sha256_file(path)  # a name was compared already
        entries[name] = Entry(sha256, path.stat().st_size)
        if number % 100 == 0:
            report(f"compared {number:,} of {len(contents.files):,} files")
    return Manifest(entries, contents.left_out, contents.damaged)


def _write(part: Path, contents: Contents, manifest: Manifest, report: Report) -> None:
    handle = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    done = 0
    with (
        os.fdopen(handle, "wb") as file,
        tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8") as tar,
    ):
        text = manifest.text()
        tar.addfile(_member(NAME, len(text)), io.BytesIO(text))
        for number, (name, entry) in enumerate(manifest.files.items(), start=1):
            with contents.files[name].open("rb") as source:
                read = _Hashing(source)
                tar.addfile(_member(name, entry.size), read)
                grown = source.read(1)
            if grown or read.sha256 != entry.sha256:
                raise BackupError("a file changed while it was read", where=ascii(name),
                                  remedy="run it again")  # fmt: skip
            done += entry.size
            if number % 20 == 0:
                report(
                    f"written {number:,} of {len(manifest.files):,} files, {done / 1e6:,.0f} of "
                    f"{manifest.size / 1e6:,.0f} MB"
                )


def _member(name: str, size: int) -> tarfile.TarInfo:
    """Return a member without owner, time or rights of its own."""
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, 0
    return member


class _Hashing:
    """A file that hashes what is read from it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        return data

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()
