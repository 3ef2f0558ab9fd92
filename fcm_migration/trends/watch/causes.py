"""Known causes beside alerts: breaks of a series, policies, and figures still to be revised.

A cause that is near in time is named; nothing here says that it explains the movement.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.marts.reviewed import selected
from fcm_migration.periods import period_end
from fcm_migration.trends.watch.panel import Scope
from fcm_migration.trends.watch.settings import CAUSES

COUNTED_OTHERWISE = ("unit", "coverage", "definition", "method")
KEY = ["series_id", "period"]


def near_policies(index: pl.DataFrame, policies: pl.DataFrame) -> pl.DataFrame:
    """Policies of each series: series_id, policy_id, policy_date, words.

    Args:
        index: rows of ``mart.series_index``.
        policies: rows of ``meta.policy_events``; checks that name no policy are left out.
    """
    parts = [
        index.filter(selected(entry)).select(
            "series_id",
            pl.lit(entry["policy_id"]).alias("policy_id"),
            pl.lit(entry["policy_date"]).alias("policy_date"),
            pl.lit(entry["policy_words"]).alias("words"),
        )
        for entry in policies.filter(pl.col("expected_direction") != "none").iter_rows(named=True)
    ]
    return pl.concat(parts) if parts else no_policies()


def with_causes(
    rows: pl.DataFrame, breaks: pl.DataFrame, policies: pl.DataFrame, scopes: Sequence[Scope]
) -> pl.DataFrame:
    """Add causes and is_provisional, and call a change of counting what it is.

    A lasting break of unit, coverage, definition or method that began within the year compared
    with, or one that ended and holds the period itself, makes the alert one of kind ``definition``;
    it stays in the lower tier.

    Args:
        rows: raised alerts.
        breaks: rows of ``meta.series_breaks``.
        policies: from :func:`near_policies`.
        scopes: of the newest panel.
    """
    own = rows.select("series_id", "period", "frequency").unique()
    dated = breaks.filter(pl.col("break_first_date").is_not_null())
    met = own.join(dated, on="series_id").with_columns(_year_before())
    began = pl.col("break_first_date")
    ends = pl.col("break_last_date")
    inside = ends.is_not_null() & pl.col("period").is_between(began, ends)
    # growth of a month reaches back to the month thirteen before it, that of others a year
    since = pl.when(pl.col("frequency") == "M").then(began >= pl.col("__from"))
    recent = since.otherwise(began > pl.col("__from")) & (began <= pl.col("__end"))
    met = met.filter(inside | recent)
    counted_otherwise = pl.col("break_kind").is_in(COUNTED_OTHERWISE)
    otherwise = (
        met.filter((inside | (recent & ends.is_null())) & counted_otherwise)
        .select(*KEY, pl.lit(value=True).alias("__otherwise"))
        .unique()
    )
    words = pl.concat([met.select(*KEY, began.alias("day"), "words"), _policy_words(own, policies)])
    named = (
        words.unique()
        .sort("day", "words")
        .group_by(KEY, maintain_order=True)
        .agg(pl.concat_str(pl.col("day").cast(pl.String), pl.lit(": "), "words").alias("__said"))
        .with_columns(pl.col("__said").list.join(" ").alias("causes"))
        .select(*KEY, "causes")
    )
    changed = pl.col("__otherwise").is_not_null()
    return (
        rows.join(named, on=KEY, how="left", maintain_order="left")
        .join(otherwise, on=KEY, how="left", maintain_order="left")
        .join(_provisional(breaks, scopes), on=KEY, how="left", maintain_order="left")
        .with_columns(
            pl.col("causes").fill_null(""),
            pl.col("is_provisional").fill_null(value=False),
            pl.when(changed).then(pl.lit("definition")).otherwise("kind").alias("kind"),
            pl.when(changed).then(pl.lit("alert")).otherwise("tier").alias("tier"),
        )
        .drop("__otherwise")
    )


def _policy_words(own: pl.DataFrame, policies: pl.DataFrame) -> pl.DataFrame:
    met = own.join(policies, on="series_id").with_columns(_year_before())
    day = pl.col("policy_date")
    since = pl.col("period").dt.offset_by(f"-{CAUSES.policy_months}mo")
    near = met.filter(day.is_between(since, pl.col("__end")))
    return near.select(*KEY, day.alias("day"), "words")


def _year_before() -> list[pl.Expr]:
    """First day of the year compared with, and the last day of the period itself."""
    return [
        pl.col("period").dt.offset_by("-1y").alias("__from"),
        period_end("period").alias("__end"),
    ]


def _provisional(breaks: pl.DataFrame, scopes: Sequence[Scope]) -> pl.DataFrame:
    """Newest periods of series whose publisher revises them (a standing rule of kind partial)."""
    standing = set(
        breaks.filter((pl.col("break_kind") == "partial") & pl.col("break_first_date").is_null())
        .get_column("series_id")
        .to_list()
    )
    marks: Mapping[tuple[str, object], bool] = {
        (series, period): True
        for scope in scopes
        for series in scope.series
        if series in standing
        for period in scope.periods[-max(1, CAUSES.provisional_months // scope.rhythm.months) :]
    }
    return pl.DataFrame(
        [(*key, value) for key, value in marks.items()],
        schema={"series_id": pl.String, "period": pl.Date, "is_provisional": pl.Boolean},
        orient="row",
    )


def no_policies() -> pl.DataFrame:
    """What :func:`near_policies` returns where there is none."""
    text = pl.String()
    schema = {"series_id": text, "policy_id": text, "policy_date": pl.Date(), "words": text}
    return pl.DataFrame(schema=schema)
