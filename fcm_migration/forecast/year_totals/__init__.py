"""Totals of a year given what is counted of it, from the published forecasts of its months."""

from typing import TYPE_CHECKING

from fcm_migration.forecast.year_totals.tables import TABLES
from fcm_migration.lazy import lazy

if TYPE_CHECKING:
    from fcm_migration.forecast.year_totals.build import make_year_totals

__all__ = ["TABLES", "make_year_totals"]
__getattr__ = lazy(__name__, {"make_year_totals": "build"})
