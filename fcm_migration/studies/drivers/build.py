"""The study: drivers' figures and past forecasts from the marts, the verdict on every driver."""

from __future__ import annotations

import polars as pl

from fcm_migration.studies.drivers.features import BASE, PANEL
from fcm_migration.studies.drivers.settings import DECLARED, POOL_LAGS, Driver
from fcm_migration.studies.drivers.verdict import judge, trials


def panel_of(driver: Driver, flows: pl.DataFrame) -> pl.DataFrame:
    """Return a driver's figures (rows of PANEL) from ``mart.flows``; no rows if it has none.

    Complete periods only. A driver has one destination; where it is counted elsewhere, the own
    figure of each destination is subtracted from that of all.
    """
    mine = flows.filter(
        (pl.col("source_id") == driver.source_id)
        & (pl.col("indicator") == driver.indicator)
        & (pl.col("frequency") == driver.frequency)
        & (pl.col("place") == driver.place)
        & (pl.col("route") == "all")
        & (pl.col("population_group") == "all")
        & ~pl.col("is_partial")
    )
    if driver.by_origin:
        mine = mine.filter(pl.col("origin_class") == "country")
    else:
        mine = mine.filter(pl.col("origin_iso3") == "total").with_columns(origin_iso3=pl.lit("any"))
    if driver.is_elsewhere:
        return _elsewhere(mine)
    together = mine["destination_iso3"].is_in(["eu", "all", "none"])
    if together.any():
        mine = mine.filter(together)
    return mine.select(pl.lit("any").alias("destination_iso3"), *PANEL[1:])


def _elsewhere(flows: pl.DataFrame) -> pl.DataFrame:
    """Return, per destination, the figure of all destinations less its own."""
    every = flows.filter(pl.col("destination_iso3") == "all").drop("destination_iso3")
    own = flows.filter(pl.col("destination_iso3") != "all").select(*PANEL[:3], own="value")
    return (
        every.join(own.select("destination_iso3").unique(), how="cross")
        .join(own, on=PANEL[:3], how="left")
        .with_columns((pl.col("value") - pl.col("own").fill_null(0)).clip(0).alias("value"))
        .select(PANEL)
    )


def base_of(track: pl.DataFrame, index: pl.DataFrame, pool: str) -> pl.DataFrame:
    """Return backtested forecasts (rows of BASE) of a pool: one series per country of origin.

    Args:
        track: rows of ``forecast.track_record``.
        index: rows of ``mart.series_index``.
        pool: source, indicator and frequency.
    """
    source, indicator, frequency = pool.split("/")
    series = index.filter(
        (pl.col("source_id") == source)
        & (pl.col("indicator") == indicator)
        & (pl.col("frequency") == frequency)
        & (pl.col("origin_class") == "country")
        & (pl.col("route") == "all")
        & (pl.col("place") == "all")
        & (pl.col("population_group") == "all")
        & (pl.col("destination_iso3") != "all")
    ).select(
        "series_id",
        pl.lit(pool).alias("pool"),
        "frequency",
        "destination_iso3",
        "origin_iso3",
        pl.col("rounding").cast(pl.Float64).alias("rounding"),
    )
    kept = track.filter(pl.col("record_kind") == "backtest").rename({"observed_value": "observed"})
    return kept.join(series, on="series_id").select(BASE)


def try_drivers(track: pl.DataFrame, flows: pl.DataFrame, index: pl.DataFrame) -> pl.DataFrame:
    """Return the verdict on every driver that has figures, for each of its pools.

    The columns of ``forecast.drivers`` but when and on which edition it was measured.

    Args:
        track: rows of ``forecast.track_record``.
        flows: rows of ``mart.flows``.
        index: rows of ``mart.series_index``.
    """
    bases = {pool: base_of(track, index, pool) for pool in POOL_LAGS}
    panels = {driver: panel_of(driver, flows) for driver in DECLARED}
    return judge(
        [
            trial
            for driver, panel in panels.items()
            for pool in driver.pools
            if not panel.is_empty() and not bases[pool].is_empty()
            for trial in trials(bases[pool], driver, panel)
        ]
    )
