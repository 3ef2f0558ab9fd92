"""Corridors: origins on routes, what was seen upstream first, and protection beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fcm_migration.lazy import lazy
from fcm_migration.trends.corridors.tables import TABLES

if TYPE_CHECKING:
    from fcm_migration.trends.corridors.build import rank_corridors

__all__ = ["TABLES", "rank_corridors"]
__getattr__ = lazy(__name__, {"rank_corridors": "build"})
