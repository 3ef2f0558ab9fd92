"""Fields of ``fcm status``; ``--json`` prints exactly these (docs/monitoring.md).

:data:`VERSION` is raised when a field changes its meaning or goes; new fields may come at any time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

SCHEMA, VERSION = "fcm-status", 1
# state -> exit code of `fcm status`; the first of these that holds
EXIT_CODES: Mapping[str, int] = {
    "unpublished": 6,
    "stale": 21,
    "failed": 20,
    "attention": 22,
    "fine": 0,
}
# what may need attention while refreshes are well
KINDS = ("figures", "labels", "quarantine", "disk", "originals", "unreadable")


@dataclass(frozen=True)
class EditionStatus:
    """The published edition, and whether it is as it was published."""

    is_whole: bool
    detail: str
    edition_id: str | None
    sequence: int | None
    published_at: datetime | None
    size_bytes: int
    editions_kept: int


@dataclass(frozen=True)
class RefreshStatus:
    """The last refresh: running, published, nothing published, failed, interrupted or killed."""

    outcome: str
    detail: str
    started_at: datetime
    ended_at: datetime | None
    holder: str
    edition_id: str | None
    sequence: int | None


@dataclass(frozen=True)
class LockStatus:
    """Who holds the lock of the home, since when."""

    holder: str
    pid: int
    since: datetime | None


@dataclass(frozen=True)
class SourceStatus:
    """How fresh one source is on the day, and its last look at the publisher."""

    source_id: str
    freshness: str
    in_words: str
    age_days: int | None
    newest_period_end: date | None
    release_date: date | None
    next_release_date: date | None
    last_look_at: datetime | None
    last_look: str | None
    last_look_failed: bool
    last_look_detail: str
    last_good_look_at: datetime | None


@dataclass(frozen=True)
class QuarantineStatus:
    """One release that waits for a person."""

    source_id: str
    snapshot_id: str
    outcome: str
    detail: str
    command: str


@dataclass(frozen=True)
class DiskStatus:
    """Space of the disk the home lies on, and the size of each folder of the home.

    ``is_complete`` is false where there were too many files to count in the time given.
    """

    free_bytes: int
    total_bytes: int
    low_below_bytes: int
    home_bytes: int
    folders: dict[str, int]
    is_complete: bool


@dataclass(frozen=True)
class Attention:
    """Something a person should look at though refreshes are well; ``kind`` is one of KINDS."""

    kind: str
    detail: str


@dataclass(frozen=True)
class Status:
    """Everything ``fcm status`` tells.

    Attributes:
        state: fine, attention, failed, stale or unpublished.
        detail: why, in a sentence; empty where it is fine.
        attention: what a person should look at, ignored kinds too.
        labels_held_back: country labels nobody has reviewed, at the last refresh.
    """

    checked_at: datetime
    home: str
    state: str
    detail: str
    stale_after_days: float
    last_published_at: datetime | None
    edition: EditionStatus
    last_refresh: RefreshStatus | None
    lock: LockStatus | None
    attention: tuple[Attention, ...]
    sources: tuple[SourceStatus, ...]
    quarantine: tuple[QuarantineStatus, ...]
    labels_held_back: int
    originals_damaged: tuple[str, ...]
    disk: DiskStatus | None

    @property
    def exit_code(self) -> int:
        """Return the exit code of ``fcm status``."""
        return EXIT_CODES[self.state]

    def as_json(self) -> dict[str, Any]:
        """Return the document that ``--json`` prints; moments in ISO 8601."""
        document = {"schema": SCHEMA, "version": VERSION, "exit_code": self.exit_code}
        return {**document, **_plain(asdict(self))}


def state_word(word: str, is_whole: bool, kinds: Collection[str]) -> str:
    """Return the gravest state: of the edition, of the refreshes, of what needs attention."""
    if not is_whole:
        return "unpublished"
    if word in ("stale", "failed", "unpublished"):
        return word
    return "attention" if kinds else "fine"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | datetime) else value
