"""The archive of each source: looking for a release. No downloading or parsing is written here."""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.assets.publishers import publisher_key
from dagster_project.failures import plain_failures
from dagster_project.metadata import OWNERS, archive_key
from dagster_project.resources import FcmHome
from fcm_migration.refresh.obtain import CALM, obtain
from fcm_migration.sources.base import Source


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
                "obtained", asset=key, description="The last look at the publisher succeeded."
            )
        ],
        op_tags={"source": source.source_id},
    )
    @plain_failures
    def archive(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
        found = obtain(fcm.context(context.log), source)
        facts = {"outcome": found.outcome, "detail": found.detail}
        yield dg.MaterializeResult(asset_key=key, metadata=facts)
        yield dg.AssetCheckResult(
            check_name="obtained",
            asset_key=key,
            passed=found.outcome in CALM,
            severity=dg.AssetCheckSeverity.WARN,
            description=f"{found.outcome}: {found.detail}"[:500],
        )

    return archive


def assets(sources: Sequence[Source]) -> list[dg.AssetsDefinition]:
    """One archive for each source."""
    return [_asset(source) for source in sources]
