"""Cost of a replay: ten years of all US series against its limit, and as the work grows.

    python -m benchmarks.alerts [--quick] [--home FOLDER]

Times are of this machine; what counts is the ratio to the limit and the exponent of cost over
series. The peer is a refit of one negative binomial GLM per cell (statsmodels), measured on a
sample of cells in the same run: what a regression-based surveillance system would do.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from fcm_migration import store
from fcm_migration.config import home
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.trends.alerts.detect import detect_alerts
from fcm_migration.trends.watch.panel import Scope, scopes, watched_panel

LIMIT_US, LIMIT_ALL = 5.0, 60.0  # seconds
YEARS = 10
SAMPLE = 40


def seconds(found: tuple[Scope, ...]) -> tuple[float, int]:
    """Seconds of one replay, and the alerts raised."""
    begun = time.perf_counter()
    rows = detect_alerts(found)
    return time.perf_counter() - begun, rows.height


def grown(scope: Scope, times: int) -> Scope:
    """The scope with every series several times, under other names."""
    facts = pl.concat(
        scope.facts.with_columns(pl.concat_str("series_id", pl.lit(f"#{n}")).alias("series_id"))
        for n in range(times)
    )
    return replace(scope, facts=facts, values=np.tile(scope.values, (1, times)))


def glm_seconds(scope: Scope, cells: int) -> float:
    """Seconds of one GLM per cell, over a sample of cells: trend and season, five years."""
    import statsmodels.api as sm

    random = np.random.default_rng(1)
    design = np.column_stack([np.ones(60), np.arange(60), *(np.eye(12)[1:, np.arange(60) % 12])])
    spent = 0.0
    for _ in range(cells):
        row = int(random.integers(60, len(scope.periods)))
        column = int(random.integers(len(scope.series)))
        y = np.nan_to_num(scope.values[row - 60 : row, column]) + 1.0
        begun = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # constant cells separate perfectly: only time counts
            sm.GLM(y, design, family=sm.families.NegativeBinomial(alpha=0.2)).fit()
        spent += time.perf_counter() - begun
    return spent / cells


def main() -> None:
    """Print seconds, ratios and the exponent."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats and sizes")
    parser.add_argument("--home", type=Path, help="working home to read")
    options = parser.parse_args()
    own = home(options.home)
    series = store.read(own.table("mart", "series"), SERIES)
    index = store.read(own.table("mart", "series_index"), SERIES_INDEX)
    everything = tuple(scopes(watched_panel(series, index)))
    us = tuple(scope for scope in everything if scope.name.startswith("us_ohss_usbp/"))
    first = us[0].periods[-1].year - YEARS + 1
    start = sum(period < date(first - 3, 1, 1) for period in us[0].periods)  # two years' warm-up
    cut = tuple(
        replace(s, periods=s.periods[start:], values=s.values[start:], total=s.total[start:])
        for s in us
    )
    repeats = 1 if options.quick else 5
    spent, alerts = min(seconds(cut) for _ in range(repeats))
    print(
        f"US, {sum(len(s.series) for s in us)} series, {YEARS} years: {spent:.2f} s, {alerts} "
        f"alerts; {spent / LIMIT_US:.2f} of the limit of {LIMIT_US:.0f} s"
    )
    whole, alerts = min(seconds(everything) for _ in range(repeats))
    print(
        f"all {len(everything)} scopes, whole record: {whole:.2f} s, {alerts} alerts; "
        f"{whole / LIMIT_ALL:.3f} of the limit of {LIMIT_ALL:.0f} s"
    )
    one = next(s for s in us if s.name.endswith("/USA/all/M/origin"))
    single = glm_seconds(one, 5 if options.quick else SAMPLE)
    cells = len(one.series) * 12 * YEARS
    share = seconds((one,))[0] / (single * cells)
    print(
        f"one GLM a cell: {1000 * single:.1f} ms, {single * cells:.0f} s for {cells} cells; the "
        f"whole record of {one.name} takes {share:.4f} of that"
    )
    sizes = (1, 4) if options.quick else (1, 2, 4, 8)
    costs = [min(seconds((grown(one, n),))[0] for _ in range(repeats)) for n in sizes]
    slope = np.polyfit(np.log(sizes), np.log(costs), 1)[0]
    print(
        "series times "
        + ", ".join(f"{n}: {c:.2f} s" for n, c in zip(sizes, costs, strict=True))
        + f"; exponent {slope:.2f}"
    )


if __name__ == "__main__":
    main()
