"""Scores of two forecasters on the same cells, as ratios over series with bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import scoringrules
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CELL = ["series_id", "origin", "horizon"]
QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
INTERVALS = (("covered_50", 2, 4), ("covered_80", 1, 5), ("covered_95", 0, 6))
MEDIAN_OF_THREE = "Median"
DRAWS = 2000
WORST = 1.10
ENOUGH = 12  # origins


@dataclass(frozen=True)
class Ratio:
    """Geometric mean over series of our mean score divided by theirs, at one horizon.

    ``low`` and ``high`` are the ends of the 90 % bootstrap interval over series (none where there
    is one series only): months are shocks that all share, so the true uncertainty is wider.
    ``left_out`` series have a mean score of zero on either side.
    """

    set: str
    horizon: int
    score: str
    ours: str
    against: str
    ratio: float
    low: float | None
    high: float | None
    series: int
    origins: int
    left_out: int


@dataclass(frozen=True)
class Coverage:
    """Share of the observed cells inside the 50, 80 and 95 % intervals of one model."""

    set: str
    horizon: int
    model: str
    cells: int
    covered_50: float
    covered_80: float
    covered_95: float


@dataclass(frozen=True)
class Worse:
    """A series whose mean WIS is more than 1.10 times that of the better of two peers."""

    set: str
    horizon: int
    series_id: str
    origins: int
    ratio: float


def median_of(frame: pl.DataFrame, models: Sequence[str]) -> pl.DataFrame:
    """The peers' median, quantile by quantile, where all of them forecast."""
    keys = [*CELL, "quantile"]
    together = frame.filter(pl.col("model").is_in(models)).group_by(keys)
    made = together.agg(pl.col("value").median(), pl.len().alias("members"))
    complete = made.filter(pl.col("members") == len(models)).drop("members")
    return complete.with_columns(pl.lit(MEDIAN_OF_THREE).alias("model")).select(frame.columns)


def scored(forecasts: pl.DataFrame, observed: pl.DataFrame) -> pl.DataFrame:
    """Score the cells that are observed and that every model forecast.

    Args:
        forecasts: series_id, origin, horizon, model, quantile (all of QUANTILES) and value.
        observed: series_id, origin, horizon and observed.

    Returns:
        one row for each cell and model: wis (weighted interval score of the 50, 80 and 95 %
        intervals: twice the mean quantile loss), ae (absolute error of the median), covered_50,
        covered_80 and covered_95.
    """
    models = forecasts.get_column("model").n_unique()
    wide = (
        forecasts.pivot("quantile", index=[*CELL, "model"], values="value")
        .join(observed.drop_nulls("observed"), on=CELL)
        .drop_nulls()
        .filter(pl.len().over(CELL) == models)
        .sort(*CELL, "model")
    )
    levels = wide.select(str(q) for q in QUANTILES).to_numpy()
    truth = wide.get_column("observed").to_numpy()
    losses = scoringrules.quantile_score(truth[:, None], levels, np.array(QUANTILES))
    inside = {
        name: (truth >= levels[:, low]) & (truth <= levels[:, high])
        for name, low, high in INTERVALS
    }
    return wide.select(*CELL, "model").with_columns(
        wis=pl.Series(2 * losses.mean(axis=1)),
        ae=pl.Series(np.abs(truth - levels[:, QUANTILES.index(0.5)])),
        **{name: pl.Series(values) for name, values in inside.items()},
    )


def by_series(cells: pl.DataFrame) -> pl.DataFrame:
    """Means over the origins of each series, horizon and model, with their number."""
    measures = ("wis", "ae", *(name for name, _, _ in INTERVALS))
    return (
        cells.group_by("series_id", "horizon", "model")
        .agg(pl.len().alias("origins"), *(pl.col(name).mean() for name in measures))
        .sort("series_id", "horizon", "model")
    )


def ratios(
    name: str, means: pl.DataFrame, score: str, ours: str, against: Sequence[str]
) -> Iterator[Ratio]:
    """Compare one model with others at every horizon of a set."""
    for horizon in means.get_column("horizon").unique().sort():
        at = means.filter(pl.col("horizon") == horizon)
        mine = at.filter(pl.col("model") == ours)
        for other in against:
            theirs = at.filter(pl.col("model") == other).select("series_id", pl.col(score))
            pair = mine.join(theirs, on="series_id", suffix="_theirs", validate="1:1")
            whole = pair.filter(pl.col(score) > 0, pl.col(f"{score}_theirs") > 0)
            logs = (whole[score] / whole[f"{score}_theirs"]).log().to_numpy()
            low, high = interval(logs)
            yield Ratio(
                name, horizon, score, ours, other, float(np.exp(logs.mean())), low, high,
                whole.height, max(pair["origins"]), pair.height - whole.height,
            )  # fmt: skip


def interval(logs: Floats, seed: int = 1) -> tuple[float, float] | tuple[None, None]:
    """The 90 % bootstrap interval (over series) of a geometric mean of ratios, if there are two."""
    if len(logs) < 2:
        return None, None
    picks = np.random.default_rng(seed).integers(0, len(logs), (DRAWS, len(logs)))
    low, high = np.quantile(logs[picks].mean(axis=1), (0.05, 0.95))
    return float(np.exp(low)), float(np.exp(high))


def coverages(name: str, cells: pl.DataFrame, models: Sequence[str]) -> Iterator[Coverage]:
    """How often each model's intervals held, by horizon."""
    shares = (
        cells.filter(pl.col("model").is_in(models))
        .group_by("horizon", "model")
        .agg(pl.len().alias("cells"), *(pl.col(column).mean() for column, _, _ in INTERVALS))
        .sort("horizon", "model")
    )
    for horizon, model, *rest in shares.iter_rows():
        yield Coverage(name, horizon, model, *rest)


def worse(name: str, means: pl.DataFrame, ours: str, peers: Sequence[str]) -> Iterator[Worse]:
    """Series beaten by more than a tenth by the better of the peers, with 12 origins or more."""
    better = (
        means.filter(pl.col("model").is_in(peers))
        .group_by("series_id", "horizon")
        .agg(pl.col("wis").min().alias("best"))
    )
    found = (
        means.filter(pl.col("model") == ours, pl.col("origins") >= ENOUGH)
        .join(better, on=["series_id", "horizon"])
        .filter(pl.col("wis") > WORST * pl.col("best"))
        .with_columns((pl.col("wis") / pl.col("best")).alias("ratio"))
        .sort("horizon", "ratio", descending=[False, True])
    )
    rows = found.select("horizon", "series_id", "origins", "ratio")
    yield from (Worse(name, *row) for row in rows.iter_rows())


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The power of the size that the cost grows with: slope of the least squares of logarithms."""
    slope, _ = np.polyfit(np.log(sizes), np.log(costs), 1)
    return float(slope)
