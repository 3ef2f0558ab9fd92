"""Raising alerts: the watched panel in, one row for every period that stands out.

Rows carry figures and kinds; :mod:`fcm_migration.trends.histories` adds episodes, outcomes and
precedents, :mod:`fcm_migration.trends.words` the sentence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fcm_migration.arrays import Bools, Floats
from fcm_migration.trends.detection.residuals import Calibration, calibrations
from fcm_migration.trends.detection.rules import Signals, grown, seasonal, signals
from fcm_migration.trends.scoring.score import parts
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.rolling import mean_of, shifted, sum_of
from fcm_migration.trends.watch.settings import RULES

FIGURES = (
    "score",
    "score_surprise",
    "score_growth",
    "score_persistence",
    "score_own",
    "observed",
    "expected",
    "upper",
    "dispersion",
    "ratio",
    "own_ratio",
    "share_ratio",
    "common_factor",
    "p_value",
    "q_value",
)
COPIED = (
    "series_id",
    "source_id",
    "indicator",
    "unit",
    "destination_iso3",
    "origin_iso3",
    "route",
    "place",
    "frequency",
)
ROWS = (
    "alert_id",
    "tier",
    "direction",
    *COPIED,
    "scope",
    "dimension",
    "period",
    "kind",
    *FIGURES,
)
# Route or destination as a whole, by what its origins break down.
Whole = tuple[str, str, str, str, str]
Tides = dict[tuple[Whole, bool], set[date]]
UPPER = 0.975


def alert_id(series_id: str, period: date, direction: str) -> str:
    """Name of an alert: the same series, period and direction have the same one for ever."""
    text = f"{series_id}|{period.isoformat()}|{direction}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def raised(scopes: Sequence[Scope]) -> pl.DataFrame:
    """Every period of every series that stands out: :data:`ROWS`.

    Args:
        scopes: all scopes of a panel; those of one source, frequency and dimension calibrate one
            another, routes apart from the whole they are parts of.

    Returns:
        one row per series, period and direction, made of that period and earlier ones alone.
    """
    known = {scope.name: found for scope, found in calibrated(scopes)}
    rows: list[pl.DataFrame] = []
    tides: Tides = {}
    for wanted in ("origin", "place", "route"):  # routes last: the origins say when a tide rises
        for scope in scopes:
            if scope.dimension != wanted:
                continue
            for drops in (False, True):
                found = signals(scope, known[scope.name], drops=drops)
                if wanted == "origin":
                    tides[(whole_of(scope), drops)] = _tide(scope, found)
                rows += _rows(scope, found, _common_flags(scope, tides, drops=drops))
    return pl.concat(rows) if rows else _none()


def calibrated(
    scopes: Sequence[Scope],
) -> Iterator[tuple[Scope, Mapping[int, Calibration]]]:
    """Each scope with what its source taught: by year, from the years before it."""
    pools: dict[tuple[str, ...], list[Scope]] = {}
    for scope in scopes:
        first = scope.facts.row(0, named=True)
        part = str(scope.dimension == "origin" and first["route"] != "all")
        key = (first["source_id"], first["indicator"], scope.frequency, scope.dimension, part)
        pools.setdefault(key, []).append(scope)
    for pool in pools.values():
        by_year = calibrations(pool)
        for scope in pool:
            yield scope, by_year


def whole_of(scope: Scope) -> Whole:
    """The route or destination a scope's series are parts of."""
    first = scope.facts.row(0, named=True)
    names = ("source_id", "indicator", "destination_iso3", "route", "frequency")
    return tuple(first[name] for name in names)


def _tide(scope: Scope, found: Signals) -> set[date]:
    """Periods in which the whole moves: the origins' factor or the total's own growth says so."""
    sign = -1.0 if found.drops else 1.0
    rhythm, total = scope.rhythm, scope.total[:, None]
    whole = replace(scope, facts=scope.facts.head(1), values=total)
    growth = grown(whole)
    strength = np.fmax(growth**sign, found.common[:, None] ** sign)
    year_ago = ((total + 2.0) / (shifted(total, rhythm.year) + 2.0)) ** sign
    level = mean_of(total, rhythm.year, lag=1) if found.drops else total
    with np.errstate(invalid="ignore"):
        large = (level >= rhythm.least) & (sum_of(level, rhythm.held) >= rhythm.least_held)
        beyond = strength / seasonal(whole, growth, sign) >= RULES.tide
        moved = beyond & (year_ago >= RULES.season) & large
    return {scope.periods[row] for row in np.flatnonzero(moved[:, 0]).tolist()}


