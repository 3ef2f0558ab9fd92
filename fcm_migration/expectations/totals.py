"""Facts about totals: against totals known from elsewhere, and against their parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import polars as pl

from fcm_migration.expectations.facts import Facts, no_units, strict
from fcm_migration.expectations.selection import Where, chosen, grouping, names, typed

NAMED = 12  # absent groups listed by name at most


def known_totals(
    frame: pl.DataFrame,
    *,
    column: str,
    by: Sequence[str],
    totals: Sequence[Mapping[str, Any]],
    where: Where | None,
    tolerance: float,
    period_column: str | None,
    periods: int,
) -> Facts:
    """Return sums of ``column`` by group against totals known from elsewhere.

    A group that is absent, or of which fewer than ``periods`` distinct ``period_column`` values
    are present, belongs to an older or shorter release: it is named, not failed.
    """
    count = pl.lit(periods) if period_column is None else pl.col(period_column).n_unique()
    sums = (
        chosen(frame, where)
        .group_by(grouping(by))
        .agg(pl.col(column).sum().alias("found"), count.alias("__periods"))
    )
    expected = typed([{**row, "expected": row["total"]} for row in totals], sums).drop("total")
    joined = expected.join(sums, on=names(by), how="left").sort(names(by))
    whole = (pl.col("__periods") >= periods).fill_null(value=False)
    absent = joined.filter(~whole).select(names(by)).rows()
    units = (
        joined.filter(whole)
        .drop("__periods")
        .with_columns((pl.col("found") - pl.col("expected")).alias("difference"))
        .with_columns((pl.col("difference").abs() > tolerance).alias("breach"))
    )
    observed = f"{units.height} of {joined.height} known totals are in the table"
    if absent:
        listed = ", ".join("/".join(str(value) for value in row) for row in absent[:NAMED])
        observed += f"; absent or incomplete, so not compared: {listed}"
    return strict(units, observed)


def parts_against_totals(
    frame: pl.DataFrame,
    totals_frame: pl.DataFrame | None,
    *,
    column: str,
    by: Sequence[str],
    parts: Where | None,
    totals: Where | None,
    totals_column: str,
    totals_by: Sequence[str],
    aggregate: Literal["sum", "max"],
    lowest: float | None,
    highest: float | None,
    share_pct: float,
    per_part: float,
    per_null: float,
    min_parts: int,
    require_parts: bool,
) -> Facts:
    """Return parts (sum or greatest) less total, by group; see ``ExpectPartsToMatchTotals``."""
    if totals_frame is None:
        return Facts(no_units(), "the table to compare with is not there", success=True)
    part = _parts(frame, parts, by, column, aggregate)
    whole = chosen(totals_frame, totals).with_columns(grouping(totals_by))
    if not require_parts:
        part = part.filter(pl.col("__terms") + pl.col("__nulls") >= min_parts)
        whole = whole.join(part, on=names(by), how="semi")  # most totals have no parts to group
    known = _totals(whole, names(totals_by), totals_column)
    units = part.join(known, on=names(by), how="right").with_columns(
        pl.col("parts", "__terms", "__nulls").fill_null(0)
    )
    slack = per_part * (pl.col("__terms") + 1) + share_pct / 100 * pl.col("total").abs()
    breach = _outside(lowest, highest, slack, per_null * pl.col("__nulls"))
    units = units.with_columns(difference=pl.col("parts") - pl.col("total"), breach=breach)
    units = units.select(*names(by), "parts", "total", "difference", "breach").sort(names(by))
    words = f"{units.height} totals compared with their parts"
    if units.height:
        gaps = units.get_column("difference").sort()
        words += f"; parts less total from {gaps[0]} to {gaps[-1]}"
    return strict(units, words)


def _outside(
    lowest: float | None, highest: float | None, slack: pl.Expr, withheld: pl.Expr
) -> pl.Expr:
    """Return whether the difference exceeds its bounds by more than slack and withheld parts."""
    difference = pl.col("parts") - pl.col("total")
    low = pl.lit(value=False) if lowest is None else difference < lowest - slack - withheld
    high = pl.lit(value=False) if highest is None else difference > highest + slack
    return (low | high).fill_null(value=False)


def _parts(
    frame: pl.DataFrame, where: Where | None, by: Sequence[str], column: str, aggregate: str
) -> pl.DataFrame:
    value = pl.col(column)
    return (
        chosen(frame, where)
        .group_by(grouping(by))
        .agg(
            (value.sum() if aggregate == "sum" else value.max()).alias("parts"),
            value.count().cast(pl.Int64).alias("__terms"),
            value.null_count().cast(pl.Int64).alias("__nulls"),
        )
    )


def _totals(frame: pl.DataFrame, by: Sequence[str], column: str) -> pl.DataFrame:
    """Return totals by group, without groups whose total was withheld."""
    return (
        frame.group_by(by)
        .agg(pl.col(column).sum().alias("total"), pl.col(column).count().alias("__known"))
        .filter(pl.col("__known") > 0)
        .drop("__known")
    )
