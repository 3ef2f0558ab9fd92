"""Nowcasts: totals of periods that have begun, are half reported or are not yet published."""

from typing import TYPE_CHECKING

from fcm_migration.forecast.nowcast.tables import TABLES
from fcm_migration.lazy import lazy

if TYPE_CHECKING:
    from fcm_migration.forecast.nowcast.build import make_nowcasts

__all__ = ["TABLES", "make_nowcasts"]
__getattr__ = lazy(__name__, {"make_nowcasts": "build"})
