"""Note runs in the home's journal like refreshes, and send notifications if they fail.

Dagster catches what a step raises, so nothing reaches the resource that surrounds the run: what
failed is read from the run's own events.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import dagster as dg
from dagster import DagsterEventType
from dagster_shared.error import SerializableErrorInfo

from fcm_migration import errors
from fcm_migration.config import Home
from fcm_migration.refresh.noting import noted


@contextmanager
def noted_run(context: dg.InitResourceContext, home: Home, now: datetime) -> Iterator[None]:
    """Note start and end of a run that holds the home's lock; elsewhere (a test) do nothing.

    Args:
        context: of the resource that surrounds the run.
        home: the working home.
        now: the moment the run began.
    """
    run, instance = context.run, context.instance
    if run is None or instance is None:
        yield
        return

    def problem() -> str | None:
        failures = instance.all_logs(run.run_id, of_type={DagsterEventType.STEP_FAILURE})
        for entry in failures:
            event = entry.dagster_event
            if event is not None:
                return f"step {event.step_key}: {words_of(event.step_failure_data.error)}"
        return None

    with noted(home, now, f"dagster run {run.run_id}", problem):
        yield


def words_of(error: SerializableErrorInfo | None) -> str:
    """Return the sentence of an error of this project; of any other its kind alone."""
    while error is not None and error.cause is not None:
        error = error.cause
    if error is None:
        return "it failed"
    kind = getattr(errors, error.cls_name or "", None)
    if isinstance(kind, type) and issubclass(kind, errors.FcmError):
        return error.message.partition(": ")[2].strip()
    return error.cls_name or "it failed"
