"""When to look: every source at its own cadence, everything once a day; all in UTC."""

from __future__ import annotations

import dagster as dg

from dagster_project.jobs import BY_SOURCE, REFRESH_ALL
from fcm_migration.sources import SOURCES

DAILY = dg.ScheduleDefinition(
    name="daily",
    job=REFRESH_ALL,
    cron_schedule="53 9 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Everything, once a day.",
)
SCHEDULES = [
    DAILY,
    *(
        dg.ScheduleDefinition(
            name=f"{source.source_id}_cadence",
            job=BY_SOURCE[source.source_id],
            cron_schedule=source.cadence.cron,
            execution_timezone="UTC",
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=f"Publisher: {source.cadence.words}.",
        )
        for source in SOURCES
    ),
]
