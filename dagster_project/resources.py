"""The one resource: the working home, one moment for the whole run, and the refresh lock.

With the in-process executor (the default here) the lock is held from the run's first step to its
last. An executor that gives each step a process holds it step by step, so let it run one at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from dagster_project.noting import noted_run
from fcm_migration.archive.lock import refresh_lock
from fcm_migration.config import Home, home
from fcm_migration.errors import BusyError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.registry import take_fingerprints
from fcm_migration.sources import SOURCES


class FcmHome(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Where a run works; the defaults are those of the command line."""

    home_dir: str | None = None
    offline: bool = False
    workers: int = 2
    scheduler: str | None = None
    _now: datetime = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[FcmHome]:
        """Hold the refresh lock while the run goes on, or fail naming who holds it."""
        self._now = datetime.now(UTC).replace(microsecond=0)
        root = self.library_home_root()
        run = context.run.run_id if context.run else "without a number"
        try:
            with (
                refresh_lock(root, holder=f"dagster run {run}"),
                noted_run(context, Home(root), self._now),
            ):
                take_fingerprints(SOURCES)
                yield self
        except BusyError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error

    def library_home_root(self) -> Path:
        """Return the root of the working home."""
        return home(Path(self.home_dir) if self.home_dir else None).root

    def context(self, log: dg.DagsterLogManager) -> Context:
        """Return the library's context for this run; its reports go to the run's log."""
        return Context(
            home(self.library_home_root()),
            self._now,
            SOURCES,
            offline=self.offline,
            workers=self.workers,
            scheduler=self.scheduler,
            report=log.info,
        )
