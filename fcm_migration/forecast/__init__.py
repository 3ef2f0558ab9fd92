"""Forecasts of monthly, quarterly and annual series, their past scores, and the model chosen.

:func:`forecast` and :func:`backtest` take a long panel: series_id, pool (series of one frequency
that share calibration and estimation), frequency, period_start (first day), value (count, null
where missing or suppressed) and rounding (the publisher's rounding step). What was measured is in
docs/decisions/forecasts.md.
"""

from typing import TYPE_CHECKING

from fcm_migration.forecast.settings import Settings
from fcm_migration.lazy import lazy

if TYPE_CHECKING:
    from fcm_migration.forecast.backtesting.run import ForecastResult, backtest, forecast

__all__ = ["ForecastResult", "Settings", "backtest", "forecast"]
__getattr__ = lazy(
    __name__,
    {
        "ForecastResult": "backtesting.run",
        "backtest": "backtesting.run",
        "forecast": "backtesting.run",
    },
)
