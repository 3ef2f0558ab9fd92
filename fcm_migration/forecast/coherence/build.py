"""The table of coherent forecasts, made hierarchy by hierarchy and period by period."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.forecast.coherence.hierarchy import (
    Hierarchy,
    History,
    build,
    hierarchies,
    history,
    restrict,
    top,
)
from fcm_migration.forecast.coherence.reconcile import (
    Coherent,
    normal_scores,
    reconcile,
)
from fcm_migration.forecast.coherence.tables import COHERENT
from fcm_migration.forecast.scores import INTERVALS, MEDIAN, QUANTILE_LEVELS
from fcm_migration.periods import PERIODS_PER_YEAR

# places of lower and upper ends in the order of the table's columns
INTERVAL_ENDS = [place for _, low, high in INTERVALS for place in (low, high)]
# the columns made here; whether a sum is shown is added at the end
MADE = {name: kind for name, kind in polars_schema(COHERENT).items() if name != "is_shown"}


def coherent_forecasts(
    quantiles: pl.DataFrame,
    index: pl.DataFrame,
    series: pl.DataFrame,
    hidden: Collection[str] = (),
) -> pl.DataFrame:
    """Return ``forecast.coherent``.

    Every series takes part, also one whose own forecast is not shown, because parts must add up.

    A series whose last figures were withheld has an earlier forecast origin than its whole: its
    forecast of the same period is used, and where it has none the series is part of the remainder.

    Args:
        quantiles: ``forecast.quantiles``; only published ones with all of QUANTILE_LEVELS count.
        index: ``mart.series_index``.
        series: ``mart.series``; figures after a hierarchy's forecast origin are ignored.
        hidden: series of ``forecast.not_shown``; a sum is shown where that of its whole is.
    """
    published = quantiles.filter("is_published")
    known = index.filter(pl.col("series_id").is_in(published["series_id"].unique().implode()))
    frames = [_hierarchy(item, published, known, series) for item in hierarchies(known)]
    empty = pl.DataFrame(schema=MADE)
    is_hidden = pl.col("whole_id").is_in(list(hidden))
    made = pl.concat([empty, *frames]).with_columns((~is_hidden).alias("is_shown"))
    return made.select(COHERENT.column_names).sort(COHERENT.key)


@dataclass(frozen=True)
class _Past:
    """The past of a hierarchy's nodes; the last row is the forecast origin."""

    nodes: Hierarchy
    history: History
    a_year: int

    @property
    def series(self) -> int:
        """Number of nodes that are series; the others are remainders."""
        return len(self.nodes.series)

    def expected(self) -> Floats:
        """Return log1p of the mean of every remainder over a quarter of a year, at every period.

        An unknown remainder counts as its last known one.
        """
        rest = np.maximum(self.history.values[:, self.series :], 0.0)
        for row in range(1, len(rest)):
            rest[row] = np.where(np.isnan(rest[row]), rest[row - 1], rest[row])
        span = max(self.a_year // 4, 1)
        windows = [rest[max(0, row - span + 1) : row + 1] for row in range(len(rest))]
        expected: Floats = np.log1p(np.array([_mean(window) for window in windows]))
        return expected

    def changes(self, steps: int) -> Floats:
        """Return changes of log1p over ``steps`` periods; of remainders, from the expected ones."""
        logs = np.log1p(np.maximum(self.history.values, 0.0))
        before = np.column_stack([logs[:, : self.series], self.expected()])
        changes: Floats = logs[steps:] - before[:-steps]
        return changes

    def remainders(self, steps: int) -> Floats:
        """Return remainders x QUANTILE_LEVELS: expected value plus five years' errors."""
        errors = self.changes(steps)[-5 * self.a_year :, self.series :]
        rows = []
        for column, centre in enumerate(self.expected()[-1]):
            known = errors[~np.isnan(errors[:, column]), column]
            ends = np.quantile(known if len(known) else np.zeros(1), QUANTILE_LEVELS)
            ends = np.concatenate([np.minimum(ends[:3], 0), [0.0], np.maximum(ends[4:], 0)])
            rows.append(np.maximum(np.expm1(centre + ends), 0.0))
        return np.array(rows)


def _past(nodes: Hierarchy, series: pl.DataFrame, a_year: int) -> _Past:
    """Return the past of the splits whose remainder was known within the last year (annual: two).

    The other splits are dropped: an old remainder beside today's whole would shift every part.
    """
    found = history(nodes, series)
    lately = found.values[-max(a_year, 2) :, len(nodes.series) :]
    known = np.asarray((~np.isnan(lately)).any(axis=0))
    if known.all():
        return _Past(nodes, found, a_year)
    kept = build(nodes.name, [s for s, k in zip(nodes.splits, known, strict=True) if k])
    return _Past(kept, history(kept, series) if kept.splits else found, a_year)


def _mean(window: Floats) -> Floats:
    """Return the mean of each column's known figures, 0 where none is known."""
    known = ~np.isnan(window)
    total: Floats = np.where(known, window, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    return total


def _hierarchy(
    whole: Hierarchy, published: pl.DataFrame, index: pl.DataFrame, series: pl.DataFrame
) -> pl.DataFrame:
    """Return the rows of one hierarchy."""
    first = top(whole)
    mine = published.filter(pl.col("series_id").is_in(whole.series))
    facts = index.filter(pl.col("series_id").is_in(whole.series))
    rounding = int(facts["rounding"].min())  # type: ignore[arg-type]
    a_year = PERIODS_PER_YEAR[facts["frequency"][0]]
    ahead = mine.filter(pl.col("series_id") == first)
    ahead = ahead.select("target_period", "origin_date", "horizon").unique().sort("horizon")
    pasts: dict[tuple[str, ...], _Past] = {}
    rows: list[tuple[object, ...]] = []
    for target, origin, horizon in ahead.iter_rows():
        base = _base(mine.filter(pl.col("target_period") == target))
        nodes = restrict(whole, base.keys())
        if nodes is None:
            continue
        if nodes.nodes not in pasts:
            until = series.filter(pl.col("period_start") <= origin)
            pasts[nodes.nodes] = _past(nodes, until, a_year)
        past = pasts[nodes.nodes]
        nodes = past.nodes
        if not nodes.splits:
            continue
        ends = np.vstack([[base[one] for one in nodes.series], past.remainders(horizon)])
        scores = normal_scores(nodes.nodes, past.changes(horizon))
        made = reconcile(nodes, ends, scores, rounding)
        rows += _rows(nodes, ends, made, (origin, horizon, target))
    return pl.DataFrame(rows, schema=MADE, orient="row")


def _base(target: pl.DataFrame) -> dict[str, list[float]]:
    """Return the quantiles of every series that has all of QUANTILE_LEVELS."""
    grouped = target.sort("series_id", "quantile").group_by("series_id", maintain_order=True)
    found = grouped.agg("quantile", pl.col("value").cast(pl.Float64))
    return {
        series_id: values
        for series_id, levels, values in found.iter_rows()
        if len(levels) == len(QUANTILE_LEVELS) and np.allclose(levels, QUANTILE_LEVELS)
    }


def _rows(
    nodes: Hierarchy, base: Floats, made: Coherent, when: tuple[date, int, date]
) -> Iterator[tuple[object, ...]]:
    """Yield one row per member of every split."""
    place = {node: k for k, node in enumerate(nodes.nodes)}
    for split in nodes.splits:
        members = ((split.whole, "whole"), *((part, "part") for part in split.parts))
        for node, kind in (*members, (split.remainder, "remainder")):
            k = place[node]
            ends = made.quantiles[k, INTERVAL_ENDS].tolist()
            figures = (round(base[k, MEDIAN]), int(made.points[k]), *ends)
            yield (nodes.name, split.whole, split.dimension, node, kind, *when, *figures)
