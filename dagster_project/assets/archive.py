"""The archive of each source: looking for a release. No downloading or parsing is written here."""

from collections.abc import Iterator, Sequence
from typing import Any

import dagster as dg

from dagster_project.checks import CHECKED
from dagster_project.failures import plain_failures
from dagster_project.metadata import OWNERS, archive_key, publisher_key
from dagster_project.resources import FcmHome
from dagster_project.versions import archive_version
from fcm_migration.archive.model import Attempt
from fcm_migration.refresh.obtain import CALM, obtain
from fcm_migration.sources.base import Source

OBTAINED = "obtained"


def obtained(look: Attempt) -> dict[str, Any]:
    """Return what Dagster shows of the last look at a publisher: its check."""
    return {
        "passed": look.outcome in CALM,
        "severity": dg.AssetCheckSeverity.WARN,
        "description": f"{look.outcome}: {look.detail}"[:500],
        "metadata": {CHECKED: look.attempted_at.isoformat()},
    }


def _asset(source: Source) -> dg.AssetsDefinition:
    key = archive_key(source)

    @dg.asset(
        key=key,
        deps=[publisher_key(source)],
        description=f"Releases of {source.source_id}, byte for byte.\n\n{source.title}. "
        "A publisher that cannot be reached fails no run: the last good release stays in use.",
        group_name="archive",
        kinds={"file"},
        owners=OWNERS,
        check_specs=[
            dg.AssetCheckSpec(
                OBTAINED, asset=key, description="The last look at the publisher succeeded."
            )
        ],
        op_tags={"source": source.source_id},
    )
    @plain_failures
    def archive(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
        library = fcm.context(context.log)
        found = obtain(library, source)
        version = archive_version(library.archive.usable(source.source_id))
        facts = {"outcome": found.outcome, "detail": found.detail}
        yield dg.MaterializeResult(asset_key=key, metadata=facts, data_version=version)
        shown = obtained(library.archive.attempts(source.source_id)[-1])
        yield dg.AssetCheckResult(check_name=OBTAINED, asset_key=key, **shown)

    return archive


def assets(sources: Sequence[Source]) -> list[dg.AssetsDefinition]:
    """One archive for each source."""
    return [_asset(source) for source in sources]
