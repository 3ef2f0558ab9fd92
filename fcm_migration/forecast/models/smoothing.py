"""Exponential smoothing of log1p counts, estimated by statsmodels and filtered by NumPy.

ETS(A,N,N), a level, and ETS(A,Ad,N), a level and a damped trend.

Parameters are estimated at fixed calendar periods and only filtered in between, so the forecast of
an origin is the same whether it is made alone or within a longer backtest.
"""

from __future__ import annotations

import warnings
from importlib import import_module

import numpy as np

from fcm_migration.arrays import Floats

SHORTEST = 8  # periods below which nothing is fitted
PARAMETERS = {"ses": 2, "damped_ets": 5}  # number of estimated parameters


def estimate(z: Floats, model: str) -> Floats | None:
    """Return alpha, beta, phi and the level and trend before the first period.

    Args:
        z: log1p of the counts, one series, no gaps.
        model: one of PARAMETERS.

    Returns:
        the five maximum likelihood estimates (of ses, those of the trend are zero); None where
        the optimiser failed or did not converge.
    """
    with warnings.catch_warnings():
        # statsmodels inserts warning filters of its own when it is first loaded
        import_module("statsmodels.tools.sm_exceptions")
        # a failure it would warn of is returned as None
        warnings.simplefilter("ignore")
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        try:
            if model == "ses":
                result = ETSModel(z, error="add").fit(disp=False)
            else:
                result = ETSModel(z, error="add", trend="add", damped_trend=True).fit(disp=False)
        except (ValueError, np.linalg.LinAlgError, FloatingPointError):
            return None
    converged = bool(result.mle_retvals.get("converged", True))
    parameters = np.asarray(result.params, dtype=np.float64)
    if model == "ses":
        alpha, level = parameters
        parameters = np.array([alpha, 0.0, 0.0, level, 0.0])
    return parameters if converged and np.isfinite(parameters).all() else None


def forecast(z: Floats, parameters: Floats, horizon: int) -> tuple[Floats, Floats]:
    """Return mean and standard deviation (series x horizon, log scale) of the next periods.

    sd^2 = sigma^2 (1 + sum over j < h of c_j^2), c_j = alpha + beta (phi + ... + phi^j): Hyndman,
    Koehler, Ord and Snyder (2008), Forecasting with Exponential Smoothing, table 6.1.

    Args:
        z: periods x series, from the period of each series' first state; NaN before it.
        parameters: series x 5 (see :func:`estimate`).
        horizon: periods ahead.
    """
    alpha, beta, phi, level, trend = parameters.T
    squares, seen = np.zeros(len(alpha)), np.zeros(len(alpha))
    for row in z:
        known = ~np.isnan(row)
        expected = level + phi * trend
        error = np.where(known, row - expected, 0.0)
        level = np.where(known, expected + alpha * error, level)
        trend = np.where(known, phi * trend + beta * error, trend)
        squares += error**2
        seen += known
    damping = np.cumsum(phi[:, None] ** np.arange(1, horizon + 1), axis=1)
    mean: Floats = level[:, None] + trend[:, None] * damping
    weights = (alpha[:, None] + beta[:, None] * damping[:, :-1]) ** 2
    growing = np.hstack([np.zeros((len(alpha), 1)), np.cumsum(weights, axis=1)])
    estimated = np.where(phi > 0, PARAMETERS["damped_ets"], PARAMETERS["ses"])
    variance = squares / np.maximum(seen - estimated, 1.0)
    sd: Floats = np.sqrt(variance[:, None] * (1.0 + growing))
    return mean, sd
