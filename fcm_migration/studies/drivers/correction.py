"""Corrections of past forecasts by a driver, learnt at earlier origins and applied at the next.

From earlier origins alone a small correction of the median is learnt. The whole forecast is shifted
by it, and its score is compared with that of the uncorrected forecast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats, Ints
from fcm_migration.forecast.scores import LEVEL_COLUMNS, wis
from fcm_migration.forecast.settings import FREQUENCY_SPECS
from fcm_migration.periods import MONTHS_PER_PERIOD
from fcm_migration.studies.drivers.features import FEATURES, LIMIT

LEARN = {"M": 8, "Q": 8, "A": 4}  # earlier origins with known outcome needed for a correction
MEMORY = {
    name: spec.judged * MONTHS_PER_PERIOD[name] for name, spec in FREQUENCY_SPECS.items()
}  # months
PRIOR = 12.0  # weight of the ridge in origins, because the series of an origin share errors
DELTA = 1.0  # Huber loss: linear beyond this many scales
MOST = 1.0  # largest correction in scales
LEAST = 10.0  # forecasts with a lower median are not judged
NARROWEST = 0.05  # smallest scale (log) of a forecast
NORMAL_80 = 2 * 1.281552  # width of a standard normal's 80 % interval


@dataclass(frozen=True)
class Cases:
    """One horizon's past forecasts beside a driver; n rows.

    Attributes:
        series: number of the series.
        origin: number of the origin's period in the calendar.
        target: the same of the period forecast.
        scale: standard deviation of a normal with the 80 % interval's width on log1p.
        error: log1p(observed) - log1p(median), in scales; NaN where not observed.
        driver: n x FEATURES; NaN where the driver was not known at the origin.
        quantiles: n x LEVEL_COLUMNS, counts.
        observed: counts; NaN where not observed.
        rounding: the publisher's rounding step.
    """

    series: Ints
    origin: Ints
    target: Ints
    scale: Floats
    error: Floats
    driver: Floats
    quantiles: Floats
    observed: Floats
    rounding: Floats


def cases(joined: pl.DataFrame, horizon: int) -> Cases:
    """Return one horizon of what :func:`join` returns as arrays, without medians below LEAST."""
    rows = joined.filter((pl.col("horizon") == horizon) & (pl.col("median") >= LEAST)).sort(
        "origin_date", "series_id"
    )
    months = {
        name: rows[name].dt.year().cast(pl.Int64) * 12 + rows[name].dt.month().cast(pl.Int64)
        for name in ("origin_date", "target_period")
    }
    quantiles = rows.select(LEVEL_COLUMNS).to_numpy().astype(np.float64)
    observed = rows["observed"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
    width = np.log1p(quantiles[:, 5]) - np.log1p(quantiles[:, 1])
    scale = np.maximum(width / NORMAL_80, NARROWEST)
    driver = (
        rows.select(pl.col(FEATURES).cast(pl.Float64).fill_null(float("nan"))).to_numpy().copy()
    )
    driver[:, -1] = np.clip(driver[:, -1] / scale, -LIMIT, LIMIT)
    return Cases(
        series=rows["series_id"].rank("dense").cast(pl.Int64).to_numpy(),
        origin=months["origin_date"].to_numpy(),
        target=months["target_period"].to_numpy(),
        scale=scale,
        error=(np.log1p(observed) - np.log1p(quantiles[:, 3])) / scale,
        driver=driver,
        quantiles=quantiles,
        observed=observed,
        rounding=rows["rounding"].cast(pl.Float64).to_numpy(),
    )


def corrections(found: Cases, learn: int, memory: int) -> Floats:
    """Return the shift of the median (log1p) of each row, learnt at earlier origins; NaN if none.

    At each origin only forecasts whose target period was observed by then are used.

    Args:
        found: the cases.
        learn: earlier origins needed.
        memory: months before an origin within which earlier ones are used: routes open and close.
    """
    made = np.full(len(found.origin), np.nan)
    usable = np.isfinite(found.driver).all(axis=1)
    for origin in np.unique(found.origin):
        past = usable & (found.target <= origin) & np.isfinite(found.error)
        past &= found.origin > origin - memory
        here = usable & (found.origin == origin)
        origins = len(np.unique(found.origin[past]))
        if origins < learn or not here.any():
            continue
        x, y = found.driver[past], found.error[past]
        centre, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
        slope = huber_ridge((x - centre) / spread, y, PRIOR * len(x) / origins)
        # centred and without a constant: correcting a constant bias is not the driver's merit
        moved = np.clip((found.driver[here] - centre) / spread, -LIMIT, LIMIT) @ slope
        made[here] = np.clip(moved, -MOST, MOST) * found.scale[here]
    return made


def huber_ridge(x: Floats, y: Floats, penalty: float) -> Floats:
    """Return the slopes that minimise sum huber(y - x b) + penalty |b|^2 / 2.

    By iteratively reweighted least squares.
    """
    slope: Floats = np.zeros(x.shape[1])
    for _ in range(30):
        weight = DELTA / np.maximum(np.abs(y - x @ slope), DELTA)
        weighted = x * weight[:, None]
        both = weighted.T @ x + penalty * np.eye(x.shape[1])
        new = np.asarray(np.linalg.solve(both, weighted.T @ y))
        settled = bool(np.max(np.abs(new - slope), initial=0.0) < 1e-6)
        slope = new
        if settled:
            break
    return slope


def shifted(found: Cases, shift: Floats) -> Floats:
    """Return quantiles in counts, shifted (log1p), rounded as published and never negative."""
    moved = np.expm1(np.log1p(found.quantiles) + shift[:, None])
    rounding = found.rounding[:, None]
    counts: Floats = np.maximum(np.round(moved / rounding), 0.0) * rounding
    return counts


def losses(found: Cases, shift: Floats) -> tuple[Floats, Floats]:
    """Return WIS without and with the driver; NaN where nothing was observed or learnt."""
    known = np.isfinite(shift) & np.isfinite(found.observed)
    without, with_driver = np.full(len(shift), np.nan), np.full(len(shift), np.nan)
    without[known] = wis(found.observed[known], found.quantiles[known])
    with_driver[known] = wis(found.observed[known], shifted(found, shift)[known])
    return without, with_driver
