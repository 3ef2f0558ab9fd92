"""The toy's code location for the campaign of scheduled runs: beside the daily run, a look an hour.

A look goes as far as the tables of the source; what follows from them is the daily run's.
"""

from __future__ import annotations

import dagster as dg

from dagster_project.metadata import archive_key, asset_key
from fcm_migration.core.tables import core_tables
from tests.system.toy_location import location
from tests.toy import TOY

NAME = "hourly"
LOOK = dg.define_asset_job(
    "look",
    dg.AssetSelection.assets(archive_key(TOY), *(asset_key(table) for table in core_tables(TOY))),
)
defs = location(dg.ScheduleDefinition(name=NAME, job=LOOK, cron_schedule="7 * * * *"))
