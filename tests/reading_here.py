"""Reading releases in the process of a test, by the functions that the limited process calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from fcm_migration import limited
from fcm_migration.limited import Look, Reading, work
from fcm_migration.sources.base import Fetched, Get, ReleaseFile, Source


def _read(source: Source, files: Sequence[ReleaseFile], _folder: Path) -> Reading:
    return work.read(source, files)


def _look(source: Source, files: Sequence[ReleaseFile], _folder: Path) -> Look:
    return work.look(source, files)


def _fetch(source: Source, get: Get, _folder: Path) -> Fetched:
    return work.fetch(source, get)


@contextmanager
def reading_here() -> Iterator[None]:
    """Let no release be read in another process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limited, "read_release", _read)
        patch.setattr(limited, "look_at", _look)
        patch.setattr(limited, "fetch_release", _fetch)
        yield
