"""The drivers that are tried, how they are read from the marts, and the forecasts they correct."""

from __future__ import annotations

import polars as pl

from fcm_migration.studies.drivers.scores import judge, trials
from fcm_migration.studies.drivers.series import BASE, PANEL, POOL_LAGS, Driver

US, UK, UNHCR = tuple(POOL_LAGS)
DECLARED = (
    Driver(
        "unhcr_elsewhere",
        "New asylum applications of the same origin in all other countries (UNHCR)",
        "unhcr_asylum_applications",
        "asylum_applications_new",
        "A",
        lag=6,
        pools=(US, UK, UNHCR),
        is_elsewhere=True,
    ),
    Driver(
        "uk_irregular_arrivals",
        "Irregular arrivals of the same nationality in the United Kingdom",
        "uk_irregular_migration",
        "irregular_arrivals",
        "Q",
        lag=2,
        pools=(UK,),
    ),
    Driver(
        "eurostat_first_time",
        "First-time asylum applicants in the European Union, all citizenships together",
        "eurostat_asylum_monthly",
        "asylum_applicants_first_time",
        "M",
        lag=3,
        pools=(UK,),
        by_origin=False,
        is_same_unit=False,
    ),
    Driver(
        "iom_deaths_us_border",
        "Dead and missing on the border of Mexico and the United States",
        "iom_missing_migrants",
        "migrant_deaths",
        "M",
        lag=1,
        pools=(US,),
        by_origin=False,
        is_same_unit=False,
        place="US-Mexico border crossing",
    ),
    Driver(
        "iom_deaths_channel",
        "Dead and missing in the English Channel",
        "iom_missing_migrants",
        "migrant_deaths",
        "M",
        lag=1,
        pools=(UK,),
        by_origin=False,
        is_same_unit=False,
        place="English Channel to the UK",
    ),
    Driver(
        "frontex_detections",
        "Detections of the same nationality at the Union's external border (Frontex)",
        "frontex_ibc",
        "eu_border_detections",
        "M",
        lag=2,
        pools=(UK, US, UNHCR),
    ),
    Driver(
        "ucdp_deaths",
        "Deaths in organised violence in the country of origin (UCDP)",
        "ucdp_ged",
        "conflict_deaths",
        "M",
        lag=1,
        pools=(US, UK, UNHCR),
        is_same_unit=False,
        least=25.0,
    ),
)


def panel_of(driver: Driver, flows: pl.DataFrame) -> pl.DataFrame:
    """A driver's figures (rows of PANEL) out of ``mart.flows``; without rows if it has none.

    Whole periods only. Each driver has one destination, or ``all`` from which the destination's own
    figure is taken.
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
    """All destinations' figure less the own one, for each destination that has figures."""
    every = flows.filter(pl.col("destination_iso3") == "all").drop("destination_iso3")
    own = flows.filter(pl.col("destination_iso3") != "all").select(*PANEL[:3], own="value")
    return (
        every.join(own.select("destination_iso3").unique(), how="cross")
        .join(own, on=PANEL[:3], how="left")
        .with_columns((pl.col("value") - pl.col("own").fill_null(0)).clip(0).alias("value"))
        .select(PANEL)
    )


def base_of(track: pl.DataFrame, index: pl.DataFrame, pool: str) -> pl.DataFrame:
    """Backtested forecasts (rows of BASE) of a pool's countries of origin, one series each.

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
    """Rows of ``forecast.drivers`` of every driver that has figures, for each of its pools.

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
