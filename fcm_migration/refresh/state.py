"""State of a home's refreshes on a day: well, failed, stale, or without a sound edition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from fcm_migration.archive.lock import Holder, holder_of
from fcm_migration.config import Home
from fcm_migration.notify.refreshes import State, Word
from fcm_migration.publish.standing import Standing, standing
from fcm_migration.refresh.journal import Run, runs

KILLED = "it was killed or its machine stopped: it began and never ended"


def state_of(home: Home, now: datetime, stale_after_days: float) -> State:
    """Return the state of a home's refreshes, cheaply: no table is read."""
    return judged(runs(home), standing(home), holder_of(home.root), now, stale_after_days, home)


def judged(
    noted: Sequence[Run],
    edition: Standing,
    holder: Holder | None,
    now: datetime,
    stale_after_days: float,
    home: Home,
) -> State:
    """Return the state that notes, edition and lock show.

    Args:
        noted: the refreshes, oldest first.
        edition: what is published.
        holder: who holds the lock now.
        now: the moment.
        stale_after_days: days without a publication after which the home is stale.
        home: the working home.
    """
    published = last_published(noted, edition)
    counted = [run for run in noted if counts(run, noted, holder)]
    last = counted[-1] if counted else None

    def state(word: Word, since: datetime, detail: str = "") -> State:
        return State(word, since, detail, edition.edition_id, published, str(home.root))

    if not edition.is_whole and published is not None:
        return state("unpublished", published, edition.detail)
    if published is not None and now - published > timedelta(days=stale_after_days):
        detail = f"nothing has been published for {(now - published).days} days"
        if last is not None and not _is_good(last):
            detail += f"; the last refresh failed: {why(last)}"
        return state("stale", published + timedelta(days=stale_after_days), detail)
    if last is not None and not _is_good(last):
        return state("failed", last.ended_at or last.started_at, why(last))
    return state("well", published or now)


def last_published(noted: Sequence[Run], edition: Standing) -> datetime | None:
    """Return when an edition was last published; homes of older versions noted only editions."""
    moments = [run.published_at for run in noted if run.published_at is not None]
    if edition.published_at is not None:
        moments.append(edition.published_at)
    return max(moments, default=None)


def counts(run: Run, noted: Sequence[Run], holder: Holder | None) -> bool:
    """Return whether a refresh says something about the state.

    One that goes on does not, nor one that a person interrupted, nor one of Dagster that was not
    to publish anything and did not fail.
    """
    if is_running(run, noted, holder):
        return False
    return run.edition_id is not None or run.outcome in (None, "failed")


def is_running(run: Run, noted: Sequence[Run], holder: Holder | None) -> bool:
    """Return whether a refresh is still running: it began last and its process holds the lock.

    In a process of another container the number may differ; the lock alone decides then.
    """
    return run.outcome is None and run is noted[-1] and holder is not None


def why(run: Run) -> str:
    """Return why a refresh failed."""
    return KILLED if run.outcome is None else run.detail


def _is_good(run: Run) -> bool:
    return run.outcome not in (None, "failed")
