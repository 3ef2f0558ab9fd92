"""One job for everything and one for each source with all that follows from it."""

from __future__ import annotations

import dagster as dg

from dagster_project.metadata import archive_key
from fcm_migration.sources import SOURCES

LONGEST_SECONDS = "3600"
TAGS = {"dagster/max_runtime": LONGEST_SECONDS}

REFRESH_ALL = dg.define_asset_job(
    "refresh_all",
    dg.AssetSelection.all(),
    description="Look at every source, build, check, forecast and publish.",
    tags=TAGS,
)
BY_SOURCE = {
    source.source_id: dg.define_asset_job(
        f"refresh_{source.source_id}",
        dg.AssetSelection.assets(archive_key(source)).downstream(),
        description=f"Look at {source.source_id}, then everything that follows from it.",
        tags={**TAGS, "source": source.source_id},
    )
    for source in SOURCES
}
JOBS = [REFRESH_ALL, *BY_SOURCE.values()]
