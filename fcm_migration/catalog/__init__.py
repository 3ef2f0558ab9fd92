"""The one declaration of every column, table, indicator and licence."""

from fcm_migration.catalog.derive import conform, empty, polars_schema
from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.catalog.licences import LICENCES
from fcm_migration.catalog.model import Cadence, Column, Indicator, Licence, Table

__all__ = [
    "INDICATORS",
    "LICENCES",
    "Cadence",
    "Column",
    "Indicator",
    "Licence",
    "Table",
    "conform",
    "empty",
    "polars_schema",
]
