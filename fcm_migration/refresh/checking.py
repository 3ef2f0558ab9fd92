"""Checking candidate tables: each result is tied to the exact content it was found on.

A check's report lies in ``checks/<schema>.<table>.json`` under a fingerprint of the table, of every
table it was compared with and of the suite. Publishing recalls the report of each candidate by that
fingerprint and checks anew what has none, so an unchecked or since-changed table can never be
published, whoever ran the steps and in whatever order.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from fcm_migration import store
from fcm_migration.archive.model import Snapshot
from fcm_migration.archive.releases import ParsedRelease, one_per_day, usable_releases
from fcm_migration.catalog.model import Table
from fcm_migration.core.tables import core_tables
from fcm_migration.errors import CheckFailedError, FailedChecksError
from fcm_migration.expectations import (
    PREVIOUS,
    CheckResult,
    check_table,
    critical_failures,
    failure_message,
    required_context,
    suite_hash,
)
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import code_of
from fcm_migration.refresh.registry import STEPS
from fcm_migration.refresh.tables import warehouse_tables

MOST_HOLDERS = 3  # a value that more sources hold tells nothing about whose rows failed


def check(
    context: Context, table: Table, *, releases: Sequence[ParsedRelease] | None = None
) -> list[CheckResult]:
    """Run a table's expectations (or recall them, if nothing they depend on has changed).

    ``releases`` are those a source's table was built from; by default those in use.
    """
    path = context.home.table(table.layer, table.name)
    if table.source_id is not None and store.facts(path).rows == 0:
        # a declared source that was never reached: nothing came, so nothing can be wrong with it
        return [_nothing_yet(table)]
    needs = required_context(table, context.suites_dir)
    found = {name: _context_path(context, name, releases) for name in needs}
    key = _key(context, table, found)
    report = report_path(context, table)
    if (known := store.read_note(report)) and known["key"] == key:
        return [CheckResult(**item) for item in known["results"]]
    results = check_table(
        table,
        store.read(path, table),
        context={name: store.read(*other) for name, other in found.items() if other is not None},
        suites_dir=context.suites_dir,
        today=context.today,
    )
    store.write_note(
        report,
        {
            "key": key,
            "results": [asdict(item) for item in results],
        },
    )
    return results


@dataclass(frozen=True)
class Recalled:
    """Results of a check that was made before, and the key of everything they depend on."""

    key: str
    results: list[CheckResult]


def recall(context: Context, table: Table) -> Recalled | None:
    """Return the results that :func:`check` would recall; None where it would check anew.

    Raises:
        EditionError: the table is missing or damaged.
    """
    stored = store.facts(context.home.table(table.layer, table.name))
    if table.source_id is not None and stored.rows == 0:
        return Recalled(stored.content_hash, [_nothing_yet(table)])
    needs = required_context(table, context.suites_dir)
    key = _key(context, table, {name: _context_path(context, name, None) for name in needs})
    known = store.read_note(report_path(context, table))
    if known is None or known["key"] != key:
        return None
    return Recalled(key, [CheckResult(**item) for item in known["results"]])


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
    """Return the path of a table's check report."""
    return context.home.root / "checks" / f"{table.full_name}.json"


