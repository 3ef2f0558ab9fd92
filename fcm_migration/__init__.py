"""Irregular movement into the five countries: ingest, check, forecast, publish, query."""

from typing import TYPE_CHECKING

from fcm_migration.lazy import lazy

if TYPE_CHECKING:
    from fcm_migration.publish.query import Connection, connect

__all__ = ["Connection", "connect"]
# DuckDB is loaded only when somebody asks a question: Dagster imports this package often
__getattr__ = lazy(__name__, {"Connection": "publish.query", "connect": "publish.query"})
