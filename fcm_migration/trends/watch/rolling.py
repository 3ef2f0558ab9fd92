"""Rolling means and sums of many series at once; unknown periods (NaN) are left out."""

from __future__ import annotations

import numpy as np

from fcm_migration.arrays import Floats


def mean_of(values: Floats, periods: int, *, lag: int = 0) -> Floats:
    """Return the mean of the ``periods`` rows that end ``lag`` rows before each row.

    Args:
        values: counts, T x N; NaN is left out.
        periods: rows averaged.
        lag: rows between a row and the newest averaged; 0 includes the row itself.

    Returns:
        T x N; NaN where there are too few rows, or fewer than half of them are known.
    """
    seen = ~np.isnan(values)
    total = _before(np.where(seen, values, 0.0))
    number = _before(seen.astype(np.float64))
    out = np.full(values.shape, np.nan)
    ends = np.arange(len(values)) - lag + 1
    able = ends >= periods
    ends = ends[able]
    count = number[ends] - number[ends - periods]
    summed = total[ends] - total[ends - periods]
    out[able] = np.where(2 * count >= periods, summed / np.maximum(count, 1.0), np.nan)
    return out


def sum_of(values: Floats, periods: int) -> Floats:
    """Return the sum of each row and the ``periods`` - 1 before it, NaN taken as 0.

    The first rows sum the rows there are.
    """
    total = _before(np.nan_to_num(values))
    ends = np.arange(len(values)) + 1
    summed: Floats = total[ends] - total[np.maximum(ends - periods, 0)]
    return summed


def shifted(values: Floats, rows: int) -> Floats:
    """Return the values ``rows`` rows earlier (later if negative); NaN beyond the ends."""
    out = np.full(values.shape, np.nan)
    kept = max(len(values) - abs(rows), 0)
    if rows >= 0:
        out[len(values) - kept :] = values[:kept]
    else:
        out[:kept] = values[len(values) - kept :]
    return out


def _before(values: Floats) -> Floats:
    """Return the sums of all rows before each row: one row more than ``values``."""
    start = np.zeros((1, values.shape[1]))
    summed: Floats = np.vstack([start, np.cumsum(values, axis=0)])
    return summed
