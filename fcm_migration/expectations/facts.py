"""Checks that need several rows or tables, as pure functions on Polars frames.

Each returns :class:`Facts`: one row per unit judged (a total, a month, a figure of an older
release), whether it breaches, and what was seen in words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from fcm_migration.expectations.selection import Where, chosen, grouping, names


@dataclass(frozen=True)
class Facts:
    """Result of a check: units judged and the ``breach`` among them; some may be allowed."""

    units: pl.DataFrame
    observed: str
    success: bool

    @property
    def breaches(self) -> pl.DataFrame:
        """Return the units that are not as expected."""
        return self.units.filter(pl.col("breach")).drop("breach")


def strict(units: pl.DataFrame, observed: str) -> Facts:
    """Return facts that are a success only without any breach."""
    return Facts(units, observed, success=not units.get_column("breach").any())


def no_units() -> pl.DataFrame:
    """Return an empty frame: nothing to judge."""
    return pl.DataFrame(schema={"breach": pl.Boolean})


def with_nulls(frame: pl.DataFrame, *, columns: Sequence[str]) -> Facts:
    """Return each column with its number of nulls; any null is a breach."""
    counts = frame.select(columns).null_count().row(0)
    units = pl.DataFrame(
        {"column": list(columns), "nulls": counts}, schema={"column": pl.String, "nulls": pl.Int64}
    ).with_columns((pl.col("nulls") > 0).alias("breach"))
    return strict(units, f"{len(columns)} columns of {frame.height} rows")


def out_of_bounds(
    frame: pl.DataFrame,
    *,
    column: str,
    min_value: float | str | None,
    max_value: float | str | None,
) -> Facts:
    """Return values of ``column`` outside the bounds (inclusive; dates as YYYY-MM-DD)."""
    values = frame.select(column)
    breach = pl.lit(value=False)
    if min_value is not None:
        breach = breach | (pl.col(column) < _bound(min_value))
    if max_value is not None:
        breach = breach | (pl.col(column) > _bound(max_value))
    units = values.with_columns(breach.fill_null(value=False).alias("breach"))
    return strict(units.sort(column) if units.get_column("breach").any() else units, "")


def _bound(value: float | str) -> float | date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def gaps_in_periods(
    frame: pl.DataFrame, *, column: str, step: str, by: Sequence[str], where: Where | None
) -> Facts:
    """Return periods not followed by the next one; ``step`` as in Polars: 1d, 7d, 1mo, 1q, 1y."""
    keys = names(by)
    rows = chosen(frame, where).select(*grouping(by), pl.col(column)).unique().sort(*keys, column)
    following = pl.col(column).shift(-1)
    units = rows.with_columns(
        (following.over(keys) if keys else following).alias("next_found"),
        _advanced(pl.col(column), rows.schema[column], step).alias("next_expected"),
    ).with_columns(
        (pl.col("next_found") != pl.col("next_expected")).fill_null(value=False).alias("breach")
    )
    found = rows.get_column(column).sort()
    span = f" from {found[0]} to {found[-1]}" if found.len() else ""
    return strict(units, f"{rows.height} periods{span}")


def _advanced(period: pl.Expr, dtype: pl.DataType, step: str) -> pl.Expr:
    """Return a date advanced by the step; an integer year by its number."""
    if dtype == pl.Date:
        return period.dt.offset_by(step)
    return period + int(step.removesuffix("y"))


def revisions(
    frame: pl.DataFrame,
    previous: pl.DataFrame | None,
    *,
    column: str,
    key: Sequence[str],
    period_column: str,
    newest_periods: int,
    where: Where | None,
    changed_pct: float,
    total_pct: float,
) -> Facts:
    """Return figures that this release changes, adds or drops against the previous one.

    The previous release's ``newest_periods`` newest periods are left out: those are expected to
    be revised.
    """
    if previous is None:
        return Facts(no_units(), "no previous release to compare with", success=True)
    before = chosen(previous, where)
    settled = before.get_column(period_column).unique().sort(descending=True)[newest_periods:]
    if settled.is_empty():
        return Facts(no_units(), "the previous release has no settled periods", success=True)
    # this table may hold periods that both releases no longer print
    inside = pl.col(period_column).is_between(settled[-1], settled[0])
    now = chosen(frame, where).filter(inside)
    units = _changes(before.filter(inside), now, key, column)
    changed = 100 * units.get_column("breach").sum() / units.height
    was, is_now = (float(units.get_column(name).sum()) for name in ("before", "now"))
    moved = 100 * abs(is_now - was) / (was or 1)
    observed = f"{changed:.3g} % of settled figures changed, their total by {moved:.3g} %"
    return Facts(units, observed, success=changed <= changed_pct and moved <= total_pct)


def _changes(
    before: pl.DataFrame, now: pl.DataFrame, key: Sequence[str], column: str
) -> pl.DataFrame:
    """Return two releases' figures side by side; a breach where they differ or one has none."""
    differs = (
        pl.col("before").ne_missing(pl.col("now"))
        | pl.col("__is_before").is_null()
        | pl.col("__is_now").is_null()
    )
    return (
        _figures(before, key, column, "before")
        .join(_figures(now, key, column, "now"), on=key, how="full")
        .select(
            *(pl.coalesce(name, f"{name}_right") for name in key),
            "before",
            "now",
            differs.alias("breach"),
        )
        .sort(key)
    )


