"""Scores of past totals of a year, by method and months remaining."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import conform, empty
from fcm_migration.forecast.scores import COVERAGE_COLUMNS, QUANTILE_LEVELS, coverage, wis
from fcm_migration.forecast.year_totals.ratio import ratio_quantiles
from fcm_migration.forecast.year_totals.tables import (
    ALL_SERIES,
    INDEPENDENT,
    PUBLISHED,
    RATIO,
    YEAR_TOTAL_SCORES,
)
from fcm_migration.forecast.year_totals.years import Monthly, Year

BANDS = ((1, 3), (4, 6), (7, 9), (10, 12), (1, 12))  # months remaining
CASE = {
    "scored_series": pl.String,
    "year_kind": pl.String,
    "origin_date": pl.Date,
    "months": pl.Int64,
    "total_method": pl.String,
    "observed": pl.Float64,
}
KEYS = ["scored_series", "year_kind", "months_from", "months_to"]


class Cases:
    """Past totals as they are gathered, then scored all at once."""

    def __init__(self, every: Sequence[Monthly]) -> None:
        self.every = every
        self.rows: list[tuple[object, ...]] = []
        self.quantiles: list[Floats] = []

    def add(self, year: Year, origin: date, published: Floats, independent: Floats) -> None:
        """Add one total by every method; that of the simple rule where it has one."""
        kind = year.series.kind
        made = {
            PUBLISHED: published,
            INDEPENDENT: independent,
            RATIO: ratio_quantiles(year, origin, self.every),
        }
        for method, levels in made.items():
            if levels is not None:
                name = year.series.series_id
                self.rows.append((name, kind, origin, year.remaining, method, year.total()))
                self.quantiles.append(levels)

    def scores(self) -> pl.DataFrame:
        """Return rows of ``forecast.year_total_scores``."""
        if not self.rows:
            return empty(YEAR_TOTAL_SCORES)
        cases = pl.DataFrame(self.rows, schema=CASE, orient="row")
        observed = cases["observed"].to_numpy()
        levels = np.array(self.quantiles).reshape(-1, len(QUANTILE_LEVELS))
        scored = cases.with_columns(
            wis=wis(observed, levels),
            log_wis=wis(np.log1p(observed), np.log1p(levels)),
            **coverage(observed, levels),
        )
        bar = scored.filter(pl.col("total_method") == RATIO).select(
            "scored_series", "year_kind", "origin_date", bar="log_wis"
        )
        beside = scored.join(bar, on=["scored_series", "year_kind", "origin_date"], how="left")
        pooled = beside.with_columns(
            pl.lit(ALL_SERIES).alias("scored_series"), pl.lit(None, dtype=pl.Float64).alias("wis")
        )
        parts = [_summary(pl.concat([beside, pooled]), *band) for band in BANDS]
        return conform(pl.concat(parts).sort(*KEYS, "total_method"), YEAR_TOTAL_SCORES)


def _summary(cases: pl.DataFrame, least: int, most: int) -> pl.DataFrame:
    """Return the mean scores of the cases with so many months remaining."""
    compared = pl.col("log_wis").filter(pl.col("bar").is_not_null()).sum()
    bar = pl.col("bar").sum()
    return (
        cases.filter(pl.col("months").is_between(least, most))
        .with_columns(
            pl.lit(least, dtype=pl.Int64).alias("months_from"),
            pl.lit(most, dtype=pl.Int64).alias("months_to"),
        )
        .group_by(*KEYS, "total_method")
        .agg(
            pl.len().cast(pl.Int64).alias("cases"),
            pl.col("origin_date").min().alias("first_origin_date"),
            pl.col("origin_date").max().alias("last_origin_date"),
            pl.col("wis").mean(),
            pl.col("log_wis").mean(),
            pl.when(bar > 0).then(compared / bar).alias("relative_log_wis"),
            pl.col(*COVERAGE_COLUMNS).mean(),
        )
    )
