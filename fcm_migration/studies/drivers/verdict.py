"""The verdict on a driver: out-of-sample scores with and without it, tested by a declared rule."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Bools, Floats
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.forecast.drivers import DRIVERS, PERIODS
from fcm_migration.studies.drivers.correction import (
    LEARN,
    MEMORY,
    Cases,
    cases,
    corrections,
    losses,
)
from fcm_migration.studies.drivers.features import join
from fcm_migration.studies.drivers.settings import HORIZONS, Driver

DRAWS, SEED = 1000, 20260101
ENDS = (0.05, 0.95)
FEWEST_SERIES, FEWEST_ORIGINS = 5, 6  # needed in each half for a verdict
SIGNIFICANT = 0.05
MEASURED = ("measured_date", "measured_edition_id")  # added where the record is written


@dataclass(frozen=True)
class Score:
    """Ratio of scores with and without the driver over a range of origins; below 1 it helps.

    Attributes:
        first: first origin, as months since year 0 (counted from 1).
        last: last origin.
        series: series scored.
        origins: origins scored.
        ratio: geometric mean over series of mean WIS with relative to without.
        lower: lower end of the 90 % interval, by bootstrap over series.
        upper: its upper end.
    """

    first: int
    last: int
    series: int
    origins: int
    ratio: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Trial:
    """One driver at one horizon of a pool: scores by PERIODS and the test's p-value."""

    driver: Driver
    pool: str
    horizon: int
    scores: Mapping[str, Score]
    p_value: float | None


def trials(base: pl.DataFrame, driver: Driver, panel: pl.DataFrame) -> list[Trial]:
    """Return the trials of one driver on one pool, one per horizon.

    Args:
        base: past forecasts of one pool, rows of features.BASE.
        driver: the driver.
        panel: its figures, rows of features.PANEL.

    Raises:
        UsageError: a frame lacks columns, or the base holds several pools.
    """
    joined = join(base, driver, panel)
    pool, frequency = base.row(0, named=True)["pool"], base.row(0, named=True)["frequency"]
    made = []
    for horizon in HORIZONS[frequency]:
        found = cases(joined, horizon)
        shift = corrections(found, LEARN[frequency], MEMORY[frequency])
        without, with_driver = losses(found, shift)
        scores = _by_period(found, without, with_driver)
        enough = _enough(scores)
        p_value = diebold_mariano(found, without, with_driver, horizon) if enough else None
        made.append(Trial(driver, pool, horizon, scores, p_value))
    return made


