"""Drivers: do upstream figures foretell what the published forecasts got wrong?

A driver is a series by origin (or one for all) of another publisher. Whether it helps is measured,
not assumed (see :mod:`fcm_migration.forecast.drivers_correction`). Here is what was known of it at
each origin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.errors import UsageError
from fcm_migration.forecast.scores import LEVEL_COLUMNS
from fcm_migration.periods import MONTHS_PER_PERIOD

BASE = (
    "series_id", "pool", "frequency", "destination_iso3", "origin_iso3", "rounding", "origin_date",
    "horizon", "target_period", *LEVEL_COLUMNS, "observed",
)  # fmt: skip
PANEL = ("destination_iso3", "origin_iso3", "period_start", "value")
MOVES = ("growth", "gap_3", "gap_year", "level")
FEATURES = (*MOVES, "ratio")
LIMIT = 5.0  # a feature further than five of its own scales says no more than five
RELEVANT = 0.1  # least share of a series that passes through a driver of the same unit
USUAL, FEWEST = 12, 3  # origins whose ratio of driver to forecast is the usual one; at least
HORIZONS = {"M": (1, 2, 3, 6), "Q": (1, 2, 4), "A": (1, 2)}
# months after the end of a period until its pool's publisher releases it: what a driver may know
POOL_LAGS = {
    "us_ohss_usbp/border_encounters/M": 1,
    "uk_asylum_claims/asylum_claims/Q": 2,
    "unhcr_asylum_applications/asylum_applications_new/A": 6,
}


@dataclass(frozen=True)
class Driver:
    """An upstream series and what may be known of it.

    Attributes:
        driver: name.
        title: what it is, in words.
        source_id: dataset.
        indicator: measure.
        frequency: M, Q or A.
        lag: months after the end of a period until it is published.
        pools: pools it is tried on, names of POOL_LAGS.
        by_origin: one series for each origin; else one for all.
        is_same_unit: counts people as the pool does, so that its size beside the forecast says how
            much of a series passes through it.
        least: added to the counts before the logarithm, so that small ones do not shout.
        place: label of the place (route) in the source.
        is_elsewhere: the destination's own figure is taken off the total of all destinations.
    """

    driver: str
    title: str
    source_id: str
    indicator: str
    frequency: str
    lag: int
    pools: tuple[str, ...]
    by_origin: bool = True
    is_same_unit: bool = True
    least: float = 10.0
    place: str = "all"
    is_elsewhere: bool = False


def newest_known(driver: Driver, pool: str, frequency: str) -> pl.Expr:
    """First day of the driver's newest period that is out when the pool's origin period is.

    Args:
        driver: the driver.
        pool: the pool, whose own lag counts: a forecast is made when its origin period is out.
        frequency: the pool's.
    """
    length = MONTHS_PER_PERIOD[driver.frequency]
    origin = pl.col("origin_date")
    months = origin.dt.year().cast(pl.Int64) * 12 + origin.dt.month().cast(pl.Int64) - 1
    end = months + MONTHS_PER_PERIOD[frequency] + POOL_LAGS.get(pool, 0) - driver.lag
    start = end // length * length - length
    return pl.date((start // 12).cast(pl.Int32), (start % 12 + 1).cast(pl.Int8), 1)


def features(driver: Driver, panel: pl.DataFrame, frequency: str) -> pl.DataFrame:
    """Growth, gaps and level of a driver at each of its periods, from its past alone.

    A driver finer than the pool is summed over the last periods that make one of the pool's; a
    coarser one is used as it is, until its next figure. On log(least + sum), divided by how far it
    tends to move: change; distance to the mean of three periods, of a year, of three years.

    Args:
        driver: the driver.
        panel: rows of PANEL; where ``by_origin``, a period without a row is zero once the origin
            has had one, and null (not known, withheld) stands as the last known.
        frequency: the pool's.

    Returns:
        destination_iso3, origin_iso3, driver_period, MOVES, size (mean of a year) and newest
        (newest sum), both per period of the pool. MOVES are null before an origin's first row.

    Raises:
        UsageError: the panel is empty.
    """
    keys = ["destination_iso3", "origin_iso3"]
    if panel.is_empty():
        raise UsageError("a driver without figures", where=driver.driver)
    length = MONTHS_PER_PERIOD[driver.frequency]
    span = max(MONTHS_PER_PERIOD[frequency] // length, 1)
    day = pl.col("period_start")
    periods = panel.select(pl.date_range(day.min(), day.max(), f"{length}mo")).to_series()
    whole = pl.DataFrame({"period_start": periods}).join(panel.select(keys).unique(), how="cross")
    known = panel.select(*PANEL, pl.lit(value=True).alias("has_row"))
    long = whole.join(known, on=[*keys, "period_start"], how="left").sort(*keys, "period_start")
    absent = pl.col("has_row").is_null() & pl.lit(driver.by_origin)
    filled = pl.when(absent).then(0.0).otherwise(pl.col("value").cast(pl.Float64))
    long = long.with_columns(filled.alias("value")).with_columns(
        pl.col("value").forward_fill().over(keys).fill_null(0.0)
    )
    series = long.select(keys).unique(maintain_order=True)
    values = long["value"].to_numpy().reshape(series.height, len(periods)).T
    sums = _trailing(values, span) * span
    season = max(12 // (span * length), 1)
    year = _trailing(sums, season * span)
    made = _moves(sums, year, driver.least, span, season)
    share = MONTHS_PER_PERIOD[frequency] / (span * length)
    begun = pl.col("has_row").is_not_null().cum_max().over(keys)
    return long.select(
        *keys, pl.col("period_start").alias("driver_period"), begun.alias("begun")
    ).select(
        *keys,
        "driver_period",
        *(
            pl.when("begun").then(pl.Series(made[..., k].T.ravel())).alias(name)
            for k, name in enumerate(MOVES)
        ),
        pl.Series("size", share * year.T.ravel()),
        pl.Series("newest", share * sums.T.ravel()),
    )


def _moves(sums: Floats, year: Floats, least: float, span: int, season: int) -> Floats:
    """MOVES (periods x series x 4) of sums over ``span`` periods and their means of a year."""
    z = np.log(least + sums)
    change = z - _before(z, span)
    usual = np.zeros_like(z)
    for row in range(1, len(z)):
        usual[row] = 0.9 * usual[row - 1] + 0.1 * np.minimum(np.abs(change[row]), 3.0)
    scale = 0.4 * usual + 0.6 * np.sqrt(0.35**2 + 1.0 / (year + least))
    away = [z - _trailing(z, length * span) for length in (3, max(season, 5), max(3 * season, 5))]
    made = np.stack([change, *away], -1) / scale[..., None]
    moves: Floats = np.clip(made, -LIMIT, LIMIT)
    return moves


def _trailing(values: Floats, length: int) -> Floats:
    """Mean of the last ``length`` rows (fewer at the start); a cut changes no earlier byte."""
    total = np.cumsum(values, axis=0)
    number = np.minimum(np.arange(1, len(values) + 1), length)[:, None]
    if length < len(values):
        total[length:] -= total[:-length].copy()
    mean: Floats = total / number
    return mean


def _before(values: Floats, rows: int) -> Floats:
    """The rows that many periods earlier; at the start, the first."""
    return np.concatenate([np.repeat(values[:1], rows, axis=0), values])[: len(values)]


def join(base: pl.DataFrame, driver: Driver, panel: pl.DataFrame) -> pl.DataFrame:
    """Base forecasts with the driver as it was known at their origins (FEATURES, else null).

    Args:
        base: rows of BASE of one pool; ``observed`` may be null.
        driver: the driver.
        panel: rows of PANEL; destination_iso3 ``any`` where it does not matter, origin_iso3
            ``any`` where the driver is one series for all.

    Raises:
        UsageError: columns are missing, or the base holds several pools.
    """
    for frame, columns in ((base, BASE), (panel, PANEL)):
        if missing := set(columns) - set(frame.columns):
            raise UsageError(
                "a driver's frame lacks columns", where=driver.driver, got=sorted(missing)
            )
    if base.select("pool", "frequency").unique().height != 1:
        raise UsageError("a driver is judged pool by pool", where=driver.driver)
    pool, frequency = base.row(0, named=True)["pool"], base.row(0, named=True)["frequency"]
    anyone = pl.lit("any")
    keyed = base.with_columns(
        newest_known(driver, pool, frequency).alias("driver_period"),
        (pl.col("destination_iso3") if driver.is_elsewhere else anyone).alias("to"),
        (pl.col("origin_iso3") if driver.by_origin else anyone).alias("of"),
    )
    known = features(driver, panel, frequency).rename(
        {"destination_iso3": "to", "origin_iso3": "of"}
    )
    joined = keyed.join(known, on=["to", "of", "driver_period"], how="left")
    if not driver.is_same_unit:
        return joined.with_columns(ratio=pl.when(pl.col(MOVES[0]).is_not_null()).then(0.0)).drop(
            "to", "of", "size", "newest"
        )
    return _beside(joined, driver.least).drop("to", "of", "size", "newest")


def _beside(joined: pl.DataFrame, least: float) -> pl.DataFrame:
    """Weigh MOVES by the share that passes through the driver, and add the unusual ratio.

    ``ratio`` is log(driver / forecast median) less its mean at the series' last origins. Where
    less than RELEVANT passes through, the driver says nothing: FEATURES are null.
    """
    share = pl.col("size") / (pl.col("size") + pl.col("median") + least)
    ratio = ((pl.col("newest") + least) / (pl.col("median") + least)).log()
    usual = (
        pl.col("ratio")
        .shift(1)
        .rolling_mean(USUAL, min_samples=FEWEST)
        .over(["series_id", "horizon"], order_by="origin_date")
    )
    told = pl.col("share") >= RELEVANT
    return (
        joined.with_columns(share.alias("share"), ratio.alias("ratio"))
        .with_columns((pl.col("ratio") - usual).fill_null(0.0).alias("ratio"))
        .with_columns(pl.when(told).then(pl.col(FEATURES) * pl.col("share")))
        .drop("share")
    )
