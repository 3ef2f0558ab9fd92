"""Notifications that a job failed which is no refresh: once for each failure."""

from __future__ import annotations

import logging
import textwrap
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fcm_migration.config import Home
from fcm_migration.errors import FcmError
from fcm_migration.notify.refreshes import plain
from fcm_migration.notify.sending import SETTINGS, Outcome, settings_of
from fcm_migration.notify.settings import Channel, Email, Log
from fcm_migration.notify.transport import letter, mail, post

EVENT, TITLE = "job_failed", "a job failed"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """A job that failed.

    Attributes:
        job: its name.
        run: the number of the run.
        detail: why, in a sentence without any secret.
        failed_at: when.
        home: the working home.
    """

    job: str
    run: str
    detail: str
    failed_at: datetime
    home: str


def notify_failure(home: Home, failure: Failure, now: datetime) -> list[Outcome]:
    """Notify every channel of a failed job.

    Args:
        home: settings are read there.
        failure: the job and why it failed.
        now: time of the call, with its zone.

    Returns:
        one outcome for each channel; none where notifications of refreshes are off. A channel that
        fails is an outcome, and is not tried again.
    """
    try:
        settings = settings_of(home)
        if settings is None or not settings.tells_refreshes:
            return []
        return [_told(channel, failure, now) for channel in settings.channels]
    except FcmError as error:
        return [Outcome(SETTINGS, 0, 0, str(error))]
    except OSError as error:
        return [Outcome(SETTINGS, 0, 0, error.strerror or type(error).__name__)]


def _told(channel: Channel, failure: Failure, now: datetime) -> Outcome:
    try:
        if isinstance(channel, Log):
            _LOG.error("%s", line(failure))
        elif isinstance(channel, Email):
            mail(
                channel, letter(channel, f"fcm: {TITLE}: {plain(failure.job)}", text(failure), now)
            )
        else:
            post(channel, payload(failure, now), key=f"{EVENT}-{failure.run}")
    except FcmError as error:
        return Outcome(channel.key, 0, 1, str(error))
    return Outcome(channel.key, 1, 0)


def payload(failure: Failure, now: datetime) -> dict[str, Any]:
    """Return the JSON of a web hook."""
    return {
        "event": EVENT,
        "title": TITLE,
        "job": plain(failure.job),
        "run": plain(failure.run),
        "since": failure.failed_at.isoformat(),
        "detail": plain(failure.detail),
        "home": plain(failure.home),
        "told_at": now.isoformat(),
    }


def line(failure: Failure) -> str:
    """Return the failure as one line."""
    job, run, home = (plain(words) for words in (failure.job, failure.run, failure.home))
    return f"{TITLE}: {job}, run {run} (home {home}): {plain(failure.detail)}"


def text(failure: Failure) -> str:
    """Return the body of an e-mail."""
    parts = [
        textwrap.fill(f"The job {plain(failure.job)} failed.", 76),
        textwrap.fill(plain(failure.detail), 76),
        f"Run: {plain(failure.run)}\nHome: {plain(failure.home)}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
