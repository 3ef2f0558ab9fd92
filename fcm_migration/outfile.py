"""Files that a person asked for by name: where they may be written, and how.

A file is written beside its place and renamed into it, so that an interrupted command leaves the
old one; folders are written so by :mod:`fcm_migration.outfolder`. Nothing inside the working home
may be named: its files have their own writers, and the published file shares its bytes with a kept
edition.
"""

from __future__ import annotations

import io
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.config import Home, check_name, shipped
from fcm_migration.errors import UsageError

DEVICES = (Path("/dev"), Path("/proc"))
MEMORY = Path("/dev/shm")  # noqa: S108 (files of people, not of the system)


def check_out(path: Path, home: Home) -> None:
    """Make sure that a person's file or folder may be written there.

    Raises:
        UsageError: it lies in the working home, is a directory or a device, or has no folder.
    """
    real = _real(path)
    within = [shipped("reference"), shipped("bundled")]  # of a checkout, whose data/ is a home
    if real.is_relative_to(home.root) and not any(real.is_relative_to(w) for w in within):
        raise _in_home(path, home)
    if real.is_file():
        kept = [home.published, *(home.published_dir / "editions").glob("*.duckdb")]
        if any(own.exists() and own.samefile(real) for own in kept):
            raise _in_home(path, home)


def _in_home(path: Path, home: Home) -> UsageError:
    return UsageError(
        "a file of the working home is never written to by this command",
        where=str(path),
        expected=f"a place outside {home.root}",
        remedy="name another file",
    )


def check_file(path: Path) -> None:
    """Make sure that a file can be put there.

    Raises:
        UsageError: its folder is missing, or something that is no file has the name.
    """
    check_name(path)
    real = _real(path)
    if not path.exists() and not real.parent.is_dir():
        raise UsageError("no such folder", where=str(path), got=str(real.parent))
    mode = path.stat().st_mode if path.exists() else stat.S_IFREG  # a pipe has no real path
    if stat.S_ISDIR(mode) or stat.S_ISBLK(mode):
        raise UsageError("this is no file", where=str(path), expected="the name of a file")
    by_device = any(path.absolute().is_relative_to(device) for device in DEVICES)
    if stat.S_ISREG(mode) and by_device and not real.is_relative_to(MEMORY):
        raise UsageError(
            "standard output is a file here, which would be replaced",
            where=str(path),
            remedy="leave the option out, or name that file",
        )


def write_file(path: Path, write_to: Callable[[Path], object]) -> None:
    """Let a function write a file, and put it in place once it is complete.

    A link is followed; rights of an earlier file stay. A pipe or a device is written to directly.

    Args:
        path: where the file belongs.
        write_to: writes to the path it is given.

    Raises:
        UsageError: no file can be put there.
    """
    check_file(path)
    real = _real(path)
    if path.exists() and not path.is_file():
        write_to(path)
        return

    def write(part: Path) -> None:
        write_to(part)
        if real.exists():
            shutil.copymode(real, part)

    store.write_atomically(real, write)


def write_text(path: Path, text: str, *, newline: str | None = None) -> None:
    """Write a text in UTF-8 as :func:`write_file` does."""
    write_file(path, lambda part: part.write_text(text, encoding="utf-8", newline=newline))


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes as :func:`write_file` does."""
    write_file(path, lambda part: part.write_bytes(content))


def write_parquet(path: Path, frame: pl.DataFrame) -> None:
    """Write a frame as Parquet as :func:`write_file` does.

    Made in memory first: where a disk is full, Polars would speak of a damaged file.
    """
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    write_bytes(path, buffer.getvalue())


def write_json(path: Path, value: Any) -> None:
    """Write a JSON document as :func:`write_file` does, keys sorted."""
    write_text(path, store.json_text(value))


def _real(path: Path) -> Path:
    """Return the place behind every link, also where nothing is there yet."""
    return Path(os.path.realpath(path))
