"""Calls of Great Expectations: context, suite, and one validate call.

This module loads the library (seconds): import it inside functions only.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from fcm_migration.expectations.library import great_expectations  # isort: skip  (first)
from great_expectations.core.batch_definition import BatchDefinition
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.exceptions.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from fcm_migration.errors import UsageError
from fcm_migration.expectations.custom import INPUTS, Inputs
from fcm_migration.expectations.structural import Spec

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Inputs", "expectation_suite", "validate"]


def expectation_suite(name: str, specs: Sequence[Spec]) -> great_expectations.ExpectationSuite:
    """Return the library's own suite; an entry it does not know is an error.

    Left to itself the suite would write a line to the log and go on without the entry.
    """
    entries = [_expectation(name, spec) for spec in specs]
    return great_expectations.ExpectationSuite(name=name, expectations=entries)


def _expectation(name: str, spec: Spec) -> Expectation:
    configuration = ExpectationConfiguration(
        type=spec["type"], kwargs=spec["kwargs"], meta=spec["meta"], severity=spec["severity"]
    )
    try:
        return configuration.to_domain_obj()
    except (GreatExpectationsError, ValueError) as error:
        raise UsageError(
            f"not an expectation: {error}", where=f"expectations/{name}.json: {spec['meta']['id']}"
        ) from error


@cache
def _all_rows() -> BatchDefinition[Any]:
    """Return the in-memory batch definition all frames share: making one takes 0.1 s."""
    context = great_expectations.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return asset.add_batch_definition_whole_dataframe("all rows")


def validate(
    name: str, frame: pd.DataFrame, specs: Sequence[Spec], inputs: Inputs
) -> list[dict[str, Any]]:
    """Validate one frame in memory: nothing is written, sent or drawn."""
    batch = _all_rows().get_batch({"dataframe": frame})
    token = INPUTS.set(inputs)
    try:
        found = batch.validate(expectation_suite(name, specs), result_format="BASIC")
    finally:
        INPUTS.reset(token)
    return [
        {
            "success": item.success,
            "result": item.result,
            "exception_info": item.exception_info,
            "id": item.expectation_config.meta["id"],
        }
        for item in found.results
        if item.expectation_config is not None and item.expectation_config.meta is not None
    ]
