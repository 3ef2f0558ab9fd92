"""Note the start and end of every refresh, and send notifications.

A note that cannot be written (a full disk) and a message that cannot be sent never change how a
refresh ends; they are said in the log.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from fcm_migration.config import Home
from fcm_migration.errors import BusyError, FcmError
from fcm_migration.processes import Ended
from fcm_migration.refresh import journal

if TYPE_CHECKING:
    from fcm_migration.notify import Outcome
    from fcm_migration.publish import Edition

T = TypeVar("T")
_LOG = logging.getLogger(__name__)


def _no_problem() -> str | None:
    return None


@contextmanager
def noted(
    home: Home, now: datetime, holder: str, problem: Callable[[], str | None] = _no_problem
) -> Iterator[None]:
    """Note start and end of a refresh, and tell the home's channels if its state has changed.

    Args:
        home: the working home; its lock is held.
        now: the moment the refresh began.
        holder: who runs it.
        problem: returns why the refresh failed although no exception says so; None if it did not.
    """
    begun = _safely(lambda: journal.begin(home, now, holder))
    try:
        yield
    except (KeyboardInterrupt, Ended):
        _end(home, now, begun, "interrupted", "")
        raise
    except BaseException as error:
        _end(home, now, begun, "failed", words_of(error))
        raise
    found = problem()
    _end(home, now, begun, "done" if found is None else "failed", found or "")


def note_published(home: Home, edition: Edition) -> None:
    """Note that the running refresh has published an edition."""
    _safely(lambda: journal.note_published(home, edition))


def note_remembered(home: Home, moment: datetime) -> None:
    """Note that the ledger holds what the refresh that began at a moment published."""
    _safely(lambda: journal.note_remembered(home, moment))


def tell_state(home: Home, now: datetime, failure: str | None = None) -> list[Outcome]:
    """Notify the channels of notify.toml of changes in the state of refreshes; never raise.

    Args:
        home: the working home.
        now: the moment.
        failure: why a refresh failed that the journal may not tell of (a full disk).
    """
    from fcm_migration.notify import notify_state, stale_after_days
    from fcm_migration.refresh.state import state_of

    def tell() -> list[Outcome]:
        state = state_of(home, now, stale_after_days(home))
        if failure is not None and state.word == "well":
            state = replace(state, word="failed", since=now, detail=failure)
        return notify_state(home, state, now)

    return _safely(tell) or []


@contextmanager
def failure_told(home: Home, now: datetime) -> Iterator[None]:
    """Notify the home's channels if the machine prevents a refresh from beginning.

    To be put around taking the lock alone: :func:`noted` tells what happens under it.
    """
    try:
        yield
    except BusyError:
        raise  # no failure: another refresh does the work
    except (OSError, FcmError) as error:
        _log(tell_state(home, now, words_of(error)))
        raise


def words_of(error: BaseException) -> str:
    """Return the sentence of an error of this project, or the kind of any other error.

    The text of other exceptions may hold anything, so it is not sent to anybody.
    """
    if isinstance(error, FcmError):
        return str(error)
    kind = type(error).__name__
    return f"{kind}: {error.strerror}" if isinstance(error, OSError) and error.strerror else kind


def _end(
    home: Home,
    now: datetime,
    begun: journal.Begun | None,
    outcome: journal.Outcome,
    detail: str,
) -> None:
    if begun is not None:
        _safely(lambda: journal.end(home, begun, outcome, detail))
    _log(tell_state(home, now, detail if outcome == "failed" else None))


def _log(outcomes: list[Outcome]) -> None:
    for told in outcomes:
        if told.error:
            _LOG.warning("%s", told.words)


def _safely(do: Callable[[], T]) -> T | None:
    """Return a function's result; None, with a line in the log, if it fails."""
    try:
        return do()
    except Exception as error:
        with suppress(Exception):
            _LOG.warning("a refresh could not be noted or notified: %s", words_of(error))
        return None
