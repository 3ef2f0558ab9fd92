"""Metadata of a table for the UI: schema, description, rows. No figures are computed here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import dagster as dg

from fcm_migration.catalog.derive import DUCKDB_TYPE
from fcm_migration.catalog.model import Column, Table
from fcm_migration.errors import MemoryLackError
from fcm_migration.reports.pictures.picture import Picture
from fcm_migration.sources.base import Source
from fcm_migration.store import Stored

_ACTING = re.compile(r"([\\`*_{}\[\]<>#|!])")  # signs that mean something in Markdown
OWNERS = ["team:migration-analysis"]
EDITION = dg.AssetKey(["published", "edition"])
BRIEFS = dg.AssetKey(["published", "briefs"])
SITE = dg.AssetKey(["published", "site"])


def asset_key(table: Table) -> dg.AssetKey:
    """Key of a table: its schema and its name."""
    return dg.AssetKey([table.layer, table.name])


def publisher_key(source: Source) -> dg.AssetKey:
    """Key of the publisher's dataset."""
    return dg.AssetKey(["publisher", source.source_id])


def archive_key(source: Source) -> dg.AssetKey:
    """Key of a source's archive."""
    return dg.AssetKey(["archive", source.source_id])


def describe(table: Table) -> str:
    """First line one plain sentence (the catalogue shows it raw), then grain and caveats."""
    return "\n\n".join([table.title, f"One row: {table.grain}.", *table.caveats])


def definition_metadata(table: Table) -> dict[str, Any]:
    """Schema and storage, known before any run."""
    columns = [_column(column) for column in table.columns]
    return {
        "dagster/column_schema": dg.TableSchema(columns=columns),
        "dagster/table_name": table.full_name,
    }


def _column(column: Column) -> dg.TableColumn:
    other = []
    if column.minimum is not None:
        other.append(f">= {column.minimum}")
    if column.allowed is not None and len(column.allowed) <= 6:
        other.append(f"one of {', '.join(column.allowed)}")
    return dg.TableColumn(
        column.name,
        DUCKDB_TYPE[column.dtype],
        description=column.description,
        constraints=dg.TableColumnConstraints(nullable=column.nullable, other=other),
        tags={"unit": column.unit} if column.unit else {},
    )


def spec(table: Table, deps: list[dg.AssetKey], *, kinds: set[str], group: str) -> dg.AssetSpec:
    """Asset of one table."""
    return dg.AssetSpec(
        asset_key(table),
        deps=deps,
        description=describe(table),
        metadata=definition_metadata(table),
        group_name=group,
        kinds=kinds,
        owners=OWNERS,
    )


def plain(text: str) -> str:
    """Return a text as Markdown that shows it as it is."""
    return _ACTING.sub(r"\\\1", text)


def told(sentences: Iterable[str]) -> dg.MarkdownMetadataValue:
    """Return sentences as a list that the UI shows."""
    return dg.MetadataValue.md("\n".join(f"* {plain(said)}" for said in sentences))


def stored_metadata(stored: Stored) -> dict[str, Any]:
    """Return the row count and fingerprint of a table that a step wrote."""
    return {"dagster/row_count": stored.rows, "content hash": stored.content_hash[:12]}


def picture_metadata(draw: Callable[[], Picture | None]) -> dict[str, Any]:
    """The sparkline inline, the plot behind a click; nothing where nothing is to be drawn.

    Where the machine does not let the renderer run, the figures are made all the same, and the
    reason stands where the plot would be.
    """
    try:
        picture = draw()
    except MemoryLackError as error:
        return {"plot": dg.MetadataValue.text(f"not drawn: {error}")}
    if picture is None:
        return {}
    return {
        "recent": dg.MetadataValue.md(picture.sparkline),
        "plot": dg.MetadataValue.md(picture.markdown),
    }
