"""Scores of nowcasts, and the choice of the published method: one rule for every task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.forecast.nowcast.tables import PUBLISHED
from fcm_migration.forecast.scores import COVERAGE_COLUMNS, coverage, wis

# A method replaces the simple rule only if its WIS is lower both in counts and on the log scale,
# and the geometric mean of the two ratios is below this.
BETTER = 0.98
MEASURES = ("wis", "log_wis", *COVERAGE_COLUMNS)


def scored(cases: pl.DataFrame, observed: Floats, quantiles: Floats) -> pl.DataFrame:
    """Return the cases with their :data:`MEASURES`.

    Args:
        cases: the columns that identify each case, one row each.
        observed: the observed total, by case.
        quantiles: cases by :data:`QUANTILE_LEVELS`.
    """
    return cases.with_columns(
        wis=wis(observed, quantiles),
        log_wis=wis(np.log1p(observed), np.log1p(quantiles)),
        **coverage(observed, quantiles),
    )


def choose(means: Mapping[str, tuple[float, float]], candidates: Sequence[str], simple: str) -> str:
    """Return the method with the best past score; the simple rule unless one is clearly better.

    :data:`BETTER` defines clearly better; the best has the lowest product of the two mean WIS.

    Args:
        means: mean WIS in counts and on the log scale, by method, over the same cases.
        candidates: methods that may be published.
        simple: the simple rule, one of them.
    """
    bar = means.get(simple, (0.0, 0.0))
    if min(bar) <= 0:
        return simple
    better = {}
    for name in sorted(set(candidates) & set(means)):
        wis, log_wis = (mine / its for mine, its in zip(means[name], bar, strict=True))
        if max(wis, log_wis) < 1 and wis * log_wis < BETTER**2:
            better[name] = wis * log_wis
    return min(better, key=lambda name: better[name]) if better else simple


def chosen_at(
    cases: pl.DataFrame, day: date, candidates: Sequence[str], simple: str, fewest: int
) -> str:
    """Return the method chosen on the cases whose target was known by a day.

    The simple rule where fewer targets than ``fewest`` were known.

    Args:
        cases: judged cases of one stage, with nowcast_method, target_period and known_date.
        day: the day of the choice.
        candidates: methods that may be published.
        simple: the simple rule.
        fewest: targets that must be known.
    """
    known = cases.filter(pl.col("known_date") <= day)
    if known.get_column("target_period").n_unique() < fewest:
        return simple
    return choose(mean_scores(known), candidates, simple)


def mean_scores(cases: pl.DataFrame) -> dict[str, tuple[float, float]]:
    """Return mean WIS in counts and on the log scale, by method."""
    means = cases.group_by("nowcast_method").agg(pl.col("wis").mean(), pl.col("log_wis").mean())
    return {name: (wis, log_wis) for name, wis, log_wis in means.iter_rows()}


def with_choice(
    cases: pl.DataFrame, candidates: Sequence[str], simple: str, fewest: int
) -> pl.DataFrame:
    """Return the cases with those of ``published``: the method :func:`chosen_at` each origin.

    Args:
        cases: judged cases with stage, nowcast_method, target_period, origin_date (the day of the
            nowcast) and known_date (the day its target was known).
        candidates: methods that may be published.
        simple: the simple rule.
        fewest: targets that must be known before anything but the simple rule is chosen.
    """
    parts = [cases]
    for _, group in cases.group_by("stage", maintain_order=True):
        choice = _choices(group, candidates, simple, fewest)
        best = group.join(choice, on=["origin_date", "nowcast_method"], how="semi")
        parts.append(best.with_columns(pl.lit(PUBLISHED).alias("nowcast_method")))
    return pl.concat(parts)


def _choices(
    cases: pl.DataFrame, candidates: Sequence[str], simple: str, fewest: int
) -> pl.DataFrame:
    """Return the method chosen at each origin of one stage: origin_date, nowcast_method."""
    wide = cases.sort("origin_date").pivot(
        "nowcast_method", index=["origin_date", "known_date"], values=["wis", "log_wis"]
    )
    known = wide.get_column("known_date").search_sorted(
        wide.get_column("origin_date"), side="right"
    )
    names = cases.get_column("nowcast_method").unique(maintain_order=True).to_list()
    sums = {
        name: [np.cumsum(wide.get_column(f"{kind}_{name}")) for kind in ("wis", "log_wis")]
        for name in names
    }

    def chosen(n: int) -> str:
        if n < fewest:
            return simple
        means = {name: (wis[n - 1] / n, log[n - 1] / n) for name, (wis, log) in sums.items()}
        return choose(means, candidates, simple)

    methods = pl.Series("nowcast_method", [chosen(n) for n in known], dtype=pl.String)
    return wide.select("origin_date").with_columns(methods)


def summarise(cases: pl.DataFrame, simple: str) -> pl.DataFrame:
    """Return mean scores by stage and method, relative to the simple rule on the same cases.

    Args:
        cases: judged cases with nowcast_task, indicator, unit, stage, nowcast_method,
            vintage_basis, vintages and target_period; every method at the same cases.
        simple: the rule that the others are compared with.

    Returns:
        rows of ``forecast.nowcast_scores`` without ``is_published``.
    """
    keys = ["nowcast_task", "indicator", "unit", "stage", "vintage_basis", "vintages"]
    means = cases.group_by(*keys, "nowcast_method").agg(
        pl.len().cast(pl.Int64).alias("cases"),
        pl.col("target_period").min().alias("first_target_period"),
        pl.col("target_period").max().alias("last_target_period"),
        *(pl.col(name).mean() for name in MEASURES),
    )
    bar = means.filter(pl.col("nowcast_method") == simple).select(
        *keys, pl.col("wis").alias("__wis"), pl.col("log_wis").alias("__log_wis")
    )
    ratio = {name: pl.col(name) / pl.col(f"__{name}") for name in ("wis", "log_wis")}
    return (
        means.join(bar, on=keys, how="left")
        .with_columns(
            relative_wis=pl.when(pl.col("__wis") > 0).then(ratio["wis"]),
            relative_log_wis=pl.when(pl.col("__log_wis") > 0).then(ratio["log_wis"]),
        )
        .drop("__wis", "__log_wis", "log_wis")
        .sort(*keys, "nowcast_method")
    )


def describe_releases(dates: Sequence[date]) -> str:
    """Return the releases a score is based on, in a few words."""
    if len(dates) == 1:
        return f"release of {dates[0].isoformat()}"
    return f"{len(dates)} releases, {min(dates).isoformat()} to {max(dates).isoformat()}"
