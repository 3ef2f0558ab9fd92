"""Alerts: detected, replayed release by release, explained, and published with their record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fcm_migration.lazy import lazy
from fcm_migration.trends.alerts.tables import TABLES

if TYPE_CHECKING:
    from fcm_migration.trends.alerts.replay import replay_alerts

__all__ = ["TABLES", "replay_alerts"]
__getattr__ = lazy(__name__, {"replay_alerts": "replay"})
