"""Which series of a table is drawn as its trace, and which of its columns hold it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from fcm_migration.reports.charts.traces import POINTS
from fcm_migration.reports.pictures.picture import BEST_DRAWN

DIMENSIONS = ("source_id", "indicator", "destination_iso3", "origin_iso3", "route", "place",
              "population_group", "frequency")  # fmt: skip
BY_SERIES = ("series_id",)
MOST_TRIED = 20  # series, where the first ones have no figure
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """Where a table holds a series: columns of period and figure, and what tells series apart.

    Attributes:
        period, value: the columns.
        by: columns that tell its series apart.
        where: the rows that count, as SQL.
        what: what the figure is, where it is not an observed one.
    """

    period: str
    value: str
    by: tuple[str, ...] = BY_SERIES
    where: str = "TRUE"
    what: str = ""


# tables that hold figures of their own for each period
RULES: Mapping[str, Rule] = {
    "mart.flows": Rule("period_start", "value", DIMENSIONS, "NOT is_partial"),
    "mart.series": Rule("period_start", "value"),
    "forecast.quantiles": Rule(
        "target_period", "value", (*BY_SERIES, "origin_date"), "quantile = 0.5 AND is_published",
        "middle of the forecast",
    ),
    "forecast.coherent": Rule(
        "target_period", "value", (*BY_SERIES, "origin_date"), "is_shown", "forecast",
    ),
    "forecast.scenarios": Rule(
        "target_period", "scenario_value", ("scenario_id", *BY_SERIES), "quantile = 0.5",
        "middle of the scenario",
    ),
    "forecast.track_record": Rule(
        "target_period", "median", (*BY_SERIES, "horizon"), "horizon = 1",
        "forecast one period ahead",
    ),
}  # fmt: skip
# tables that say something of series: the one of the row that comes first in this order
ABOUT: Mapping[str, tuple[str, ...]] = {
    "mart.series_index": ("last_period",),
    "forecast.nowcast": ("target_period",),
    "forecast.year_totals": ("total_year", "previous_total"),
    "trend.breaks": ("period",),
    "trend.policy_effects": ("policy_date", "periods_after"),
    "trend.displacement": ("policy_date", "periods_after"),
    "trend.corridors": ("is_newest", "level"),
    "trend.alerts": ("is_headlined", "public_from", "score"),
}


def grouped(
    rows: pl.DataFrame, period: str, value: str, by: Sequence[str]
) -> tuple[pl.DataFrame, Row | None]:
    """Return the rows of the newest, then largest series of a table, and its newest row."""
    known = rows.drop_nulls(value).sort(period)
    if known.is_empty():
        return known, None
    ends = known.group_by(by).agg(pl.col(period).last(), pl.col(value).tail(12).sum().alias("size"))
    chosen = ends.sort(period, "size", *by, descending=[True, True, *(False for _ in by)])
    own = known.join(chosen.head(1).select(by), on=by, how="semi", maintain_order="left")
    return own, own.row(-1, named=True)


def chosen(known: pl.DataFrame, rule: Rule) -> Row | None:
    """Return what tells the series to draw apart; None where there is no figure."""
    if known.is_empty():
        return None
    rank = pl.col("frequency").replace_strict(
        {name: place for place, name in enumerate(BEST_DRAWN)}, return_dtype=pl.Int64
    )
    is_part = (pl.col("origin_iso3") != "total") | (pl.col("place") != "all")
    ranked = (
        known.sort(rule.period)
        .group_by(rule.by, maintain_order=True)
        .agg(
            is_part.first().alias("is_part"),
            rank.first().alias("rank"),
            pl.col(rule.period).last().alias("last"),
            pl.col(rule.value).tail(12).sum().alias("size"),
        )
    )
    order = ("is_part", "rank", "last", "size", *rule.by)
    falling = [False, False, True, True, *(False for _ in rule.by)]
    return ranked.sort(order, descending=falling).row(0, named=True)


def floats(rows: pl.DataFrame, value: str) -> list[float | None]:
    """Return the newest figures, oldest first; all there are where the newest are withheld."""
    known = rows.get_column(value).cast(pl.Float64)
    newest = known.tail(POINTS)
    return (newest if newest.count() else known.drop_nulls()).to_list()