def _key(context: Context, table: Table, found: Mapping[str, tuple[Path, Table] | None]) -> str:
    parts = [
        code_of(check_table.__module__),
        suite_hash(table, context.suites_dir),
        store.facts(context.home.table(table.layer, table.name)).content_hash,
        *(f"{n}={store.facts(o[0]).content_hash if o else 'none'}" for n, o in found.items()),
        # only the metadata tables are judged by the calendar
        context.today.isoformat() if table.layer == "meta" else "",
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _context_path(
    context: Context, name: str, releases: Sequence[ParsedRelease] | None
) -> tuple[Path, Table] | None:
    """Return the path of a table that another table's suite compares with; None if there is none.

    ``core.x@previous`` is table x as the release before the newest printed it.
    """
    bare = name.removesuffix(PREVIOUS)
    if not name.endswith(PREVIOUS):
        table = warehouse_tables(context.sources).get(bare)  # None: another registry's source
        if table is None:
            return None
        path = context.home.table(table.layer, table.name)
        # one that is damaged or of an older version counts as not there: it is made again
        return (path, table) if store.holds(path, table) else None
    for source in context.sources:
        for declared in source.tables:
            if declared.full_name == bare:
                if releases is None:
                    releases = usable_releases(context.home, context.archive, source)
                days = one_per_day(releases)
                return (days[-2].paths[declared.name], declared) if len(days) > 1 else None
    return None


def is_accepted_as_failed(context: Context, snapshot: Snapshot) -> bool:
    """Return whether a person accepted the release although its source's checks refused it."""
    refusal = context.archive.recorded_refusal(snapshot)
    failed = refusal is not None and refusal["outcome"] == FailedChecksError.outcome
    return failed and context.archive.acceptance(snapshot) is not None


def checked(context: Context, tables: Iterable[Table]) -> list[CheckResult]:
    """Return every check result on these candidates, checking those not checked yet.

    Raises:
        CheckFailedError: a critical expectation failed; the message names table, expectation,
            count and examples.
    """
    results = [item for table in tables for item in check(context, table)]
    if failures := critical_failures(_not_accepted(context, results)):
        raise CheckFailedError(
            f"nothing was published. {failure_message(failures)}{_from_where(context, failures)}",
            remedy="compare with the publisher; the last good edition stays in use. "
            f"{_how_to_repair(context)}",
        )
    return results


def _not_accepted(context: Context, results: Iterable[CheckResult]) -> list[CheckResult]:
    """Leave out results on tables of a source whose failing release a person has accepted."""
    accepted = {
        table.full_name
        for source in context.sources
        if any(is_accepted_as_failed(context, s) for s in context.archive.usable(source.source_id))
        for table in core_tables(source)
    }
    return [item for item in results if item.table not in accepted]


def _from_where(context: Context, failures: Sequence[CheckResult]) -> str:
    """Name the steps that made the tables that failed, and the sources of the rows shown."""
    tables = {item.table for item in failures}
    steps = [s.title for s in STEPS if tables & {table.full_name for table in s.makes}]
    named = " ".join(item.examples for item in failures)
    sources = {s.source_id for s in context.sources if _is_named(s.source_id, named)}
    whose = "the rows are of" if sources else "rows with these values are of"
    sources = sources or {name for item in failures for name in _holders(context, item)}
    releases = [
        f"{source.source_id}, release {usable[-1].snapshot_id}"
        for source in context.sources
        if source.source_id in sources and (usable := context.archive.usable(source.source_id))
    ]
    found = [f"made by the step: {', '.join(steps)}"] if steps else []
    found += [f"{whose} {'; '.join(releases)}"] if releases else []
    return f" ({'; '.join(found)})" if found else ""


def _is_named(source_id: str, text: str) -> bool:
    return re.search(rf"\b{re.escape(source_id)}\b", text) is not None


def _holders(context: Context, failure: CheckResult) -> set[str]:
    """Return the sources whose rows hold the values shown; none where too many do to say whose."""
    table = warehouse_tables(context.sources).get(failure.table)
    if table is None or not {failure.column, "source_id"} <= set(table.column_names):
        return set()
    frame = store.read(context.home.table(table.layer, table.name), table)
    values = {str(value) for value in json.loads(failure.examples)}
    column = pl.col(failure.column or "").cast(pl.String)
    found = set(frame.filter(column.is_in(list(values))).get_column("source_id").to_list())
    return found if len(found) <= MOST_HOLDERS else set()


def _how_to_repair(context: Context) -> str:
    """Name the releases that came since the last edition, and the command that takes one back."""
    from fcm_migration.publish.editions import list_editions

    current = [e for e in list_editions(context.home.published_dir) if e.is_current]
    fresh = [
        f"{source.source_id} {snapshot.snapshot_id}"
        for source in context.sources
        for snapshot in context.archive.usable(source.source_id)
        if snapshot.obtained != "bundled"
        and (not current or snapshot.obtained_at > current[0].published_at)
    ]
    came = f"New since that edition: {', '.join(fresh)}. " if fresh else ""
    return (
        f"{came}If a release is the cause, take it back and refresh: "
        "fcm review RELEASE --withdraw --by NAME --reason WHY"
    )
