"""Checking candidate tables: each result is tied to the exact content it was found on.

A check's report lies in ``checks/<schema>.<table>.json`` under a fingerprint of the table, of every
table it was compared with and of the suite. Publishing recalls the report of each candidate by that
fingerprint and checks anew what has none, so an unchecked or since-changed table can never be
published, whoever ran the steps and in whatever order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.archive.releases import one_per_day, usable_releases
from fcm_migration.catalog.model import Table
from fcm_migration.errors import CheckFailedError
from fcm_migration.expectations import (
    CheckResult,
    check_table,
    critical_failures,
    failure_message,
    required_context,
    suite_hash,
)
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import code_of
from fcm_migration.refresh.tables import warehouse_tables

PREVIOUS = "@previous"


def check(context: Context, table: Table) -> list[CheckResult]:
    """Run a table's expectations (or recall them, if nothing they depend on has changed)."""
    path = context.home.table(table.layer, table.name)
    if table.source_id is not None and store.facts(path).rows == 0:
        # a declared source that was never reached: nothing came, so nothing can be wrong with it
        return [_nothing_yet(table)]
    needs = required_context(table, context.suites_dir)
    key = _key(context, table, needs)
    report = report_path(context, table)
    if (known := _known(report)) and known["key"] == key:
        return [CheckResult(**item) for item in known["results"]]
    others = {name: _context_frame(context, name) for name in needs}
    results = check_table(
        table,
        store.read(path, table),
        context={name: frame for name, frame in others.items() if frame is not None},
        suites_dir=context.suites_dir,
        today=context.today,
    )
    store.write_json(
        report,
        {
            "key": key,
            "results": [asdict(item) for item in results],
        },
    )
    return results


def _known(report: Path) -> dict[str, Any] | None:
    """Return a check report, or None where there is none that can be read."""
    try:
        found = store.read_json(report)
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and {"key", "results"} <= set(found) else None


def _nothing_yet(table: Table) -> CheckResult:
    return CheckResult(
        table=table.full_name,
        expectation="a release to check",
        kind="structural",
        severity="warning",
        success=True,
        element_count=0,
        unexpected_count=0,
        examples="[]",
        observed="no release of this dataset yet",
        reason="A dataset that no program could fetch and nobody brought has tables without rows.",
        column=None,
    )


def report_path(context: Context, table: Table) -> Path:
    """Where a table's check report lies."""
    return context.home.root / "checks" / f"{table.full_name}.json"


def _key(context: Context, table: Table, needs: Sequence[str]) -> str:
    parts = [
        code_of(check_table.__module__),
        suite_hash(table, context.suites_dir),
        store.facts(context.home.table(table.layer, table.name)).content_hash,
        *(f"{name}={_context_hash(context, name)}" for name in needs),
        # only the metadata tables are judged by the calendar
        context.today.isoformat() if table.layer == "meta" else "",
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _context_path(context: Context, name: str) -> tuple[Path, Table] | None:
    """Parquet of a table another table's suite asks for; None if there is none (yet).

    ``core.x@previous`` is table x as the release before the newest printed it.
    """
    bare = name.removesuffix(PREVIOUS)
    if not name.endswith(PREVIOUS):
        table = warehouse_tables(context.sources).get(bare)  # None: another registry's source
        path = context.home.table(table.layer, table.name) if table else None
        return (path, table) if table and path and path.exists() else None
    for source in context.sources:
        for declared in source.tables:
            if declared.full_name == bare:
                days = one_per_day(usable_releases(context.home, context.archive, source))
                return (days[-2].paths[declared.name], declared) if len(days) > 1 else None
    return None


def _context_frame(context: Context, name: str) -> pl.DataFrame | None:
    found = _context_path(context, name)
    return None if found is None else store.read(*found)


def _context_hash(context: Context, name: str) -> str:
    found = _context_path(context, name)
    return "none" if found is None else store.facts(found[0]).content_hash


def checked(context: Context, tables: Iterable[Table]) -> list[CheckResult]:
    """Return every result on these candidates as they stand, checking what was not checked yet.

    Raises:
        CheckFailedError: a critical expectation failed; the message names table, expectation,
            count and examples.
    """
    results = [item for table in tables for item in check(context, table)]
    if critical_failures(results):
        raise CheckFailedError(
            f"nothing was published. {failure_message(results)}",
            remedy="compare with the publisher; the last good edition stays in use",
        )
    return results
