"""From UNHCR's rows to draft flows: years into the five destinations, and into all together."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from fcm_migration.sources.base import TOTAL
from fcm_migration.sources.drafts import draft

FIVE = ("AUS", "CAN", "GBR", "NZL", "USA")


def corridors(core: pl.DataFrame, indicators: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Sum rows to year, destination and origin, for the five and for all destinations together.

    Args:
        core: rows already of one unit per indicator.
        indicators: for each indicator the column to sum, null where a row does not belong to it.

    Returns:
        draft flows: each of the five by origin and in total, and every origin into 'all'.
    """
    whole = core.with_columns(pl.lit("all").alias("asylum_printed_iso3"))
    into = pl.concat([core.filter(pl.col("asylum_printed_iso3").is_in(FIVE)), whole])
    parts = []
    for indicator, column in indicators.items():
        rows = into.with_columns(column.alias("value")).filter(pl.col("value").is_not_null())
        by_origin = _corridor_sums(rows, pl.col("origin_unhcr_code"))
        total = _corridor_sums(rows, pl.lit(TOTAL))
        parts += [
            part.with_columns(pl.lit(indicator).alias("indicator")) for part in (by_origin, total)
        ]
    return _as_draft(pl.concat(parts), core)


def _corridor_sums(rows: pl.DataFrame, origin: pl.Expr) -> pl.DataFrame:
    return (
        rows.with_columns(origin.alias("origin_label"))
        .group_by("year", "asylum_printed_iso3", "origin_label")
        .agg(pl.col("value").sum(), pl.len().alias("rows"))
    )


def _as_draft(sums: pl.DataFrame, core: pl.DataFrame) -> pl.DataFrame:
    return draft(
        sums,
        indicator=pl.col("indicator"),
        destination_iso3=pl.col("asylum_printed_iso3"),
        frequency="A",
        period_start=pl.date(pl.col("year"), 1, 1),
        value=pl.col("value"),
        origin_label=pl.col("origin_label"),
        is_derived=(pl.col("rows") > 1)
        | (pl.col("origin_label") == TOTAL)
        | (pl.col("asylum_printed_iso3") == "all"),
        is_partial=_is_partial(core),
    )


def _is_partial(core: pl.DataFrame) -> pl.Expr:
    """Return whether a year is a half-year, as the table is marked (see :mod:`.completeness`)."""
    if "is_partial" not in core.columns:
        return pl.lit(value=False)
    halves = core.filter("is_partial").get_column("year").unique().to_list()
    return pl.col("year").is_in(halves)
