"""Code locations over the toy source: the product's definitions, and a schedule for tests.

FCM_HOME names the home, which lies beside the toy's reference data, as ``tests/toy_home.py`` makes
it. Figures are simulated.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from dagster_project.definitions import build
from dagster_project.jobs import ALL
from dagster_project.resources import FcmHome, this_server
from fcm_migration.config import Home, home
from fcm_migration.refresh.context import Context
from tests.toy import TOY
from tests.toy_home import NOW, context_of


class ToyHome(FcmHome):
    """The resource over the toy source; its clock begins at the toy's day and goes on."""

    def context(self, log: Any) -> Context:
        """Return the toy's context in the home that the server names."""
        return replace(_now_in(self.server.home), report=log.info)


def look() -> Context:
    """Return the toy's context in the home of the server's environment, for its sensors."""
    # files are as old as the machine says, not the toy
    return replace(_now_in(home()), now=datetime.now(UTC))


def _now_in(where: Home) -> Context:
    made = context_of(where.root.parent)
    since = time.time() - made.suites_dir.stat().st_mtime
    return replace(made, now=NOW + timedelta(seconds=int(since)))


def location(schedule: dg.ScheduleDefinition) -> dg.Definitions:
    """Return the product's definitions of the toy source, with a schedule more."""
    return dg.Definitions.merge(
        build((TOY,), ToyHome(server=this_server, offline=True), look),
        dg.Definitions(schedules=[schedule]),
    )


defs = location(dg.ScheduleDefinition(name="minutely", job_name=ALL, cron_schedule="* * * * *"))
