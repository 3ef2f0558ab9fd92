"""Notifications that refreshes fail, are overdue, or are well again: once for each change.

The memory holds what each channel was told last. A channel that fails is told at the next call, if
the state is still another than the one it knows.
"""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fcm_migration import store
from fcm_migration.config import Home
from fcm_migration.errors import FcmError
from fcm_migration.notify.sending import Outcome, settings_of
from fcm_migration.notify.settings import STALE_AFTER_DAYS, Channel, Email, Log
from fcm_migration.notify.transport import letter, mail, post

REFRESH_MEMORY_NAME = "notified_refresh.json"
Word = Literal["well", "failed", "stale", "unpublished"]
EVENTS: Mapping[Word, str] = {
    "well": "refresh_recovered",
    "failed": "refresh_failed",
    "stale": "refresh_stale",
    "unpublished": "edition_damaged",
}
TITLES: Mapping[Word, str] = {
    "well": "refreshes are well again",
    "failed": "a refresh failed",
    "stale": "no refresh has published for too long",
    "unpublished": "the published edition is missing or damaged",
}
LONGEST_DETAIL = 1000  # characters
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class State:
    """The state of a home's refreshes.

    Attributes:
        word: well; failed (the last one, or it was killed); stale (nothing published for too long);
            unpublished (what was published is missing or damaged). The gravest that holds.
        since: since when.
        detail: why, in a sentence; empty if well.
        edition_id: the edition analysts read; None without one.
        published_at: when an edition was last published; None if never.
        home: the working home.
    """

    word: Word
    since: datetime
    detail: str
    edition_id: str | None
    published_at: datetime | None
    home: str


def stale_after_days(home: Home) -> float:
    """Return after how many days without a publication a home is stale; never raises."""
    try:
        settings = settings_of(home)
    except (FcmError, OSError):
        return STALE_AFTER_DAYS
    return STALE_AFTER_DAYS if settings is None else settings.stale_after_days


def notify_state(home: Home, state: State, now: datetime) -> list[Outcome]:
    """Notify every channel that was told another state; call it after each refresh and regularly.

    Args:
        home: settings and memory are read there.
        state: the state now.
        now: time of the call, with its zone.

    Returns:
        one outcome for each channel that was to be told; none where nothing has changed.
    """
    outcomes: list[Outcome] = []
    try:
        settings = settings_of(home)
        if settings is None or not settings.tells_refreshes:
            return []
        known = _read(home)
        for channel in settings.channels:
            if known.get(channel.key, "well") == state.word:
                continue
            outcome = _told(channel, state, now)
            outcomes.append(outcome)
            if not outcome.error:
                known[channel.key] = state.word
                store.write_json(home.root / REFRESH_MEMORY_NAME, known)
    except FcmError as error:
        outcomes.append(Outcome("settings", 0, 0, str(error)))
    except OSError as error:
        what = f"{REFRESH_MEMORY_NAME} cannot be kept: {error.strerror or type(error).__name__}"
        outcomes.append(Outcome("settings", 0, 0, what))
    return outcomes


def _read(home: Home) -> dict[str, str]:
    """Return the state each channel was told last; telling twice is better than never."""
    try:
        found = store.read_json(home.root / REFRESH_MEMORY_NAME)
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _told(channel: Channel, state: State, now: datetime) -> Outcome:
    try:
        if isinstance(channel, Log):
            level = logging.INFO if state.word == "well" else logging.ERROR
            _LOG.log(level, "%s", line(state))
        elif isinstance(channel, Email):
            mail(channel, letter(channel, f"fcm: {TITLES[state.word]}", text(state), now))
        else:
            key = f"{EVENTS[state.word]}-{state.since:%Y%m%dT%H%M%S}"
            post(channel, payload(state, now), key=key)
    except FcmError as error:
        return Outcome(channel.key, 0, 1, str(error))
    return Outcome(channel.key, 1, 0)


def payload(state: State, now: datetime) -> dict[str, Any]:
    """Return the JSON of a web hook: ``event`` tells it from an alert, which has none."""
    return {
        "event": EVENTS[state.word],
        "title": TITLES[state.word],
        "since": state.since.isoformat(),
        "detail": plain(state.detail),
        "edition_id": state.edition_id,
        "published_at": None if state.published_at is None else state.published_at.isoformat(),
        "home": plain(state.home),
        "told_at": now.isoformat(),
    }


def line(state: State) -> str:
    """Return the state as one line."""
    detail = f": {plain(state.detail)}" if state.detail else ""
    return f"{TITLES[state.word]} (home {plain(state.home)}){detail}"


def text(state: State) -> str:
    """Return the body of an e-mail."""
    last = "never" if state.published_at is None else f"{state.published_at:%Y-%m-%d %H:%M} UTC"
    parts = [
        textwrap.fill(f"{TITLES[state.word].capitalize()}.", 76),
        textwrap.fill(plain(state.detail), 76),
        f"Last published: {last}, edition {state.edition_id or 'none'}\nHome: {plain(state.home)}",
        "`fcm status` tells more.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def plain(words: str) -> str:
    """Return a text in one line, without control characters and marks of direction, not too long.

    An error may repeat what a publisher's file holds.
    """
    clean = " ".join("".join(c if c.isprintable() else " " for c in words).split())
    return clean if len(clean) <= LONGEST_DETAIL else f"{clean[:LONGEST_DETAIL]} ..."
