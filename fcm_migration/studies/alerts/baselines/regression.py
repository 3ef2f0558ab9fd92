"""Poisson regressions on groups of months and a trend: thousands of one design at once.

The steps, the start and the stopping rule are those of R's ``glm.fit``, so that even what runs off
to zero stops where it stops there.
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
        """Only these rows."""
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
    """Weighted sums of one batch (batch x months of weights); without a trend those of time are 0.

    What only divides is 1 where there is nothing: the total of a group without known months, and
    the squares without a trend.
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
    """Poisson regression with log link by iterated weighted least squares, as R's glm.fit does it.

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
        sums = sums_of(weight, reference, trend=trend)
        weighted = weight * working
        level = weighted @ reference.members / sums.total
        slope = np.zeros(len(rows))
        if trend:
            slope = np.einsum("ij,ij->i", weighted, sums.centred) / sums.squares
            level -= slope[:, None] * sums.centre
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


def _deviance(counts: Floats, eta: Floats, mean: Floats, prior: Floats) -> Floats:
    """Poisson deviance, less what is the same at every step (:func:`_saturated`)."""
    deviance: Floats = 2.0 * np.einsum("ij,ij->i", prior, mean - counts * eta)
    return deviance


def _saturated(counts: Floats, prior: Floats) -> Floats:
    """The part of the deviance that only depends on the counts."""
    own = counts * np.log(np.where(counts > 0, counts, 1.0)) - counts
    saturated: Floats = 2.0 * np.einsum("ij,ij->i", prior, own)
    return saturated
