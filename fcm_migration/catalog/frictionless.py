"""Declarations in the words of Frictionless: types, constraints and keys of a Table Schema."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fcm_migration.catalog.model import Column, DType, Licence

TYPES: dict[DType, str] = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "datetime",
}


def table_schema(
    columns: Iterable[Column], key: Sequence[str], *, missing: Sequence[str]
) -> dict[str, Any]:
    """Return the Table Schema of these columns.

    Args:
        columns: in order.
        key: names of the columns of the primary key; none for a view.
        missing: the texts that stand for null. By default an empty text would be one.
    """
    schema = {"missingValues": list(missing), "fields": [_field(column) for column in columns]}
    return {**schema, "primaryKey": list(key)} if key else schema


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {} if column.nullable else {"required": True}
    for word in ("minimum", "maximum", "pattern"):
        value = getattr(column, word)
        if value is not None:
            constraints[word] = value if isinstance(value, int | float | str) else str(value)
    if column.allowed is not None:
        constraints["enum"] = list(column.allowed)
    field: dict[str, Any] = {"name": column.name, "type": TYPES[column.dtype]}
    if column.description:  # the column of a view may have none
        field["description"] = column.description
    field["constraints"] = constraints
    return field if column.unit is None else {**field, "unit": column.unit}


def licence(item: Licence) -> dict[str, str]:
    """Return how a data package names a licence."""
    return {"name": item.licence_id, "path": item.url, "title": item.title}


def source(publisher: str, title: str, landing_url: str) -> dict[str, str]:
    """Return how a data package names a source."""
    return {"title": f"{publisher}: {title}", "path": landing_url}
