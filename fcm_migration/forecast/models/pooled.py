"""Two regressions estimated on all series of a pool at once.

Both explain the change over the horizon, in units of the series' own scale, by recent changes, the
distance from past levels, past seasons and the pool's common movement:

* the location-scale regression: a centre (Huber loss with a ridge), a spread from the series'
  state, and the quantiles of the pool's own scaled residuals;
* the quantile regression: each quantile by itself (check loss with a ridge), with interactions.

One of each per horizon, estimated at fixed calendar periods from rows whose target had been
observed by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats
from fcm_migration.forecast.models.calibrated import weighted_quantiles
from fcm_migration.forecast.models.features import Features, prepare, seasonal
from fcm_migration.forecast.panel import Pool, means, weights
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.forecast.settings import Settings

HUBER, ROUNDS = 1.0, 8
SMALLEST, WIDEST = 0.05, 1.5
CLIP = 4.0  # standardised columns are clipped at this
SMOOTH, PRECISION, ITERATIONS = 0.05, 1e-7, 300  # of the quantile regression


@dataclass(frozen=True)
class Location:
    """An estimated location-scale regression: centre, spread, quantiles of scaled residuals."""

    centre: Floats
    spread: Floats
    residuals: Floats


@dataclass(frozen=True)
class Quantile:
    """An estimated quantile regression on columns standardised by ``mean`` and ``deviation``.

    ``coefficients``: quantiles x (1 + columns), the constant first.
    """

    mean: Floats
    deviation: Floats
    coefficients: Floats


class Design:
    """A pool prepared once: features of every series-period, and the changes that followed."""

    def __init__(self, pool: Pool, settings: Settings) -> None:
        self._settings = settings
        self._memory = pool.spec.memory
        self.features: Features = prepare(pool)
        self._rounding = pool.rounding
        level = means(pool.values, 2 * pool.spec.season)
        self._weight = weights(pool.values, level, settings.min_level)
        self._observed = ~np.isnan(pool.values)
        self._usable = self._observed & (level >= settings.min_level)
        self._columns: dict[int, tuple[Floats, Floats]] = {}

    def location_columns(self, step: int) -> tuple[Floats, Floats]:
        """Return columns of centre and of spread (periods x series x columns), ones first."""
        if step not in self._columns:
            direction = np.concatenate(
                [self.features.direction, seasonal(self.features, step)], axis=-1
            )
            one = np.ones((*direction.shape[:-1], 1))
            state = np.concatenate([one, self.features.state, np.abs(direction)], axis=-1)
            self._columns[step] = (np.concatenate([one, direction], axis=-1), state)
        return self._columns[step]

    def quantile_columns(self, step: int, rows: slice | int) -> Floats:
        """Return columns of the quantile regression at some rows, without a constant."""
        direction, state = (matrix[rows] for matrix in self.location_columns(step))
        direction = direction[..., 1:]
        restless, small = self.features.state[rows][..., 0], self.features.state[rows][..., 4]
        return np.concatenate(
            [direction, state[..., 1:], direction * small[..., None],
             direction * restless[..., None]],
            axis=-1,
        )  # fmt: skip

    def learnt_from(self, row: int, step: int) -> tuple[slice, Bools] | None:
        """Return past rows and the series usable in each, as known at a row; None if too few."""
        first, last = max(0, row - self._memory), row - step
        if last < first:
            return None
        past, ahead = slice(first, last + 1), slice(first + step, last + step + 1)
        used = self._usable[past] & self._observed[ahead]
        return (past, used) if used.sum() >= self._settings.min_pooled else None

    def changes(self, past: slice, used: Bools, step: int) -> tuple[Floats, Floats]:
        """Return the change that followed each row, in scales, and the row's weight."""
        ahead = slice(past.start + step, past.stop + step)
        z, scale = self.features.z, self.features.scale
        return ((z[ahead] - z[past]) / scale[past])[used], self._weight[past][used]


def estimate_location(design: Design, row: int, step: int, ridge: float) -> Location | None:
    """Return the location-scale regression estimated at a row; None with too few past rows."""
    found = design.learnt_from(row, step)
    if found is None:
        return None
    past, used = found
    change, weight = design.changes(past, used, step)
    direction, state = (matrix[past][used] for matrix in design.location_columns(step))
    centre = _huber(direction, change, weight, ridge)
    residual = change - (direction * centre).sum(axis=-1)
    size = np.log(np.abs(residual) + SMALLEST)
    spread = _ridge(state, size, weight, ridge)
    relative = residual / _spread(state, spread)
    return Location(centre, spread, weighted_quantiles(relative, weight))


def location_quantiles(design: Design, found: Location, row: int, step: int) -> Floats:
    """Return quantiles (log scale, series x QUANTILE_LEVELS) of a forecast made at a row."""
    direction, state = (matrix[row] for matrix in design.location_columns(step))
    centre = (direction * found.centre).sum(axis=-1)
    spread = _spread(state, found.spread)
    steps = centre[:, None] + spread[:, None] * found.residuals
    return _moved(design, row, steps)


