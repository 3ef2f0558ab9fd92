"""The one resource: the working home, one moment for the whole run, and the refresh lock.

What a caller may choose is in its configuration; where a run works and which cluster fits for it
is given by the server, through the environment of its processes, and can be chosen by nobody else.

With the in-process executor (the default here) the lock is held from the run's first step to its
last. An executor that gives each step a process holds it step by step, so let it run one at a time.
"""

# no `from __future__ import annotations`: Dagster reads the annotations of a resource as they are
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

import dagster as dg
from pydantic import Field, PrivateAttr

from dagster_project.noting import noted_run
from dagster_project.recovery import RETRIES_TAG
from fcm_migration.archive.lock import refresh_lock
from fcm_migration.config import Home, home
from fcm_migration.errors import BusyError, MachineError
from fcm_migration.machine import lacks_are_typed
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.noting import failure_told
from fcm_migration.refresh.publishing import clean
from fcm_migration.refresh.registry import take_fingerprints
from fcm_migration.sources import SOURCES

SCHEDULER_VARIABLE = "FCM_SCHEDULER"
# half of dagster/max_runtime (jobs.py), which counts from the start of the wait
LONGEST_WAIT_SECONDS = 1800
MOST_WORKERS = 64


@dataclass(frozen=True)
class Server:
    """Settings of the server for every run: its home, and the Dask scheduler if any."""

    home: Home
    scheduler: str | None = None


# an empty schema takes no configuration; without one Dagster would take any
@dg.resource(config_schema={}, description="The home and the cluster, as the server was started.")
def this_server(_context: dg.InitResourceContext) -> Server:
    """Return the settings in the environment of the server's processes when a run begins."""
    return Server(home(), os.environ.get(SCHEDULER_VARIABLE) or None)


class FcmHome(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where a run works and how; the defaults are those of the command line."""

    server: dg.ResourceDependency[Server]
    offline: bool = False
    workers: int = Field(default=2, ge=1, le=MOST_WORKERS)
    _now: datetime = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Self]:
        """Hold the refresh lock while the run goes on; wait for it, or fail naming who holds it.

        What a killed run left in the home is removed first, as ``fcm refresh`` does.
        """
        run = context.run.run_id if context.run else "without a number"
        root = self.server.home.root
        try:
            with (
                failure_told(self.server.home, datetime.now(UTC)),
                lacks_are_typed(lambda: root),
                refresh_lock(
                    root,
                    holder=f"dagster run {run}",
                    wait_seconds=LONGEST_WAIT_SECONDS,
                    report=context.log.info if context.log else print,
                ),
            ):
                self._now = datetime.now(UTC).replace(microsecond=0)
                with noted_run(context, self.server.home, self._now):
                    take_fingerprints(SOURCES)
                    clean(Context(self.server.home, self._now, SOURCES))
                    yield self
        except MachineError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        except BusyError as error:
            # run_retries (dagster.yaml) would otherwise start it twice more, to wait as long
            if context.run and context.instance:
                context.instance.add_run_tags(run, {RETRIES_TAG: "0"})
            raise dg.Failure(description=str(error), allow_retries=False) from error

    def context(self, log: dg.DagsterLogManager) -> Context:
        """Return the library's context for this run; its reports go to the run's log."""
        return Context(
            self.server.home,
            self._now,
            SOURCES,
            offline=self.offline,
            workers=self.workers,
            scheduler=self.server.scheduler,
            report=log.info,
        )


class NoStorage(dg.IOManager):
    """In the place of Dagster's own storage, which pickles, into any folder a run names.

    Steps hand one another Parquet through the library's store.
    """

    def handle_output(self, context: dg.OutputContext, obj: Any) -> None:
        """Refuse to store what a step returns."""
        raise NotImplementedError(f"{context.name}: a step returns nothing but its result")

    def load_input(self, context: dg.InputContext) -> Any:
        """Refuse to load what another step returned."""
        raise NotImplementedError(f"{context.name}: steps read tables through the library")


@dg.io_manager(config_schema={}, description="Stores nothing: steps use the library's store.")
def no_storage(_context: dg.InitResourceContext) -> NoStorage:
    """Return the substitute for Dagster's storage; no run can name a folder for it."""
    return NoStorage()
