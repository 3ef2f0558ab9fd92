"""Refusals by the machine are reported in one way, whichever library raises them."""

from __future__ import annotations

import errno
import resource
import sqlite3
from pathlib import Path

import duckdb
import polars as pl
import pytest

from fcm_migration import machine
from fcm_migration.errors import (
    DiskError,
    EditionError,
    FcmError,
    LimitError,
    MachineError,
    MemoryLackError,
)
from fcm_migration.publish.query import connect
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.run import refresh
from tests.toy_home import give

REFUSALS: list[tuple[BaseException, type[MachineError], str]] = [
    (OSError(errno.ENOSPC, "No space left on device", "/x/y"), DiskError, "/x/y: the disk is full"),
    (OSError(errno.EDQUOT, "Disk quota exceeded", "y"), DiskError, "quota"),
    (OSError(errno.EFBIG, "File too large"), DiskError, "ulimit -f"),
    (OSError(errno.EROFS, "Read-only file system", "y"), DiskError, "read-only"),
    (PermissionError(errno.EACCES, "Permission denied", "y"), DiskError, "may not read or write"),
    (OSError("No space left on device (os error 28)"), DiskError, "the disk is full"),
    (pl.exceptions.ComputeError("No space left on device"), DiskError, "the disk is full"),
    (duckdb.IOException("IO Error: Could not write: No space left on device"), DiskError, "full"),
    (sqlite3.OperationalError("database or disk is full"), DiskError, "full"),
    (duckdb.OutOfMemoryException("Out of Memory Error: x"), MemoryLackError, "memory"),
    (MemoryError(), MemoryLackError, "memory"),
    (RuntimeError("can't start new thread"), MemoryLackError, "ulimit -u"),
    (ImportError("libx.so: failed to map segment from shared object"), MemoryLackError, "memory"),
    (OSError(errno.EMFILE, "Too many open files"), MemoryLackError, "ulimit -n"),
    (ExceptionGroup("several", [MemoryError()]), MemoryLackError, "memory"),
]
OTHERS = [
    ValueError("No space left on device"),  # a text of somebody's, not of a library
    ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
    PermissionError(errno.EACCES, "a network that refuses"),
    FileNotFoundError(errno.ENOENT, "none", "x"),
    pl.exceptions.ComputeError("a column is missing"),
    FcmError("something else"),
]


@pytest.mark.parametrize(("error", "kind", "words"), REFUSALS)
def test_every_librarys_word_for_it_is_known(
    tmp_path: Path, error: BaseException, kind: type[MachineError], words: str
) -> None:
    with pytest.raises(kind, match=words) as raised, machine.lacks_are_typed(lambda: tmp_path):
        raise error
    assert "what to do:" in str(raised.value)
    assert raised.value.exit_code == 8


@pytest.mark.parametrize("error", OTHERS)
def test_nothing_else_is_taken_for_it(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(type(error)) as raised, machine.lacks_are_typed(lambda: tmp_path):
        raise error
    assert raised.value is error
    assert machine.disk_number(error) is None


def test_a_damaged_file_that_a_full_disk_made_is_told_as_the_full_disk(tmp_path: Path) -> None:
    damaged = EditionError("cannot be read", where="x")
    damaged.__cause__ = OSError(errno.ENOSPC, "No space left on device", "x")
    assert isinstance(machine.typed(damaged, tmp_path), DiskError)
    damaged.__cause__ = PermissionError(errno.EACCES, "Permission denied", "x")
    assert machine.typed(damaged, tmp_path) is None
    assert machine.disk_number(MemoryError()) is None


def test_a_limit_of_our_own_is_no_lack(tmp_path: Path) -> None:
    """A question that needed too much ended with the code of a machine without memory."""
    limit = LimitError("the question needs more memory than it may have")
    limit.__cause__ = duckdb.OutOfMemoryException("Out of Memory Error: failed to pin block")
    assert machine.typed(limit, tmp_path) is None


def test_signals_are_no_lack(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), machine.lacks_are_typed(lambda: tmp_path):
        raise KeyboardInterrupt from MemoryError()


def test_a_tight_address_space_is_refused_before_anything_is_begun(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(machine, "address_space", lambda: 1_000_000_000)
    with pytest.raises(MemoryLackError, match="ulimit -v 1953125"):
        machine.require_address_space(2_000_000_000)
    machine.require_address_space(1_000_000_000)


def test_a_refresh_that_may_not_write_leaves_the_edition_and_the_next_is_whole(
    own_home: Context,
) -> None:
    give(own_home, "2024-02-01", last="3")
    with connect(own_home.home.root) as before:
        good = before.edition.edition_id
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, limits[1]))
    try:
        with pytest.raises(DiskError, match="ulimit -f"):
            refresh(own_home)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    with connect(own_home.home.root) as after:
        assert after.edition.edition_id == good
