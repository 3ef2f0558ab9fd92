"""How fast the batched regressions of Farrington-flexible are, beside statsmodels one by one.

Both fit the same months of the same simulated series in one run; statsmodels fits a sample::

    python -m benchmarks.alert_baselines --quick
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np

from fcm_migration.studies.alerts.baselines.farrington import FLEXIBLE, farrington, reference_of

SERIES, YEARS, SAMPLE = 135, 10, 200


def simulated(months: int, series: int) -> np.ndarray:
    """Months x series of overdispersed seasonal counts, means from 5 to 2,000."""
    rng = np.random.default_rng(0)
    season = 1 + 0.3 * np.sin(np.arange(months) / 12 * 2 * np.pi)
    mean = np.exp(rng.uniform(np.log(5), np.log(2000), series)) * season[:, None]
    return rng.negative_binomial(4, 4 / (4 + mean)).astype(np.float64)


def one_by_one(counts: np.ndarray, sample: int) -> float:
    """Seconds statsmodels takes for the two fits (plain, reweighted) of one month of one series."""
    import statsmodels.api as sm

    made = reference_of(FLEXIBLE)
    x = np.column_stack([made.members, made.times])
    rng = np.random.default_rng(1)
    begun = perf_counter()
    for _ in range(sample):
        t, i = rng.integers(FLEXIBLE.reach, len(counts)), rng.integers(counts.shape[1])
        y = counts[t + made.times.astype(int), i]
        for _ in range(2):
            sm.GLM(y, x, family=sm.families.Poisson(), var_weights=np.ones(len(y))).fit()
    return (perf_counter() - begun) / sample


def main() -> None:
    """Time, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the series and sample")
    less = 10 if parser.parse_args().quick else 1
    series = max(1, SERIES // less)
    counts = simulated(FLEXIBLE.reach + 12 * YEARS, series)
    farrington(counts[: FLEXIBLE.reach + 1])  # what is loaded on first use is not counted
    begun = perf_counter()
    farrington(counts)
    batch = perf_counter() - begun
    cells = 12 * YEARS * series
    single = one_by_one(counts, SAMPLE // less) * cells
    print(
        f"{YEARS} years of {series} series ({cells} months): {batch:.2f} s in batches, "
        f"{single:.0f} s one by one (from {SAMPLE // less}), {single / batch:.0f} times faster"
    )


if __name__ == "__main__":
    main()
