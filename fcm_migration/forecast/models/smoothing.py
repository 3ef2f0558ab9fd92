"""Exponential smoothing of log1p counts, estimated by statsmodels and filtered by NumPy.

ETS(A,N,N), a level. A damped trend beside it cost more than it gave (docs/decisions/forecasts.md).

Parameters are estimated at fixed calendar periods and only filtered in between, so the forecast of
an origin is the same whether it is made alone or within a longer backtest.
"""

from __future__ import annotations

import warnings
from importlib import import_module

import numpy as np

from fcm_migration.arrays import Floats

SHORTEST = 8  # periods below which nothing is fitted
MODEL = "ses"
PARAMETERS = 2  # estimated: weight of the newest period, level before the first


def estimate(z: Floats) -> Floats | None:
    """Return the weight of the newest period and the level before the first.

    Args:
        z: log1p of the counts, one series, no gaps.

    Returns:
        the two maximum likelihood estimates; None where the optimiser failed or did not converge.
    """
    with warnings.catch_warnings():
        # statsmodels inserts warning filters of its own when it is first loaded
        import_module("statsmodels.tools.sm_exceptions")
        # a failure it would warn of is returned as None
        warnings.simplefilter("ignore")
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        try:
            result = ETSModel(z, error="add").fit(disp=False)
        except (ValueError, np.linalg.LinAlgError, FloatingPointError):
            return None
    converged = bool(result.mle_retvals.get("converged", True))
    parameters = np.asarray(result.params, dtype=np.float64)
    return parameters if converged and np.isfinite(parameters).all() else None


def forecast(z: Floats, parameters: Floats, horizon: int) -> tuple[Floats, Floats]:
    """Return mean and standard deviation (series x horizon, log scale) of the next periods.

    sd^2 = sigma^2 (1 + (h - 1) alpha^2): Hyndman, Koehler, Ord and Snyder (2008), Forecasting with
    Exponential Smoothing, table 6.1.

    Args:
        z: periods x series, from the period of each series' first state; NaN before it.
        parameters: series x 2 (see :func:`estimate`).
        horizon: periods ahead.
    """
    alpha, level = parameters.T
    squares, seen = np.zeros(len(alpha)), np.zeros(len(alpha))
    for row in z:
        known = ~np.isnan(row)
        error = np.where(known, row - level, 0.0)
        level = level + alpha * error
        squares += error**2
        seen += known
    variance = squares / np.maximum(seen - PARAMETERS, 1.0)
    sd: Floats = np.sqrt(variance[:, None] * (1.0 + alpha[:, None] ** 2 * np.arange(horizon)))
    return np.repeat(level[:, None], horizon, axis=1), sd
