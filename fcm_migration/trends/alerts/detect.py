"""Detect alerts: one row for every period of a watched series that stands out.

Rows carry figures and kinds. Episodes, outcomes and precedents are added by
:mod:`fcm_migration.trends.alerts.histories`, the sentence by
:mod:`fcm_migration.trends.alerts.explanation`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.arrays import Bools, Floats
from fcm_migration.trends.detection.residuals import Calibration, calibrations
from fcm_migration.trends.detection.rules import Signals, growth_ratio, seasonal, signals
from fcm_migration.trends.detection.settings import RULES
from fcm_migration.trends.scoring.score import parts
from fcm_migration.trends.watch.panel import IDENTITY, Scope
from fcm_migration.trends.watch.rolling import mean_of, shifted, sum_of

FIGURES = (
    "score",
    "score_surprise",
    "score_growth",
    "score_persistence",
    "score_own",
    "observed",
    "expected",
    "bound",
    "dispersion",
    "ratio",
    "own_ratio",
    "share_ratio",
    "common_factor",
    "p_value",
    "q_value",
)
ROWS = (
    "alert_id",
    "tier",
    "direction",
    *IDENTITY,
    "scope",
    "dimension",
    "period",
    "kind",
    *FIGURES,
)
# source, indicator, destination, route and frequency: what the series of a scope are parts of
RouteKey = tuple[str, str, str, str, str]
CommonMoves = dict[tuple[RouteKey, bool], set[date]]  # periods by route and by "is a drop"
BOUND = 0.975


def alert_id(series_id: str, period: date, direction: str) -> str:
    """Return an alert's identifier, which depends on series, period and direction alone."""
    text = f"{series_id}|{period.isoformat()}|{direction}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def detect_alerts(scopes: Sequence[Scope]) -> pl.DataFrame:
    """Return a row (:data:`ROWS`) for every period of every series that meets the rules.

    Args:
        scopes: all scopes of a panel. Scopes of one source, indicator, frequency and dimension are
            calibrated together; origins of single routes apart from those of all routes, whose
            figures contain them.

    Returns:
        one row per series, period and direction. A row depends on its period and earlier ones only.
    """
    by_scope = calibrations_by_scope(scopes)
    rows: list[pl.DataFrame] = []
    moves: CommonMoves = {}
    # routes come last: whether a whole route moves is known from its origins
    for dimension in ("origin", "place", "route"):
        for scope in scopes:
            if scope.dimension != dimension:
                continue
            for drops in (False, True):
                found = signals(scope, by_scope[scope.name], drops=drops)
                if dimension == "origin":
                    moves[(route_key(scope), drops)] = _common_periods(scope, found)
                rows += _rows(scope, found, _common_flags(scope, moves, drops=drops))
    return pl.concat(rows) if rows else _none()


def calibrations_by_scope(scopes: Sequence[Scope]) -> dict[str, Mapping[int, Calibration]]:
    """Return each scope's calibration by its name and year, estimated from earlier years only."""
    groups: dict[tuple[str, ...], list[Scope]] = {}
    for scope in scopes:
        first = scope.facts.row(0, named=True)
        part = str(scope.dimension == "origin" and first["route"] != "all")
        key = (first["source_id"], first["indicator"], scope.frequency, scope.dimension, part)
        groups.setdefault(key, []).append(scope)
    found: dict[str, Mapping[int, Calibration]] = {}
    for group in groups.values():
        found |= dict.fromkeys((scope.name for scope in group), calibrations(group))
    return found


def route_key(scope: Scope) -> RouteKey:
    """Return the key of the route (or whole destination) that a scope's series are parts of."""
    first = scope.facts.row(0, named=True)
    names = ("source_id", "indicator", "destination_iso3", "route", "frequency")
    return tuple(first[name] for name in names)


def _common_periods(scope: Scope, found: Signals) -> set[date]:
    """Return the periods in which the route as a whole moves.

    It does where either the common factor of its origins or the growth of its total is large.
    """
    sign = -1.0 if found.drops else 1.0
    spec, total = scope.spec, scope.total[:, None]
    whole = replace(scope, facts=scope.facts.head(1), values=total)
    growth = growth_ratio(whole)
    strength = np.fmax(growth**sign, found.common[:, None] ** sign)
    year_ago = ((total + 2.0) / (shifted(total, spec.year) + 2.0)) ** sign
    level = mean_of(total, spec.year, lag=1) if found.drops else total
    with np.errstate(invalid="ignore"):
        large = (level >= spec.least) & (sum_of(level, spec.held) >= spec.least_held)
        beyond = strength / seasonal(whole, growth, sign) >= RULES.common_factor
        moved = beyond & (year_ago >= RULES.season) & large
    return {scope.periods[row] for row in np.flatnonzero(moved[:, 0]).tolist()}


