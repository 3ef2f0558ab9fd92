"""Baselines of the alerts: rules of textbooks and of disease surveillance.

Each scores every period of every series from what was known by then; its textbook threshold makes
the flags. Activity and size floors are those of the alerts and are applied elsewhere.
docs/decisions/alert_baselines.md says how each was chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Floats
from fcm_migration.studies.alerts.baselines.farrington import Expected, Settings, farrington
from fcm_migration.studies.alerts.baselines.smoothing import (
    DAMPED,
    LOCAL_LEVEL,
    cusum,
    ewma,
    one_step,
)
from fcm_migration.trends.detection.residuals import deviance_residual
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import mean_of, shifted

BEYOND = 1e-9  # added where a rule says "above", not "at least"
NORMAL_975 = 1.959963984540054  # 97.5 % quantile of the standard normal
LEAST_SD = 1.0  # persons; a series that stood still has no spread of its own
LEAST_LOG_SD = 0.1  # the same on the log scale
EWMA_WEIGHT, EWMA_LIMIT = 0.25, 3.0
CUSUM_SLACK, CUSUM_LIMIT = 0.5, 10.0
FARRINGTON_YEARS = 5
SEASONS = {12: 10, 4: 4, 1: 1}  # groups of a year's periods, by how many it has


@dataclass(frozen=True)
class Baseline:
    """One baseline.

    Attributes:
        name: its name.
        threshold: smallest score of a flagged period.
        score: function of a scope; periods x series, each from periods up to it only; NaN where
            unknown.
        description: what a flag means, for readers.
    """

    name: str
    threshold: float
    score: Callable[[Scope], Floats]
    description: str


def mean_two_sd(scope: Scope) -> Floats:
    """Return standard deviations above the mean of the year before."""
    mean, sd = _mean_sd(scope.values, scope.spec.year)
    return (scope.values - mean) / np.maximum(sd, LEAST_SD)


def year_on_year(scope: Scope) -> Floats:
    """Return growth over the same period a year ago (0.5 is 50 %); 0 a year ago counts as 1."""
    growth: Floats = scope.values / np.maximum(shifted(scope.values, scope.spec.year), 1.0) - 1.0
    return growth


def three_rises(scope: Scope) -> Floats:
    """Return log growth (of counts + 1) over three rises in a row; 0 where there are not three."""
    z = np.log1p(scope.values)
    steps = np.stack([shifted(z, lag) - shifted(z, lag + 1) for lag in range(3)])
    growth: Floats = np.where((steps > 0).all(axis=0), steps.sum(axis=0), 0.0)
    growth[np.isnan(steps).any(axis=0)] = np.nan
    return growth


def doubling(scope: Scope) -> Floats:
    """Return doublings of the recent mean over the mean of the year before, 2 added to both."""
    spec = scope.spec
    now = mean_of(scope.values, spec.recent)
    before = mean_of(scope.values, spec.year, lag=spec.recent)
    grown: Floats = np.log2((now + 2.0) / (before + 2.0))
    return np.where(np.isnan(scope.values), np.nan, grown)


def local_level(scope: Scope) -> Floats:
    """Return half-widths of the 95 % interval above a local level's one-step forecast (log1p)."""
    return _exceedance(scope, LOCAL_LEVEL)


def damped_trend(scope: Scope) -> Floats:
    """Return half-widths of the 95 % interval above a damped trend's one-step forecast (log1p)."""
    return _exceedance(scope, DAMPED)


def ewma_chart(scope: Scope) -> Floats:
    """Return the EWMA of log1p, standardised by the two years before, in standard deviations."""
    z = np.log1p(scope.values)
    mean, sd = _mean_sd(z, 2 * scope.spec.year)
    return ewma((z - mean) / np.maximum(sd, LEAST_LOG_SD), EWMA_WEIGHT)


def farrington_level(scope: Scope) -> Floats:
    """Return the excess over the expected count, relative to that of the upper bound."""
    return _expected(scope).score


def farrington_composition(scope: Scope) -> Floats:
    """Return the same for the share of the scope's total."""
    return _expected(scope, scope.total[:, None]).score


def farrington_cusum(scope: Scope) -> Floats:
    """Return the cumulative sum of the regression's deviance residuals."""
    made = _expected(scope)
    mean = np.maximum(made.expected, 1.0)
    # a negative binomial whose variance is phi times its mean
    alpha = np.maximum(made.phi - 1.0, 1e-3) / mean
    return cusum(deviance_residual(scope.values, mean, alpha), CUSUM_SLACK)


def _mean_sd(values: Floats, periods: int) -> tuple[Floats, Floats]:
    """Return mean and standard deviation (divisor n - 1) of the periods before each."""
    mean = mean_of(values, periods, lag=1)
    number = mean_of((~np.isnan(values)).astype(np.float64), periods, lag=1) * periods
    # about a constant of each series first, so that large counts lose no digits
    centre = np.nan_to_num(values[np.argmax(~np.isnan(values), axis=0), np.arange(values.shape[1])])
    square = mean_of((values - centre) ** 2, periods, lag=1) - (mean - centre) ** 2
    sd = np.sqrt(np.maximum(square, 0.0) * number / np.maximum(number - 1.0, 1.0))
    return mean, sd


def _exceedance(scope: Scope, parameters: Floats) -> Floats:
    z = np.log1p(scope.values)
    mean, sd = one_step(z, parameters, 2 * scope.spec.year)
    return (z - mean) / (NORMAL_975 * np.maximum(sd, LEAST_LOG_SD))


def _expected(scope: Scope, exposure: Floats | None = None) -> Expected:
    """Return Farrington-flexible with its months turned into the scope's periods."""
    spec = scope.spec
    settings = Settings(
        years=FARRINGTON_YEARS,
        year=spec.year,
        half_window=1 if spec.months == 1 else 0,
        seasons=SEASONS[spec.year],
        skipped=6 // spec.months,
        least_months=max(1, 4 // spec.months),
    )
    return farrington(scope.values, settings, exposure)


BASELINES = {
    baseline.name: baseline
    for baseline in (
        Baseline("mean + 2 sd", 2.0 + BEYOND, mean_two_sd,
              "more than two standard deviations above the mean of the year before"),
        Baseline("year on year > 50 %", 0.5 + BEYOND, year_on_year,
              "more than half as many again as a year ago"),
        Baseline("three rises", BEYOND, three_rises, "three rises in a row"),
        Baseline("doubling", 1.0, doubling,
              "the newest periods at least twice the mean of the year before"),
        Baseline("damped ETS", 1.0 + BEYOND, damped_trend,
              "above the 97.5 % quantile of the one-step forecast of a damped trend"),
        Baseline("local level", 1.0 + BEYOND, local_level,
              "above the 97.5 % quantile of the one-step forecast of a local level"),
        Baseline("EWMA", EWMA_LIMIT + BEYOND, ewma_chart,
              "exponentially weighted mean (.25) more than 3 of its standard deviations up"),
        Baseline("Farrington", 1.0 + BEYOND, farrington_level,
              "above the 99 % quantile Farrington-flexible expects from five years"),
        Baseline("Farrington, share", 1.0 + BEYOND, farrington_composition,
              "the same for the share of all origins together"),
        Baseline("Farrington, CUSUM", CUSUM_LIMIT + BEYOND, farrington_cusum,
              "cumulative sum of what lies above Farrington's expectation beyond 10"),
    )
}  # fmt: skip
