"""Declared what-ifs applied to the published forecast: quantiles in, moved quantiles out.

With B the baseline, F the factor, D the displaced share (each a distribution, see
:mod:`~fcm_migration.forecast.mixture`) and w the part of the ramp that has passed (0 before the
first period, 1 after it), what is lost in a period is

    multiply, displace   L = w (1 - F) B
    hold                 L = w (B - F V B / median(B)),  V the same period a year before

An acting series becomes B - L, a receiving one B + D L of ``lag`` periods ago, a total B - L + D L
for what it contains; the scenario's quantiles are those of the mixture. Factor and share are
independent of each other and of the baseline. All series of a scenario move together (the same rank
of each baseline at once), so that what one loses and another gains add up at every point; between
quantiles of a mixture they need not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.forecast.scenarios.entries import WHOLE, Dimensions, Scenario, read_scenarios
from fcm_migration.forecast.scenarios.mixture import nodes, quantiles, spread
from fcm_migration.forecast.scenarios.tables import ROLES, SCENARIO_FORECASTS, SCENARIO_MATCHES
from fcm_migration.marts.reviewed import SELECTORS, selected
from fcm_migration.periods import MONTHS_PER_PERIOD

POOL = ("source_id", "indicator", "destination_iso3", "frequency")
YEARS_BACK = 3  # a forecast two years long finds its last year so
Change = Floats | float  # states x ranks of what a period loses; 0.0 where nothing changes


@dataclass(frozen=True)
class Fan:
    """One series' published forecast: ``values`` is target periods x levels, in its unit."""

    dimensions: Dimensions
    rounding: float
    origin: date
    horizons: tuple[int, ...]
    targets: tuple[date, ...]
    levels: tuple[float, ...]
    values: Floats


@dataclass(frozen=True)
class Moved:
    """One series under a scenario: by target period its change; no key where that is unknown."""

    series_id: str
    role: str
    change: Mapping[date, Change]


@dataclass(frozen=True)
class Applied:
    """Frames for ``forecast.scenarios`` and ``meta.scenario_matches``."""

    forecasts: pl.DataFrame
    matches: pl.DataFrame


class _OverlapError(Exception):
    """Two of the series a scenario names count some of the same people in one total."""


def apply_scenarios(
    declared: pl.DataFrame, baseline: pl.DataFrame, index: pl.DataFrame, series: pl.DataFrame
) -> Applied:
    """Move the published forecast by every declared scenario.

    Args:
        declared: rows of ``meta.scenarios``.
        baseline: rows of ``forecast.quantiles``; only published ones are moved.
        index: rows of ``mart.series_index``.
        series: rows of ``mart.series``, for what is held.

    Raises:
        UsageError: an entry contradicts itself.
    """
    rows: list[tuple[Any, ...]] = []
    matches: list[tuple[Any, ...]] = []
    published = baseline.filter("is_published")
    for scenario in read_scenarios(declared):
        named = index.filter(selected(scenario.row))
        near = index.join(named.select(POOL).unique(), on=POOL, how="semi")
        fans = read_fans(published, near)
        acting = sorted(set(named.get_column("series_id")) & set(fans))
        outcome, moved = _outcome(scenario, named.height, acting, fans, series)
        roles = [item.role for item in moved]
        counts = [roles.count(role) for role in ROLES]
        matches.append((scenario.scenario_id, outcome, *counts, named.height - len(acting)))
        for item in moved:
            rows += _rows(scenario, item, fans[item.series_id])
    return Applied(
        pl.DataFrame(rows, schema=polars_schema(SCENARIO_FORECASTS), orient="row"),
        pl.DataFrame(matches, schema=polars_schema(SCENARIO_MATCHES), orient="row"),
    )


