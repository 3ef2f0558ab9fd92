"""Rows of the nowcast tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import empty
from fcm_migration.forecast.nowcast.tables import METHODS, NOWCAST
from fcm_migration.forecast.scores import QUANTILE_LEVELS

EXPLAINED = pl.col("nowcast_method").replace_strict(METHODS, return_dtype=pl.String)


@dataclass(frozen=True)
class Nowcasts:
    """Rows of ``forecast.nowcast`` and of ``forecast.nowcast_scores``."""

    nowcast: pl.DataFrame
    scores: pl.DataFrame


def long_rows(rows: pl.DataFrame, quantiles: Floats) -> pl.DataFrame:
    """Return rows of ``forecast.nowcast``, one per row and quantile level.

    Args:
        rows: the columns of the table but quantile, value and words.
        quantiles: rows x QUANTILE_LEVELS.
    """
    if rows.is_empty():
        return empty(NOWCAST)
    values = np.maximum.accumulate(np.round(quantiles), axis=1).astype(np.int64)
    levels = [str(level) for level in QUANTILE_LEVELS]
    wide = rows.with_columns(
        *(pl.Series(level, values[:, place]) for place, level in enumerate(levels)),
        EXPLAINED.alias("words"),
    )
    long = wide.unpivot(
        levels, index=[*rows.columns, "words"], variable_name="quantile", value_name="value"
    )
    return long.with_columns(pl.col("quantile").cast(pl.Float64)).select(NOWCAST.column_names)
