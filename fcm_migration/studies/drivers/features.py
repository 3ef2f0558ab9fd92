"""Features of a driver: what was known of it at each forecast origin."""

from __future__ import annotations

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.errors import UsageError
from fcm_migration.forecast.scores import LEVEL_COLUMNS
from fcm_migration.periods import MONTHS_PER_PERIOD
from fcm_migration.studies.drivers.settings import POOL_LAGS, Driver

BASE = (
    "series_id", "pool", "frequency", "destination_iso3", "origin_iso3", "rounding", "origin_date",
    "horizon", "target_period", *LEVEL_COLUMNS, "observed",
)  # fmt: skip
KEYS = ("destination_iso3", "origin_iso3")
PANEL = (*KEYS, "period_start", "value")
MOVES = ("growth", "gap_3", "gap_year", "level")
FEATURES = (*MOVES, "ratio")
LIMIT = 5.0  # features are clipped at this many of their own scales
RELEVANT = 0.1  # smallest share of a series that must pass through a driver of the same unit
USUAL, FEWEST = 12, 3  # past origins whose mean ratio of driver to forecast is usual; at least


def newest_known(driver: Driver, pool: str, frequency: str) -> pl.Expr:
    """Return the first day of the driver's newest period released by the time of the forecast.

    Args:
        driver: the driver.
        pool: the pool; a forecast is made when the pool's own origin period is released.
        frequency: the pool's.
    """
    length = MONTHS_PER_PERIOD[driver.frequency]
    origin = pl.col("origin_date")
    months = origin.dt.year().cast(pl.Int64) * 12 + origin.dt.month().cast(pl.Int64) - 1
    end = months + MONTHS_PER_PERIOD[frequency] + POOL_LAGS.get(pool, 0) - driver.lag
    start = end // length * length - length
    return pl.date((start // 12).cast(pl.Int32), (start % 12 + 1).cast(pl.Int8), 1)


def features(driver: Driver, panel: pl.DataFrame, frequency: str) -> pl.DataFrame:
    """Return growth, gaps and level of a driver at each of its periods, from its past alone.

    A driver of a higher frequency than the pool is summed to the pool's; one of a lower frequency
    is used until its next figure. On log(least + sum), divided by how far it tends to move: change;
    distance to the mean of three periods, of a year, of three years.

    Args:
        driver: the driver.
        panel: rows of PANEL; where ``by_origin``, a period without a row is zero once the origin
            has had one, and null (unknown, withheld) repeats the last known figure.
        frequency: the pool's.

    Returns:
        destination_iso3, origin_iso3, driver_period, MOVES, size (mean of a year) and newest
        (newest sum), both per period of the pool. MOVES are null before an origin's first row.

    Raises:
        UsageError: the panel is empty.
    """
    if panel.is_empty():
        raise UsageError("a driver without figures", where=driver.driver)
    length = MONTHS_PER_PERIOD[driver.frequency]
    span = max(MONTHS_PER_PERIOD[frequency] // length, 1)
    long = _gapless(driver, panel)
    series = long.select(KEYS).unique(maintain_order=True).height
    sums = _trailing(long["value"].to_numpy().reshape(series, -1).T, span) * span
    season = max(12 // (span * length), 1)
    year = _trailing(sums, season * span)
    moves = _moves(sums, year, driver.least, span, season)
    share = MONTHS_PER_PERIOD[frequency] / (span * length)
    begun = pl.col("has_row").is_not_null().cum_max().over(KEYS)
    known = long.select(*KEYS, begun.alias("begun"), driver_period="period_start").with_columns(
        *(pl.Series(name, moves[..., k].T.ravel()) for k, name in enumerate(MOVES)),
        pl.Series("size", share * year.T.ravel()),
        pl.Series("newest", share * sums.T.ravel()),
    )
    return known.with_columns(pl.when("begun").then(pl.col(MOVES))).drop("begun")


def _gapless(driver: Driver, panel: pl.DataFrame) -> pl.DataFrame:
    """Return every series at every period, unknown values filled; has_row is null without a row."""
    length = MONTHS_PER_PERIOD[driver.frequency]
    day = pl.col("period_start")
    periods = panel.select(pl.date_range(day.min(), day.max(), f"{length}mo")).to_series()
    whole = pl.DataFrame({"period_start": periods}).join(panel.select(KEYS).unique(), how="cross")
    known = panel.select(*PANEL, pl.lit(value=True).alias("has_row"))
    long = whole.join(known, on=[*KEYS, "period_start"], how="left").sort(*KEYS, "period_start")
    absent = pl.col("has_row").is_null() & pl.lit(driver.by_origin)
    filled = pl.when(absent).then(0.0).otherwise(pl.col("value").cast(pl.Float64))
    return long.with_columns(filled.alias("value")).with_columns(
        pl.col("value").forward_fill().over(KEYS).fill_null(0.0)
    )


def _moves(sums: Floats, year: Floats, least: float, span: int, season: int) -> Floats:
    """Return MOVES (periods x series x 4) of sums over ``span`` periods and their yearly means."""
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
    """Return the mean of the last ``length`` rows (fewer at the start); no row uses later ones."""
    total = np.cumsum(values, axis=0)
    number = np.minimum(np.arange(1, len(values) + 1), length)[:, None]
    if length < len(values):
        total[length:] -= total[:-length].copy()
    mean: Floats = total / number
    return mean


def _before(values: Floats, rows: int) -> Floats:
    """Return the values that many rows earlier; at the start, the first row."""
    return np.concatenate([np.repeat(values[:1], rows, axis=0), values])[: len(values)]


def join(base: pl.DataFrame, driver: Driver, panel: pl.DataFrame) -> pl.DataFrame:
    """Return base forecasts with the driver's FEATURES as known at their origins, else null.

    Args:
        base: rows of BASE of one pool; ``observed`` may be null.
        driver: the driver.
        panel: rows of PANEL; destination_iso3 is ``any`` where it does not matter, origin_iso3
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
    """Return the forecasts with MOVES weighted by the share that passes through the driver.

    ``ratio`` is log(driver / forecast median) less its mean at the series' last origins. Where the
    share is below RELEVANT, the driver is not used: FEATURES are null.
    """
    share = pl.col("size") / (pl.col("size") + pl.col("median") + least)
    ratio = ((pl.col("newest") + least) / (pl.col("median") + least)).log()
    usual = (
        pl.col("ratio")
        .shift(1)
        .rolling_mean(USUAL, min_samples=FEWEST)
        .over(["series_id", "horizon"], order_by="origin_date")
    )
    is_relevant = pl.col("share") >= RELEVANT
    return (
        joined.with_columns(share.alias("share"), ratio.alias("ratio"))
        .with_columns((pl.col("ratio") - usual).fill_null(0.0).alias("ratio"))
        .with_columns(pl.when(is_relevant).then(pl.col(FEATURES) * pl.col("share")))
        .drop("share")
    )
