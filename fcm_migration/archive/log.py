"""The log of attempts to obtain each source: one sealed line an attempt, appended."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from fcm_migration import store
from fcm_migration.archive.model import Attempt, as_text

SEALED_AS = "attempts"


def record(path: Path, attempt: Attempt) -> None:
    """Append one attempt to a log, on a line of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as log:
        if log.tell() > 0:
            log.seek(-1, os.SEEK_END)
            if log.read(1) != b"\n":  # a crash cut the last line short
                log.write(b"\n")
        log.write(f"{_line(attempt)}\n".encode())


def attempts(path: Path, source_id: str) -> list[Attempt]:
    """Return every attempt on a source, oldest first, without lines that are damaged."""
    found = (_attempt(line, source_id) for line in _lines(path))
    return [attempt for attempt in found if attempt is not None]


def damaged_lines(path: Path, source_id: str) -> int:
    """Return how many lines of a log cannot be read."""
    return len(_lines(path)) - len(attempts(path, source_id))


def mend(path: Path, source_id: str) -> None:
    """Drop the lines that cannot be read, and say so; call it under the home's lock."""
    lines = _lines(path)
    kept = [line for line in lines if _attempt(line, source_id) is not None]
    if kept != lines:
        store.say_damaged(path, f"loses {len(lines) - len(kept)} line(s) that cannot be read")
        text = "".join(f"{line}\n" for line in kept)
        store.write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def _lines(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    return [line for line in text.split("\n") if line]


def _line(attempt: Attempt) -> str:
    data = json.loads(json.dumps(asdict(attempt), default=as_text))
    return json.dumps({**data, store.SEAL: store.seal_of(data, SEALED_AS)}, sort_keys=True)


def _attempt(line: str, source_id: str) -> Attempt | None:
    """Return the attempt of a line; None where the line is damaged or is of another source."""
    try:
        data = json.loads(line)
        seal = data.pop(store.SEAL, None)  # older versions wrote none
        attempt = Attempt(**{**data, "attempted_at": datetime.fromisoformat(data["attempted_at"])})
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError):
        return None
    sound = seal is None or seal == store.seal_of(data, SEALED_AS)
    return attempt if sound and attempt.source_id == source_id else None
