"""The shipped suites: the library reads them, each has its table, columns and reasons."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.model import Table
from fcm_migration.config import SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.expectations import check_table, critical_failures, required_context
from fcm_migration.expectations.suites import read_suite
from fcm_migration.forecast import tables as forecast_tables
from fcm_migration.marts import tables as mart_tables
from fcm_migration.refresh.tables import warehouse_tables
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import ReleaseFile
from tests.expectations.conftest import TODAY

SUITES = sorted(SUITES_DIR.glob("*.json"))
COLUMN_ARGUMENTS = (
    *("column", "column_A", "column_B", "columns", "total", "by", "key", "period_column"),
    *("order_by", "days_column", "show", "where", "parts", "column_list"),
)


def tables() -> dict[str, Table]:
    """Every table that is checked before it is published."""
    return warehouse_tables(SOURCES)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_every_suite_belongs_to_a_table_and_loads_in_the_library(path: Path) -> None:
    from fcm_migration.expectations import gx  # registers our own expectations
    from fcm_migration.expectations.library import great_expectations

    table = tables()[path.stem]
    specs = read_suite(table, SUITES_DIR).expectations
    assert specs
    made = great_expectations.ExpectationSuite(**json.loads(path.read_text()))
    assert [e.severity.value for e in made.expectations] == [spec["severity"] for spec in specs]
    assert len(gx.expectation_suite(table.full_name, specs).expectations) == len(specs)


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_suites_name_declared_columns_only(path: Path) -> None:
    table = tables()[path.stem]
    for spec in read_suite(table, SUITES_DIR).expectations:
        named = set(_columns(spec["kwargs"]))
        assert named <= set(table.column_names), spec["meta"]["id"]


def _columns(kwargs: dict[str, Any]) -> Iterator[str]:
    for argument in COLUMN_ARGUMENTS:
        value = kwargs.get(argument) or []
        for name in [value] if isinstance(value, str) else value:
            yield re.sub(r"^\w+ = \w+\((\w+)\)$", r"\1", name)


def test_context_names_known_tables() -> None:
    known = tables()
    for table in known.values():
        for name in required_context(table, SUITES_DIR):
            assert name.removesuffix("@previous") in known


def test_every_core_and_mart_table_has_a_suite() -> None:
    wanted = {t.full_name for source in SOURCES for t in source.tables}
    wanted |= {t.full_name for t in (*mart_tables.TABLES, *forecast_tables.TABLES)}
    assert wanted <= {path.stem for path in SUITES}


@pytest.mark.shared_data
def test_a_row_lost_from_a_real_release_is_a_critical_failure(shared_data: Path) -> None:
    source = next(item for item in SOURCES if item.source_id == "us_cbp_sbo")
    path = next((shared_data / "us_cbp_sbo").glob("*.csv"))
    parsed = source.parse([ReleaseFile(path.name, path)]).tables["us_cbp_sbo"]
    latest = latest_table(source.tables[0])
    frame = parsed.with_columns(
        pl.lit(TODAY).alias("as_of_date"),
        pl.lit("a release").alias("snapshot_id"),
        pl.lit("inbox").alias("obtained"),
    )
    whole = check_table(latest, frame, suites_dir=SUITES_DIR, today=TODAY)
    assert all(item.success for item in whole)
    cut = check_table(latest, frame[1:], suites_dir=SUITES_DIR, today=TODAY)
    assert [item.expectation for item in critical_failures(cut)] == ["fiscal years"]


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_every_expectation_can_be_evaluated_even_on_no_rows(path: Path) -> None:
    table = tables()[path.stem]
    nothing = empty(table)
    context = {
        name: empty(tables()[name.removesuffix("@previous")])
        for name in required_context(table, SUITES_DIR)
    }
    results = check_table(table, nothing, context=context, suites_dir=SUITES_DIR, today=TODAY)
    broken = [item for item in results if item.observed.startswith("could not be evaluated")]
    assert broken == []
