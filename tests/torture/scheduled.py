"""Hundreds of scheduled runs on a clock that hurries: all succeed, and what they leave is bounded.

Dagster's own scheduler is told that an hour has passed, evaluates the schedules in a code server,
and its own queue hands over each run, as in a daemon. The runs are made one after the other in this
process, which saves a start of Python for each. Every hour the source is looked at; once a day
everything is refreshed, and once the maintenance runs, with the limits that ship.

Example:
    python -m tests.torture.scheduled --runs 200
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter

from dagster_project import maintenance
from dagster_project.jobs import ALL
from dagster_project.maintenance import NAME as MAINTENANCE
from dagster_project.pruning import _bytes_below
from dagster_project.serve import prepare
from fcm_migration.config import PROJECT_ROOT, Home
from fcm_migration.publish.editions import verify
from fcm_migration.refresh.run import refresh
from tests.torture import hourly_location
from tests.torture.campaigns import SCHEDULED_RUNS, Record, record
from tests.toy import write_release
from tests.toy_home import FIRST, context_of, give, rows, toy_context

EVERY = 20  # runs between two looks at the sizes, and between two releases brought
# ticks of schedules are kept for 90 days (a page of 4 kB a day here), and sizes vary by pages
SLACK_BYTES = 1_000_000
MOST_GROWTH = 1.05  # of the storage after the last maintenance, against the first at the limit
MEGABYTE = 1e6
IN_THIS_PROCESS = {
    "run_launcher": {
        "module": "dagster._core.launcher.sync_in_memory_run_launcher",
        "class": "SyncInMemoryRunLauncher",
    }
}


@dataclass
class Found:
    """What happened: runs by how they ended, and bytes after each :data:`EVERY` runs."""

    ended: dict[str, int] = field(default_factory=dict)
    sizes: list[tuple[int, int, int]] = field(default_factory=list)  # runs, storage, the rest
    after_maintenance: list[tuple[int, int]] = field(default_factory=list)  # runs, storage
    whole: list[int] = field(default_factory=list)  # runs made when everything was refreshed
    breaches: list[str] = field(default_factory=list)

    @property
    def runs(self) -> int:
        """How many scheduled runs were made, beside the maintenance."""
        return sum(self.ended.values())

    def full(self, hours: int) -> int:
        """Return the runs after which as many are kept as may be, and a day's were pruned once.

        A run of everything is the largest and comes once a day, so where more of them were made
        than are kept, the storage is full with the first of those that replaces another.
        """
        kept = maintenance.RETENTION.runs
        number = kept + 24 // hours + 1
        return max(number, self.whole[kept]) if len(self.whole) > kept else number

    @property
    def failed(self) -> int:
        """How many of them did not succeed, and promises broken by them all."""
        return self.runs - self.ended.get(DagsterRunStatus.SUCCESS.value, 0) + len(self.breaches)


def campaign(
    root: Path,
    runs: int,
    report: Callable[[str], None] = lambda _words: None,
    *,
    hours: int = 1,
) -> Found:
    """Make scheduled runs in a new toy home, with the maintenance between them.

    Args:
        root: an empty folder.
        runs: how many at least: the last one refreshes everything. The maintenance comes on top.
        report: told of the sizes as they are measured.
        hours: hours that pass between two of them; more, and the maintenance comes more often.
    """
    context = toy_context(root)
    give(context, FIRST)
    found = Found()
    with _hurried(context.home) as (instance, pass_time):
        is_whole = False
        while found.runs < runs or not is_whole:
            if found.runs % EVERY == EVERY // 2 and found.runs < runs:
                _bring(context.home, found.runs)
            made = pass_time(hours)
            is_whole = any(run.job_name == ALL for run in made)
            for run in made:
                if run.job_name == MAINTENANCE:
                    size = _bytes_below(context.home.dagster_home)
                    found.after_maintenance.append((found.runs, size))
                    continue
                word = run.status.value
                found.ended[word] = found.ended.get(word, 0) + 1
                if found.runs % EVERY == 0:
                    found.sizes.append((found.runs, *_sizes(context.home)))
                    report(_words(*found.sizes[-1]))
            found.whole += [found.runs] * is_whole
        found.breaches += _breaches(instance, found, found.full(hours))
    verify(context.home.published_dir)
    if refresh(context_of(root)).is_new:
        found.breaches.append("a refresh by hand gave another edition than the scheduled runs")
    return found


def _bring(home: Home, number: int) -> None:
    """Put a newer release into the inbox."""
    day = datetime.fromisoformat(FIRST) + timedelta(days=number)
    brought = write_release(home.root.parent / "brought", f"{day:%Y-%m-%d}", rows(str(number)))
    (home.inbox / "toy").mkdir(parents=True, exist_ok=True)
    brought.replace(home.inbox / "toy" / brought.name)


def _sizes(home: Home) -> tuple[int, int]:
    """Return the bytes of Dagster's storage and of the rest of the home."""
    storage = _bytes_below(home.dagster_home)
    return storage, _bytes_below(home.root) - storage


def _words(runs: int, storage: int, rest: int) -> str:
    return f"{runs} runs: {storage / MEGABYTE:.1f} MB and {rest / MEGABYTE:.1f} MB"


