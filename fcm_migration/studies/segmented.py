"""How often segmented regression finds an effect on dates on which nothing happened.

Segmented regression (Bernal, Cummins and Gasparrini 2017, Int. J. Epidemiology 46:348) takes every
lasting wave for a step: on placebo dates it is wrong far more often than its p-values promise.
That is why no effect is published by it; figures in docs/decisions/policy_effects.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats, Ints
from fcm_migration.trends.policies.effects import Watched, tested_pools
from fcm_migration.trends.policies.false_positives import placebo_dates, rates
from fcm_migration.trends.policies.placebos import (
    ACTIVE_MEAN,
    HORIZONS,
    SIGNIFICANCE,
    DonorPool,
    Drawn,
    Moves,
)

TESTED = 200  # placebo dates of a pool: each is fitted
FITTED = 36  # periods before a step that a regression sees
LAGS = 4  # of the autocorrelation its standard errors allow for
PLAIN, OVER_CONTROL = "segmented regression", "segmented regression with control"


def segmented_rates(held: Watched, effects: pl.DataFrame, tested: int = TESTED) -> pl.DataFrame:
    """Return the false positive rates of every pool, in the columns of ``trend.placebos``.

    Args:
        held: the series that can be judged.
        effects: rows of ``trend.policy_effects``.
        tested: placebo dates of each pool; pools with fewer are left out.
    """
    pools = tested_pools(held, effects)
    with_control = {pool.name.split("/")[0] for pool in pools if pool.has_control}
    rows = [
        row
        for pool in pools
        if pool.has_control or pool.name.split("/")[0] not in with_control
        for row in _of_pool(pool, held.moves(pool, HORIZONS[pool.frequency][-1]), tested)
    ]
    return pl.DataFrame(rows)


def step_p_value(counts: Floats, months: Ints, offset: Floats | None) -> float:
    """Return the two-sided p-value of the step in a segmented regression.

    log mean = level + trend + step at :data:`FITTED` + one wave a year (+ offset); negative
    binomial, its dispersion by moments from a Poisson fit (Cameron and Trivedi 1990, J.
    Econometrics 46:347); Newey-West standard errors with :data:`LAGS` lags.

    Args:
        counts: FITTED periods before the step, then those after.
        months: calendar month of each, 1 to 12.
        offset: log of the control; None without one.

    Returns:
        the p-value; NaN where the fit fails.
    """
    from statsmodels.genmod.families import NegativeBinomial, Poisson
    from statsmodels.genmod.generalized_linear_model import GLM

    time = np.arange(len(counts), dtype=np.float64)
    angle = 2 * np.pi * months / 12
    step = (time >= FITTED).astype(np.float64)
    design = np.column_stack([np.ones_like(time), time / 12, step, np.sin(angle), np.cos(angle)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what does not converge has no p-value
        try:
            first = GLM(counts, design, family=Poisson(), offset=offset).fit()
            mean = np.asarray(first.mu)
            alpha = max(float(np.mean(((counts - mean) ** 2 - mean) / mean**2)), 1e-3)
            model = GLM(counts, design, family=NegativeBinomial(alpha=alpha), offset=offset)
            fit = model.fit(start_params=first.params, cov_type="HAC", cov_kwds={"maxlags": LAGS})
        except ValueError:  # weights overflow where a mean is nearly zero
            return float("nan")
    return float(fit.pvalues[2])


def _of_pool(pool: DonorPool, found: Moves, number: int) -> Iterator[dict[str, object]]:
    """Yield the rates of one pool, plain and over the control where there is one."""
    tested = placebo_dates(pool, found, number, first=FITTED)
    if len(tested.change) < number:
        return
    yield from rates(pool, found.after, PLAIN, tested, _called(pool, found, tested))
    if pool.has_control:
        called = _called(pool, found, tested, over_control=True)
        yield from rates(pool, found.after, OVER_CONTROL, tested, called)


def _called(pool: DonorPool, found: Moves, tested: Drawn, *, over_control: bool = False) -> Floats:
    """Return 1 for each placebo date with a significant step, else 0; NaN where the fit fails."""
    months = np.array([day.month for day in pool.periods])
    active = found.level >= ACTIVE_MEAN
    called = np.full(len(tested.change), np.nan)
    for number, (row, column) in enumerate(zip(tested.rows, tested.columns, strict=True)):
        span = slice(row - FITTED, row + found.after)
        offset = None
        if over_control:
            others = active[row].copy()
            others[column] = False
            offset = np.log(pool.values[span][:, others] + 1).mean(axis=1)
        p = step_p_value(pool.values[span, column], months[span], offset)
        called[number] = p <= SIGNIFICANCE if np.isfinite(p) else np.nan
    return called
