"""Sensors: files that people bring, what `fcm refresh` made, and runs that fail.

All are off until somebody turns them on, as the schedules are (``switches.py``). What a sensor sees
and sends is the library's; here is only when it looks, and what Dagster is to do then.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_project.jobs import ALL, job_name
from dagster_project.noting import words_of
from dagster_project.reporting import report, without_pages
from fcm_migration.archive.lock import holder_of
from fcm_migration.config import home
from fcm_migration.errors import UsageError
from fcm_migration.printable import printable
from fcm_migration.refresh import journal
from fcm_migration.refresh.arrivals import Arrival, arrivals, at_rest, content_key
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.noting import tell_state
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import Source

if TYPE_CHECKING:
    from fcm_migration.notify import Outcome

INBOX, REPORTED, FAILED = "inbox", "reported", "failed_runs"
NAMES = (INBOX, REPORTED, FAILED)
INBOX_SECONDS, REPORT_SECONDS = 30, 60  # between two looks
_LOG = logging.getLogger(__name__)
Look = Callable[[], Context]


def sensors(
    sources: Sequence[Source], jobs: Sequence[Any], pages: Any, look: Look
) -> list[dg.SensorDefinition]:
    """Return all sensors.

    Args:
        sources: whose inboxes are watched.
        jobs: those of the sources, which the inbox starts.
        pages: the one that writes briefs and site, which a reported edition starts.
        look: returns home and sources, as the server was started.
    """
    return [_inbox(sources, jobs, look), _reported(pages, look), _failed_runs(look)]


def _inbox(sources: Sequence[Source], jobs: Sequence[Any], look: Look) -> dg.SensorDefinition:
    @dg.sensor(
        name=INBOX,
        jobs=[job for job in jobs if job.name != ALL],
        minimum_interval_seconds=INBOX_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Starts the run of a source when a file lies in its inbox, complete.",
    )
    def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        return _look_into(look(), sources, context.cursor)

    return inbox


def _look_into(library: Context, sources: Sequence[Source], cursor: str | None) -> dg.SensorResult:
    """Return the runs to start, and what this look has seen for the next one."""
    before = _seen(cursor)
    found = arrivals(library.home, sources, library.now)
    ready = at_rest(found.files, before["states"])
    fresh = [file for file in ready if before["asked"].get(file.name) != file.state]
    requests, problems = [], list(found.problems)
    for source in sources:
        own = [file for file in fresh if file.source_id == source.source_id]
        try:
            if own:
                requests.append(_request(library, source, own))
        except (UsageError, OSError) as error:
            problems.append(f"{source.source_id}: {printable(str(error))}")
    states = {file.name: file.state for file in found.files}
    asked = {name: before["asked"][name] for name in states if name in before["asked"]}
    asked |= {file.name: file.state for file in fresh}
    new = [] if requests else [said for said in problems if said not in before["said"]]
    said = [old for old in before["said"] if old in problems] + new
    return dg.SensorResult(
        run_requests=requests,
        skip_reason=None if requests else dg.SkipReason(_words(new, found.files, asked)),
        cursor=json.dumps({"states": states, "asked": asked, "said": said}),
    )


def _seen(cursor: str | None) -> dict[str, Any]:
    """Return what the look before has seen; nothing where its note cannot be read."""
    try:
        found = json.loads(cursor or "")
        return {
            "states": dict(found["states"]),
            "asked": dict(found["asked"]),
            "said": list(found["said"]),
        }
    except (ValueError, KeyError, TypeError):
        return {"states": {}, "asked": {}, "said": []}


def _request(library: Context, source: Source, files: Sequence[Arrival]) -> dg.RunRequest:
    """Return the run of a source; by its key Dagster starts one run for the same content."""
    return dg.RunRequest(
        run_key=content_key(library.home, files, source),
        job_name=job_name(source),
        tags={"inbox": printable(", ".join(file.path.name for file in files))[:200]},
    )


def _words(new: Sequence[str], files: Sequence[Arrival], asked: dict[str, str]) -> str:
    """Return why no run is started."""
    waiting = [file.name for file in files if file.name not in asked]
    parts = list(new)
    if waiting:
        parts.append(f"still being written, or not yet looked at twice: {', '.join(waiting[:5])}")
    elif files:
        parts.append("a run has been started for every file that waits")
    return printable(". ".join(parts)) or "no new file in the inbox"


def _reported(pages: Any, look: Look) -> dg.SensorDefinition:
    @dg.sensor(
        name=REPORTED,
        job=pages,
        minimum_interval_seconds=REPORT_SECONDS,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Reports to Dagster what `fcm refresh` made on the command line, and starts "
        "the run that writes briefs and site of its edition.",
    )
    def reported(context: dg.SensorEvaluationContext) -> dg.SkipReason | dg.RunRequest:
        library = look()
        if (holder := holder_of(library.home.root)) is not None:
            return dg.SkipReason(
                f"{printable(holder.holder)} is running: what it makes is reported then"
            )
        now = _newest(library)
        if context.cursor == now:
            return dg.SkipReason("no refresh has ended since the last look")
        words = report(context.instance, library).words
        context.update_cursor(now)
        if (edition := without_pages(context.instance)) is not None:
            return dg.RunRequest(run_key=f"pages of {edition}", tags={"reported": words[:200]})
        return dg.SkipReason(words or "Dagster knows everything that stands in the home")

    return reported


def _newest(library: Context) -> str:
    """Return which refresh ended last, and how many there were."""
    noted = journal.runs(library.home)
    last = noted[-1] if noted else None
    return f"{last.run} {last.outcome} {last.edition_id}" if last else "none"


def _failed_runs(look: Look) -> dg.SensorDefinition:
    @dg.run_failure_sensor(
        name=FAILED,
        default_status=dg.DefaultSensorStatus.STOPPED,
        description="Sends a notification when a run fails, through the channels of notify.toml.",
    )
    def failed_runs(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        library, run = look(), context.dagster_run
        record = context.instance.get_run_record_by_id(run.run_id)
        ended = record.end_time if record is not None else None
        at = datetime.fromtimestamp(ended, UTC) if ended else library.now
        told = _tell(library, run.job_name, run.run_id, _why(context), at)
        for outcome in told:
            if outcome.error:
                _LOG.warning("%s", outcome.words)
        return None if told else dg.SkipReason("no channel had to be told")

    return failed_runs


def _tell(library: Context, job: str, run_id: str, why: str, failed_at: datetime) -> list[Outcome]:
    """Tell the home's channels of a failed run; a refresh that told of itself is not told again."""
    from fcm_migration.notify import Failure, notify_failure  # mail and web, only where needed

    now = library.now
    if any(
        run.outcome == "done" and run.started_at > failed_at for run in journal.runs(library.home)
    ):
        return []  # told late: all has gone well since
    if job in (ALL, *(job_name(source) for source in library.sources)) or job.startswith("__"):
        return tell_state(library.home, now, f"Dagster run {run_id[:8]} ({job}): {why}")
    return notify_failure(
        library.home, Failure(job, run_id, why, failed_at, str(library.home.root)), now
    )


def _why(context: dg.RunFailureSensorContext) -> str:
    """Return why a run failed: sentences of this project alone, for others may hold anything."""
    for event in context.get_step_failure_events():
        return f"step {event.step_key}: {words_of(event.step_failure_data.error)}"
    data = context.failure_event.event_specific_data
    error = getattr(data, "error", None)
    return words_of(error) if error is not None else "it ended without a failed step; see its log"


def this_home() -> Context:
    """Return home and sources as the server was started, now."""
    return Context(home(), datetime.now(UTC).replace(microsecond=0), SOURCES)
