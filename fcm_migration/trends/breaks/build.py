"""The table of breaks: lasting changes of level, and what is on record near them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import conform, empty
from fcm_migration.trends.breaks.explanation import explain_break
from fcm_migration.trends.breaks.settings import BREAK_RULES, DEFINITION_KINDS, FREQUENCIES
from fcm_migration.trends.breaks.statistic import (
    Null,
    Shifts,
    logs,
    separate,
    shifts,
    simulated_null,
    without_season,
)
from fcm_migration.trends.breaks.tables import BREAKS_FOUND
from fcm_migration.trends.watch.causes import near_policies
from fcm_migration.trends.watch.panel import FACTS, Scope, scopes, watched_panel
from fcm_migration.trends.watch.settings import ACTIVE_SUM, FREQUENCY_SPECS

Known = Mapping[str, list[tuple[str, str, date]]]


@dataclass(frozen=True)
class LevelShift:
    """A change of level of one series.

    Attributes:
        row: first period of the new level.
        compared: periods since then that are compared, at most a year.
        before, after: means of a period, in counted units.
        p_value: share of simulated series without a break that are at least as extreme.
    """

    row: int
    compared: int
    before: float
    after: float
    p_value: float


def find_breaks(
    series: pl.DataFrame,
    index: pl.DataFrame,
    series_breaks: pl.DataFrame,
    declared: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return ``trend.breaks``.

    Args:
        series: ``mart.series``.
        index: ``mart.series_index``.
        series_breaks: ``meta.series_breaks``.
        declared: ``meta.policy_events``; None for no policies.

    Raises:
        ConformError: a value is not one its column allows.
    """
    panel = watched_panel(series, index).filter(pl.col("frequency").is_in(FREQUENCIES))
    watched = list(scopes(panel))
    nulls = {name: _null(watched, name) for name in {scope.frequency for scope in watched}}
    known = _events(series_breaks, near_policies(index, declared))
    rows = [
        _row(scope, column, level, known)
        for scope in watched
        for column in range(len(scope.series))
        for level in level_shifts(scope, column, nulls[scope.frequency])
    ]
    if not rows:
        return empty(BREAKS_FOUND)
    made = pl.DataFrame(rows, schema=empty(BREAKS_FOUND).schema)
    return conform(made, BREAKS_FOUND)


def level_shifts(
    scope: Scope, column: int, null: Null, *, size: bool = True
) -> Iterator[LevelShift]:
    """Yield the level shifts of one series, the clearest first.

    Args:
        scope: monthly or quarterly.
        column: of the series in ``scope``.
        null: simulated series without a break, of the same frequency.
        size: whether shifts must also be of the size that is published.
    """
    y, year = scope.values[:, column], scope.spec.year
    span = np.flatnonzero(~np.isnan(y))
    if len(span) == 0 or span[-1] - span[0] + 1 < BREAK_RULES.years * year:
        return
    first = int(span[0])
    y = y[first : int(span[-1]) + 1]
    found = judged(y, scope.spec.months, year, int(scope.facts.item(column, "rounding")))
    statistic = found.statistic[:, 0]
    for row in separate(statistic, year):
        p_value = null.p_value(abs(statistic[row]), float(found.persistence[0]), len(y))
        if p_value > BREAK_RULES.p_value:
            return
        if row == len(y) - year // 2:
            continue  # the newest that can be judged: the change may as well be later
        level = _level(y, row, year, p_value)
        if not size or _is_sizeable(y, level, statistic[row], scope):
            yield LevelShift(row + first, level.compared, level.before, level.after, p_value)


def judged(y: Floats, months: int, year: int, rounding: int) -> Shifts:
    """Return the statistics of one series of counts, T, whose first and last figures are known."""
    x = without_season(logs(y, months)[:, None], year)
    return shifts(x, year, _counting_noise(y, months, year, rounding)[:, None], BREAK_RULES.known)


