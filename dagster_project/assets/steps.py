"""One asset of several tables for each step of the registry, with its checks and plots."""

from collections.abc import Iterator, Sequence

import dagster as dg

from dagster_project.checks import check_specs, run_check
from dagster_project.failures import plain_failures
from dagster_project.lineage import Arrows, arrows, group_of
from dagster_project.metadata import asset_key, spec, stored_metadata
from dagster_project.plots import shown, traces
from dagster_project.resources import FcmHome
from dagster_project.versions import versions_now
from fcm_migration.refresh.make import make_step
from fcm_migration.refresh.registry import STEPS
from fcm_migration.refresh.step import Step
from fcm_migration.sources.base import Source

KINDS = {"mart": {"polars", "parquet"}, "meta": {"polars", "parquet"}}
MODELLED = {"python", "parquet"}


def _asset(step: Step, drawn: Arrows) -> dg.AssetsDefinition:
    kinds, group = KINDS.get(step.makes[0].layer, MODELLED), group_of(step)

    @dg.multi_asset(
        name=step.name,
        description=step.make.__doc__,
        specs=[
            spec(table, drawn[asset_key(table)], kinds=kinds, group=group) for table in step.makes
        ],
        check_specs=check_specs(step.makes),
    )
    @plain_failures
    def tables(context: dg.AssetExecutionContext, fcm: FcmHome) -> Iterator[object]:
        library = fcm.context(context.log)
        stored = make_step(library, step)
        plots, small = shown(library, step), traces(library, step.makes)
        made = versions_now(library)
        for table in step.makes:
            key, extra = asset_key(table), small.get(table.full_name, {})
            extra = {**plots.get(table.name, {}), **extra}
            metadata = {**stored_metadata(stored[table.full_name]), **extra}
            yield dg.MaterializeResult(asset_key=key, metadata=metadata, data_version=made[key])
            yield run_check(library, table)

    return tables


def assets(sources: Sequence[Source]) -> list[dg.AssetsDefinition]:
    """Return the assets of every step."""
    drawn = arrows(sources)
    return [_asset(step, drawn) for step in STEPS]
