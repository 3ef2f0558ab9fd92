"""One job for everything and one for each source with all that follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dagster as dg

from dagster_project.metadata import BRIEFS, SITE, archive_key, asset_key
from fcm_migration.refresh.registry import STEPS
from fcm_migration.sources.base import Source

LONGEST_SECONDS = "3600"
TAGS = {"dagster/max_runtime": LONGEST_SECONDS}
ALL, PAGES = "refresh_all", "write_pages"


def job_name(source: Source) -> str:
    """Name of a source's job."""
    return f"refresh_{source.source_id}"


def jobs(sources: Sequence[Source]) -> list[Any]:
    """The job for everything, then one by source (Dagster's type for these is not public)."""
    everything = dg.define_asset_job(
        ALL,
        dg.AssetSelection.all(),
        description="Look at every source, build, check, forecast and publish.",
        tags=TAGS,
    )
    return [everything, *(_job(source, sources) for source in sources)]


def pages_job() -> Any:
    """The job that writes briefs and site of an edition that the command line published."""
    return dg.define_asset_job(
        PAGES,
        dg.AssetSelection.assets(BRIEFS, SITE),
        description="Write briefs and site of the edition that is published.",
        tags=TAGS,
    )


def _job(source: Source, sources: Sequence[Source]) -> Any:
    # a step that reads no table (a reviewed record) follows from no source, but is published too
    records = [
        asset_key(table) for step in STEPS if not step.tables_read(sources) for table in step.makes
    ]
    return dg.define_asset_job(
        job_name(source),
        dg.AssetSelection.assets(archive_key(source)).downstream()
        | dg.AssetSelection.assets(*records),
        description=f"Look at {source.source_id}, then everything that follows from it.",
        tags={**TAGS, "source": source.source_id},
    )
