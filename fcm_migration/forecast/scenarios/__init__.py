"""Scenarios: the published forecast under declared assumptions of what might change."""

from typing import TYPE_CHECKING

from fcm_migration.forecast.scenarios.tables import TABLES
from fcm_migration.lazy import lazy

if TYPE_CHECKING:
    from fcm_migration.forecast.scenarios.build import apply_scenarios

__all__ = ["TABLES", "apply_scenarios"]
__getattr__ = lazy(__name__, {"apply_scenarios": "build"})
