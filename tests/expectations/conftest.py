"""A suite in a temporary folder and the table it checks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration.catalog.model import Column, Table
from fcm_migration.expectations import CheckResult, check_table

TODAY = date(2026, 5, 1)
FIGURES = Table(
    "core",
    "figures",
    "Simulated figures, for tests only.",
    "month and origin",
    (
        Column("month_start_date", "date", "First day of the month.", minimum=date(2000, 1, 1)),
        Column("origin", "string", "Simulated origin.", pattern="^([A-Z]{2}|All)$"),
        Column("unit", "string", "Unit.", allowed=("persons", "cases")),
        Column("count", "integer", "Count.", unit="persons", nullable=True, minimum=0),
    ),
    ("month_start_date", "origin"),
)


def figures(*rows: tuple[str, str, int | None]) -> pl.DataFrame:
    """Rows of the simulated table: month YYYY-MM, origin, count."""
    return pl.DataFrame(
        {
            "month_start_date": [date.fromisoformat(f"{month}-01") for month, _, _ in rows],
            "origin": [origin for _, origin, _ in rows],
            "unit": ["persons"] * len(rows),
            "count": [count for _, _, count in rows],
        },
        schema_overrides={"count": pl.Int64},
    )


GOOD = figures(
    ("2024-01", "All", 30),
    ("2024-01", "NA", 10),
    ("2024-01", "SY", 20),
    ("2024-02", "All", 50),
    ("2024-02", "NA", 20),
    ("2024-02", "SY", 30),
    ("2024-03", "All", 5),
    ("2024-03", "NA", 5),
)

Judge = Callable[..., CheckResult]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Check a frame with one written expectation and return that one's result."""

    def run(
        frame: pl.DataFrame,
        kind: str,
        *,
        context: Mapping[str, pl.DataFrame] | None = None,
        severity: str = "critical",
        table: Table = FIGURES,
        **kwargs: Any,
    ) -> CheckResult:
        write_suite(tmp_path, table, entry(kind, severity=severity, **kwargs))
        results = check_table(table, frame, context=context or {}, suites_dir=tmp_path, today=TODAY)
        return results[-1]

    return run


def entry(kind: str, *, severity: str = "critical", **kwargs: Any) -> dict[str, Any]:
    """One expectation in the suites' format."""
    meta = {"id": "under test", "reason": "the test says so"}
    return {"type": kind, "kwargs": kwargs, "severity": severity, "meta": meta}


def write_suite(folder: Path, table: Table, *entries: dict[str, Any], **meta: Any) -> None:
    """Write a table's suite."""
    suite = {"name": table.full_name, "expectations": list(entries), "meta": meta}
    (folder / f"{table.full_name}.json").write_text(json.dumps(suite))
