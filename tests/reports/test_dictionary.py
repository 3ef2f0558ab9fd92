"""Documents derived from the declarations: complete, and current in the repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.config import PROJECT_ROOT
from fcm_migration.errors import UsageError
from fcm_migration.expectations import CHECK_RESULTS
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.tables import published_declarations, warehouse_tables
from fcm_migration.reports.dictionary import datapackage, dictionary, write_docs
from fcm_migration.sources import SOURCES

TABLES = published_declarations(SOURCES)


def test_the_pages_in_the_repository_are_current() -> None:
    assert len(list(write_docs(PROJECT_ROOT / "docs", check=True))) == 4


def test_every_source_indicator_table_and_column_is_described() -> None:
    text = dictionary()
    for source in SOURCES:
        assert f"| {source.source_id} | {source.title} |" in text
    for item in INDICATORS:
        assert f"| {item.indicator} | {item.unit} |" in text
    sections = dict(part.split("\n", 1) for part in text.split("\n## ")[1:])
    for table in TABLES:
        section = sections[table.full_name]
        assert section.count("\n| ") == len(table.columns) + 1
        assert f"Key: {', '.join(table.key)}." in section
        for column in table.columns:
            assert f"| {column.name} | {column.dtype} | {column.unit or ''} |" in section


def test_the_data_package_says_types_keys_units_and_licences() -> None:
    package = json.loads(datapackage())
    resources = {item["path"]: item for item in package["resources"]}
    stored = [*warehouse_tables(SOURCES).values(), CHECK_RESULTS]
    assert len({item["name"] for item in package["resources"]}) == len(stored)
    for table in stored:
        schema = resources[f"{table.layer}/{table.name}.parquet"]["schema"]
        assert schema["primaryKey"] == list(table.key)
        for column, field in zip(table.columns, schema["fields"], strict=True):
            assert field["name"] == column.name
            assert field.get("unit") == column.unit
            assert field["constraints"].get("required", False) != column.nullable
    assert {item["path"] for item in package["licenses"]} == {s.licence.url for s in SOURCES}


def test_the_data_package_names_only_files_that_a_refresh_writes(published: Context) -> None:
    """What publication writes into the DuckDB file alone has no Parquet file to name."""
    package = json.loads(datapackage())
    paths = {item["path"] for item in package["resources"]}
    home = published.home
    for table in (*warehouse_tables(published.sources).values(), CHECK_RESULTS):
        file = home.table(table.layer, table.name)
        assert file.is_file()
        if table.layer not in ("core", "history"):  # those of the toy are no real source's
            assert str(file.relative_to(home.root)) in paths
    assert not paths & {"meta/edition.parquet", "meta/tables.parquet", "meta/columns.parquet"}
    assert "relative to the working home" in package["description"]


def test_the_data_package_holds_for_tables_with_empty_texts() -> None:
    """By default Table Schema reads an empty text as missing, which no ``required`` allows."""
    package = json.loads(datapackage())
    assert all(item["schema"]["missingValues"] == [] for item in package["resources"])


def test_pages_are_written_and_checked(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"data_dictionary\.md: out of date.*fcm docs"):
        list(write_docs(tmp_path, check=True))
    assert list(write_docs(tmp_path / "docs")) == [
        "data_dictionary.md: written",
        "datapackage.json: written",
        "inbox.md: written",
        "breaks.md: written",
    ]
    list(write_docs(tmp_path / "docs", check=True))
    with (tmp_path / "docs" / "datapackage.json").open("a") as file:
        file.write(" ")
    with pytest.raises(UsageError, match=r"datapackage\.json"):
        list(write_docs(tmp_path / "docs", check=True))
