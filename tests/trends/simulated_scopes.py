"""Scopes made by hand or drawn from a known process, with a declared calibration."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.trends.detection.residuals import Calibration
from fcm_migration.trends.detection.settings import BANDS
from fcm_migration.trends.watch.panel import FACTS, Scope
from tests.trends.panels import STEP, months_on

FIRST = date(2010, 1, 1)


def scope_of(
    values: Floats | Sequence[Sequence[float]],
    *,
    frequency: str = "M",
    first: date = FIRST,
    name: str = "simulated",
) -> Scope:
    """Origins A00, A01, ... side by side: ``values`` is T x N, NaN where withheld."""
    figures = np.asarray(values, dtype=np.float64)
    names = [f"A{number:02d}" for number in range(figures.shape[1])]
    same = dict.fromkeys(FACTS, "all") | {"frequency": frequency, "rounding": 1, "as_of_date": None}
    facts = [same | {"series_id": each, "origin_iso3": each} for each in names]
    return Scope(
        name,
        "origin",
        frequency,
        pl.DataFrame(facts).select(FACTS),
        tuple(months_on(first, STEP[frequency] * row) for row in range(len(figures))),
        figures,
        np.nansum(figures, axis=1),
    )


def one_of(*parts: tuple[float, int] | Sequence[float], frequency: str = "M") -> Scope:
    """A scope of one series: levels held for so many periods, and figures as they come."""
    values: list[float] = []
    for part in parts:
        values += list(part) if isinstance(part, list) else [part[0]] * int(part[1])
    return scope_of(np.array(values)[:, None], frequency=frequency)


def taught(scope: Scope, alpha: float = 0.03) -> dict[int, Calibration]:
    """One dispersion for every size and year, and no quiet period but the declared ones."""
    nothing = np.empty(0)
    same = Calibration(np.full(len(BANDS) + 1, alpha), nothing, nothing)
    return {period.year: same for period in scope.periods}


def negative_binomial(mean: Floats, alpha: float, seed: int) -> Floats:
    """Ints of that mean and variance mean + alpha mean^2."""
    random = np.random.default_rng(seed)
    drawn: Floats = random.poisson(random.gamma(1.0 / alpha, alpha * mean)).astype(np.float64)
    return drawn
