"""Schedules: every source at its own cadence, everything once a day; all in UTC.

And when to tidy Dagster's storage: once a day, at an hour at which nothing else starts.

All are off until somebody turns them on (``switches.py``): whoever opens the UI to look at
something must not thereby ask every publisher for files.
"""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from dagster_project import maintenance
from dagster_project.jobs import ALL, job_name
from fcm_migration.sources.base import Source


def schedules(sources: Sequence[Source]) -> list[dg.ScheduleDefinition]:
    """The two daily schedules, then one by source that a program can ask."""
    daily = _schedule("daily", ALL, "53 9 * * *", "Everything, once a day.")
    tidying = _schedule(
        maintenance.NAME,
        maintenance.NAME,
        "23 3 * * *",
        "Keeps Dagster's own storage bounded, once a day; leave it on while another one is on.",
    )
    return [
        daily,
        tidying,
        *(
            _schedule(
                f"{source.source_id}_cadence",
                job_name(source),
                source.cadence.cron,
                f"Publisher: {source.cadence.words}.",
            )
            for source in sources
            if source.fetch is not None  # one that comes by hand is taken by the daily run
        ),
    ]


def _schedule(name: str, job: str, cron: str, description: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=name,
        job_name=job,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.STOPPED,
        description=description,
    )