def estimate_quantile(design: Design, row: int, step: int, ridge: float) -> Quantile | None:
    """Return the quantile regression estimated at a row; None with too few past rows."""
    found = design.learnt_from(row, step)
    if found is None:
        return None
    past, used = found
    change, weight = design.changes(past, used, step)
    columns = design.quantile_columns(step, past)[used]
    mean, deviation = columns.mean(axis=0), columns.std(axis=0)
    deviation[deviation < 1e-9] = np.inf  # a constant column has no effect
    standard = np.clip((columns - mean) / deviation, -CLIP, CLIP)
    return Quantile(mean, deviation, _check_loss(standard, change, np.sqrt(weight), ridge))


def _check_loss(x: Floats, y: Floats, weight: Floats, ridge: float) -> Floats:
    """Return coefficients (quantiles x 1 + columns) of a linear quantile regression with a ridge.

    The check loss of Koenker and Bassett (1978), its kink smoothed over +-SMOOTH (a uniform
    kernel: He, Pan, Tan and Zhou 2023, Smoothed quantile regression), minimised by L-BFGS for all
    QUANTILE_LEVELS at once. statsmodels' QuantReg, on the same rows, gives the same forecasts in
    twenty times the time.
    """
    from scipy.optimize import minimize

    levels = np.array(QUANTILE_LEVELS)
    share = (weight / weight.sum())[:, None]
    design = np.column_stack([np.ones(len(x)), x])
    penalty = np.full((design.shape[1], 1), ridge)
    penalty[0] = 0.0

    def loss(flat: Floats) -> tuple[float, Floats]:
        slopes = flat.reshape(design.shape[1], len(levels))
        error = y[:, None] - design @ slopes
        near = np.clip(error, -SMOOTH, SMOOTH)
        size = np.abs(error) - np.abs(near) + (near**2 / SMOOTH + SMOOTH) / 2
        size = np.where(np.abs(error) > SMOOTH, np.abs(error), size)
        value = (share * (size / 2 + (levels - 0.5) * error)).sum() + (
            penalty * slopes**2
        ).sum() / 4
        slope = -design.T @ (share * (near / SMOOTH / 2 + levels - 0.5)) + penalty * slopes / 2
        return float(value), slope.ravel()

    start = np.zeros((design.shape[1], len(levels)))
    start[0] = weighted_quantiles(y, weight)
    found = minimize(
        loss, start.ravel(), jac=True, method="L-BFGS-B",
        options={"maxiter": ITERATIONS, "ftol": PRECISION, "gtol": 1e-5},
    )  # fmt: skip
    coefficients: Floats = found.x.reshape(design.shape[1], len(levels)).T.copy()
    return coefficients


def quantile_quantiles(design: Design, found: Quantile, row: int, step: int) -> Floats:
    """Return quantiles (log scale, series x QUANTILE_LEVELS) at a row, never crossing."""
    columns = design.quantile_columns(step, row)
    standard = np.clip((columns - found.mean) / found.deviation, -CLIP, CLIP)
    constant, slopes = found.coefficients[:, 0], found.coefficients[:, 1:]
    steps = constant + (standard[:, None, :] * slopes).sum(axis=-1)
    return _moved(design, row, np.sort(steps, axis=-1))


def _moved(design: Design, row: int, steps: Floats) -> Floats:
    z, scale = design.features.z[row], design.features.scale[row]
    made: Floats = z[:, None] + scale[:, None] * steps
    return made


def _spread(state: Floats, coefficients: Floats) -> Floats:
    """Return the expected size of the residual, up to a factor in the residuals' quantiles."""
    logs = (state[..., 1:] * coefficients[1:]).sum(axis=-1)
    centred = logs + coefficients[0]
    spread: Floats = np.exp(np.clip(centred, -WIDEST, WIDEST))
    return spread


def _huber(x: Floats, y: Floats, weight: Floats, ridge: float) -> Floats:
    """Return coefficients of a weighted Huber regression, by reweighted least squares."""
    coefficients = _ridge(x, y, weight, ridge)
    for _ in range(ROUNDS):
        residual = np.abs(y - (x * coefficients).sum(axis=-1))
        robust = weight * np.minimum(1.0, HUBER / np.maximum(residual, 1e-9))
        coefficients = _ridge(x, y, robust, ridge)
    return coefficients


def _ridge(x: Floats, y: Floats, weight: Floats, ridge: float) -> Floats:
    """Return weighted least squares with a ridge on standardised columns but the first (ones)."""
    total = weight.sum()
    mean = (weight[:, None] * x).sum(axis=0) / total
    deviation = np.sqrt((weight[:, None] * (x - mean) ** 2).sum(axis=0) / total)
    deviation[deviation < 1e-9] = np.inf  # a constant column has no effect
    standard = (x - mean) / deviation
    middle = (weight * y).sum() / total
    gram = (standard * weight[:, None]).T @ standard / total + ridge * np.eye(x.shape[1])
    slopes = np.linalg.solve(gram, (standard * weight[:, None]).T @ (y - middle) / total)
    coefficients: Floats = slopes / deviation
    coefficients[0] = middle - (coefficients[1:] * mean[1:]).sum()
    return coefficients
