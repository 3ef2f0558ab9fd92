"""What the archive keeps of releases, attempts and acceptances, as plain records."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, get_args

Obtained = Literal["download", "inbox", "bundled"]
Basis = Literal["publisher", "stated", "document", "obtained"]
# What put a release into quarantine: itself, the releases beside it, or the checks of its tables.
Cause = Literal["itself", "neighbours", "checks"]


@dataclass(frozen=True)
class SnapshotFile:
    """One file of a release as archived."""

    name: str
    sha256: str
    size: int
    url: str | None = None
    retrieved_at: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Snapshot:
    """One archived release of one source.

    ``as_of`` is the date of the release as best known; ``as_of_basis`` says how: ``publisher``
    (read from the release), ``stated`` (by the person who brought it), ``document`` (the day the
    workbook says it was last saved), or ``obtained`` (nothing says, so the day it was obtained).
    ``printed_names`` are the publisher's names of the files of a bundled release.
    """

    source_id: str
    snapshot_id: str
    as_of: date
    as_of_basis: Basis
    obtained: Obtained
    obtained_at: datetime
    note: str
    licence_id: str
    files: tuple[SnapshotFile, ...]
    printed_names: tuple[str, ...] = ()

    @property
    def publisher_names(self) -> tuple[str, ...]:
        """Return the names the publisher gave the files."""
        return self.printed_names or tuple(f.name for f in self.files)

    @property
    def order(self) -> tuple[date, bool, str]:
        """Return the sort key: release date, then fetched before bundled, then name.

        Which of two releases of one date is used is decided by what they hold
        (:func:`~fcm_migration.archive.releases.precedence`), never by the order they came in.
        """
        return (self.as_of, self.obtained != "bundled", self.snapshot_id)


@dataclass(frozen=True)
class Acceptance:
    """A person's acceptance of a suspect release, and how long it is valid."""

    by: str
    reason: str
    until: date
    accepted_at: datetime


@dataclass(frozen=True)
class Attempt:
    """One attempt to obtain a release, from the publisher or the inbox, and its outcome."""

    source_id: str
    attempted_at: datetime
    outcome: str
    detail: str
    snapshot_id: str | None


@dataclass(frozen=True)
class Incoming:
    """A file about to be archived."""

    name: str
    path: Path
    url: str | None = None
    retrieved_at: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


def as_text(value: object) -> str:
    """Return a date or moment as JSON text."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value)} has no JSON form here")


def to_json(snapshot: Snapshot) -> dict[str, Any]:
    """Return a release as its sidecar holds it."""
    return json.loads(json.dumps(asdict(snapshot), default=as_text))  # type: ignore[no-any-return]


def from_json(data: dict[str, Any]) -> Snapshot:
    """Return the release that :func:`to_json` wrote down.

    Raises:
        ValueError: a value that cannot be (TypeError, KeyError: a fact too many or too few).
    """
    found = Snapshot(
        **{
            **data,
            "as_of": date.fromisoformat(data["as_of"]),
            "obtained_at": datetime.fromisoformat(data["obtained_at"]),
            "files": tuple(SnapshotFile(**item) for item in data["files"]),
            "printed_names": tuple(data.get("printed_names", ())),
        }
    )
    possible = found.obtained in get_args(Obtained) and found.as_of_basis in get_args(Basis)
    if not possible or not found.snapshot_id.startswith(f"{found.as_of.isoformat()}_"):
        raise ValueError(f"no release: {data}")
    return found


def acceptance_from(data: dict[str, Any]) -> Acceptance:
    """Return an acceptance as it was written down; raises as :func:`from_json` does."""
    days = date.fromisoformat(data["until"]), datetime.fromisoformat(data["accepted_at"])
    return Acceptance(**{**data, "until": days[0], "accepted_at": days[1]})


def refusal_from(data: dict[str, Any]) -> dict[str, Any]:
    """Return why a release was refused; raises as :func:`from_json` does."""
    if not all(isinstance(data[name], str) for name in ("outcome", "detail")):
        raise TypeError(f"no refusal: {data}")
    return {"cause": "itself", **data}