def _figures(frame: pl.DataFrame, key: Sequence[str], column: str, name: str) -> pl.DataFrame:
    return frame.select(*key, pl.col(column).alias(name), pl.lit(value=True).alias(f"__is_{name}"))


def varying(frame: pl.DataFrame, *, column: str, by: Sequence[str], where: Where | None) -> Facts:
    """Return groups in which ``column`` takes more than one value."""
    units = (
        chosen(frame, where)
        .group_by(by)
        .agg(pl.col(column).unique().sort().alias(column))
        .sort(by)
        .with_columns((pl.col(column).list.len() > 1).alias("breach"))
    )
    return strict(units, f"{units.height} groups")


def falling(frame: pl.DataFrame, *, column: str, order_by: str, by: Sequence[str]) -> Facts:
    """Return rows whose ``column`` is below the row before, by ``order_by`` within a group."""
    ordered = frame.select(*by, order_by, column).sort(*by, order_by)
    before = pl.col(column).shift(1).over(by).alias("before")
    units = ordered.with_columns(before).with_columns(
        (pl.col(column) < pl.col("before")).fill_null(value=False).alias("breach")
    )
    return strict(units, "")


def row_sums(
    frame: pl.DataFrame,
    *,
    columns: Sequence[str],
    total: str,
    tolerated: int,
    largest: float | None,
    show: Sequence[str],
) -> Facts:
    """Return rows whose ``columns`` do not add up to ``total`` (rows without a total are left out).

    Up to ``tolerated`` of them are a success, unless one differs by more than ``largest``.
    """
    units = (
        frame.filter(pl.col(total).is_not_null())
        .select(*show, pl.sum_horizontal(columns).alias("sum"), total)
        .with_columns((pl.col("sum") - pl.col(total)).alias("difference"))
        .with_columns((pl.col("difference") != 0).alias("breach"))
    )
    differing = units.filter(pl.col("breach")).get_column("difference").abs().sort()
    greatest = differing[-1] if differing.len() else 0
    observed = f"{differing.len()} rows differ, by {greatest} at most; {tolerated} are tolerated"
    success = differing.len() <= tolerated and (largest is None or greatest <= largest)
    return Facts(units, observed, success=success)


def stale(
    frame: pl.DataFrame, *, column: str, days_column: str, show: Sequence[str], today: date
) -> Facts:
    """Return rows whose ``column`` is more than ``days_column`` days before today (null: never)."""
    age = (pl.lit(today) - pl.col(column)).dt.total_days()
    units = (
        frame.filter(pl.col(days_column).is_not_null())
        .select(*show, column, days_column, age.alias("age_days"))
        .with_columns((pl.col("age_days") > pl.col(days_column)).alias("breach"))
    )
    return strict(units, f"as of {today}")