def _common_flags(scope: Scope, tides: Tides, *, drops: bool) -> Bools:
    """Periods in which a route's origins say that the whole moves: T x N of a route scope."""
    flags = np.zeros(scope.values.shape, dtype=bool)
    if scope.dimension != "route":
        return flags
    base = whole_of(scope)
    for column, route in enumerate(scope.facts.get_column("route")):
        moved = tides.get(((*base[:3], route, base[4]), drops), set())
        for row, period in enumerate(scope.periods):
            flags[row, column] = period in moved
    return flags


def _rows(scope: Scope, found: Signals, common: Bools) -> list[pl.DataFrame]:
    known = np.isfinite(found.p) & np.isfinite(found.growth)
    flagged = (found.alert | (common & found.active)) & known
    at, column = np.nonzero(flagged)
    if not len(at):
        return []
    points = parts(scope, found)
    direction = "drop" if found.drops else "surge"
    facts = scope.facts.select(COPIED)[column.tolist()]
    figures = {
        "score": points.score,
        "score_surprise": points.surprise,
        "score_growth": points.growth,
        "score_persistence": points.persistence,
        "score_own": points.own,
        "observed": scope.values,
        "expected": found.mean,
        "dispersion": found.alpha,
        "ratio": found.growth,
        "own_ratio": found.own,
        "share_ratio": share_ratio(scope, found),
        "common_factor": np.broadcast_to(found.common[:, None], scope.values.shape),
        "p_value": found.p,
        "q_value": np.where(np.isnan(found.q), 1.0, found.q),
    }
    bound = bounds(found.mean[at, column], found.alpha[at, column], drops=found.drops)
    frame = facts.with_columns(
        pl.Series("period", [scope.periods[row] for row in at.tolist()], dtype=pl.Date),
        pl.Series("tier", np.where(found.strong[at, column], "strong", "alert")),
        pl.Series("kind", kinds(scope, found)[at, column]),
        pl.Series("upper", bound),
        *(pl.Series(name, values[at, column]) for name, values in figures.items()),
        pl.lit(direction).alias("direction"),
        pl.lit(scope.name).alias("scope"),
        pl.lit(scope.dimension).alias("dimension"),
    )
    names = [
        alert_id(series, period, direction)
        for series, period in frame.select("series_id", "period").iter_rows()
    ]
    return [frame.with_columns(pl.Series("alert_id", names)).select(ROWS)]


def share_ratio(scope: Scope, found: Signals) -> Floats:
    """Figure over what the series' share of the year before would make of the scope's total.

    Where a scope has no total to compare with (routes) it is the figure over its own mean.
    """
    if scope.dimension == "route":
        return scope.values / found.mean
    total = scope.total[:, None]
    moved = total / np.maximum(mean_of(total, scope.rhythm.year, lag=1), 1.0)
    expected = found.mean * np.where(np.isnan(moved), 1.0, np.maximum(moved, 1e-6))
    ratio: Floats = scope.values / expected
    return ratio


def bounds(mean: Floats, alpha: Floats, *, drops: bool) -> Floats:
    """97.5 % (drops: 2.5 %) quantile of the negative binomial with variance m + alpha m^2."""
    from scipy.stats import nbinom  # heavy, and only alerts need it

    level = 1.0 - UPPER if drops else UPPER
    quantile: Floats = nbinom.ppf(level, 1.0 / alpha, 1.0 / (1.0 + alpha * mean))
    return quantile


def kinds(scope: Scope, found: Signals) -> NDArray[np.str_]:
    """Kind of every period, T x N of strings (see ``alert_tables.KINDS``)."""
    if scope.dimension == "route":
        return np.full(scope.values.shape, "common")
    own = 1.0 / found.own if found.drops else found.own
    names = np.select([own >= RULES.own, own >= RULES.own_weak], ["own", "own_weak"], "tide")
    names = names.astype("<U12")
    names[found.build_up & ~found.strong & (found.growth < RULES.growth)] = "build_up"
    if scope.dimension == "origin" and not found.drops:
        years = sum_of(scope.values, 2 * scope.rhythm.year)
        before = np.nan_to_num(shifted(years, scope.rhythm.recent))
        names[before < RULES.new_sum] = "new_origin"
    return names


def _none() -> pl.DataFrame:
    text = {name: pl.String() for name in ROWS if name not in (*FIGURES, "period")}
    numbers = dict.fromkeys(FIGURES, pl.Float64())
    schema = {name: {**text, **numbers, "period": pl.Date()}[name] for name in ROWS}
    return pl.DataFrame(schema=schema)
