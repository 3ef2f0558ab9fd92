"""Breaks: lasting changes of level in the watched series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fcm_migration.lazy import lazy
from fcm_migration.trends.breaks.tables import TABLES

if TYPE_CHECKING:
    from fcm_migration.trends.breaks.build import find_breaks

__all__ = ["TABLES", "find_breaks"]
__getattr__ = lazy(__name__, {"find_breaks": "build"})
