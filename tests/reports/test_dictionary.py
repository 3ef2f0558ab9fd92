"""Documents derived from the declarations: complete, and current in the repository."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.config import PROJECT_ROOT
from fcm_migration.errors import UsageError
from fcm_migration.refresh.tables import published_declarations
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
    assert len({item["name"] for item in package["resources"]}) == len(TABLES)
    for table in TABLES:
        schema = resources[f"{table.layer}/{table.name}.parquet"]["schema"]
        assert schema["primaryKey"] == list(table.key)
        for column, field in zip(table.columns, schema["fields"], strict=True):
            assert field["name"] == column.name
            assert field.get("unit") == column.unit
            assert field["constraints"].get("required", False) != column.nullable
    assert {item["path"] for item in package["licenses"]} == {s.licence.url for s in SOURCES}


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