def judge(made: Sequence[Trial]) -> pl.DataFrame:
    """Return the rows of the record, p-values adjusted over all trials together.

    The columns of ``forecast.drivers`` but when and on which edition it was measured.
    """
    tested = [trial.p_value for trial in made if trial.p_value is not None]
    adjusted = iter(_holm(tested))
    rows = [
        row
        for trial in made
        for row in _rows(trial, None if trial.p_value is None else next(adjusted))
    ]
    schema = {name: kind for name, kind in polars_schema(DRIVERS).items() if name not in MEASURED}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _by_period(found: Cases, without: Floats, with_driver: Floats) -> dict[str, Score]:
    known = np.isfinite(without)
    origins = np.unique(found.origin[known])
    if not len(origins):
        return {}
    middle = origins[len(origins) // 2]
    stretches = (known, known & (found.origin < middle), known & (found.origin >= middle))
    made = {}
    for name, chosen in zip(PERIODS, stretches, strict=True):
        if chosen.any():
            made[name] = score(found, without, with_driver, chosen)
    return made


def score(found: Cases, without: Floats, with_driver: Floats, chosen: Bools) -> Score:
    """Return the ratio of scores over the chosen rows, with its bootstrap interval."""
    series = np.unique(found.series[chosen], return_inverse=True)[1]
    number = np.bincount(series)
    half = np.bincount(series, found.rounding[chosen]) / number / 2
    mean = [np.bincount(series, loss[chosen]) / number for loss in (without, with_driver)]
    logs = np.log((mean[1] + half) / (mean[0] + half))
    rng = np.random.default_rng(SEED)
    draws = logs[rng.integers(0, len(logs), (DRAWS, len(logs)))].mean(axis=1)
    low, high = np.exp(np.quantile(draws, ENDS))
    origins = found.origin[chosen]
    return Score(
        int(origins.min()),
        int(origins.max()),
        len(logs),
        len(np.unique(origins)),
        float(np.exp(logs.mean())),
        float(low),
        float(high),
    )


def _enough(made: Mapping[str, Score]) -> bool:
    halves = [made.get(name) for name in PERIODS[1:]]
    return all(
        half is not None and half.series >= FEWEST_SERIES and half.origins >= FEWEST_ORIGINS
        for half in halves
    )


def diebold_mariano(found: Cases, without: Floats, with_driver: Floats, horizon: int) -> float:
    """Return the two-sided p-value of equal scores over origins; 1 where nothing was changed.

    Each origin's loss is the sum over series of WIS in units of the series' mean without the
    driver, so that neither a large series nor an origin with few series decides alone. Diebold and
    Mariano (1995), with the correction of Harvey, Leybourne and Newbold (1997); missing origins
    are skipped.
    """
    from statsmodels.tsa.stattools import diebold_mariano_test

    known = np.isfinite(without)
    series = np.unique(found.series[known], return_inverse=True)[1]
    mean = (np.bincount(series, without[known]) / np.bincount(series))[series]
    unit = mean + found.rounding[known] / 2
    origin = np.unique(found.origin[known], return_inverse=True)[1]
    by_origin = [np.bincount(origin, loss[known] / unit) for loss in (with_driver, without)]
    if np.allclose(by_origin[0], by_origin[1], rtol=0, atol=1e-12):
        return 1.0
    with warnings.catch_warnings():
        # statsmodels warns that HAC with few observations is approximate
        warnings.simplefilter("ignore")
        tested = diebold_mariano_test(
            np.zeros(len(by_origin[0])),
            *by_origin,
            criterion=lambda _, loss: loss,
            harvey_adj=True,
            horizon=horizon,
        )
    return float(tested.pvalue)


def _holm(values: list[float]) -> list[float]:
    """Return p-values of several trials with Holm's step-down adjustment."""
    if not values:
        return []
    from statsmodels.stats.multitest import multipletests

    return [float(value) for value in multipletests(values, method="holm")[1]]


def _rows(trial: Trial, p_value: float | None) -> Iterable[tuple[object, ...]]:
    key, made = (trial.driver.driver, trial.pool, trial.horizon), trial.scores
    has_skill, reason = verdict(made, p_value)
    explanation = f"{trial.driver.title}: {reason}"
    if not made:
        yield (*key, "all", None, None, 0, 0, None, None, None, None, has_skill, explanation)
    for name, one in made.items():
        yield (
            *key, name, _day(one.first), _day(one.last), one.series, one.origins, one.ratio,
            one.lower, one.upper, p_value, has_skill, explanation,
        )  # fmt: skip


def verdict(made: Mapping[str, Score], p_value: float | None) -> tuple[bool, str]:
    """Return whether a driver earns its place at a horizon, and the reason."""
    if not made:
        return False, "not used: no origin whose driver was known and whose past could teach"
    halves = [made[name] for name in PERIODS[1:] if name in made]
    change = f"WIS {100 * (made['all'].ratio - 1):+.1f} % with it"
    if p_value is None:
        need = f"{FEWEST_ORIGINS} origins and {FEWEST_SERIES} series in each half"
        return False, f"not used: {change}, too few to judge ({need} are needed)"
    reasons = [
        f"the {name} of the origins does not show it (up to {100 * (half.upper - 1):+.1f} %)"
        for name, half in zip(("first half", "second half"), halves, strict=True)
        if half.upper >= 1
    ]
    if p_value >= SIGNIFICANT:
        reasons.append(f"over origins it may be chance (p {p_value:.2f})")
    if reasons:
        return False, f"not used: {change}; {'; '.join(reasons)}"
    return True, f"earns its place: {change}, in both halves of the origins, p {p_value:.3f}"


def _day(months: int) -> date:
    return date((months - 1) // 12, (months - 1) % 12 + 1, 1)