def read_fans(published: pl.DataFrame, index: pl.DataFrame) -> dict[str, Fan]:
    """The published forecasts of the series in an index, by series."""
    found = {}
    about = {row["series_id"]: row for row in index.iter_rows(named=True)}
    mine = published.filter(pl.col("series_id").is_in(list(about))).sort("horizon", "quantile")
    for (series_id,), frame in mine.group_by("series_id", maintain_order=True):
        wide = frame.pivot(on="quantile", index=["horizon", "target_period"], values="value")
        row = about[str(series_id)]
        found[str(series_id)] = Fan(
            {name: row[name] for name in SELECTORS},
            float(row["rounding"]),
            frame.item(0, "origin_date"),
            tuple(wide.get_column("horizon")),
            tuple(wide.get_column("target_period")),
            tuple(float(name) for name in wide.columns[2:]),
            wide.select(wide.columns[2:]).to_numpy().astype(np.float64),
        )
    return found


def contains(whole: Dimensions, part: Dimensions) -> bool:
    """Whether one series counts all that another counts."""
    return all(whole[n] in (part[n], WHOLE.get(n)) for n in SELECTORS)


def _outcome(
    scenario: Scenario,
    named: int,
    acting: Sequence[str],
    fans: Mapping[str, Fan],
    series: pl.DataFrame,
) -> tuple[str, list[Moved]]:
    """What came of a scenario, in a word of the vocabulary, and what it moved."""
    if not acting:
        return ("no forecast" if named else "no series"), []
    levels = _held(acting, fans, series) if scenario.kind == "hold" else {}
    able = [s for s in acting if scenario.kind != "hold" or s in levels]
    if not able:
        return "no level to hold", []
    try:
        moved = [
            item for pool in _pools(able, fans) for item in _move(scenario, pool, fans, levels)
        ]
    except _OverlapError:
        return "parts overlap", []
    if scenario.receiving and all(item.role != "receives" for item in moved):
        return "no receiver", []
    return "applied", moved


def _pools(acting: Sequence[str], fans: Mapping[str, Fan]) -> list[list[str]]:
    pools: dict[tuple[str, ...], list[str]] = {}
    for series_id in acting:
        key = tuple(fans[series_id].dimensions[name] for name in POOL)
        pools.setdefault(key, []).append(series_id)
    return list(pools.values())


def _held(
    acting: Sequence[str], fans: Mapping[str, Fan], series: pl.DataFrame
) -> dict[str, dict[date, float]]:
    """The newest figure of the same period in an earlier year, by series and target period."""
    known = series.filter(pl.col("series_id").is_in(list(acting)) & pl.col("value").is_not_null())
    past = {
        (s, day): float(v) for s, day, v in known[["series_id", "period_start", "value"]].rows()
    }
    found = {}
    for series_id in acting:
        levels = {
            day: past[series_id, earlier]
            for day in fans[series_id].targets
            for years in range(YEARS_BACK, 0, -1)  # the newest is set last
            if (series_id, earlier := day.replace(year=day.year - years)) in past
        }
        if len(levels) == len(fans[series_id].targets):
            found[series_id] = levels
    return found


def _move(
    scenario: Scenario,
    acting: Sequence[str],
    fans: Mapping[str, Fan],
    levels: Mapping[str, Mapping[date, float]],
) -> Iterator[Moved]:
    """Every series of one pool that changes, acting ones first."""
    pool = {s: f for s, f in fans.items() if _same_pool(f, fans[acting[0]])}
    months = MONTHS_PER_PERIOD[fans[acting[0]].dimensions["frequency"]]
    begin = max(fans[series_id].origin for series_id in acting)
    losses = {
        series_id: _loss(scenario, fans[series_id], levels.get(series_id, {}), begin, months)
        for series_id in acting
    }
    sources = {series_id: fans[series_id].dimensions for series_id in acting}
    moved_to = {
        series_id: {**place, **scenario.receiving}
        for series_id, place in sources.items()
        if scenario.receiving
    }
    shares = nodes(scenario.share)[None, :, None]

    def lost(series_id: str, day: date) -> Change | None:
        """None where a period is touched that the series has no forecast of."""
        touched = _weight(scenario, begin, day, months) > 0
        return losses[series_id].get(day) if touched else 0.0

    for series_id, fan in sorted(pool.items(), key=lambda item: (item[0] not in losses, item[0])):
        role, losing, gaining = _parts(series_id, fan, sources, moved_to)
        change: dict[date, Change] = {}
        for day in fan.targets:
            before = _shift(day, -months * (scenario.row["lag_steps"] or 0))
            out = [lost(part, day) for part in losing]
            back = [lost(part, before) for part in gaining]
            if all(part is not None for part in (*out, *back)):
                change[day] = sum(shares * part for part in back if part is not None) - sum(
                    part for part in out if part is not None
                )
        if losing or gaining:
            yield Moved(series_id, role, change)


