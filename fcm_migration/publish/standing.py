"""Quick check that the published edition is undamaged, without reading figures or loading DuckDB.

``fcm verify`` reads everything; this compares the published file with what was noted when it was
published.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fcm_migration import store
from fcm_migration.config import PUBLISHED_NAME, Home
from fcm_migration.errors import FcmError
from fcm_migration.publish.kept import Edition, known

HASHED = 512_000_000  # bytes up to which every byte is compared; of a larger file its size alone


@dataclass(frozen=True)
class Standing:
    """What is published.

    Attributes:
        is_whole: whether the published file is an edition as it was published.
        detail: what is wrong; how much was compared, if nothing is.
        edition_id, sequence, published_at: of the edition; None where it is not known.
        size: bytes of the published file; 0 without one.
        kept: number of editions that can be read or rolled back to.
    """

    is_whole: bool
    detail: str
    edition_id: str | None = None
    sequence: int | None = None
    published_at: datetime | None = None
    size: int = 0
    kept: int = 0


def standing(home: Home) -> Standing:
    """Return the published edition and whether it is undamaged; never raise for its content."""
    target = home.published
    try:
        if not target.is_file():
            return Standing(False, "nothing is published", kept=len(_editions(home)))
        return _compared(target, _editions(home), home)
    except OSError as error:
        return Standing(False, f"it cannot be read: {error.strerror or type(error).__name__}")


def _editions(home: Home) -> list[Edition]:
    try:
        return known(home.published_dir)
    except (FcmError, ValueError, KeyError, TypeError, AttributeError):
        return []  # notes that cannot be read: the published file is then none of the known ones


def _compared(target: Path, editions: list[Edition], home: Home) -> Standing:
    size = target.stat().st_size
    current = next((edition for edition in editions if edition.is_current), None)
    if current is None:
        detail = "the published file is none of the editions this package wrote"
        return Standing(False, detail, size=size, kept=len(editions))
    wrong = None
    if (home.published_dir / f"{PUBLISHED_NAME}.wal").exists():
        wrong = "a write-ahead log lies beside the published file: something wrote to it"
    elif size != current.size:
        wrong = f"the published file has {size} bytes, not the {current.size} that were published"
    elif size <= HASHED and store.sha256_file(target) != current.sha256:
        wrong = "the bytes of the published file are not those that were published"
    compared = "every byte is" if size <= HASHED else "its size is"
    return Standing(
        wrong is None,
        wrong or f"{compared} as published",
        current.edition_id,
        current.sequence,
        current.published_at,
        size,
        len(editions),
    )
