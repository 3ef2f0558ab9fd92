"""Effects of policies against placebo dates, and displacement to other routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fcm_migration.lazy import lazy
from fcm_migration.trends.policies.tables import TABLES

if TYPE_CHECKING:
    from fcm_migration.trends.policies.build import judge_policies

__all__ = ["TABLES", "judge_policies"]
__getattr__ = lazy(__name__, {"judge_policies": "build"})
