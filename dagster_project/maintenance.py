"""The job that keeps Dagster's storage bounded. What it removes is said in ``pruning.py``."""

from pathlib import Path

import dagster as dg

from dagster_project.pruning import RETENTION, prune
from dagster_project.resources import no_storage

NAME = "maintenance"


@dg.op(description="Remove old runs with their logs, old results of checks and old ticks.")
def prune_storage(context: dg.OpExecutionContext) -> None:
    """Prune the storage of the instance that this run belongs to."""
    instance = context.instance
    pruned = prune(instance, Path(instance.root_directory), RETENTION)
    context.log.info(pruned.text)
    context.add_output_metadata({"removed and kept": pruned.text})


@dg.job(
    name=NAME,
    description="Keep Dagster's own storage bounded. Asks no publisher and touches no table.",
    tags={"dagster/max_runtime": "3600"},
    resource_defs={"io_manager": no_storage},
    executor_def=dg.in_process_executor,
)
def maintenance() -> None:
    """Prune Dagster's storage."""
    prune_storage()