def _counting_noise(y: Floats, months: int, year: int, rounding: int) -> Floats:
    """Return the smallest standard deviation of a logarithm: that of counting and rounding, T.

    The variance is that of a Poisson count at the mean of the two years around a period (at least
    1) plus that of rounding, rounding^2 / 12; the derivative of the logarithm carries it over.
    """
    total = np.concatenate([[0.0], np.cumsum(np.nan_to_num(y))])
    number = np.concatenate([[0.0], np.cumsum(~np.isnan(y))])
    rows = np.arange(len(y))
    first, last = np.maximum(rows - year, 0), np.minimum(rows + year, len(y))
    mean = (total[last] - total[first]) / np.maximum(number[last] - number[first], 1.0)
    mean = np.maximum(mean, 1.0)
    noise: Floats = np.sqrt(mean + rounding**2 / 12.0) / np.exp(logs(mean, months))
    return noise


def _level(y: Floats, row: int, year: int, p_value: float) -> LevelShift:
    compared = min(year, len(y) - row)
    before = np.nanmean(y[row - year : row - year + compared])
    after = np.nanmean(y[row : row + compared])
    return LevelShift(row, compared, float(before), float(after), p_value)


def _is_sizeable(y: Floats, level: LevelShift, statistic: float, scope: Scope) -> bool:
    """Return whether a shift is large enough to publish, by means and by medians."""
    year, months = scope.spec.year, scope.spec.months
    start = level.row - year
    two_years = np.nansum(y[start : level.row + level.compared])
    if max(level.before, level.after) < BREAK_RULES.least * months or two_years < ACTIVE_SUM:
        return False
    middles = (
        float(np.nanmedian(y[start : start + level.compared])),
        float(np.nanmedian(y[level.row : level.row + level.compared])),
    )
    for before, after in ((level.before, level.after), middles):
        low, high = (before, after) if statistic > 0 else (after, before)
        if not (high > low and high >= BREAK_RULES.ratio * low):
            return False
    return True


def _null(watched: list[Scope], frequency: str) -> Null:
    longest = max(len(scope.periods) for scope in watched if scope.frequency == frequency)
    return simulated_null(FREQUENCY_SPECS[frequency].year, BREAK_RULES.known, longest=longest)


def _events(series_breaks: pl.DataFrame, policies: pl.DataFrame) -> Known:
    """Return dated breaks and policies by series: name, kind and day of the change."""
    begins = series_breaks.select("series_id", "break_id", "break_kind", day="break_first_date")
    ends = series_breaks.select(
        "series_id", "break_id", "break_kind", day=pl.col("break_last_date").dt.offset_by("1d")
    )
    measures = policies.select(
        "series_id",
        pl.col("policy_id").alias("break_id"),
        pl.lit("policy").alias("break_kind"),
        day="policy_date",
    )
    events: dict[str, list[tuple[str, str, date]]] = {}
    dated = (
        pl.concat([begins, ends, measures]).drop_nulls("day").sort("series_id", "break_id", "day")
    )
    for series_id, *event in dated.iter_rows():
        events.setdefault(series_id, []).append((event[0], event[1], event[2]))
    return events


def _row(scope: Scope, column: int, level: LevelShift, known: Known) -> dict[str, object]:
    facts = scope.facts.row(column, named=True)
    period = scope.periods[level.row]
    near = [
        (name, kind)
        for name, kind, day in known.get(facts["series_id"], [])
        if abs(_months(day) - _months(period)) <= scope.spec.months
    ]
    names = sorted({name for name, _ in near})
    counted_anew = any(kind in DEFINITION_KINDS for _, kind in near)
    reading = "definition" if counted_anew else "known_event" if near else "none_known"
    row = {name: facts[name] for name in FACTS if name != "rounding"} | {
        "period": period,
        "direction": "surge" if level.after > level.before else "drop",
        "level_before": level.before,
        "level_after": level.after,
        "periods_compared": level.compared,
        "ratio": level.after / level.before if level.before > 0 else None,
        "p_value": level.p_value,
        "is_provisional": level.compared < scope.spec.year,
        "reading": reading,
        "break_ids": ",".join(names),
    }
    return {name: row[name] for name in BREAKS_FOUND.column_names if name in row} | {
        "explanation": explain_break(row, scope.frequency)
    }


def _months(day: date) -> int:
    return 12 * day.year + day.month
