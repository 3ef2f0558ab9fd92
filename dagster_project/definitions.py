"""Definitions that Dagster loads. Only assembly belongs here; the parts are made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import dagster as dg

from dagster_project import data_age
from dagster_project.assets import archive, core, published, publishers, steps
from dagster_project.jobs import jobs, pages_job
from dagster_project.maintenance import maintenance
from dagster_project.resources import FcmHome, no_storage, this_server
from dagster_project.schedules import schedules
from dagster_project.sensors import Look, sensors, this_home
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import Source


def build(sources: Sequence[Source], fcm: FcmHome, look: Look = this_home) -> dg.Definitions:
    """Assemble the definitions of a registry of sources.

    Args:
        sources: the registry.
        fcm: the resource that surrounds runs.
        look: returns home and sources for sensors, which no run surrounds.
    """
    made, pages = jobs(sources), pages_job()
    return dg.Definitions(
        assets=[
            *publishers.specs(sources),
            *archive.assets(sources),
            *core.assets(sources),
            *steps.assets(sources),
            *published.ASSETS,
        ],
        asset_checks=data_age.checks(sources),
        jobs=[*made, pages, maintenance],
        schedules=schedules(sources),
        sensors=sensors(sources, made, pages, look),
        resources={"fcm": fcm, "io_manager": no_storage},
        executor=dg.in_process_executor,
    )


defs = build(SOURCES, FcmHome(server=this_server))
