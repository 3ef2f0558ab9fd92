"""Which forecasts are shown, and why the others are not."""

from fcm_migration.forecast.shown.build import not_shown, shown, with_nowcasts
from fcm_migration.forecast.shown.tables import TABLES

__all__ = ["TABLES", "not_shown", "shown", "with_nowcasts"]
