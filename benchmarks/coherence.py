"""What adding up costs: coherent forecasts against published ones on a backtest.

``fcm backtest`` writes the backtest; figures are ratios of sums, coherent over base, by kind of
node, with a 90 % interval from a bootstrap of blocks of six origins::

    python -m benchmarks.coherence --home data --backtest backtest.parquet
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from fcm_migration.config import Home
from fcm_migration.forecast.coherence import coherent_forecasts
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.store import read

BLOCK = 6
DRAWS = 1000
ENDS = ("lower_95", "lower_80", "lower_50", "value", "upper_50", "upper_80", "upper_95")


def compare(backtest: pl.DataFrame, index: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Return absolute error and WIS of every series, origin and horizon, base and coherent.

    Args:
        backtest: series_id, origin, horizon, target_period, model, quantile, value, observed.
        index: ``mart.series_index``.
        series: ``mart.series``.
    """
    published = backtest.filter(pl.col("model") == "published")
    asked = published.with_columns(
        pl.col("origin").alias("origin_date"), pl.lit(value=True).alias("is_published")
    )
    made = pl.concat(
        coherent_forecasts(asked.filter(pl.col("origin") == origin), index, series)
        for origin in asked["origin"].unique().sort()
    )
    # a whole stands once for each dimension it is broken down by: kept once
    made = made.filter(pl.col("node_kind") != "remainder").sort("node_kind")
    made = made.unique(["node_id", "origin_date", "horizon"], keep="first", maintain_order=True)
    base = published.filter(pl.col("observed").is_not_null()).pivot(
        on="quantile",
        on_columns=QUANTILE_LEVELS,
        index=["series_id", "origin", "horizon", "observed"],
        values="value",
    )
    both = base.join(
        made.with_columns(pl.col(ENDS).cast(pl.Float64)),
        left_on=["series_id", "origin", "horizon"],
        right_on=["node_id", "origin_date", "horizon"],
    )
    before = [str(level) for level in QUANTILE_LEVELS]
    return both.select(
        "hierarchy", "node_kind", "dimension", "series_id", "origin", "horizon",
        (pl.col("observed") - pl.col("0.5")).abs().alias("mae_base"),
        (pl.col("observed") - pl.col("value")).abs().alias("mae"),
        _wis(before).alias("wis_base"),
        _wis(ENDS).alias("wis"),
    )  # fmt: skip


def _wis(columns: list[str] | tuple[str, ...]) -> pl.Expr:
    """Weighted interval score of 50, 80 and 95 % (Bracher et al. 2021) as mean quantile losses."""
    losses = []
    for level, column in zip(QUANTILE_LEVELS, columns, strict=True):
        error = pl.col("observed") - pl.col(column)
        losses.append(2 * pl.max_horizontal(level * error, (level - 1) * error))
    return pl.mean_horizontal(losses)


def ratio(frame: pl.DataFrame, measure: str) -> tuple[float, float, float]:
    """Coherent over base with its 90 % interval."""
    sums = frame.group_by("origin").agg(pl.col(measure, f"{measure}_base").sum()).sort("origin")
    own, base = sums[measure].to_numpy(), sums[f"{measure}_base"].to_numpy()
    size = min(BLOCK, len(own))
    starts = np.random.default_rng(0).integers(
        0, len(own) - size + 1, (DRAWS, max(1, len(own) // size))
    )
    drawn = (starts[:, :, None] + np.arange(size)).reshape(DRAWS, -1)
    low, high = np.quantile(own[drawn].sum(axis=1) / base[drawn].sum(axis=1), [0.05, 0.95])
    return float(own.sum() / base.sum()), float(low), float(high)


def lines(compared: pl.DataFrame) -> list[str]:
    """A line for each hierarchy, kind of node and dimension."""
    made = []
    key = ["hierarchy", "node_kind", "dimension"]
    for names, part in compared.sort(key).group_by(key, maintain_order=True):
        figures = [ratio(part, measure) for measure in ("mae", "wis")]
        words = [
            f"{n} {r:.3f} [{a:.3f}, {b:.3f}]"
            for n, (r, a, b) in zip(("MAE", "WIS"), figures, strict=True)
        ]
        label = " ".join(str(name) for name in names)
        made.append(f"{label}: {part['series_id'].n_unique()} series, {', '.join(words)}")
    return made


def main() -> None:
    """Read, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--backtest", type=Path, required=True)
    given = parser.parse_args()
    home = Home(given.home)
    index = read(home.table("mart", "series_index"), SERIES_INDEX)
    series = read(home.table("mart", "series"), SERIES)
    print("\n".join(lines(compare(pl.read_parquet(given.backtest), index, series))))


if __name__ == "__main__":
    main()
