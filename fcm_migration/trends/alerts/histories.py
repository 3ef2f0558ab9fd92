"""Histories of alerts: their episodes, outcomes, and the past episodes most like them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from fcm_migration.arrays import Bools, Floats
from fcm_migration.catalog.derive import empty
from fcm_migration.trends.alerts.settings import PRECEDENT
from fcm_migration.trends.alerts.tables import PRECEDENTS
from fcm_migration.trends.scoring.outcomes import NAMES, Episode, episode_rows, episodes
from fcm_migration.trends.scoring.settings import SURGE
from fcm_migration.trends.scoring.surges import Surge, surges
from fcm_migration.trends.watch.panel import Scope


def judged_surges(
    scopes: Sequence[Scope], labelled: Mapping[str, Sequence[Surge]], size: float = SURGE.size
) -> dict[str, list[Surge]]:
    """Return the surges of each scope by its name: those found by rule, then labelled ones."""
    return {
        scope.name: [*surges(scope, size=size), *labelled.get(scope.name, ())] for scope in scopes
    }


def flags_of(scope: Scope, rows: pl.DataFrame, direction: str, tier: str | None = None) -> Bools:
    """Return the alerts of one scope as flags, periods x series.

    Args:
        scope: the scope.
        rows: scope, series_id, period, direction and tier of alerts.
        direction: surge or drop.
        tier: only this tier; None for both.
    """
    flags = np.zeros(scope.values.shape, dtype=bool)
    own = rows.filter((pl.col("scope") == scope.name) & (pl.col("direction") == direction))
    if tier is not None:
        own = own.filter(pl.col("tier") == tier)
    row = {period: number for number, period in enumerate(scope.periods)}
    column = {name: number for number, name in enumerate(scope.series)}
    for series, period in own.select("series_id", "period").iter_rows():
        if series in column and period in row:
            flags[row[period], column[series]] = True
    return flags


def with_episodes(
    rows: pl.DataFrame, scopes: Sequence[Scope], found: Mapping[str, Sequence[Surge]]
) -> pl.DataFrame:
    """Add episode_start, opens_episode, is_counted and outcome to detected alerts.

    Args:
        rows: from :func:`fcm_migration.trends.alerts.detect.detect_alerts`.
        scopes: of the newest panel; rows of a series that is in none of them are left out.
        found: surges by scope, from :func:`judged_surges`.
    """
    parts = []
    for scope in scopes:
        for direction in ("surge", "drop"):
            flags = flags_of(scope, rows, direction)
            if not flags.any():
                continue
            judged = episodes(scope, flags, found[scope.name]) if direction == "surge" else []
            parts.append(_episode_rows(scope, flags, direction, judged))
    marks = pl.concat(parts) if parts else _no_marks()
    return rows.join(marks, on=("series_id", "period", "direction", "scope"), how="inner")


def _episode_rows(
    scope: Scope, flags: Bools, direction: str, judged: Sequence[Episode]
) -> pl.DataFrame:
    outcome = {(e.row, e.series): NAMES[e.outcome] for e in judged}
    at, column = np.nonzero(flags)
    starts = episode_rows(flags, scope.spec, reissued=False)[at, column]
    issued = episode_rows(flags, scope.spec)[at, column]
    names = scope.series
    return pl.DataFrame(
        {
            "series_id": [names[c] for c in column],
            "period": [scope.periods[r] for r in at],
            "direction": [direction] * len(at),
            "scope": [scope.name] * len(at),
            "episode_start": [scope.periods[r] for r in starts],
            "opens_episode": at == starts,
            "is_counted": at == issued,
            "outcome": [outcome.get((int(r), int(c))) for r, c in zip(issued, column, strict=True)],
        },
        schema_overrides={
            "period": pl.Date, "episode_start": pl.Date, "outcome": pl.String,
        },
    )  # fmt: skip


def _no_marks() -> pl.DataFrame:
    return pl.DataFrame(
        schema={
            "series_id": pl.String, "period": pl.Date, "direction": pl.String, "scope": pl.String,
            "episode_start": pl.Date, "opens_episode": pl.Boolean, "is_counted": pl.Boolean,
            "outcome": pl.String,
        }
    )  # fmt: skip


def precedents(rows: pl.DataFrame, scopes: Sequence[Scope]) -> pl.DataFrame:
    """Return ``trend.precedents``: for every alert the most similar earlier episodes.

    Distance is taken in logarithms (base 2) of growth, own growth and expected level, and in
    points of the deviance residual (:data:`fcm_migration.trends.alerts.settings.PRECEDENT`).
    Episodes are of the same source, indicator, frequency, dimension and direction, and opened at
    least a year earlier; an alert is never compared with its own episode.
    """
    # series of single routes are never compared with those of all routes, which contain them
    whole = (pl.col("route") == "all").alias("__whole")
    keys = ("source_id", "indicator", "frequency", "dimension", "direction", whole)
    by_name = {scope.name: scope for scope in scopes}
    parts = []
    for _, group in rows.group_by(keys, maintain_order=True):
        starts = group.filter("opens_episode")
        if not starts.is_empty():
            parts.append(_nearest(group, starts, by_name))
    return pl.concat(parts) if parts else empty(PRECEDENTS)


def _nearest(
    group: pl.DataFrame, starts: pl.DataFrame, scopes: Mapping[str, Scope]
) -> pl.DataFrame:
    mine, theirs = _features(group), _features(starts)
    days = group.get_column("period").to_numpy().astype("datetime64[D]")
    opened = starts.get_column("period").to_numpy().astype("datetime64[D]")
    after = _levels(starts, scopes)
    names = starts.get_column("alert_id").to_list()
    own = group.get_column("alert_id").to_list()
    episode = ["series_id", "episode_start"]
    number_of = {key: n for n, key in enumerate(starts.select(episode).iter_rows())}
    mine_is = [number_of.get(key) for key in group.select(episode).iter_rows()]
    picked: dict[str, list[object]] = {name: [] for name in PRECEDENTS.column_names}
    for number, name in enumerate(own):
        distance = np.sqrt(((theirs - mine[number]) ** 2).sum(axis=1))
        distance[opened > days[number] - np.timedelta64(PRECEDENT.days_before, "D")] = np.inf
        if mine_is[number] is not None:
            distance[mine_is[number]] = np.inf
        for rank, other in enumerate(np.argsort(distance, kind="stable")[: PRECEDENT.shown], 1):
            if np.isfinite(distance[other]):
                before, later = after[other]
                values = (name, rank, names[other], float(distance[other]), before, later)
                for column, value in zip(picked, values, strict=True):
                    picked[column].append(value)
    return pl.DataFrame(picked, schema=empty(PRECEDENTS).schema, strict=False)


def _features(rows: pl.DataFrame) -> Floats:
    columns = rows.select(
        pl.col("ratio").clip(1e-3).log(2) / PRECEDENT.growth,
        pl.col("own_ratio").clip(1e-3).log(2) / PRECEDENT.growth,
        pl.col("expected").clip(1.0).log(2) / PRECEDENT.level,
        pl.col("score_surprise") / PRECEDENT.residual,
    )
    values: Floats = columns.to_numpy().astype(np.float64)
    return values


def _levels(starts: pl.DataFrame, scopes: Mapping[str, Scope]) -> list[tuple[float, float | None]]:
    """Return the mean of the year before each episode, and of the half-year after if it is over.

    The second is also None where no figure of that half-year is printed.
    """
    found: list[tuple[float, float | None]] = []
    for name, series, period, expected in starts.select(
        "scope", "series_id", "period", "expected"
    ).iter_rows():
        scope = scopes[name]
        row, column = scope.row(period), scope.series.index(series)
        half = max(1, scope.spec.year // 2)
        # detection counts a row left out as 0, but the level after an episode must be printed
        later = scope.printed[row + 1 : row + 1 + half, column]
        whole = len(later) == half and not np.isnan(later).all()
        found.append((float(expected), float(np.nanmean(later)) if whole else None))
    return found
