"""One fan a series: its median jumps no further than the series itself has done."""

from __future__ import annotations

import polars as pl

from fcm_migration import store
from fcm_migration.config import Home
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import SERIES, SERIES_INDEX

LOG = pl.col("value").cast(pl.Float64).log1p()
NEWEST = 60  # periods of a series' own past


def largest_jumps(medians: pl.DataFrame) -> pl.DataFrame:
    """The largest change of log(1 + median) between neighbouring periods ahead, by series."""
    steps = medians.sort("series_id", "horizon").with_columns(
        LOG.diff().abs().over("series_id").alias("jump"),
        pl.col("value").diff().abs().over("series_id").alias("counts"),
    )
    return (
        steps.drop_nulls("jump")
        .sort("jump")
        .group_by("series_id")
        .agg(pl.col("jump", "counts", "horizon").last())
    )


def own_steps(series: pl.DataFrame) -> pl.DataFrame:
    """What 9 in 10 of a series' own newest changes stay below, and the largest of them."""
    known = series.drop_nulls("value").sort("series_id", "period_start")
    steps = known.with_columns(LOG.diff().abs().over("series_id").alias("step")).drop_nulls("step")
    newest = pl.col("step").tail(NEWEST)
    return steps.group_by("series_id").agg(
        newest.quantile(0.9).alias("usual"), newest.max().alias("largest")
    )


def seams(medians: pl.DataFrame, series: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Series whose median jumps further than one of their own largest steps."""
    facts = index.select("series_id", "frequency", "rounding")
    found = largest_jumps(medians).join(own_steps(series), on="series_id").join(facts, "series_id")
    most = pl.when(pl.col("frequency") == "A").then("largest").otherwise("usual")
    return found.filter(pl.col("counts") > pl.col("rounding"), pl.col("jump") > most)


def test_no_published_forecast_has_a_seam(bundled_home: Home) -> None:
    """Monthly and quarterly medians stay below 9 in 10 of the series' own steps."""
    quantiles, series, index = (
        store.read(bundled_home.table(table.layer, table.name), table)
        for table in (QUANTILES, SERIES, SERIES_INDEX)
    )
    medians = quantiles.filter("is_published", pl.col("quantile") == 0.5)
    assert medians.get_column("series_id").n_unique() > 1000
    assert seams(medians, series, index).rows(named=True) == []


def test_a_seam_would_be_seen(bundled_home: Home) -> None:
    """The last value for three months and the value a year before from then on, as once was."""
    quantiles, series, index = (
        store.read(bundled_home.table(table.layer, table.name), table)
        for table in (QUANTILES, SERIES, SERIES_INDEX)
    )
    often = index.filter(pl.col("frequency") != "A")
    median = quantiles.filter(pl.col("quantile") == 0.5).join(often, on="series_id", how="semi")
    names = {"naive": pl.col("horizon") <= 3, "seasonal_naive": pl.col("horizon") > 3}
    joined = pl.concat([median.filter(when, model=name) for name, when in names.items()])
    assert seams(joined, series, index).height > 10
