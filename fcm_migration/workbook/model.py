"""A worksheet as read, and the limits a workbook must keep."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Row = tuple[str, ...]


class NamedFile(Protocol):
    """A file with the name that its publisher or a person gave it, for messages.

    The archive names its bytes by their checksum, which tells a person nothing.
    """

    @property
    def name(self) -> str:
        """The name for messages."""

    @property
    def path(self) -> Path:
        """Where the bytes lie."""


def named(source: NamedFile | Path) -> tuple[Path, str]:
    """Return where the bytes of a file lie, and its name for messages."""
    return (source, source.name) if isinstance(source, Path) else (source.path, source.name)


def read_named(source: NamedFile | Path | bytes, otherwise: str) -> tuple[bytes, str]:
    """Return the bytes and their name for messages, which is ``otherwise`` if they are no file."""
    if isinstance(source, bytes):
        return source, otherwise
    path, name = named(source)
    return path.read_bytes(), name


@dataclass(frozen=True)
class Sheet:
    """One worksheet as text, rectangular; row 0 and column 0 are the sheet's row 1 and column A.

    Caveats: "" is an empty cell; a date is "YYYY-MM-DD" ("YYYY-MM-DDTHH:MM:SS" if it has a time of
    day); a number has no trailing ".0" and at most nine decimals; a boolean is "true" or "false";
    a failed formula is the mark a spreadsheet shows ("#N/A"); a percentage is its stored fraction.
    Trailing empty rows and columns are left off.
    """

    name: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Limits:
    """How large a workbook may be before it is refused.

    The largest real file measured unpacks 13-fold to 13 MB and holds 200,000 cells; 33-fold is the
    highest ratio seen. Time and memory are limited around the reader, by the source.
    """

    unpacked_bytes: int = 200_000_000
    ratio: int = 200
    members: int = 2_000
    cells: int = 20_000_000


DEFAULT_LIMITS = Limits()
