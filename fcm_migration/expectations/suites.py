"""The written suites: ``expectations/<schema>.<table>.json`` in Great Expectations' own format.

Every expectation carries ``severity`` (critical or warning, the library's own field) and in
``meta`` an ``id`` that never changes and the ``reason`` it is expected. A suite's ``meta`` may say
``"may_be_empty": true``. Reading a suite does not load the library.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from fcm_migration.catalog.model import Table
from fcm_migration.errors import UsageError
from fcm_migration.expectations.structural import Spec, structural

# Names of other tables an expectation reads stand in these arguments.
CONTEXT_ARGUMENTS = ("totals_table", "previous_table")
# After a table's name: that table as the release before the newest printed it.
PREVIOUS = "@previous"
SEVERITIES = ("critical", "warning")


@dataclass(frozen=True)
class Suite:
    """One table's written expectations; none if there is no file."""

    expectations: tuple[Spec, ...] = ()
    may_be_empty: bool = False


def suite_path(table: Table, suites_dir: Path) -> Path:
    """Return the path of the table's suite, whether or not it exists."""
    return suites_dir / f"{table.full_name}.json"


def read_suite(table: Table, suites_dir: Path) -> Suite:
    """Read and validate the table's suite.

    Raises:
        UsageError: the file is not a suite of this table, or an entry lacks id, reason or
            severity.
    """
    path = suite_path(table, suites_dir)
    if not path.exists():
        return Suite()
    where = f"expectations/{path.name}"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise UsageError(f"not JSON: {error}", where=where) from error
    if raw.get("name") != table.full_name:
        raise UsageError("another name", where=where, expected=table.full_name, got=raw.get("name"))
    specs = tuple(raw["expectations"])
    for spec in specs:
        _validate(spec, where)
    ids = [spec["meta"]["id"] for spec in structural(table)] + [s["meta"]["id"] for s in specs]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise UsageError(f"ids that stand twice: {twice}", where=where)
    return Suite(specs, may_be_empty=bool((raw.get("meta") or {}).get("may_be_empty")))


def _validate(spec: Spec, where: str) -> None:
    meta = spec.get("meta") or {}
    if not (meta.get("id") and meta.get("reason")):
        raise UsageError("an expectation without id or reason", where=where, got=spec.get("type"))
    if spec.get("severity") not in SEVERITIES:
        got = f"{spec.get('severity')} in {meta['id']!r}"
        raise UsageError("unknown severity", where=where, expected=SEVERITIES, got=got)


def required_context(table: Table, suites_dir: Path) -> tuple[str, ...]:
    """Return the full names of the other tables this table's suite reads, sorted.

    ``core.x@previous`` is table x as the release before the newest printed it.
    """
    named = {
        spec["kwargs"].get(argument)
        for spec in read_suite(table, suites_dir).expectations
        for argument in CONTEXT_ARGUMENTS
    }
    return tuple(sorted(name for name in named if name))


def suite_hash(table: Table, suites_dir: Path) -> str:
    """Return the hash of a table's declaration and suite."""
    path = suite_path(table, suites_dir)
    digest = hashlib.sha256(repr(table).encode())
    digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()
