"""Coherent forecasts: published forecasts adjusted so that parts add up to their totals."""

from typing import TYPE_CHECKING

from fcm_migration.forecast.coherence.tables import TABLES
from fcm_migration.lazy import lazy

if TYPE_CHECKING:
    from fcm_migration.forecast.coherence.build import coherent_forecasts

__all__ = ["TABLES", "coherent_forecasts"]
__getattr__ = lazy(__name__, {"coherent_forecasts": "build"})
