"""The evaluation sets of the forecasts: which series, from which origins, how far ahead.

Chosen by what was known at the first origin (a mean of at least 20), never by how it went on. The
dates stand here, so that a later edition is judged on the same cells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.config import Home
from fcm_migration.errors import UsageError
from fcm_migration.marts.panel import model_panel, modelled
from fcm_migration.marts.reviewed import without_cuts
from fcm_migration.periods import PERIOD_LENGTH
from fcm_migration.sources import SOURCES

NAMED = ("country", "territory", "former_state")  # nationalities, not administrative rows
LEAST_MEAN = 20.0


@dataclass(frozen=True)
class EvaluationSet:
    """One set.

    Attributes:
        name: short name.
        source_id: the source; with ``indicator`` it names the pool the engine sees.
        indicator: what is counted.
        frequency: M, Q or A.
        season: periods a year.
        first_origin: first day of the first origin's period.
        last_origin: the same of the last.
        horizon: periods ahead that are forecast.
        judged_horizons: those that are reported.
        means_over: periods up to the first origin whose mean decides.
        select: values of dimensions a series of the pool has.
        classes: classes of origins (nationalities) that are judged.
        least_observed: periods observed by the first origin.
        withheld: what the peers are told of a withheld count (they cannot take a gap).
    """

    name: str
    source_id: str
    indicator: str
    frequency: str
    season: int
    first_origin: date
    last_origin: date
    horizon: int
    judged_horizons: tuple[int, ...]
    means_over: int
    select: tuple[tuple[str, tuple[str, ...]], ...] = ()
    classes: tuple[str, ...] = ("total",)
    least_observed: int = 8
    withheld: float | None = None

    @property
    def origins(self) -> list[date]:
        """First days of the last observed periods."""
        length = PERIOD_LENGTH[self.frequency]
        return pl.date_range(self.first_origin, self.last_origin, length, eager=True).to_list()


@dataclass(frozen=True)
class Panels:
    """What the forecasters of one set are given, and what is judged.

    Attributes:
        pool: series forecast together, as ``fcm_migration.forecast`` takes them.
        judged: the same, of the judged series only.
        gapless: of the judged series, value without a gap and is_observed, for the peers.
        chosen: names of the judged series.
        as_of_date: day of the newest release the figures are from; none where simulated.
    """

    pool: pl.DataFrame
    judged: pl.DataFrame
    gapless: pl.DataFrame
    chosen: tuple[str, ...]
    as_of_date: date | None


_WHOLE = ("all",)
SETS = (
    EvaluationSet(
        "us", "us_ohss_usbp", "border_encounters", "M", 12, date(2021, 9, 1), date(2023, 8, 1),
        6, (1, 2, 3, 4, 5, 6), 24,
        (("route", _WHOLE), ("place", _WHOLE), ("population_group", _WHOLE)), ("country", "total"),
    ),
    EvaluationSet(
        "uk_asylum", "uk_asylum_claims", "asylum_claims", "Q", 4, date(2017, 10, 1),
        date(2023, 7, 1), 4, (1, 2, 4), 8, (("population_group", _WHOLE),), NAMED,
    ),
    EvaluationSet(
        "ca", "ca_ircc_asylum", "asylum_claims", "M", 12, date(2021, 8, 1), date(2024, 7, 1),
        12, (1, 6, 12), 24, withheld=2.5,
    ),
    EvaluationSet(
        "uk_boats", "uk_small_boats", "small_boat_arrivals", "M", 12, date(2021, 4, 1),
        date(2025, 3, 1), 12, (1, 6, 12), 24,
    ),
    EvaluationSet(
        "unhcr", "unhcr_asylum_applications", "asylum_applications_new", "A", 1,
        date(2014, 1, 1), date(2022, 1, 1), 2, (1, 2), 10,
        (("destination_iso3", ("AUS", "CAN", "GBR", "NZL", "USA")),), NAMED[:1],
    ),
)  # fmt: skip
BY_NAME = {one.name: one for one in SETS}


def read_panels(home: Home, one: EvaluationSet) -> Panels:
    """The panels of a set out of the marts of a home.

    Raises:
        UsageError: the home has no marts.
    """
    paths = [
        home.table(*name)
        for name in (("mart", "series"), ("mart", "series_index"), ("meta", "series_breaks"))
    ]
    if missing := [str(path) for path in paths if not path.exists()]:
        raise UsageError("the home has no series", lacks=missing, remedy="run `fcm refresh` first")
    series, index, breaks = (pl.read_parquet(path) for path in paths)
    made = panels(one, series, index, breaks)
    # what a refresh forecasts together, and so learns from: borders and sectors, too
    published = model_panel(series, index, breaks, **modelled(SOURCES))
    whole = published.filter(pl.col("pool") == made.judged.get_column("pool")[0])
    return replace(made, pool=whole)


def panels(
    one: EvaluationSet, series: pl.DataFrame, index: pl.DataFrame, breaks: pl.DataFrame
) -> Panels:
    """The panels of a set.

    Args:
        one: the set.
        series: rows of ``mart.series``.
        index: rows of ``mart.series_index``.
        breaks: rows of ``meta.series_breaks``; what a cut makes another quantity is left out.

    Raises:
        UsageError: no series is chosen.
    """
    rows = index.filter(
        pl.col("source_id") == one.source_id,
        pl.col("indicator") == one.indicator,
        pl.col("frequency") == one.frequency,
        *(pl.col(name).is_in(values) for name, values in one.select),
    )
    facts = rows.select(
        "series_id",
        pl.concat_str("source_id", "indicator", "frequency", separator="/").alias("pool"),
        "frequency",
        "rounding",
    )
    cells = series.select("series_id", "period_start", "value", "is_suppressed")
    pool = without_cuts(cells.join(facts, on="series_id").sort("series_id", "period_start"), breaks)
    names = rows.filter(pl.col("origin_class").is_in(one.classes)).get_column("series_id")
    chosen = _chosen(one, pool.filter(pl.col("series_id").is_in(names.to_list())))
    if not chosen:
        raise UsageError("no series of the set is large enough", where=one.name)
    judged = pool.filter(pl.col("series_id").is_in(chosen))
    columns = ("series_id", "pool", "frequency", "period_start", "value", "rounding")
    newest = max(rows.get_column("as_of_date"))
    told = gapless(one, judged)
    return Panels(pool.select(columns), judged.select(columns), told, chosen, newest)


def _told(one: EvaluationSet) -> pl.Expr:
    """A count, or what the peers are told instead of a withheld one."""
    value = pl.col("value").cast(pl.Float64)
    return pl.when(pl.col("is_suppressed")).then(one.withheld).otherwise(value)


def _chosen(one: EvaluationSet, pool: pl.DataFrame) -> tuple[str, ...]:
    known = pool.filter(pl.col("period_start") <= one.first_origin).sort("period_start")
    large = known.group_by("series_id").agg(
        _told(one).tail(one.means_over).mean().alias("mean"),
        _told(one).is_not_null().sum().alias("observed"),
    )
    kept = large.filter(pl.col("mean") >= LEAST_MEAN, pl.col("observed") >= one.least_observed)
    return tuple(sorted(kept.get_column("series_id")))


def gapless(one: EvaluationSet, judged: pl.DataFrame) -> pl.DataFrame:
    """What the peers are fitted to: they cannot take a gap.

    A withheld count is :attr:`EvaluationSet.withheld`, a missing one the last before it; neither is
    ever scored. ``is_observed`` says from which periods a series is forecast.
    """
    told = judged.sort("series_id", "period_start").with_columns(_told(one).alias("value"))
    return (
        told.with_columns(pl.col("value").is_not_null().alias("is_observed"))
        .with_columns(pl.col("value").forward_fill().over("series_id"))
        .drop_nulls("value")
        .select("series_id", "period_start", "value", "is_observed")
    )


def replicated(panel: pl.DataFrame, times: int, seed: int = 20260101) -> pl.DataFrame:
    """The panel and ``times - 1`` simulated copies of it under other names.

    A copy is every count times exp(N(0, 0.1)), drawn anew for each cell, on the same grid.
    """
    rng = np.random.default_rng(seed)
    rounding = pl.col("rounding").cast(pl.Float64)
    copies = [panel.with_columns(pl.col("value").cast(pl.Float64))]
    for number in range(1, times):
        noise = pl.Series("noise", np.exp(rng.normal(0, 0.1, panel.height)))
        copies.append(
            panel.with_columns(
                pl.format("simulated_{}/{}", pl.lit(number), "series_id").alias("series_id"),
                ((pl.col("value") * noise / rounding).round() * rounding).alias("value"),
            )
        )
    return pl.concat(copies)
