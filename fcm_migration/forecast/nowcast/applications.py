"""Whole years of asylum applications (UNHCR), from their first half."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import empty
from fcm_migration.forecast.nowcast.half_years import (
    FEWEST_CASES,
    INDICATOR,
    STAGE,
    half_year_pairs,
    half_years_of,
    learn,
    nowcast_years,
    published_method,
    score_rows,
)
from fcm_migration.forecast.nowcast.rows import Nowcasts, long_rows
from fcm_migration.forecast.nowcast.tables import (
    APPLICATIONS,
    CORRIDOR,
    HALF_TASK,
    NOWCAST,
    RATIOS_FILE,
    SCORES_FILE,
    TOTAL,
)

LAST_MONTH = 6  # January to June


def application_nowcasts(
    partial: pl.DataFrame,
    releases: Sequence[tuple[date, pl.DataFrame]],
    reference: Mapping[str, pl.DataFrame],
) -> Nowcasts:
    """Return the nowcasts of years of which UNHCR's newest release holds the first half.

    An older year that a country never completed is marked incomplete too, but has no nowcast: no
    complete figure will follow with which a nowcast could be compared.

    Args:
        partial: incomplete rows of ``mart.flows``, with series_id.
        releases: day and rows of each release of asylum applications, oldest first.
        reference: by file name what earlier releases showed, used for the years and scores that
            these releases cannot give.
    """
    pairs = half_year_pairs(releases)
    own = learn(pairs)
    seen = own.get_column("figures_year").unique().to_list()
    earlier = reference[RATIOS_FILE].filter(~pl.col("figures_year").is_in(seen))
    scores = score_rows(pairs)
    if scores.is_empty():
        scores = reference[SCORES_FILE]
    newest = half_years_of(releases[-1][1]) if releases else []
    running = partial.filter(pl.col("period_start").dt.year().is_in(newest))
    years = half_years(running).group_by(
        pl.col("period_start").dt.year().alias("year"), maintain_order=True
    )
    parts = [
        _rows(int(str(year)), rows, pl.concat([own, earlier]), scores) for (year,), rows in years
    ]
    return Nowcasts(pl.concat([empty(NOWCAST), *parts]), scores)


def half_years(partial: pl.DataFrame) -> pl.DataFrame:
    """Return the half-years to nowcast among incomplete rows of ``mart.flows``.

    Annual rows above zero, into single countries only: the countries that report a half-year and
    those that report a whole year differ, so the half of all countries together is not the half
    of their year.
    """
    one_country = pl.col("destination_iso3").str.contains("^[A-Z]{3}$")
    return partial.filter(
        (pl.col("source_id") == APPLICATIONS) & (pl.col("indicator") == INDICATOR),
        one_country & (pl.col("frequency") == "A"),
        pl.col("value") > 0,
    ).sort("destination_iso3", "origin_iso3")


def _rows(
    year: int, rows: pl.DataFrame, ratios: pl.DataFrame, scores: pl.DataFrame
) -> pl.DataFrame:
    """Return rows of ``forecast.nowcast`` for the half-years of one year."""
    is_total = pl.col("origin_iso3") == "total"
    scoped = rows.with_columns(
        pl.when(is_total).then(pl.lit(TOTAL)).otherwise(pl.lit(CORRIDOR)).alias("scope"),
        pl.col("value").alias("half"),
        pl.lit(None, dtype=pl.Int64).alias("year_before"),
    )
    made = nowcast_years(scoped, ratios.filter(pl.col("figures_year") < year))
    methods = {scope: published_method(scores, scope) for scope in (CORRIDOR, TOTAL)}
    stages = {scope: scored_stage(scores, scope) for scope in (CORRIDOR, TOTAL)}
    named = scoped.select(
        "series_id",
        pl.lit(HALF_TASK).alias("nowcast_task"),
        "source_id",
        "indicator",
        "unit",
        "frequency",
        pl.col("period_start").alias("target_period"),
        pl.col("half").alias("counted_so_far"),
        pl.lit(last_day_of_half(year)).alias("counted_to_date"),
        pl.lit(share_of_half(year)).alias("share_covered"),
        pl.col("scope").replace_strict(methods).alias("nowcast_method"),
        pl.col("scope").replace_strict(stages, return_dtype=pl.String).alias("scored_stage"),
        "as_of_date",
    )
    chosen = named.get_column("nowcast_method")
    quantiles: Floats = np.stack([made[name][place] for place, name in enumerate(chosen)])
    return long_rows(named, quantiles)


def share_of_half(year: int) -> float:
    """Return January to June as a share of the year's days."""
    begin, end = date(year, 1, 1), date(year + 1, 1, 1)
    return (date(year, LAST_MONTH + 1, 1) - begin).days / (end - begin).days


def last_day_of_half(year: int) -> date:
    """Return the last day of June."""
    return date(year, LAST_MONTH, 30)


def scored_stage(scores: pl.DataFrame, scope: str) -> str:
    """Return the stage whose scores speak for corridors or totals into the five countries.

    That of the five where it has FEWEST_CASES, otherwise that of the world.
    """
    stage = f"half-year, {STAGE[scope]} of the five"
    cases = scores.filter((pl.col("stage") == stage) & pl.col("is_published")).get_column("cases")
    enough = cases.sum() >= FEWEST_CASES
    return stage if enough else f"half-year, {STAGE[scope]} of the world"