def _parts(
    series_id: str,
    fan: Fan,
    sources: Mapping[str, Dimensions],
    moved_to: Mapping[str, Dimensions],
) -> tuple[str, list[str], list[str]]:
    """What a series is in a scenario, whose losses it bears, and whose displaced it receives."""
    if series_id in sources:
        return "acts", [series_id], []
    exact = [name for name, place in moved_to.items() if place == fan.dimensions]
    losing = _largest(sources, fan.dimensions)
    if exact:
        return "receives", losing, exact
    return "contains", losing, _largest(moved_to, fan.dimensions)


def _same_pool(one: Fan, other: Fan) -> bool:
    return all(one.dimensions[name] == other.dimensions[name] for name in POOL)


def _largest(parts: Mapping[str, Dimensions], whole: Dimensions) -> list[str]:
    """The parts of a total that no other part of it contains; each person is in one of them."""
    inside = {name: part for name, part in parts.items() if contains(whole, part)}
    largest = [
        name
        for name, part in inside.items()
        if not any(contains(other, part) for key, other in inside.items() if key != name)
    ]
    for one, other in combinations(largest, 2):
        both = [(inside[one][name], inside[other][name], WHOLE.get(name)) for name in SELECTORS]
        if all(a == b or whole_word in (a, b) for a, b, whole_word in both):
            raise _OverlapError
    return largest


def _loss(
    scenario: Scenario, fan: Fan, levels: Mapping[date, float], begin: date, months: int
) -> dict[date, Floats]:
    """By target period, factors x 1 x ranks: what the series loses (negative: gains)."""
    factors = nodes(scenario.factor)[:, None, None]
    found = {}
    for day, baseline in zip(fan.targets, fan.values, strict=True):
        base = spread(fan.levels, baseline)
        becomes = factors * base
        if scenario.kind == "hold":
            middle = float(np.interp(0.5, fan.levels, baseline))
            shape = base / middle if middle > 0 else np.ones_like(base)
            becomes = factors * levels[day] * shape
        found[day] = _weight(scenario, begin, day, months) * (base - becomes)
    return found


def _weight(scenario: Scenario, begin: date, day: date, months: int) -> float:
    """Part of the ramp that has passed in a period."""
    step = ((day.year - begin.year) * 12 + day.month - begin.month) // months
    passed = (step - scenario.row["first_step"] + 1) / scenario.row["ramp_steps"]
    return float(min(max(passed, 0.0), 1.0))


def _shift(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _rows(scenario: Scenario, moved: Moved, fan: Fan) -> Iterator[tuple[Any, ...]]:
    for horizon, day, baseline in zip(fan.horizons, fan.targets, fan.values, strict=True):
        if day not in moved.change:
            continue
        change = np.asarray(moved.change[day])
        after = baseline
        if change.any():
            after = quantiles(spread(fan.levels, baseline) + change, fan.levels, fan.rounding)
        for level, was, becomes in zip(fan.levels, baseline, after, strict=True):
            yield (
                scenario.scenario_id,
                moved.series_id,
                moved.role,
                horizon,
                day,
                level,
                int(was),
                int(becomes),
            )
