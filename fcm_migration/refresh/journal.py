"""The journal of refreshes: when each began and ended, how, and what it published.

``refreshes.jsonl`` in the home has one line for each event, appended and made durable at once: a
refresh that is killed leaves its start without an end. A line that was cut short or changed is
passed over. The journal also keeps the sequence of editions going where ``published/`` was deleted.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from fcm_migration import store
from fcm_migration.config import Home

if TYPE_CHECKING:
    from fcm_migration.publish import Edition

NAME = "refreshes.jsonl"
# bytes from which the file is shortened, and the refreshes it then keeps
LARGE, KEPT = 400_000, 500
Outcome = Literal["done", "failed", "interrupted"]


@dataclass(frozen=True)
class Run:
    """One refresh as noted.

    Attributes:
        run: its number.
        started_at: when it began.
        holder, pid: who ran it.
        ended_at: when it ended; None while it goes on, and of one that was killed.
        outcome: done, failed or interrupted (by a person); None without an end.
        detail: why it failed.
        edition_id, sequence, published_at: the edition it published, if it did.
        is_remembered: whether the forecasts it published are in the ledger.
    """

    run: str
    started_at: datetime
    holder: str
    pid: int
    ended_at: datetime | None = None
    outcome: Outcome | None = None
    detail: str = ""
    edition_id: str | None = None
    sequence: int = 0
    published_at: datetime | None = None
    is_remembered: bool = False


@dataclass(frozen=True)
class Begun:
    """A refresh that is running in this process."""

    run: str
    now: datetime
    clock: float


def begin(home: Home, now: datetime, holder: str) -> Begun:
    """Note that a refresh begins; call it under the home's lock."""
    begun = Begun(uuid.uuid4().hex[:12], now, time.monotonic())
    _shorten(home)
    _append(home, {"event": "began", "run": begun.run, "at": now.isoformat(), "holder": holder,
                   "pid": os.getpid()})  # fmt: skip
    return begun


def note_published(home: Home, edition: Edition) -> None:
    """Note that the refresh that began last has published an edition."""
    before = runs(home)
    _append(home, {"event": "published", "run": before[-1].run if before else "",
                   "at": edition.published_at.isoformat(), "edition_id": edition.edition_id,
                   "sequence": edition.sequence})  # fmt: skip


def note_remembered(home: Home, moment: datetime) -> None:
    """Note that the ledger holds what the refresh that began at a moment published."""
    for run in runs(home):
        if run.started_at == moment and not run.is_remembered:
            _append(home, {"event": "remembered", "run": run.run, "at": moment.isoformat()})


def end(home: Home, begun: Begun, outcome: Outcome, detail: str = "") -> None:
    """Note how a refresh ended."""
    passed = timedelta(seconds=round(time.monotonic() - begun.clock))
    at = (begun.now + passed).isoformat()
    _append(home, {"event": "ended", "run": begun.run, "at": at, "outcome": outcome,
                   "detail": detail})  # fmt: skip


def runs(home: Home) -> list[Run]:
    """Return the refreshes noted, in the order in which they began."""
    return _runs(_events(home))


def last_sequence(home: Home) -> int:
    """Return the highest sequence of an edition noted as published; 0 without any."""
    return max((event["sequence"] for event in _events(home) if "sequence" in event), default=0)


def _runs(events: Iterable[Mapping[str, Any]]) -> list[Run]:
    found: dict[str, Run] = {}
    for event in events:
        number, at = event["run"], datetime.fromisoformat(event["at"])
        if event["event"] == "began":
            found[number] = Run(number, at, event["holder"], event["pid"])
        elif number in found and event["event"] == "published":
            found[number] = replace(
                found[number],
                edition_id=event["edition_id"],
                sequence=event["sequence"],
                published_at=at,
            )
        elif number in found and event["event"] == "remembered":
            found[number] = replace(found[number], is_remembered=True)
        elif number in found:
            found[number] = replace(
                found[number], ended_at=at, outcome=event["outcome"], detail=event["detail"]
            )
    return list(found.values())


def _append(home: Home, event: Mapping[str, Any]) -> None:
    path = home.root / NAME
    is_first = not path.exists()
    with path.open("ab+") as file:
        file.seek(0, os.SEEK_END)
        if file.tell() and (file.seek(-1, os.SEEK_END), file.read(1))[1] != b"\n":
            file.write(b"\n")  # the line before was cut short by a crash
        file.write(_line(event))
        file.flush()
        os.fsync(file.fileno())
    if is_first:
        store.fsync_folder(home.root)


def _line(event: Mapping[str, Any]) -> bytes:
    """Return an event as a line that bears its own check sum."""
    return (json.dumps({**event, "check": _check(event)}, sort_keys=True) + "\n").encode()


def _check(event: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:16]


def _events(home: Home) -> list[dict[str, Any]]:
    try:
        lines = (home.root / NAME).read_bytes().splitlines()
    except OSError:
        return []
    return [event for line in lines if (event := _event(line)) is not None]


def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
        return event if event.pop("check") == _check(event) else None
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return None


def _shorten(home: Home) -> None:
    """Keep the newest refreshes, and the newest that published, of a file that grew large."""
    path = home.root / NAME
    if not path.exists() or path.stat().st_size <= LARGE:
        return
    events = _events(home)
    noted = _runs(events)
    published = [run for run in noted if run.edition_id is not None]
    kept = {run.run for run in [*noted[-KEPT:], *published[-1:]]}
    lines = [_line(event) for event in events if event["run"] in kept]
    store.write_atomically(path, lambda part: Path(part).write_bytes(b"".join(lines)))
