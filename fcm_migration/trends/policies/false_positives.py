"""How often an effect is found on dates on which nothing happened: ``trend.placebos``.

The limits of one half of the series are applied to the other half. Segmented regression fails on
the same dates: :mod:`fcm_migration.studies.segmented`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats, Ints
from fcm_migration.catalog.derive import conform, empty
from fcm_migration.periods import PERIODS_PER_YEAR
from fcm_migration.trends.policies.effects import Watched, tested_pools
from fcm_migration.trends.policies.placebos import (
    HORIZONS,
    LEAST,
    NEAR_YEARS,
    DonorPool,
    Drawn,
    Moves,
    generator,
    limit,
)
from fcm_migration.trends.policies.tables import DESIGNS, ERAS, PLACEBOS

Row = dict[str, object]

TESTED = 1000  # most placebo dates tested of a pool
SPLITS = 20
DRAWS = 1000
NEAR, WHOLE = DESIGNS


def false_positives(held: Watched, effects: pl.DataFrame) -> pl.DataFrame:
    """Return ``trend.placebos``: the rates of every pool by which an effect was judged.

    Args:
        held: the series that can be judged.
        effects: rows of ``trend.policy_effects``.
    """
    rows: list[Row] = []
    for pool in tested_pools(held, effects):
        for after in HORIZONS[pool.frequency]:
            tested = placebo_dates(pool, held.moves(pool, after), TESTED)
            if len(tested.change) < LEAST:
                continue
            reach = NEAR_YEARS * PERIODS_PER_YEAR[pool.frequency]
            for design, within in ((NEAR, reach), (WHOLE, len(pool.periods))):
                rows += rates(pool, after, design, tested, split_half(pool, tested, within))
    if not rows:
        return empty(PLACEBOS)
    return conform(pl.DataFrame(rows, schema=empty(PLACEBOS).schema), PLACEBOS)


def split_half(pool: DonorPool, tested: Drawn, reach: int) -> Floats:
    """Return the share of splits in which each placebo date counts as an effect.

    The series are split in halves at random. The limit of a date comes from the dates of the other
    half within ``reach`` periods; NaN where those are always too few for one.
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


def placebo_dates(pool: DonorPool, found: Moves, most: int, first: int = 0) -> Drawn:
    """Return at most ``most`` placebo dates of the whole record, drawn at random.

    Args:
        pool: the series.
        found: their moves.
        most: number of dates.
        first: periods without a gap that each date needs before it.
    """
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


def rates(pool: DonorPool, after: int, design: str, tested: Drawn, called: Floats) -> Iterator[Row]:
    """Yield the rate over all dates, over those of the last three years, and over earlier ones.

    Args:
        pool: the series.
        after: periods averaged after a date.
        design: name of the design.
        tested: the placebo dates.
        called: share in which each counted as an effect; NaN where it could not be judged.
    """
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


def _interval(pool: DonorPool, called: Floats, columns: Ints) -> tuple[float, float]:
    """Return the 95 % interval of the mean: whole series are drawn with replacement."""
    series, position = np.unique(columns, return_inverse=True)
    hits = np.bincount(position, weights=called)
    counts = np.bincount(position)
    chosen = generator(pool.name, "interval").integers(len(series), size=(DRAWS, len(series)))
    shares = hits[chosen].sum(axis=1) / counts[chosen].sum(axis=1)
    lower, upper = np.quantile(shares, [0.025, 0.975])
    return float(lower), float(upper)
