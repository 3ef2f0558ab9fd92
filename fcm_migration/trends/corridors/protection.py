"""Protection of each corridor: recognition, refugees, pathways and conflict.

Every row is a published figure, or the ratio of two, with its year, unit and source; rows are never
added. docs/decisions/corridors.md.
"""

from __future__ import annotations

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.trends.corridors.explanation import (
    COUNTS,
    explain_conflict,
    explain_count,
    explain_rate,
    explain_unknown_conflict,
)
from fcm_migration.trends.corridors.settings import CONFLICT, DECISIONS, LEAST_DECISIONS, YEARS
from fcm_migration.trends.corridors.tables import CORRIDOR_PROTECTION
from fcm_migration.trends.watch.panel import COUNTRY_CLASSES

KEY = CORRIDOR_PROTECTION.key


def protection(
    corridors: pl.DataFrame,
    series: pl.DataFrame,
    decisions: pl.DataFrame | None,
) -> pl.DataFrame:
    """Return ``trend.corridor_protection``.

    Args:
        corridors: rows of ``trend.corridors``: which origins and destinations there are.
        series: rows of ``mart.series``.
        decisions: rows of ``core.unhcr_asylum_decisions`` with origin_iso3 and origin_class; None
            where the home has none.
    """
    pairs = (
        corridors.filter(pl.col("destination_iso3").is_in(FIVE))
        .select("destination_iso3", "origin_iso3")
        .unique()
    )
    parts = [_counts(series), _conflict(series, pairs)]
    if decisions is not None:
        parts.append(_rates(decisions, _complete_years(series)))
    rows = pl.concat(parts).join(pairs, on=("destination_iso3", "origin_iso3"), how="semi")
    per = KEY[:-1]
    newest = rows.filter(pl.col("figure").is_not_null()).get_column("year").max()
    kept = rows.filter(pl.col("year") > pl.lit(newest, pl.Int64) - YEARS)
    return (
        pl.concat([kept, _unknown_conflict(kept, pairs)])
        .with_columns((pl.col("year") == pl.col("year").max().over(per)).alias("is_newest"))
        .select(CORRIDOR_PROTECTION.column_names)
        .cast(dict(polars_schema(CORRIDOR_PROTECTION)))  # type: ignore[arg-type]
    )


def _row(rows: pl.DataFrame, sentence: pl.Expr) -> pl.DataFrame:
    """Return the table's columns but ``is_newest``; those a measure lacks are null."""
    columns = polars_schema(CORRIDOR_PROTECTION)
    lacking = [
        pl.lit(None, dtype=columns[name]).alias(name)
        for name in ("decisions_on_substance", "rate")
        if name not in rows.columns
    ]
    level = [] if "decision_level" in rows.columns else [pl.lit("all").alias("decision_level")]
    full = rows.with_columns(*lacking, *level).with_columns(sentence.alias("words"))
    return full.select(name for name in columns if name != "is_newest")


def _counts(series: pl.DataFrame) -> pl.DataFrame:
    """Return the yearly counts of origins at the five destinations."""
    rows = series.filter(
        pl.col("indicator").is_in(list(COUNTS))
        & pl.col("destination_iso3").is_in(FIVE)
        & (pl.col("frequency") == "A")
        & pl.col("value").is_not_null()
    ).select(
        "destination_iso3",
        "origin_iso3",
        "unit",
        "source_id",
        "as_of_date",
        protection_measure="indicator",
        year=pl.col("period_start").dt.year().cast(pl.Int64),
        figure="value",
    )
    return _row(rows, explain_count())


def _conflict(series: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return deaths in organised violence by origin and complete calendar year."""
    known = series.filter((pl.col("indicator") == CONFLICT) & (pl.col("frequency") == "M"))
    years = (
        known.group_by(
            "origin_iso3",
            "unit",
            "source_id",
            pl.col("period_start").dt.year().cast(pl.Int64).alias("year"),
        )
        .agg(
            pl.col("value").sum().alias("figure"),
            pl.col("value").count().alias("months"),
            pl.col("as_of_date").max(),
        )
        .filter(pl.col("months") == 12)
        .with_columns(pl.lit(CONFLICT).alias("protection_measure"))
        .join(pairs, on="origin_iso3")
    )
    return _row(years, explain_conflict())


def _unknown_conflict(rows: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return a row without a figure for every corridor without data on conflict."""
    told = rows.filter(pl.col("protection_measure") == CONFLICT).select("origin_iso3").unique()
    newest = rows.group_by("destination_iso3", "origin_iso3").agg(pl.col("year").max())
    without = (
        newest.join(pairs, on=("destination_iso3", "origin_iso3"), how="semi")
        .join(told, on="origin_iso3", how="anti")
        .with_columns(
            pl.lit(CONFLICT).alias("protection_measure"),
            pl.lit("deaths").alias("unit"),
            pl.lit("ucdp_ged").alias("source_id"),
            pl.lit(None, dtype=pl.Int64).alias("figure"),
            pl.lit(None, dtype=pl.Date).alias("as_of_date"),
        )
    )
    return _row(without, explain_unknown_conflict()).select(rows.columns)


def _complete_years(series: pl.DataFrame) -> pl.DataFrame:
    """Return destination and year of complete decisions: the marts leave out half-years."""
    known = (pl.col("source_id") == DECISIONS) & pl.col("value").is_not_null()
    return series.filter(known).select(
        asylum_printed_iso3="destination_iso3",
        year=pl.col("period_start").dt.year().cast(pl.Int64),
    )


def _rates(decisions: pl.DataFrame, complete: pl.DataFrame) -> pl.DataFrame:
    """Return recognised and other protection over decisions on the substance, by unit and level.

    Claims closed otherwise say nothing of the substance and are left out. Origins that are one
    country here (Gaza and the West Bank) and both procedures (government, UNHCR) are summed.
    """
    whole = decisions.filter(
        pl.col("asylum_printed_iso3").is_in(FIVE) & pl.col("persons_or_cases").is_in(["P", "C"])
    ).join(complete.unique(), on=("asylum_printed_iso3", "year"), how="semi")
    positive = pl.col("recognized") + pl.col("other_protection")
    units = pl.col("persons_or_cases").replace_strict({"P": "persons", "C": "cases"})
    summed = (
        whole.filter(pl.col("origin_class").is_in(COUNTRY_CLASSES))
        .group_by(
            "origin_iso3",
            "decision_level",
            "year",
            units.alias("unit"),
            destination_iso3="asylum_printed_iso3",
        )
        .agg(
            positive.sum().alias("figure"),
            (positive + pl.col("rejected")).sum().alias("decisions_on_substance"),
            pl.col("as_of_date").max(),
        )
        .filter(pl.col("decisions_on_substance") > 0)
        .with_columns(
            pl.lit("protection_rate").alias("protection_measure"),
            pl.lit(DECISIONS).alias("source_id"),
            pl.when(pl.col("decisions_on_substance") >= LEAST_DECISIONS)
            .then(pl.col("figure") / pl.col("decisions_on_substance"))
            .alias("rate"),
        )
    )
    return _row(summed, explain_rate())
