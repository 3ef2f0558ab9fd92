"""Displacement: the gain of other series over the loss of a treated one, as a range.

Loss and gain are sums over the periods after a policy against two counterfactuals, fitted on the
periods since the last known break: a local level, and a local level around a straight line (Harvey
1989, Forecasting, Structural Time Series Models). Their ratio is taken path by path over simulated
futures. Where routes were growing neither counterfactual is right, so both are published, and
nothing beyond six months.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import conform, empty
from fcm_migration.errors import UsageError
from fcm_migration.periods import MONTHS_PER_PERIOD
from fcm_migration.trends.policies import tables as tables
from fcm_migration.trends.policies.effects import Watched
from fcm_migration.trends.policies.events import Policy, first_period
from fcm_migration.trends.policies.explanation import explain_displacement
from fcm_migration.trends.policies.placebos import SIGNIFICANCE, generator, row_of
from fcm_migration.trends.policies.tables import COUNTED, DISPLACEMENT

Row = dict[str, object]

LONGEST = 6  # months after a policy
AFTER = {"M": (3, 6), "Q": (2,)}
PATHS = 2000
MODELS = {"level": "llevel", "trend": "lldtrend"}  # names of statsmodels
SHORTEST, MOST_FITTED = 12, 36  # periods a counterfactual is fitted on
PRETREND_LAGS = 3  # of autocorrelation in the test of growth before
GROWING = "routes were growing before"
POSSIBLE = "it counts series whose own rise is no larger than on placebo dates"
UNCERTAIN = "the sign changes within the 80% interval"


@dataclass(frozen=True)
class Paths:
    """Counterfactual futures of one series.

    Attributes:
        observed: figures after the policy, one per period.
        futures: simulated figures by counterfactual, periods x PATHS.
        fitted: figures the models were fitted on.
        converged: False where a fit stopped early.
    """

    observed: Floats
    futures: Mapping[str, Floats]
    fitted: Floats
    converged: bool


def displacement(
    held: Watched,
    effects: pl.DataFrame,
    after: Mapping[str, Sequence[int]] = AFTER,
) -> pl.DataFrame:
    """Return ``trend.displacement``: of every policy that declares where it could appear.

    Args:
        held: the series that can be judged.
        effects: rows of ``trend.policy_effects``: a receiving series counts as identified only if
            its own rise is told from placebo dates.
        after: periods after, by frequency.

    Raises:
        UsageError: ``after`` goes beyond six months.
    """
    for frequency, counts in after.items():
        if (longest := max(counts)) * MONTHS_PER_PERIOD[frequency] > LONGEST:
            raise UsageError(
                "so long after a policy, displacement cannot be told from other causes",
                where=f"periods after, {frequency}",
                expected=f"at most {LONGEST} months",
                got=longest,
            )
    rows = [
        row
        for policy in held.known
        if policy.dimension
        for facts in policy.treated(held.index).sort("series_id").iter_rows(named=True)
        for row in _of_series(held, effects, policy, facts, after)
    ]
    if not rows:
        return empty(DISPLACEMENT)
    return conform(pl.DataFrame(rows, schema=empty(DISPLACEMENT).schema), DISPLACEMENT)


def simulate(counts: Floats, periods: int, model: str, random: np.random.Generator) -> Paths:
    """Return simulated futures of a structural model fitted to log(1 + counts).

    Args:
        counts: figures before the policy, none missing.
        periods: periods ahead.
        model: level or trend.
        random: random number generator; the same state gives the same paths.

    Returns:
        the paths under ``model`` alone; never below 0.
    """
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said by ``converged``
        fit = UnobservedComponents(np.log1p(counts), level=MODELS[model]).fit(
            # needs no gradient, which is flat where a variance is zero
            method="powell", maxiter=500, disp=False,
        )  # fmt: skip
    logs = fit.simulate(periods, repetitions=PATHS, anchor="end", rng=random)
    futures = np.maximum(np.expm1(np.asarray(logs).reshape(periods, PATHS)), 0.0)
    return Paths(np.empty(0), {model: futures}, counts, bool(fit.mle_retvals["converged"]))


def growth_before(counts: Floats) -> tuple[float, float]:
    """Return the growth per period in percent, and the p-value of no growth.

    Least squares of log(1 + counts) on time, with Newey-West standard errors.
    """
    from statsmodels.regression.linear_model import OLS

    time = np.arange(len(counts), dtype=np.float64)
    design = np.column_stack([np.ones_like(time), time])
    fit = OLS(np.log1p(counts), design).fit(cov_type="HAC", cov_kwds={"maxlags": PRETREND_LAGS})
    return 100 * float(np.expm1(fit.params[1])), float(fit.pvalues[1])


def ratio_of(
    loss: Floats, gain: Floats, levels: Sequence[float] = (0.025, 0.1, 0.5, 0.9, 0.975)
) -> Floats:
    """Return quantiles of gain over loss, path by path.

    Args:
        loss: simulated losses of the treated series; a path without a loss displaces nothing, and
            makes the ratio infinite with the sign of its gain.
        gain: simulated gains of the receiving series.
        levels: probability levels.
    """
    ratio = np.full(len(loss), np.inf) * np.where(gain < 0, -1.0, 1.0)
    np.divide(gain, loss, out=ratio, where=loss > 0)
    return np.asarray(np.quantile(ratio, levels, method="inverted_cdf"), dtype=np.float64)


def _of_series(
    held: Watched,
    effects: pl.DataFrame,
    policy: Policy,
    facts: Mapping[str, object],
    after: Mapping[str, Sequence[int]],
) -> Iterator[Row]:
    treated, frequency = str(facts["series_id"]), str(facts["frequency"])
    receivers = policy.receiving(held.index, facts).get_column("series_id").to_list()
    if frequency not in after:
        return
    known: dict[str, Paths | None] = {}
    for count in after[frequency]:
        judged = effects.filter(
            pl.col("policy_id").eq(policy.name) & pl.col("periods_after").eq(count)
        )
        good = judged.filter(pl.col("verdict") == tables.IDENTIFIED)
        risen = [name for name in receivers if name in good.get_column("series_id")]
        is_treated = treated in good.get_column("series_id")
        for counted, chosen in zip(COUNTED, (risen, receivers), strict=True):
            for name in (treated, *chosen):
                if name not in known:
                    known[name] = _paths(held, policy, name, max(after[frequency]))
            base = _blank(policy, facts, count, counted, chosen)
            parts = [known[name] for name in (treated, *chosen)]
            whole = [part for part in parts if part is not None and len(part.observed) >= count]
            if len(whole) < len(parts) or not receivers:
                base["reasons"] = "the figures do not cover the periods before and after"
            elif not chosen:
                base |= {
                    "verdict": tables.NOT_IDENTIFIED,
                    "reasons": "no receiving series rose beyond its placebo dates",
                }
            else:
                base |= _measured(held, policy, treated, whole, count)
                base |= _verdict(base, is_treated, set(chosen) <= set(risen), whole)
            yield base | {"explanation": explain_displacement(base, frequency)}


def _blank(
    policy: Policy, facts: Mapping[str, object], count: int, counted: str, chosen: Sequence[str]
) -> Row:
    same = ("series_id", "source_id", "indicator", "unit", "destination_iso3", "as_of_date")
    row: Row = dict.fromkeys(DISPLACEMENT.column_names)
    return row | {name: facts[name] for name in same} | {
        "policy_id": policy.name,
        "policy_date": policy.day,
        "periods_after": count,
        "counted": counted,
        "receivers": "|".join(chosen),
        "verdict": tables.NOT_TESTABLE,
        "reasons": "",
    }  # fmt: skip


def _window(held: Watched, policy: Policy, series: str) -> tuple[int, int]:
    """Return first row fitted on and first row after the policy; either may lie beyond the data."""
    pool = held.pool(series, has_control=False)
    begin = row_of(pool, first_period(policy.day, pool.frequency))
    first = begin - MOST_FITTED
    if policy.fit_start is not None:
        first = max(first, row_of(pool, first_period(policy.fit_start, pool.frequency)))
    return max(first, 0), begin


def _paths(held: Watched, policy: Policy, series: str, periods: int) -> Paths | None:
    """Return futures under every counterfactual; None if the past has gaps or is too short."""
    pool = held.pool(series, has_control=False)
    first, begin = _window(held, policy, series)
    column = pool.values[:, pool.series.index(series)]
    fitted = column[first:begin]
    if begin - first < SHORTEST or len(fitted) < begin - first or np.isnan(fitted).any():
        return None
    observed = column[begin : begin + periods]
    known = int(np.isnan(observed).argmax()) if np.isnan(observed).any() else len(observed)
    made = {
        model: simulate(fitted, periods, model, generator(policy.name, series, model))
        for model in MODELS
    }
    futures = {model: paths.futures[model] for model, paths in made.items()}
    converged = all(paths.converged for paths in made.values())
    return Paths(observed[:known], futures, fitted, converged)


def _measured(
    held: Watched, policy: Policy, treated: str, whole: Sequence[Paths], count: int
) -> Row:
    first, begin = _window(held, policy, treated)
    periods = held.pool(treated, has_control=False).periods
    lost, *received = whole
    observed = [float(part.observed[:count].sum()) for part in whole]
    sign = 1.0 if policy.direction == "down" else -1.0
    row: Row = {
        "fit_first_period": periods[first],
        "effect_first_period": periods[begin],
        "effect_last_period": periods[begin + count - 1],
        "treated_observed": observed[0],
        "receiving_observed": sum(observed[1:]),
    }
    quantiles = []
    for model in MODELS:
        loss = sign * (lost.futures[model][:count].sum(axis=0) - observed[0])
        expected = np.sum([part.futures[model][:count].sum(axis=0) for part in received], axis=0)
        gain = sign * (sum(observed[1:]) - expected)
        found = ratio_of(loss, gain)
        quantiles.append(found)
        row[f"loss_{model}"] = float(np.median(loss))
        row[f"gain_{model}"] = float(np.median(gain))
        row[f"displaced_{model}"] = _finite(found[2])
    ends = np.array(quantiles)
    for name, column in (("lower_95", 0), ("lower_80", 1)):
        row[f"displaced_{name}"] = _finite(ends[:, column].min())
        upper = name.replace("lower", "upper")
        row[f"displaced_{upper}"] = _finite(ends[:, -1 - column].max())
    growth, p = growth_before(np.sum([part.fitted for part in received], axis=0))
    return row | {"pretrend_pct": growth, "pretrend_p_value": p}


def _verdict(row: Row, is_treated: bool, is_own: bool, whole: Sequence[Paths]) -> Row:
    lower, upper, p = (
        row[name] for name in ("displaced_lower_80", "displaced_upper_80", "pretrend_p_value")
    )
    reasons = [] if all(part.converged for part in whole) else ["a fit stopped early"]
    if isinstance(p, float) and p <= SIGNIFICANCE:
        reasons.append(GROWING)
    if not is_own:
        reasons.append(POSSIBLE)
    verdict = tables.PARTLY if reasons else tables.IDENTIFIED
    if not is_treated:
        verdict = tables.NOT_IDENTIFIED
        reasons.insert(0, "the treated series did not move beyond its placebo dates")
    if not isinstance(lower, float) or not isinstance(upper, float) or lower <= 0 <= upper:
        verdict = tables.NOT_IDENTIFIED
        reasons.insert(0, UNCERTAIN)
    return {"verdict": verdict, "reasons": "; ".join(reasons)}


def _finite(value: float) -> float | None:
    """Return a figure, or None where paths without a loss leave no bound."""
    return float(value) if np.isfinite(value) else None
