"""Structural expectations, derived from a table's declaration.

``catalog.derive.conform`` enforces the same when a table is written; these are the record of it
that analysts can read in ``meta.check_results``, made by a second program on the finished table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from fcm_migration.catalog.model import Column, Table

Spec = dict[str, Any]  # one expectation in Great Expectations' JSON form

# pandas warns of groups that capture, and a derived test has no use for what they capture
GROUP = re.compile(r"(?<!\\)\((?!\?)")

# meta and trend tables may rightly be empty: no alert, no unknown label, no attempt yet
FILLED_LAYERS = ("core", "history", "mart", "forecast")


def structural(table: Table, *, may_be_empty: bool = False) -> list[Spec]:
    """Return the expectations that follow from the declaration, each with an id and a reason."""
    specs = [
        _spec(
            "columns",
            "expect_table_columns_to_match_ordered_list",
            "Analysts and the published file rely on the declared columns, in declared order.",
            column_list=list(table.column_names),
        )
    ]
    if table.layer in FILLED_LAYERS and not may_be_empty:
        reason = "A table of this layer without rows means that a step lost them."
        specs.append(_spec("rows", "expect_table_row_count_to_be_between", reason, min_value=1))
    if table.key:
        specs.append(_key(table))
    if known := [column.name for column in table.columns if not column.nullable]:
        reason = "Declared as always known; a null there is a figure or a label that was lost."
        specs.append(_spec("not null", "expect_columns_without_nulls", reason, column_list=known))
    for column in table.columns:
        specs += _column(column)
    return specs


def _key(table: Table) -> Spec:
    reason = f"One row: {table.grain}. A second one would be counted twice."
    if len(table.key) == 1:
        return _spec("key", "expect_column_values_to_be_unique", reason, column=table.key[0])
    return _spec("key", "expect_compound_columns_to_be_unique", reason, column_list=list(table.key))


def _column(column: Column) -> Iterator[Spec]:
    name = column.name
    if column.minimum is not None or column.maximum is not None:
        yield _spec(
            f"{name}: bounds",
            "expect_column_within_bounds",
            "Outside these bounds a value cannot be what the column says it is.",
            column=name,
            min_value=_plain(column.minimum),
            max_value=_plain(column.maximum),
        )
    if column.allowed is not None:
        yield _spec(
            f"{name}: vocabulary",
            "expect_column_values_to_be_in_set",
            "A closed vocabulary: queries filter on exactly these words.",
            column=name,
            value_set=list(column.allowed),
        )
    if column.pattern is not None:
        yield _spec(
            f"{name}: pattern",
            "expect_column_values_to_match_regex",
            "Every value has the declared form.",
            column=name,
            regex=GROUP.sub("(?:", column.pattern),
        )


def _plain(bound: float | date | None) -> float | str | None:
    return bound.isoformat() if isinstance(bound, date) else bound


def _spec(expectation_id: str, kind: str, reason: str, **kwargs: object) -> Spec:
    return {
        "type": kind,
        "kwargs": kwargs,
        "severity": "critical",
        "meta": {"id": expectation_id, "reason": reason},
    }
