"""What Dagster loads. Only assembly belongs here; assets, jobs and schedules are made elsewhere."""

from __future__ import annotations

import dagster as dg

from dagster_project.assets import archive, core, forecast, marts, published, publishers
from dagster_project.jobs import JOBS
from dagster_project.resources import FcmHome
from dagster_project.schedules import SCHEDULES

defs = dg.Definitions(
    assets=[
        *publishers.SPECS,
        *archive.ASSETS,
        *core.ASSETS,
        *marts.ASSETS,
        *forecast.ASSETS,
        *published.ASSETS,
    ],
    jobs=JOBS,
    schedules=SCHEDULES,
    resources={"fcm": FcmHome()},
    executor=dg.in_process_executor,
)
