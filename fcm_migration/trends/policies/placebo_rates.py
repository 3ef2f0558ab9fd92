"""How often a design finds an effect on dates on which nothing happened: ``trend.placebos``.

The ratio is judged by limits from the half of the series that is not tested. Segmented regression
(Bernal, Cummins and Gasparrini 2017, Int. J. Epidemiology 46:348) is judged by its own p-values:
it takes every lasting wave for a step, which is why it is shown here and used nowhere.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats, Ints
from fcm_migration.catalog.derive import conform, empty
from fcm_migration.periods import PERIODS_PER_YEAR
from fcm_migration.trends.policies.effects import Watched, tested_pools
from fcm_migration.trends.policies.placebo import (
    ACTIVE_MEAN,
    HORIZONS,
    LEAST,
    LEVEL,
    NEAR_YEARS,
    Drawn,
    Moves,
    Pool,
    generator,
    limit,
)
from fcm_migration.trends.policies.tables import DESIGNS, ERAS, PLACEBOS

Row = dict[str, object]

TESTED = 1000  # placebo dates at most; of regressions fewer, because each is fitted
REGRESSIONS = 200
FITTED = 36  # periods before a step that a regression sees
LAGS = 4  # of its autocorrelation
SPLITS = 20
DRAWS = 1000
NEAR, WHOLE, PLAIN, OVER_CONTROL = DESIGNS


def placebo_rates(held: Watched, effects: pl.DataFrame) -> pl.DataFrame:
    """Measure every pool by which an effect was judged: ``trend.placebos``.

    Args:
        held: the series that can be judged.
        effects: rows of ``trend.policy_effects``.
    """
    rows: list[Row] = []
    pools = tested_pools(held, effects)
    over_control = {pool.name.split("/")[0] for pool in pools if pool.has_control}
    for pool in pools:
        for after in HORIZONS[pool.frequency]:
            found = held.moves(pool, after)
            tested = _drawn(pool, found, TESTED, first=0)
            if len(tested.change) >= LEAST:
                reach = NEAR_YEARS * PERIODS_PER_YEAR[pool.frequency]
                rows += _rows(pool, after, NEAR, tested, split_half(pool, tested, reach))
                everything = len(pool.periods)
                rows += _rows(pool, after, WHOLE, tested, split_half(pool, tested, everything))
        if pool.has_control or pool.name.split("/")[0] not in over_control:
            rows += _regressions(pool, found)
    if not rows:
        return empty(PLACEBOS)
    return conform(pl.DataFrame(rows, schema=empty(PLACEBOS).schema), PLACEBOS)


def split_half(pool: Pool, tested: Drawn, reach: int) -> Floats:
    """Share of splits in which each placebo date is called an effect; NaN where none could say.

    The series are split in halves at random; limits come from the dates of one half that lie
    within ``reach`` periods, and are applied to the other.
    """
    random = generator(pool.name, "split")
    series = np.unique(tested.columns)
    size = np.abs(tested.change)
    called, judged = np.zeros(len(size)), np.zeros(len(size))
    dates = np.unique(tested.rows)
    for _ in range(SPLITS):
        chosen = random.permutation(series)[: len(series) // 2]
        half = np.isin(tested.columns, chosen)
        for side in (half, ~half):
            rows, sizes = tested.rows[side], size[side]  # in order of their rows
            firsts = np.searchsorted(rows, dates - reach)
            ends = np.searchsorted(rows, dates + reach, side="right")
            spans = {
                span: limit(sizes[slice(*span)]) for span in set(zip(firsts, ends, strict=True))
            }
            bounds = np.array([spans[span] for span in zip(firsts, ends, strict=True)])
            bound = bounds[np.searchsorted(dates, tested.rows)]
            here = ~side & np.isfinite(bound)
            called[here] += size[here] > bound[here]
            judged[here] += 1
    shares = np.full(len(size), np.nan)
    np.divide(called, judged, out=shares, where=judged > 0)
    return shares


def segmented(counts: Floats, months: Ints, offset: Floats | None) -> float:
    """Two-sided p of the step in a segmented regression.

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


def _regressions(pool: Pool, found: Moves) -> list[Row]:
    """Rows of segmented regression on dates of the same kind, six months after at most."""
    tested = _drawn(pool, found, REGRESSIONS, first=FITTED)
    if len(tested.change) < REGRESSIONS:
        return []
    months = np.array([day.month for day in pool.periods])
    active = found.level >= ACTIVE_MEAN

    def judge(*, over_control: bool) -> Floats:
        made = np.full(len(tested.change), np.nan)
        for number, (row, column) in enumerate(zip(tested.rows, tested.columns, strict=True)):
            span = slice(row - FITTED, row + found.after)
            offset = None
            if over_control:
                others = active[row].copy()
                others[column] = False
                offset = np.log(pool.values[span][:, others] + 1).mean(axis=1)
            p = segmented(pool.values[span, column], months[span], offset)
            made[number] = p <= LEVEL if np.isfinite(p) else np.nan
        return made

    rows = list(_rows(pool, found.after, PLAIN, tested, judge(over_control=False)))
    if pool.has_control:
        rows += _rows(pool, found.after, OVER_CONTROL, tested, judge(over_control=True))
    return rows


def _drawn(pool: Pool, found: Moves, most: int, first: int) -> Drawn:
    """Placebo dates of the whole record, from row ``first`` on, whose past has no gap."""
    chosen = found.eligible.copy()
    chosen[:first] = False
    if first:
        gaps = np.isnan(pool.values).cumsum(axis=0)
        for row in range(first, len(gaps)):
            last = min(row + found.after - 1, len(gaps) - 1)
            chosen[row] &= gaps[last] == (gaps[row - first - 1] if row > first else 0)
    rows, columns = np.nonzero(chosen)
    if len(rows) > most:
        random = generator(pool.name, str(found.after), "tested", str(first))
        kept = np.sort(random.choice(len(rows), most, replace=False))
        rows, columns = rows[kept], columns[kept]
    return Drawn(found.change[rows, columns], rows, columns)


def _rows(pool: Pool, after: int, design: str, tested: Drawn, called: Floats) -> Iterator[Row]:
    """Rate over all dates, over those of the last three years, and over those before."""
    late = tested.rows >= len(pool.periods) - NEAR_YEARS * PERIODS_PER_YEAR[pool.frequency]
    for era, is_in in zip(ERAS, (np.ones_like(late), late, ~late), strict=True):
        kept = is_in & np.isfinite(called)
        if kept.any():
            lower, upper = _interval(pool, called[kept], tested.columns[kept])
            yield {
                "pool": pool.name,
                "design": design,
                "periods_after": after,
                "era": era,
                "tested": int(kept.sum()),
                "tested_series": len(np.unique(tested.columns[kept])),
                "tested_first_period": pool.periods[tested.rows[kept].min()],
                "tested_last_period": pool.periods[tested.rows[kept].max()],
                "false_positive_share": float(called[kept].mean()),
                "false_positive_lower": lower,
                "false_positive_upper": upper,
            }


def _interval(pool: Pool, called: Floats, columns: Ints) -> tuple[float, float]:
    """95 % interval of the mean, drawing whole series with replacement."""
    series, position = np.unique(columns, return_inverse=True)
    hits = np.bincount(position, weights=called)
    counts = np.bincount(position)
    chosen = generator(pool.name, "interval").integers(len(series), size=(DRAWS, len(series)))
    shares = hits[chosen].sum(axis=1) / counts[chosen].sum(axis=1)
    lower, upper = np.quantile(shares, [0.025, 0.975])
    return float(lower), float(upper)
