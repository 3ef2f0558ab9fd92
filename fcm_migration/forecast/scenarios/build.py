"""The scenario tables: the published forecast under every declared scenario.

The scenario's quantiles are those of the mixture of baseline, factor and share; how each series
moves is defined in :mod:`~fcm_migration.forecast.scenarios.moves`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from fcm_migration.catalog.derive import polars_schema
from fcm_migration.forecast.scenarios.entries import Scenario, read_scenarios
from fcm_migration.forecast.scenarios.fans import FAMILY, Fan, by_family, read_fans
from fcm_migration.forecast.scenarios.mixture import forecast_points, mixture_quantiles
from fcm_migration.forecast.scenarios.moves import Moved, OverlapError, moved
from fcm_migration.forecast.scenarios.tables import ROLES, SCENARIO_FORECASTS, SCENARIO_MATCHES
from fcm_migration.marts.reviewed import selected

YEARS_BACK = 3  # with it a forecast two years long finds a figure for its last year


@dataclass(frozen=True)
class Applied:
    """Frames for ``forecast.scenarios`` and ``meta.scenario_matches``."""

    forecasts: pl.DataFrame
    matches: pl.DataFrame


def apply_scenarios(
    declared: pl.DataFrame, baseline: pl.DataFrame, index: pl.DataFrame, series: pl.DataFrame
) -> Applied:
    """Return the published forecast under every declared scenario, and what each one moved.

    Args:
        declared: rows of ``meta.scenarios``.
        baseline: published rows of ``forecast.quantiles`` of the series whose forecast is shown,
            with counted_so_far: what is counted of a running period stays.
        index: rows of ``mart.series_index``.
        series: rows of ``mart.series``, for the figures that are held.

    Raises:
        UsageError: an entry contradicts itself.
    """
    rows: list[tuple[Any, ...]] = []
    matches: list[tuple[Any, ...]] = []
    published = baseline.filter("is_published")
    for scenario in read_scenarios(declared):
        named = index.filter(selected(scenario.row))
        near = index.join(named.select(FAMILY).unique(), on=FAMILY, how="semi")
        fans = read_fans(published, near)
        acting = sorted(set(named.get_column("series_id")) & set(fans))
        outcome, changed = _outcome(scenario, named.height, acting, fans, series)
        roles = [item.role for item in changed]
        counts = [roles.count(role) for role in ROLES]
        matches.append((scenario.scenario_id, outcome, *counts, named.height - len(acting)))
        for item in changed:
            rows += _rows(scenario, item, fans[item.series_id])
    return Applied(
        pl.DataFrame(rows, schema=polars_schema(SCENARIO_FORECASTS), orient="row"),
        pl.DataFrame(matches, schema=polars_schema(SCENARIO_MATCHES), orient="row"),
    )


def _outcome(
    scenario: Scenario,
    named: int,
    acting: Sequence[str],
    fans: Mapping[str, Fan],
    series: pl.DataFrame,
) -> tuple[str, list[Moved]]:
    """Return the outcome of a scenario, one of the declared ones, and the series it moved."""
    if not acting:
        return ("no forecast" if named else "no series"), []
    levels = _held(acting, fans, series) if scenario.kind == "hold" else {}
    able = [s for s in acting if scenario.kind != "hold" or s in levels]
    if not able:
        return "no level to hold", []
    try:
        changed = [
            item
            for family in by_family(able, fans)
            for item in moved(scenario, family, fans, levels)
        ]
    except OverlapError:
        return "parts overlap", []
    if scenario.receiving and all(item.role != "receives" for item in changed):
        return "no receiver", []
    return "applied", changed


def _held(
    acting: Sequence[str], fans: Mapping[str, Fan], series: pl.DataFrame
) -> dict[str, dict[date, float]]:
    """Return the newest figure of the same period of an earlier year, by series and target."""
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


def _rows(scenario: Scenario, item: Moved, fan: Fan) -> Iterator[tuple[Any, ...]]:
    """Yield rows of ``forecast.scenarios`` of one series."""
    rows = zip(fan.horizons, fan.targets, fan.values, fan.counted, strict=True)
    for horizon, day, baseline, counted in rows:
        if day not in item.change:
            continue
        change = np.asarray(item.change[day])
        after = baseline
        if change.any():
            points = np.maximum(forecast_points(fan.levels, baseline) + change, counted)
            after = mixture_quantiles(points, fan.levels, fan.rounding)
        for level, before, becomes in zip(fan.levels, baseline, after, strict=True):
            yield (
                scenario.scenario_id,
                item.series_id,
                item.role,
                horizon,
                day,
                level,
                int(before),
                int(becomes),
            )
