"""Proxies of facilitation: signs consistent with organised movement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fcm_migration.lazy import lazy
from fcm_migration.trends.facilitation.tables import TABLES

if TYPE_CHECKING:
    from fcm_migration.trends.facilitation.build import facilitation_proxies

__all__ = ["TABLES", "facilitation_proxies"]
__getattr__ = lazy(__name__, {"facilitation_proxies": "build"})
