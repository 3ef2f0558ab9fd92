"""Rolling means and sums, beside the plain way one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fcm_migration.arrays import Floats
from fcm_migration.trends.watch.rolling import mean_of, shifted, sum_of

COUNTS = arrays(
    np.float64,
    st.tuples(st.integers(1, 20), st.integers(1, 3)),
    elements=st.one_of(st.just(np.nan), st.integers(0, 10**6).map(float)),
)


@settings(deadline=None, max_examples=60)
@given(values=COUNTS, periods=st.integers(1, 8), lag=st.integers(0, 8))
def test_means_leave_withheld_figures_out(values: Floats, periods: int, lag: int) -> None:
    made = mean_of(values, periods, lag=lag)
    for row, column in np.ndindex(values.shape):
        end = row - lag + 1
        seen = values[max(end - periods, 0) : max(end, 0), column]
        whole = end >= periods
        expected = (
            seen[~np.isnan(seen)].mean()
            if whole and 2 * (~np.isnan(seen)).sum() >= periods
            else np.nan
        )
        np.testing.assert_allclose(made[row, column], expected, rtol=1e-12)


@settings(deadline=None, max_examples=60)
@given(values=COUNTS, periods=st.integers(1, 8))
def test_sums_take_what_there_is(values: Floats, periods: int) -> None:
    made = sum_of(values, periods)
    for row in range(len(values)):
        expected = np.nansum(values[max(row - periods + 1, 0) : row + 1], axis=0)
        np.testing.assert_array_equal(made[row], expected)


@pytest.mark.parametrize("rows", [-9, -2, 0, 1, 4, 9])
def test_shifting_never_brings_figures_from_the_other_end(rows: int) -> None:
    values = np.arange(8.0).reshape(4, 2)
    expected = [
        values[row - rows] if 0 <= row - rows < len(values) else [np.nan, np.nan]
        for row in range(len(values))
    ]
    np.testing.assert_array_equal(shifted(values, rows), expected)
