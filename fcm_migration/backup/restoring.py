"""Restoring a backup: every file is read and compared before one of them is put in place.

Nothing of a backup is believed: names, kinds and sizes of its members are checked by tarfile's data
filter and against the manifest, and no link is followed, in the backup or in the home.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

from fcm_migration import folders, store
from fcm_migration.backup.contents import FILES, FOLDERS, is_damaged, tells_damage
from fcm_migration.backup.manifest import ANOTHER, LARGEST, NAME, Entry, Manifest, parsed
from fcm_migration.config import Home
from fcm_migration.errors import BackupError, UsageError
from fcm_migration.notify import SETTINGS_NAME

Report = Callable[[str], None]
STAGING = f".restore{store.PART}"
OWN = ("refresh.lock", "refresh.holder.json", STAGING)  # what is there before anything is restored
CHUNK = 1 << 20
SPARE = 50_000_000  # bytes to be left free


def restore(
    home: Home, backup: Path, *, missing: bool = False, report: Report = lambda _message: None
) -> tuple[int, Manifest]:
    """Put the files of a backup into a home; return how many, and what the backup holds.

    Call it under the home's lock.

    Args:
        home: the working home: empty, unless only what is ``missing`` is to be put in place.
        backup: a file that ``fcm backup`` wrote.
        missing: put in place what is not there, and originals that are damaged; leave everything
            else in the home as it is.
        report: is told how far it is.

    Raises:
        UsageError: the home is not empty, or holds a link where a file belongs.
        BackupError: the backup is damaged or no backup, or there is no space; the home is as it
            was.
    """
    _require_empty(home, missing=missing)
    staging = home.root / STAGING
    folders.remove(staging, home.root)  # what a restore that was killed left
    try:
        with tarfile.open(backup, mode="r:", encoding="utf-8") as tar:
            manifest = _read_manifest(tar, backup)
            wanted = {n for n in manifest.files if not missing or _is_wanted(home, n)}
            _require_space(home, sum(manifest.files[name].size for name in wanted))
            _stage(tar, staging, manifest, wanted, backup, report)
        report("put the files in place")
        _put_in_place(home, staging, wanted, missing=missing)
    except tarfile.TarError as error:
        raise BackupError(
            "this is no backup, or a damaged one", where=str(backup), got=str(error), remedy=ANOTHER
        ) from error
    except OSError as error:
        raise BackupError(
            "the backup could not be restored",
            where=str(error.filename or backup),
            got=error.strerror or type(error).__name__,
            remedy="see to space and rights, then run `fcm restore BACKUP --missing`, which puts "
            "the rest in place",
        ) from error
    finally:
        folders.remove(staging, home.root)
    return len(wanted), manifest


def _require_empty(home: Home, *, missing: bool) -> None:
    there = sorted(path.name for path in home.root.iterdir() if path.name not in OWN)
    if there and not missing:
        raise UsageError(
            "the home is not empty",
            where=str(home.root),
            got=", ".join(there[:6]),
            remedy="name an empty home with `fcm --home FOLDER restore`, or put in place only what "
            "is missing or damaged here with --missing",
        )
    for name in (*FOLDERS, *FILES):
        if (home.root / name).is_symlink():
            raise UsageError("a link lies where a backup is to be restored; it is not followed",
                             where=str(home.root / name), remedy="replace it by what it points to, "
                             "or name another home")  # fmt: skip


def _is_wanted(home: Home, name: str) -> bool:
    """Return whether a file is not in the home, or is an original that is damaged there."""
    path = home.root / name
    if not os.path.lexists(path):
        return True
    return stat.S_ISREG(path.lstat().st_mode) and is_damaged(name, path)


def _require_space(home: Home, size: int) -> None:
    free = shutil.disk_usage(home.root).free
    if free < size + SPARE:
        raise BackupError(
            "there is too little space for what the backup holds",
            where=str(home.root),
            expected=f"{(size + SPARE) / 1e6:,.0f} MB",
            got=f"{free / 1e6:,.0f} MB",
            remedy="make room, or name a home on another disk",
        )


def _read_manifest(tar: tarfile.TarFile, backup: Path) -> Manifest:
    first = tar.next()
    if first is None or first.name != NAME or not first.isreg() or first.size > LARGEST:
        raise BackupError("this is no backup of a home", where=str(backup),
                          expected=f"{NAME} as its first file", remedy=ANOTHER)  # fmt: skip
    file = tar.extractfile(first)
    text = b"" if file is None else file.read()
    return parsed(text, str(backup))


def _stage(
    tar: tarfile.TarFile,
    staging: Path,
    manifest: Manifest,
    wanted: Iterable[str],
    backup: Path,
    report: Report,
) -> None:
    """Write the wanted files below the staging folder; compare all of them, wanted or not."""
    staging.mkdir()
    left, wanted = dict(manifest.files), set(wanted)
    for member in tar:
        entry = _checked(member, left, staging, backup)
        if entry is None:
            continue
        target = staging / member.name if member.name in wanted else None
        if _copy(tar, member, target) != entry.sha256:
            raise _bad("a file of the backup is damaged", member.name, backup)
        done = len(manifest.files) - len(left)
        if done % 100 == 0:
            report(f"read and compared {done:,} of {len(manifest.files):,} files")
    if left:
        raise _bad(f"{len(left)} files are missing in the backup", next(iter(left)), backup)
    for folder, _, _ in os.walk(staging, topdown=False):
        store.fsync_folder(Path(folder))


def _checked(
    member: tarfile.TarInfo, left: dict[str, Entry], staging: Path, backup: Path
) -> Entry | None:
    """Return a member's entry in the manifest and mark it as seen; None for the manifest itself."""
    if member.name == NAME:
        return None
    if not member.isreg() or member.issparse():
        raise _bad("the backup holds something that is no regular file", member.name, backup)
    try:
        tarfile.data_filter(member, str(staging))
    except tarfile.FilterError as error:
        raise _bad("the backup holds a file outside the home", member.name, backup) from error
    entry = left.pop(member.name, None)
    if entry is None:
        raise _bad("the backup holds a file its manifest does not name", member.name, backup)
    if member.size != entry.size:
        raise _bad("a file of the backup is damaged", member.name, backup)
    return entry


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path | None) -> str:
    """Write a member durably and return the sha256 of its bytes; without a target only read it."""
    source = tar.extractfile(member)
    digest = hashlib.sha256()
    if target is None:
        while source and (data := source.read(CHUNK)):
            digest.update(data)
        return digest.hexdigest()
    target.parent.mkdir(parents=True, exist_ok=True)
    rights = 0o600 if member.name == SETTINGS_NAME else 0o666  # it may hold a secret
    handle = os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, rights)
    with os.fdopen(handle, "wb") as file:
        while source and (data := source.read(CHUNK)):
            digest.update(data)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _put_in_place(home: Home, staging: Path, wanted: Iterable[str], *, missing: bool) -> None:
    """Move the files in: whole folders into an empty home, else file by file."""
    if not missing:
        for path in sorted(staging.iterdir()):
            path.rename(home.root / path.name)
        store.fsync_folder(home.root)
        return
    for name in sorted(wanted):
        target = home.root / name
        for parent in reversed(target.relative_to(home.root).parents[:-1]):
            if (home.root / parent).is_symlink():
                raise UsageError("a link inside the home is not followed",
                                 where=str(home.root / parent),
                                 remedy="remove the link, then run it again")  # fmt: skip
        target.parent.mkdir(parents=True, exist_ok=True)
        if not tells_damage(name) and os.path.lexists(target):
            continue  # it has come since
        (staging / name).replace(target)
        store.fsync_folder(target.parent)
    store.fsync_folder(home.root)


def _bad(what: str, name: str, backup: Path) -> BackupError:
    return BackupError(what, where=str(backup), got=ascii(name), remedy=ANOTHER)
