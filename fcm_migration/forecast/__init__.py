"""Forecasts of monthly, quarterly and annual series, how good they have been, and why.

:func:`forecast` and :func:`backtest` take a long panel: series_id, pool (series of one frequency
that share calibration and estimation), frequency, period_start (first day), value (count, null
where missing or suppressed) and grid (the publisher's rounding). See docs/decisions/forecasts.md
for what was measured.
"""

from typing import TYPE_CHECKING, Any

from fcm_migration.forecast.settings import Settings

if TYPE_CHECKING:
    from fcm_migration.forecast.api import ForecastResult, backtest, forecast

__all__ = ["ForecastResult", "Settings", "backtest", "forecast"]


def __getattr__(name: str) -> Any:
    """Load the engine (numpy and what it needs) when it is first asked for.

    Declaring tables must not: Dagster starts a process for a run, and each loads the declarations.
    """
    if name in __all__:
        from fcm_migration.forecast import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
