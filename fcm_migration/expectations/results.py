"""Results of a check: one per expectation, as an object, a table and a message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import polars as pl

from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.model import Column, Table

Severity = Literal["critical", "warning"]
Kind = Literal["structural", "suite"]
EXAMPLES_IN_MESSAGE = 240


@dataclass(frozen=True)
class CheckResult:
    """One expectation on one table.

    ``element_count`` counts what was judged (rows, or groups of rows such as months), of which
    ``unexpected_count`` are not as expected; a few of them stand in ``examples`` as JSON text.
    """

    table: str
    expectation: str
    kind: Kind
    severity: Severity
    success: bool
    element_count: int
    unexpected_count: int
    examples: str
    observed: str
    reason: str
    column: str | None


CHECK_RESULTS = Table(
    "meta",
    "check_results",
    "What every check on this edition's tables found.",
    "table and expectation",
    (
        Column("table_name", "string", "Checked table with its schema: core.us_cbp_sbo."),
        Column("expectation", "string", "Name of the expectation, the same in every edition."),
        Column(
            "kind",
            "string",
            "structural: follows from the declaration of the columns; suite: written down, with "
            "its reason, in expectations/<table>.json.",
            allowed=("structural", "suite"),
        ),
        Column(
            "severity",
            "string",
            "critical: a failure stops the publication; warning: look before quoting.",
            allowed=("critical", "warning"),
        ),
        Column("success", "boolean", "Whether the table is as expected."),
        Column("element_count", "integer", "Rows or groups judged.", unit="elements", minimum=0),
        Column(
            "unexpected_count",
            "integer",
            "Those of them that are not as expected; a success may hold a tolerated few.",
            unit="elements",
            minimum=0,
        ),
        Column("examples", "string", "Some unexpected ones, as a JSON list (shortened)."),
        Column("finding", "string", "What was seen, in words; empty where the counts say it all."),
        Column("reason", "string", "Why this is expected."),
        Column("column_name", "string", "Column it is about, if it is about one.", nullable=True),
    ),
    ("table_name", "expectation"),
)


def results_frame(results: Iterable[CheckResult]) -> pl.DataFrame:
    """Return results as the rows of ``meta.check_results``, sorted by its key."""
    rows = []
    for result in results:
        row = asdict(result)
        row["table_name"], row["column_name"] = row.pop("table"), row.pop("column")
        row["finding"] = row.pop("observed")
        rows.append({name: row[name] for name in CHECK_RESULTS.column_names})
    return pl.DataFrame(rows, schema=polars_schema(CHECK_RESULTS), orient="row").sort(
        CHECK_RESULTS.key
    )


def critical_failures(results: Iterable[CheckResult]) -> list[CheckResult]:
    """Return the failures that stop a publication."""
    return [item for item in results if not item.success and item.severity == "critical"]


def failure_message(results: Iterable[CheckResult]) -> str:
    """Return every critical failure in words: table, expectation, count, examples, reason."""
    return " | ".join(_in_words(item) for item in critical_failures(results))


def _in_words(item: CheckResult) -> str:
    observed = f", {item.observed}" if item.observed else ""
    examples = item.examples
    if len(examples) > EXAMPLES_IN_MESSAGE:
        examples = f"{examples[:EXAMPLES_IN_MESSAGE]} ..."
    shown = "" if item.examples == "[]" else f", such as {examples}"
    return (
        f"{item.table}: {item.expectation} failed: {item.unexpected_count} of "
        f"{item.element_count}{observed}{shown} (expected because: {item.reason})"
    )