def _breaches(instance: dg.DagsterInstance, found: Found, full: int) -> Iterator[str]:
    """Say what the pruning should not have done, and where there is no plateau.

    Args:
        instance: Dagster's instance.
        found: what happened so far.
        full: see :meth:`Found.full`.
    """
    sizes = [size for runs, size in found.after_maintenance if runs >= full]
    if len(sizes) >= 2 and sizes[-1] > sizes[0] * MOST_GROWTH + SLACK_BYTES:
        yield f"the storage still grows: {sizes} bytes after the maintenances"
    for key in instance.all_asset_keys():
        made = instance.get_latest_materialization_event(key)
        if made is None or not instance.has_run(made.run_id):
            yield f"{key.to_user_string()}: its latest materialization is gone"
    if instance.get_runs_count(RunsFilter(statuses=[DagsterRunStatus.FAILURE])):
        yield "runs failed"


@contextmanager
def _hurried(
    home: Home,
) -> Iterator[tuple[dg.DagsterInstance, Callable[[int], list[dg.DagsterRun]]]]:
    """Open the instance of a home with all that the daemon has; yield it with a way to pass time.

    What passes some hours returns the runs that were made, at most one of each schedule.
    """
    from dagster._core.instance.ref import InstanceRef
    from dagster._core.test_utils import create_test_daemon_workspace_context
    from dagster._core.workspace.load_target import ModuleTarget
    from dagster._daemon.run_coordinator import QueuedRunCoordinatorDaemon
    from dagster._scheduler.scheduler import launch_scheduled_runs

    target = ModuleTarget(hourly_location.__name__, None, str(PROJECT_ROOT), "fcm_migration")
    with ExitStack() as stack:
        stack.enter_context(_environment(prepare(home)))
        ref = InstanceRef.from_dir(str(home.dagster_home), overrides=IN_THIS_PROCESS)
        instance = stack.enter_context(dg.DagsterInstance.from_ref(ref))
        process = stack.enter_context(create_test_daemon_workspace_context(target, instance))
        queue = stack.enter_context(QueuedRunCoordinatorDaemon(interval_seconds=1))
        for location in process.create_request_context().code_locations:
            for repository in location.get_repositories().values():
                for schedule in repository.get_schedules():
                    if schedule.name in (hourly_location.NAME, "daily", MAINTENANCE):
                        instance.start_schedule(schedule)
        clock, times = [datetime.now(UTC)], {}  # type: ignore[var-annotated]
        seen: set[str] = set()

        def pass_time(hours: int) -> list[dg.DagsterRun]:
            clock[0] += timedelta(hours=hours)
            log = logging.getLogger("fcm")
            _exhaust(launch_scheduled_runs(process, log, clock[0], times))
            while instance.get_runs_count(RunsFilter(statuses=[DagsterRunStatus.QUEUED])):
                _exhaust(queue.run_iteration(process))
            new = [run for run in instance.get_runs(limit=10) if run.run_id not in seen]
            seen.update(run.run_id for run in new)
            return new[::-1]

        yield instance, pass_time


def _exhaust(steps: Iterator[Any]) -> None:
    for step in steps:
        if step is not None and hasattr(step, "message"):
            raise RuntimeError(step.message)


@contextmanager
def _environment(settings: dict[str, str]) -> Iterator[None]:
    """Set variables of this process, which makes the runs, for as long as it does."""
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def silenced() -> Iterator[Callable[[str], None]]:
    """Send what runs and daemon say to nowhere; yield a way to say something all the same."""
    kept = [os.dup(handle) for handle in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for handle in (1, 2):
            os.dup2(nowhere, handle)
        yield lambda words: void(os.write(kept[0], f"{words}\n".encode()))
    finally:
        for handle, before in zip((1, 2), kept, strict=True):
            os.dup2(before, handle)
            os.close(before)
        os.close(nowhere)


def void(_result: object) -> None:
    """Return nothing."""


def as_record(found: Found, seconds: float) -> Record:
    """Return the record of a campaign."""
    sizes = ", ".join(f"{storage / MEGABYTE:.0f}" for _, storage, _ in found.sizes)
    rest = ", ".join(f"{rest / MEGABYTE:.1f}" for _, _, rest in found.sizes)
    return Record(
        SCHEDULED_RUNS.name,
        tried=found.runs,
        failed=found.failed,
        healed=found.runs - found.failed,
        manual=0,
        seconds=round(seconds, 1),
        counts={
            "pass rate in %": round(100 * found.ended.get("SUCCESS", 0) / found.runs, 1),
            "maintenances": len(found.after_maintenance),
            "MB of DAGSTER_HOME after them": ", ".join(
                f"{size / MEGABYTE:.0f}" for _, size in found.after_maintenance
            ),
            f"MB of DAGSTER_HOME after every {EVERY} runs": sizes,
            f"MB of the rest of the home after every {EVERY} runs": rest,
        },
        notes=tuple(found.breaches),
    )


def main() -> None:
    """Parse the arguments, run, and write the record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--out", type=Path, help="folder of the record; by default the project's")
    given = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, silenced() as say:
        found = campaign(Path(folder), given.runs, say)
    made = as_record(found, time.monotonic() - begun)
    record(made, given.out) if given.out else record(made)
    sys.exit(found.failed > 0)


if __name__ == "__main__":
    main()
