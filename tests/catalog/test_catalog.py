"""The declarations hold together, and conform refuses whatever breaks one."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog import INDICATORS, conform, empty
from fcm_migration.catalog.columns import UNITS
from fcm_migration.catalog.derive import create_statements
from fcm_migration.catalog.model import Column, Table
from fcm_migration.errors import ConformError
from fcm_migration.refresh.tables import published_declarations
from fcm_migration.sources import SOURCES
from tests.toy import TABLE

GOOD = pl.DataFrame(
    {
        "month_start_date": [date(2020, 2, 1), date(2020, 1, 1)],
        "origin": ["NA", "Chad"],
        "claims_persons": [3, None],
    },
    schema=empty(TABLE).schema,
)


def test_conform_sorts_by_key_and_keeps_the_label_na() -> None:
    frame = conform(GOOD, TABLE)
    assert frame.get_column("origin").to_list() == ["Chad", "NA"]
    assert frame.get_column("claims_persons").to_list() == [None, 3]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop("origin"), "columns missing: ['origin']"),
        (lambda f: f.with_columns(x=1), "columns not declared: ['x']"),
        (lambda f: f.with_columns(pl.col("claims_persons").cast(pl.Float64)), "type Float64"),
        (lambda f: f.with_columns(origin=pl.lit(None, pl.String)), "2 null(s)"),
        (lambda f: f.with_columns(claims_persons=pl.lit(-1, pl.Int64)), "below 0, such as [-1]"),
        (lambda f: pl.concat([f, f]), "stand more than once"),
    ],
)
def test_conform_names_each_breach(change, words) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ConformError) as caught:
        conform(change(GOOD), TABLE)
    assert words in str(caught.value)
    assert "core.toy_claims" in str(caught.value)


def test_conform_reports_every_breach_at_once() -> None:
    bad = GOOD.with_columns(claims_persons=pl.lit(-1, pl.Int64), origin=pl.lit(None, pl.String))
    with pytest.raises(ConformError, match="2 breach") as caught:
        conform(bad.head(1), TABLE)
    assert "origin" in str(caught.value)
    assert "claims_persons" in str(caught.value)


def test_vocabulary_pattern_and_finiteness_are_held() -> None:
    table = Table(
        "core",
        "t",
        "T.",
        "k",
        (
            Column("k", "string", "K.", pattern="^[a-z]$"),
            Column("v", "string", "V.", allowed=("x",)),
            Column("n", "number", "N."),
        ),
        ("k",),
    )
    frame = pl.DataFrame({"k": ["A"], "v": ["y"], "n": [float("inf")]})
    with pytest.raises(ConformError, match="3 breach"):
        conform(frame, table)


def test_a_table_refuses_a_broken_declaration() -> None:
    for change in (
        {"key": ("nowhere",)},
        {"columns": (*TABLE.columns, TABLE.columns[0])},
        {"key": ("claims_persons",)},
    ):
        with pytest.raises(ValueError, match=r"core\.toy_claims"):
            dataclasses.replace(TABLE, **change)  # type: ignore[arg-type]


def test_a_column_name_means_one_thing_everywhere() -> None:
    seen: dict[str, Column] = {}
    for table in published_declarations(SOURCES):
        for column in table.columns:
            known = seen.setdefault(column.name, column)
            same = (known.dtype, known.unit) == (column.dtype, column.unit)
            assert same, f"{column.name} in {table.full_name} differs from an earlier declaration"


def test_every_column_is_described_and_every_count_has_a_unit() -> None:
    for table in published_declarations(SOURCES):
        for column in table.columns:
            assert column.description.endswith("."), f"{table.full_name}.{column.name}"
            if column.dtype == "timestamp":  # the type itself names no time zone
                assert "(UTC)" in column.description, f"{table.full_name}.{column.name}"


def test_ddl_quotes_hostile_text() -> None:
    hostile = 'it\'s "quoted"; DROP TABLE x;--'
    table = dataclasses.replace(TABLE, title=hostile)
    create, comment, *_ = create_statements(table)
    assert create.startswith('CREATE TABLE "core"."toy_claims" (')
    assert "PRIMARY KEY" not in create
    assert " Key: month_start_date, origin." in comment
    assert "'it''s \"quoted\"; DROP TABLE x;--" in comment


def test_each_indicator_has_one_unit() -> None:
    assert len({i.indicator for i in INDICATORS}) == len(INDICATORS)
    assert {i.unit for i in INDICATORS} <= set(UNITS)


def test_generated_documents_are_up_to_date() -> None:
    from fcm_migration.config import PROJECT_ROOT
    from fcm_migration.reports.dictionary import write_docs

    assert list(write_docs(Path(PROJECT_ROOT) / "docs", check=True))
