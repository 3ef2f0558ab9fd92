"""Damped ETS over many origins: estimated in some months and filtered between, against refitting.

The peer is statsmodels' ETSModel estimated anew at every origin, on the same simulated series.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Row, compare
from fcm_migration.forecast.fits import MEMBERS, Job, ets, fit_member
from fcm_migration.forecast.settings import Settings

Floats = NDArray[np.float64]
MONTHS, HORIZON = 144, 6


def run(*, quick: bool, folder: Path) -> Iterator[Row]:  # noqa: ARG001
    """Yield one row for each number of series."""
    origins = tuple(range(MONTHS - (3 if quick else 24), MONTHS))
    repeats = 1 if quick else 3
    for number in (1,) if quick else (5, 10, 20):
        series = simulated(number)
        times = compare(
            partial(_filtered, series, origins), partial(_refitted, series, origins), repeats
        )
        size = f"{number} series x {len(origins)} origins"
        yield Row("forecast", size, "estimate quarterly, filter", "refit", *times, repeats)


def simulated(number: int) -> list[Floats]:
    """Simulated series (log scale): random walks with a little noise around them."""
    rng = np.random.default_rng(5)
    walks = 6 + rng.normal(0, 0.15, (MONTHS, number)).cumsum(axis=0)
    noisy = walks + rng.normal(0, 0.1, walks.shape)
    return [np.ascontiguousarray(noisy[:, column]) for column in range(number)]


def _filtered(series: list[Floats], origins: tuple[int, ...]) -> None:
    settings = Settings()
    for z in series:
        fit_member(
            Job(z, origins, 0, HORIZON, settings.window, settings.refit_every),
            MEMBERS["damped_ets"],
        )


def _refitted(series: list[Floats], origins: tuple[int, ...]) -> None:
    window = Settings().window
    for z in series:
        for origin in origins:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = ets(z[origin - window + 1 : origin + 1]).fit(disp=False)
                result.forecast(HORIZON)
