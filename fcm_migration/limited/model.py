"""Answers of the limited process, with the time and memory used."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fcm_migration.errors import UnsafeFileError
from fcm_migration.sources.base import Parsed
from fcm_migration.workbook import Document


@dataclass(frozen=True)
class Look:
    """Dates a release's files state: the day they print, and when their document was saved.

    ``unsafe`` is why they could not be looked at, where they broke a limit or are broken.
    """

    printed: date | None
    document: Document | None
    unsafe: UnsafeFileError | None = None


@dataclass(frozen=True)
class Reading:
    """A release as read: its tables, and when its document was created and saved."""

    parsed: Parsed
    document: Document | None


@dataclass(frozen=True)
class Usage:
    """Resources one task used: peak of resident memory, processor time, and elapsed time."""

    resident_bytes: int
    processor_seconds: float
    seconds: float


NOTHING = Usage(0, 0.0, 0.0)


@dataclass(frozen=True)
class Death:
    """How a child ended that gave no answer.

    Attributes:
        why: what the watching process ended it for; None where it ended by itself.
        status: exit status; below 0 the number of the signal that ended it.
        said: the last words of its libraries.
    """

    why: str | None
    status: int
    said: str
    usage: Usage
