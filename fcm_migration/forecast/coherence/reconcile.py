"""Coherent point forecasts and intervals of one hierarchy.

MinT of Wickramasuriya, Athanasopoulos and Hyndman (2019, doi:10.1080/01621459.2018.1448825), by
hierarchicalforecast: every node is adjusted in proportion to its uncertainty. The spread of a
node's error is taken from its published 80 % interval, the dependence between nodes from their
past changes over the same number of periods. Measured in docs/decisions/coherence.md.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from fcm_migration.arrays import Bools, Floats, Ints
from fcm_migration.errors import FcmError
from fcm_migration.forecast.coherence.hierarchy import Hierarchy

PAST = 60  # past changes used for dependence: of 60, 120 and 240, the best before 2021-09
# Shrinking correlations to zero understates the uncertainty of sums of parts, so the spread of the
# topmost whole is reduced, too.
WHOLE_SPREAD = 0.5
MIN_PAST = 12  # with fewer past changes, nodes are treated as independent
NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class Coherent:
    """Coherent forecasts of the nodes of a hierarchy for one target.

    Attributes:
        points: multiples of the publisher's rounding step; ``constraints @ points`` is zero.
        quantiles: nodes x QUANTILE_LEVELS: each node's own interval, shifted (in log1p) to its
            coherent point. They do not add up: a quantile of a sum is not the sum of quantiles.
    """

    points: Ints
    quantiles: Ints


def reconcile(hierarchy: Hierarchy, base: Floats, scores: Floats | None, rounding: int) -> Coherent:
    """Return coherent forecasts of one target.

    Args:
        hierarchy: the nodes, sorted.
        base: nodes x QUANTILE_LEVELS, the quantiles of every node in counts, none negative. A
            remainder whose quantiles are all zero stays zero.
        scores: pasts x nodes, normal scores of past changes; None if not known.
        rounding: the publisher's rounding step.

    Raises:
        FcmError: no coherent whole numbers exist (a programming error: zero is always coherent).
    """
    first = len(hierarchy.series)
    free = np.ones(len(hierarchy.nodes), dtype=bool)
    free[first:] = base[first:].any(axis=1)
    nodes = np.flatnonzero(free)
    spread = np.maximum((base[:, 5] - base[:, 1]) / 2.5631, rounding / 12**0.5)[:, None]
    is_top = (hierarchy.constraints > 0).any(axis=0) & ~(hierarchy.constraints < 0).any(axis=0)
    spread[is_top] *= WHOLE_SPREAD
    errors = spread if scores is None else spread * scores.T
    constraints = hierarchy.constraints[:, nodes]
    bounded = constraints
    while (low := (made := _adjust(bounded, base[nodes, 3], errors[nodes])) < -NEGLIGIBLE).any():
        bounded = np.vstack([bounded, np.eye(len(nodes))[low]])
    values = np.zeros(len(free))
    values[nodes] = made
    points = whole_numbers(hierarchy.constraints, values / rounding, fixed=~free) * rounding
    moved = np.log1p(base) + (np.log1p(points) - np.log1p(base[:, 3]))[:, None]
    quantiles = np.rint(np.maximum(np.expm1(moved), 0.0) / rounding).astype(np.int64) * rounding
    quantiles[:, 3] = points
    return Coherent(points, np.maximum.accumulate(quantiles, axis=1))


def _adjust(constraints: Floats, base: Floats, errors: Floats) -> Floats:
    """Return values of the nodes made coherent by MinT.

    Args:
        constraints: splits x nodes, and a row of one 1 for each node that is to be zero.
        base: values of the nodes.
        errors: nodes x pasts, standing for past errors; one column: standard deviations of nodes
            treated as independent.
    """
    from hierarchicalforecast.methods import MinTrace

    order, summing = summing_matrix(constraints, base)
    mine = errors[order]
    if mine.shape[1] == 1:
        method, past = "wls_var", mine
    else:
        # the library mistakes errors that sum to zero for a perfect fit; an offset avoids that and
        # does not change the covariance
        method, past = "mint_shrink", mine + np.abs(mine).max(axis=1, keepdims=True)
    found = MinTrace(method).fit_predict(
        S=summing,
        y_hat=base[order, None],
        y_insample=past,
        y_hat_insample=np.zeros_like(past),
    )
    made = np.empty(len(base))
    made[order] = found["mean"][:, 0]
    return made


def summing_matrix(constraints: Floats, size: Floats) -> tuple[Ints, Floats]:
    """Return the constraints solved for some nodes in terms of the others.

    Wholes are solved for first, then the largest parts: these are farthest from zero, so the
    others can be bounded by zero without pushing the solved ones below it.

    Args:
        constraints: splits x nodes.
        size: expected value of every node.

    Returns:
        the order of the nodes (solved ones first) and the library's matrix S: nodes in that order
        as sums and differences of the free ones.
    """
    rest = constraints.copy()
    parts = (constraints < 0).any(axis=0)
    is_whole = (constraints > 0).any(axis=0)
    solved: dict[int, int] = {}
    open_rows = np.ones(len(rest), dtype=bool)
    # topmost wholes, then other wholes, then parts by size; ties by place, which is by name
    for column in np.lexsort((-size, parts, ~is_whole)).tolist():
        usable = np.flatnonzero(open_rows & (np.abs(rest[:, column]) > NEGLIGIBLE))
        if len(usable):
            pivot = int(usable[0])
            rest[pivot] /= rest[pivot, column]
            factors = rest[:, column].copy()
            factors[pivot] = 0.0
            touched = np.flatnonzero(factors)
            rest[touched] -= np.outer(factors[touched], rest[pivot])
            open_rows[pivot] = False
            solved[column] = pivot
    bottom = [k for k in range(constraints.shape[1]) if k not in solved]
    above = -rest[list(solved.values())][:, bottom]
    order = np.array([*solved, *bottom], dtype=np.int64)
    return order, np.vstack([above, np.eye(len(bottom))])


def whole_numbers(constraints: Floats, values: Floats, *, fixed: Bools) -> Ints:
    """Return the non-negative coherent whole numbers nearest to nearly coherent values.

    Least sum of absolute differences, as an integer programme: for one whole and its parts this is
    rounding by largest remainders; for tables of two dimensions, controlled rounding (Cox 1987).

    Args:
        constraints: splits x nodes.
        values: values of the nodes in rounding steps.
        fixed: nodes that stay zero.

    Raises:
        FcmError: the solver found none.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    below = np.floor(values + NEGLIGIBLE)
    share = values - below
    n = len(values)
    # a node is its floor, plus one at a cost of 1 - 2 share, plus or minus further ones at 1 each
    free = np.where(fixed, 0.0, np.inf)
    ceiling = np.concatenate([np.minimum(free, 1.0), free, below])
    found = milp(
        np.concatenate([1.0 - 2.0 * share, np.ones(2 * n)]),
        integrality=np.ones(3 * n),
        bounds=Bounds(0, ceiling),
        constraints=LinearConstraint(
            np.hstack([constraints, constraints, -constraints]),
            -constraints @ below,
            -constraints @ below,
        ),
    )
    if found.x is None:
        raise FcmError("no coherent whole numbers", got=found.message)
    up, more, less = np.rint(found.x).astype(np.int64).reshape(3, n)
    whole: Ints = below.astype(np.int64) + up + more - less
    return whole


def normal_scores(nodes: tuple[str, ...], changes: Floats) -> Floats | None:
    """Return past changes as normal scores of their ranks, by column; None with too few.

    Ties are broken and unknown changes (NaN) drawn from the known ones at random, seeded by the
    node's name only: nodes without a common past are independent.

    Args:
        nodes: names.
        changes: pasts x nodes, oldest first.
    """
    from scipy.special import ndtri

    changes = changes[~np.isnan(changes).all(axis=1)][-PAST:]
    count = len(changes)
    if count < MIN_PAST:
        return None
    scores = np.empty_like(changes)
    for column, node in enumerate(nodes):
        chance = np.random.default_rng(zlib.crc32(node.encode()))
        known = changes[~np.isnan(changes[:, column]), column]
        drawn = chance.choice(known, count) if len(known) else np.zeros(count)
        mine = np.where(np.isnan(changes[:, column]), drawn, changes[:, column])
        scores[np.lexsort((chance.random(count), mine)), column] = np.arange(count)
    made: Floats = ndtri((scores + 0.5) / count)
    return made
