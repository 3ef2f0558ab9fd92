"""Known causes of an alert: breaks of its series, and policies.

A cause is named because it is near in time; nothing here says that it explains the movement.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fcm_migration.marts.reviewed import selected
from fcm_migration.periods import period_end
from fcm_migration.trends.watch.settings import CAUSES

REDEFINES = pl.col("break_kind").is_in(("unit", "coverage", "definition", "method"))
KEY = ["series_id", "period"]


def near_policies(index: pl.DataFrame, declared: pl.DataFrame | None) -> pl.DataFrame:
    """Return the policies of each series: series_id, policy_id, policy_date, words.

    Args:
        index: rows of ``mart.series_index``.
        declared: rows of ``meta.policy_events``; entries that expect no change (checks) are left
            out. None stands for no policies.
    """
    if declared is None:
        return _no_policies()
    parts = [
        index.filter(selected(entry)).select(
            "series_id",
            pl.lit(entry["policy_id"]).alias("policy_id"),
            pl.lit(entry["policy_date"]).alias("policy_date"),
            pl.lit(entry["policy_words"]).alias("words"),
        )
        for entry in declared.filter(pl.col("expected_direction") != "none").iter_rows(named=True)
    ]
    return pl.concat(parts) if parts else _no_policies()


def with_causes(rows: pl.DataFrame, breaks: pl.DataFrame, policies: pl.DataFrame) -> pl.DataFrame:
    """Add causes, and mark alerts that a change of definition may explain.

    Such an alert becomes one of kind ``definition`` in the lower tier. It is one where a lasting
    break of unit, coverage, definition or method began within the year compared with, or where a
    temporary one covers the period itself.

    Args:
        rows: detected alerts.
        breaks: rows of ``meta.series_breaks``.
        policies: from :func:`near_policies`.
    """
    own = rows.select("series_id", "period", "frequency").unique()
    near = _near_breaks(own, breaks)
    redefined = (
        near.filter((pl.col("__inside") | pl.col("break_last_date").is_null()) & REDEFINES)
        .select(*KEY, pl.lit(value=True).alias("__redefined"))
        .unique()
    )
    dated = near.select(*KEY, pl.col("break_first_date").alias("day"), "words")
    causes = _named([dated, _cuts(own, breaks), _policy_causes(own, policies)])
    changed = pl.col("__redefined").is_not_null()
    return (
        rows.join(causes, on=KEY, how="left", maintain_order="left")
        .join(redefined, on=KEY, how="left", maintain_order="left")
        .with_columns(
            pl.col("causes").fill_null(""),
            pl.when(changed).then(pl.lit("definition")).otherwise("kind").alias("kind"),
            pl.when(changed).then(pl.lit("alert")).otherwise("tier").alias("tier"),
        )
        .drop("__redefined")
    )


def _near_breaks(own: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Return the breaks that began within the year compared with, or cover the period itself."""
    dated = breaks.filter(pl.col("break_first_date").is_not_null())
    met = own.join(dated, on="series_id").with_columns(_year_before())
    began, ends = pl.col("break_first_date"), pl.col("break_last_date")
    # growth of a month reaches back to the month thirteen before it, that of others a year
    since = pl.when(pl.col("frequency") == "M").then(began >= pl.col("__from"))
    recent = since.otherwise(began > pl.col("__from")) & (began <= pl.col("__end"))
    inside = ends.is_not_null() & pl.col("period").is_between(began, ends)
    return met.with_columns(inside.alias("__inside")).filter(pl.col("__inside") | recent)


def _cuts(own: pl.DataFrame, breaks: pl.DataFrame) -> pl.DataFrame:
    """Return the newest lasting cut before each period, however long ago.

    Since that cut the series counts what it counts now; earlier cuts say nothing of the period.
    """
    lasting = pl.col("break_last_date").is_null() & (pl.col("treatment") == "cut")
    began = pl.col("break_first_date")
    met = own.join(breaks.filter(lasting & began.is_not_null()), on="series_id")
    before = met.filter(began <= pl.col("period"))
    newest = before.filter(began == began.max().over(KEY))
    return newest.select(*KEY, began.alias("day"), "words")


def _named(causes: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return one text of all causes of each series and period, oldest first."""
    text = pl.concat_str(pl.col("day").cast(pl.String), pl.lit(": "), "words")
    return (
        pl.concat(causes)
        .unique()
        .sort("day", "words")
        .group_by(KEY, maintain_order=True)
        .agg(text.alias("causes"))
        .with_columns(pl.col("causes").list.join(" "))
    )


def _policy_causes(own: pl.DataFrame, policies: pl.DataFrame) -> pl.DataFrame:
    """Return the policies of the months before each period's end, by series and period."""
    met = own.join(policies, on="series_id").with_columns(_year_before())
    day = pl.col("policy_date")
    since = pl.col("period").dt.offset_by(f"-{CAUSES.policy_months}mo")
    near = met.filter(day.is_between(since, pl.col("__end")))
    return near.select(*KEY, day.alias("day"), "words")


def _year_before() -> list[pl.Expr]:
    """Return the first day of the year compared with, and the last day of the period itself."""
    return [
        pl.col("period").dt.offset_by("-1y").alias("__from"),
        period_end("period").alias("__end"),
    ]


def _no_policies() -> pl.DataFrame:
    """Return no rows in the columns of :func:`near_policies`."""
    text = pl.String()
    schema = {"series_id": text, "policy_id": text, "policy_date": pl.Date(), "words": text}
    return pl.DataFrame(schema=schema)