def _common_flags(scope: Scope, moves: CommonMoves, *, drops: bool) -> Bools:
    """Flag the periods in which each route of a scope moves as a whole, T x N."""
    flags = np.zeros(scope.values.shape, dtype=bool)
    if scope.dimension != "route":
        return flags
    base = route_key(scope)
    for column, route in enumerate(scope.facts.get_column("route")):
        moved = moves.get(((*base[:3], route, base[4]), drops), set())
        for row, period in enumerate(scope.periods):
            flags[row, column] = period in moved
    return flags


def _rows(scope: Scope, found: Signals, common: Bools) -> list[pl.DataFrame]:
    known = np.isfinite(found.p) & np.isfinite(found.growth)
    flagged = (found.alert | (common & found.active & found.beyond)) & known
    at, column = np.nonzero(flagged)
    if not len(at):
        return []
    frame = scope.facts.select(IDENTITY)[column.tolist()].with_columns(
        pl.Series("period", [scope.periods[row] for row in at.tolist()], dtype=pl.Date),
        pl.Series("tier", np.where(found.strong[at, column], "strong", "alert")),
        pl.Series("kind", kinds(scope, found)[at, column]),
        *(pl.Series(name, values[at, column]) for name, values in _figures(scope, found).items()),
        pl.Series(
            "bound", bounds(found.expected[at, column], found.alpha[at, column], drops=found.drops)
        ),
        pl.lit("drop" if found.drops else "surge").alias("direction"),
        pl.lit(scope.name).alias("scope"),
        pl.lit(scope.dimension).alias("dimension"),
    )
    names = [
        alert_id(*identity)
        for identity in frame.select("series_id", "period", "direction").iter_rows()
    ]
    return [frame.with_columns(pl.Series("alert_id", names)).select(ROWS)]


def _figures(scope: Scope, found: Signals) -> dict[str, Floats]:
    """Return the figures of an alert but its bound, by column of the table, each T x N."""
    points = parts(scope, found)
    return {
        "score": points.score,
        "score_surprise": points.residual,
        "score_growth": points.growth,
        "score_persistence": points.persistence,
        "score_own": points.own,
        "observed": scope.values,
        "expected": found.expected,
        "dispersion": found.alpha,
        "ratio": found.growth,
        "own_ratio": found.own,
        "share_ratio": share_ratio(scope, found),
        "common_factor": np.broadcast_to(found.common[:, None], scope.values.shape),
        "p_value": found.p,
        "q_value": np.where(np.isnan(found.q), 1.0, found.q),
    }


def share_ratio(scope: Scope, found: Signals) -> Floats:
    """Return the observed figure over the one at last year's share of the scope's total, T x N.

    For routes, which have no common total, it is the figure over the mean of the year before.
    """
    if scope.dimension == "route":
        return scope.values / found.expected
    total = scope.total[:, None]
    moved = total / np.maximum(mean_of(total, scope.spec.year, lag=1), 1.0)
    expected = found.expected * np.where(np.isnan(moved), 1.0, np.maximum(moved, 1e-6))
    ratio: Floats = scope.values / expected
    return ratio


def bounds(mean: Floats, alpha: Floats, *, drops: bool) -> Floats:
    """Return the upper bound (for drops the lower one) of the expected count.

    It is the 97.5 % (2.5 %) quantile of the negative binomial with variance m + alpha m^2.
    """
    from scipy.stats import nbinom  # heavy, and only alerts need it

    level = 1.0 - BOUND if drops else BOUND
    quantile: Floats = nbinom.ppf(level, 1.0 / alpha, 1.0 / (1.0 + alpha * mean))
    return quantile


def kinds(scope: Scope, found: Signals) -> NDArray[np.str_]:
    """Return the kind of every period, T x N of :data:`alerts.tables.KINDS`."""
    if scope.dimension == "route":
        return np.full(scope.values.shape, "common")
    own = 1.0 / found.own if found.drops else found.own
    names = np.select([own >= RULES.own, own >= RULES.own_weak], ["own", "own_weak"], "tide")
    names = names.astype("<U12")
    names[found.build_up & ~found.strong & (found.growth < RULES.growth)] = "build_up"
    if scope.dimension == "origin" and not found.drops:
        years = sum_of(scope.values, 2 * scope.spec.year)
        before = np.nan_to_num(shifted(years, scope.spec.recent))
        names[before < RULES.new_sum] = "new_origin"
    return names


def _none() -> pl.DataFrame:
    text = {name: pl.String() for name in ROWS if name not in (*FIGURES, "period")}
    numbers = dict.fromkeys(FIGURES, pl.Float64())
    schema = {name: {**text, **numbers, "period": pl.Date()}[name] for name in ROWS}
    return pl.DataFrame(schema=schema)
