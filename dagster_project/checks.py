"""Expectations as asset checks: one per table, made where the table is made.

Whether a table may be published is decided by publication itself, which reads the same results;
nothing relies on a blocking check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import dagster as dg

from dagster_project.metadata import asset_key
from fcm_migration.catalog.model import Table
from fcm_migration.expectations import CheckResult
from fcm_migration.refresh.checking import check, recall
from fcm_migration.refresh.context import Context

NAME = "expectations"
CHECKED = "checked"  # the key of everything that the results depend on
SHOWN = 20


def check_spec(table: Table) -> dg.AssetCheckSpec:
    """The table's one check."""
    return dg.AssetCheckSpec(
        NAME,
        asset=asset_key(table),
        description=f"Great Expectations suite of {table.full_name}: structure from the "
        "declaration, and what expectations/*.json adds, each with its reason.",
    )


def run_check(context: Context, table: Table) -> dg.AssetCheckResult:
    """Run (or recall) a table's expectations and show what failed."""
    results, known = check(context, table), recall(context, table)
    shown = words_of(results, known.key if known else "")
    return dg.AssetCheckResult(check_name=NAME, asset_key=asset_key(table), **shown)


def words_of(results: Sequence[CheckResult], key: str) -> dict[str, Any]:
    """Return what Dagster shows of a table's results; ``key`` says what they were found on."""
    failed = [result for result in results if not result.success]
    critical = [result for result in failed if result.severity == "critical"]
    metadata: dict[str, Any] = {"expectations": len(results), "failed": len(failed)}
    metadata[CHECKED] = key[:12]
    if failed:
        metadata["failed expectations"] = dg.MetadataValue.table(
            [_record(item) for item in failed[:SHOWN]]
        )
    return {
        "passed": not failed,
        "severity": dg.AssetCheckSeverity.ERROR if critical else dg.AssetCheckSeverity.WARN,
        "description": f"{len(failed)} of {len(results)} expectations fail"
        if failed
        else f"all {len(results)} expectations hold",
        "metadata": metadata,
    }


def _record(item: CheckResult) -> dg.TableRecord:
    return dg.TableRecord(
        {
            "expectation": item.expectation,
            "severity": item.severity,
            "unexpected": item.unexpected_count,
            "observed": item.observed[:200],
            "examples": item.examples[:200],
            "reason": item.reason[:300],
        }
    )


def check_specs(tables: Iterable[Table]) -> list[dg.AssetCheckSpec]:
    """One check for each table."""
    return [check_spec(table) for table in tables]
