"""Poisson regressions on groups of months and a trend, thousands of one design at once.

Steps, start and stopping rule are those of R's ``glm.fit``, so that even fits that diverge to zero
stop where they stop in R.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fcm_migration.arrays import Bools, Floats, Ints

# those of glm.control
ITERATIONS, TOLERANCE = 25, 1e-8
LEAST_MEAN = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Reference:
    """The reference months: group and time (months, negative) of each, and groups as 0 or 1."""

    groups: Ints
    times: Floats
    members: Floats

    @cached_property
    def dated(self) -> Floats:
        """Times in the column of their group."""
        dated: Floats = self.times[:, None] * self.members
        return dated

    @cached_property
    def spread(self) -> Floats:
        """Groups x months: a figure of each group times this is that of each month."""
        return np.ascontiguousarray(self.members.T)

    @property
    def current(self) -> int:
        """The group of the current month."""
        return int(self.members.shape[1]) - 1


@dataclass(frozen=True)
class Batch:
    """Reference months of a batch of regressions (batch x months), one row each.

    Attributes:
        counts: NaN where unknown.
        offset: logarithm of the exposure; 0 where unknown or none is given.
        now: that of the current month, one a row.
    """

    counts: Floats
    offset: Floats
    now: Floats

    def at(self, rows: Bools) -> Batch:
        """Return these rows of the batch."""
        return Batch(self.counts[rows], self.offset[rows], self.now[rows])


@dataclass(frozen=True)
class Fit:
    """One regression a row: level by group, slope, fitted means, the last working weights."""

    level: Floats
    slope: Floats
    mean: Floats
    weight: Floats
    converged: Bools


@dataclass(frozen=True)
class Sums:
    """Weighted sums: total and mean time by group, time about it, and its squares."""

    total: Floats
    centre: Floats
    squares: Floats
    centred: Floats


def sums_of(weight: Floats, reference: Reference, *, trend: bool) -> Sums:
    """Return the weighted sums of one batch (batch x months); without a trend those of time are 0.

    Divisors are 1 where they would be 0: the total of a group without known months, and the squares
    without a trend.
    """
    total = weight @ reference.members
    total[total <= 0] = 1.0
    if not trend:
        nothing = np.zeros((len(weight), 1))
        return Sums(total, np.zeros_like(total), np.ones(len(weight)), nothing)
    centre = weight @ reference.dated / total
    centred = reference.times - centre @ reference.spread
    squares = np.einsum("ij,ij->i", weight * centred, centred)
    squares[squares <= 0] = 1.0
    return Sums(total, centre, squares, centred)


def regression(filled: Batch, prior: Floats, reference: Reference, *, trend: bool) -> Fit:
    """Return Poisson regressions with log link by iterated weighted least squares, as R's glm.fit.

    Args:
        filled: counts, zero where the prior weight is.
        prior: weights of the months.
        reference: groups and times.
        trend: whether there is a slope.
    """
    counts, offset = filled.counts, filled.offset
    batch, groups = len(counts), reference.members.shape[1]
    made = Fit(
        np.full((batch, groups), np.nan), np.zeros(batch), counts + 0.1,
        np.zeros_like(counts), np.zeros(batch, dtype=np.bool_),
    )  # fmt: skip
    rows = np.arange(batch)
    y, own, mean = counts, prior, counts + 0.1
    eta, fixed = np.log(mean), _saturated(y, own)
    before = fixed + _deviance(y, eta, mean, own)
    for _ in range(ITERATIONS):
        weight = own * mean
        working = eta - offset + (y - mean) / mean
        level, slope = _least_squares(weight, working, reference, trend=trend)
        eta = level @ reference.spread + offset
        if trend:
            eta += slope[:, None] * reference.times
        with np.errstate(over="ignore", invalid="ignore"):
            mean = np.maximum(np.exp(eta), LEAST_MEAN)
            after = fixed + _deviance(y, eta, mean, own)
            done = np.abs(after - before) / (np.abs(after) + 0.1) < TOLERANCE
        made.level[rows], made.slope[rows] = level, slope
        made.mean[rows], made.weight[rows], made.converged[rows] = mean, weight, done
        before, more = after, ~done & np.isfinite(after)
        if not more.any():
            break
        if not more.all():
            rows, y, own, offset = rows[more], y[more], own[more], offset[more]
            mean, eta, before, fixed = mean[more], eta[more], before[more], fixed[more]
    return made


def _least_squares(
    weight: Floats, working: Floats, reference: Reference, *, trend: bool
) -> tuple[Floats, Floats]:
    """Return level by group and slope of each weighted regression of the working response."""
    sums = sums_of(weight, reference, trend=trend)
    weighted = weight * working
    level = weighted @ reference.members / sums.total
    slope = np.zeros(len(weight))
    if trend:
        slope = np.einsum("ij,ij->i", weighted, sums.centred) / sums.squares
        level -= slope[:, None] * sums.centre
    return level, slope


def _deviance(counts: Floats, eta: Floats, mean: Floats, prior: Floats) -> Floats:
    """Return the Poisson deviance less its constant part (:func:`_saturated`)."""
    deviance: Floats = 2.0 * np.einsum("ij,ij->i", prior, mean - counts * eta)
    return deviance


def _saturated(counts: Floats, prior: Floats) -> Floats:
    """Return the part of the deviance that depends on the counts alone."""
    own = counts * np.log(np.where(counts > 0, counts, 1.0)) - counts
    saturated: Floats = 2.0 * np.einsum("ij,ij->i", prior, own)
    return saturated
