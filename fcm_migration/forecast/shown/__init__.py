"""Selection of the forecasts that are shown, and the reasons for leaving out the others."""

from fcm_migration.forecast.shown.build import not_shown, shown, with_nowcasts
from fcm_migration.forecast.shown.tables import TABLES

__all__ = ["TABLES", "not_shown", "shown", "with_nowcasts"]
