"""Irregular movement into the five countries: ingest, check, forecast, publish, query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fcm_migration.publish.query import Connection, connect

__all__ = ["Connection", "connect"]


def __getattr__(name: str) -> Any:
    """Load DuckDB only when somebody asks a question: Dagster imports this package often."""
    if name in __all__:
        from fcm_migration.publish import query

        return getattr(query, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
