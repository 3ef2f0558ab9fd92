"""Files that arrive in the inbox: which source takes each, and whether it is complete.

For whoever watches the inbox between refreshes. Nothing is taken or moved here, and nothing outside
the inbox is read.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fcm_migration import folders
from fcm_migration.config import Home
from fcm_migration.errors import UsageError
from fcm_migration.printable import printable
from fcm_migration.refresh import inbox
from fcm_migration.sources.base import Source

SETTLED_SECONDS = 10  # a file that was written to more recently may still be growing
MOST_FILES = 200  # looked at; more can only be a mistake


@dataclass(frozen=True)
class Arrival:
    """A file waiting in a source's inbox.

    Attributes:
        source_id: the source that takes it.
        path: the file.
        state: differs after each write; two looks that give the same found it at rest.
        is_at_rest: whether it was last written to some seconds ago.
    """

    source_id: str
    path: Path
    state: str
    is_at_rest: bool

    @property
    def name(self) -> str:
        """Return source and file name: what identifies it in the inbox."""
        return f"{self.source_id}/{self.path.name}"


@dataclass(frozen=True)
class Arrivals:
    """What lies in the inbox: files that a source takes, and in words what nobody takes."""

    files: tuple[Arrival, ...]
    problems: tuple[str, ...]


def arrivals(home: Home, sources: Iterable[Source], now: datetime) -> Arrivals:
    """Return what lies in the inbox."""
    files: list[Arrival] = []
    problems: list[str] = []
    known = {source.source_id for source in sources}
    try:
        problems += _unclaimed(home, known)
        for source_id in sorted(known):
            for path in inbox.waiting(home, source_id):
                try:
                    files.append(_arrival(home, source_id, path, now))
                except FileNotFoundError:
                    continue  # it has just been taken
                except (UsageError, OSError) as error:
                    problems.append(f"{printable(f'{source_id}/{path.name}')}: {_said(error)}")
    except (UsageError, OSError) as error:
        problems.append(_said(error))
    return Arrivals(tuple(files[:MOST_FILES]), tuple(problems[:MOST_FILES]))


def _unclaimed(home: Home, known: set[str]) -> Iterable[str]:
    """Say of everything that lies in the inbox beside the sources' folders that nobody takes it."""
    if not home.inbox.is_dir():
        return
    for name in folders.names(home.inbox, home.inbox):
        if name.startswith(".") or name in (inbox.TAKEN, inbox.REFUSED, *known):
            continue
        where = home.inbox / name
        if where.is_dir() and not where.is_symlink() and not folders.names(where, home.inbox):
            continue
        yield (
            f"{printable(name)}: no source takes it; put a file into inbox/SOURCE/, where SOURCE "
            "is a name that `fcm sources` lists"
        )


def _arrival(home: Home, source_id: str, path: Path, now: datetime) -> Arrival:
    inbox.check_name(path.name)
    with folders.sole(path, home.inbox) as (_, found):
        pass  # its identity is enough
    age = now.timestamp() - found.modified_ns / 1e9
    state = "-".join(str(part) for part in found)
    return Arrival(source_id, path, state, age >= SETTLED_SECONDS)


def _said(error: UsageError | OSError) -> str:
    return str(error) if isinstance(error, UsageError) else type(error).__name__


def at_rest(files: Sequence[Arrival], before: Mapping[str, str]) -> list[Arrival]:
    """Return the files that are as they were at the look before.

    Args:
        files: those of this look.
        before: state of each at the look before, by :attr:`Arrival.name`.
    """
    return [file for file in files if file.is_at_rest and before.get(file.name) == file.state]


def content_key(home: Home, files: Sequence[Arrival], source: Source) -> str:
    """Return a name for the content of some files of one source, in whatever order.

    A file larger than the source's limit will be refused unread: its size stands for it.

    Raises:
        UsageError: one of them is a link now.
        OSError: one of them cannot be read.
    """
    most = source.limits.file_bytes
    each = sorted(_hash(home, file, most) for file in files)
    whole = each[0] if len(each) == 1 else hashlib.sha256("\n".join(each).encode()).hexdigest()
    return f"{source.source_id}-{whole[:32]}"


def _hash(home: Home, file: Arrival, most_bytes: int) -> str:
    with folders.sole(file.path, home.inbox) as (handle, found):
        if found.size > most_bytes:
            return f"{found.size} bytes"
        with os.fdopen(os.dup(handle), "rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
