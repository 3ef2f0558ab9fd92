"""Documents derived from the declarations: the data dictionary and ``datapackage.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.catalog.model import Column, DType, Table
from fcm_migration.errors import UsageError
from fcm_migration.sources import SOURCES

FRICTIONLESS: dict[DType, str] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "datetime",
}


def write_docs(folder: Path, *, check: bool = False) -> Iterator[str]:
    """Write the generated documents below ``folder``; yield a line for each.

    Raises:
        UsageError: with ``check``, a document does not say what the declarations say.
    """
    made = {"data_dictionary.md": dictionary(), "datapackage.json": datapackage()}
    for name, text in made.items():
        path = folder / name
        if check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                raise UsageError("out of date", where=name, remedy="run: fcm docs")
        else:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        yield f"{name}: {'up to date' if check else 'written'}"


def _tables() -> list[Table]:
    from fcm_migration.refresh.tables import published_declarations

    return published_declarations(SOURCES)


def dictionary() -> str:
    """Return the data dictionary in Markdown: sources, indicators, then every table."""
    lines = [
        "# Data dictionary",
        "",
        "Written by `fcm docs` from the declarations in `fcm_migration`; do not edit by hand.",
        "",
        "## Sources",
        "",
        "| source_id | what | publisher | licence | cadence | revisions |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {s.source_id} | {s.title} | [{s.publisher}]({s.landing_url}) | {s.licence.title} | "
        f"{s.cadence.words} | {s.revision_habit} |"
        for s in SOURCES
    ]
    lines += [
        "",
        "## Indicators",
        "",
        "| indicator | unit | kind | what counts | comparability |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {i.indicator} | {i.unit} | {i.kind} | {i.title}. {i.counting_rule} | "
        f"{i.comparability} |"
        for i in INDICATORS
    ]
    for table in _tables():
        lines += ["", f"## {table.full_name}", "", *_table_lines(table)]
    return "\n".join(lines) + "\n"


def _table_lines(table: Table) -> list[str]:
    head = [table.title, "", f"One row: {table.grain}. Key: {', '.join(table.key)}."]
    head += [line for caveat in table.caveats for line in ("", caveat)]
    head += ["", "| column | type | unit | null | meaning |", "|---|---|---|---|---|"]
    return head + [
        f"| {c.name} | {c.dtype} | {c.unit or ''} | {'yes' if c.nullable else ''} | {_meaning(c)} |"
        for c in table.columns
    ]


def _meaning(column: Column) -> str:
    text = column.description.replace("|", "\\|")
    if column.allowed is not None:
        text += f" One of: {', '.join(column.allowed)}."
    return text


def datapackage() -> str:
    """Return the Frictionless data package descriptor of the published tables."""
    licences = {s.licence.licence_id: s.licence for s in SOURCES}.values()
    package = {
        "name": "fcm-migration",
        "title": "Irregular movement into the five countries",
        "licenses": [{"name": i.licence_id, "path": i.url, "title": i.title} for i in licences],
        "sources": [{"title": f"{s.publisher}: {s.title}", "path": s.landing_url} for s in SOURCES],
        "resources": [_resource(table) for table in _tables()],
    }
    return json.dumps(package, indent=1, ensure_ascii=False) + "\n"


def _resource(table: Table) -> dict[str, Any]:
    return {
        "name": f"{table.layer}-{table.name}".replace("_", "-"),
        "path": f"{table.layer}/{table.name}.parquet",
        "title": table.title,
        "description": f"One row: {table.grain}.",
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "primaryKey": list(table.key),
        },
    }


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    for word in ("minimum", "maximum", "pattern"):
        value = getattr(column, word)
        if value is not None:
            constraints[word] = value if isinstance(value, int | float | str) else str(value)
    if column.allowed is not None:
        constraints["enum"] = list(column.allowed)
    field = {
        "name": column.name,
        "type": FRICTIONLESS[column.dtype],
        "description": column.description,
        "constraints": constraints,
    }
    return field if column.unit is None else {**field, "unit": column.unit}
