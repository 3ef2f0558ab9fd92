"""Forecasts of monthly series, how good they have been, and why each model was chosen.

:func:`forecast` and :func:`backtest` take a long panel: series_id, pool (series that share
calibration and choice), period_start (first of the month), value (count, null where missing or
suppressed) and grid (the publisher's rounding). See docs/decisions/forecasts.md for what was
measured.
"""

from fcm_migration.forecast.api import ForecastResult, backtest, forecast
from fcm_migration.forecast.settings import Settings

__all__ = ["ForecastResult", "Settings", "backtest", "forecast"]
