"""Which forecasts moved beyond their old interval of 1 in 2: ``forecast.published`` compared."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.wording import ALL, TOTAL
from fcm_migration.changes.line import Line
from fcm_migration.changes.wording import (
    WHOLE_ROUTE,
    Names,
    Row,
    count,
    figure,
    period_said,
)
from fcm_migration.publish.pair import Pair

READ = frozenset(("series_id", "target_period", "median", "lower_50", "upper_50", "last_period"))
# One row a series with a forecast in both editions: how many periods moved, and the farthest of
# them in widths of the old interval (at least one, so that a point is no division by zero).
MOVED = """
    WITH shared AS (
        SELECT n.series_id, n.source_id, n.indicator, n.destination_iso3, n.origin_iso3, n.route,
               n.place, n.population_group, n.frequency, n.unit, n.target_period,
               n.last_period > o.last_period AS has_newer, n.median, o.median AS old_median,
               o.lower_50, o.upper_50,
               n.median < o.lower_50 OR n.median > o.upper_50 AS is_moved,
               abs(n.median - o.median) / greatest(1, o.upper_50 - o.lower_50) AS far
        FROM new.forecast.published n JOIN old.forecast.published o USING (series_id, target_period)
    ), counted AS (
        SELECT *, count(*) OVER same AS periods,
               count(*) FILTER (is_moved) OVER same AS moved
        FROM shared WINDOW same AS (PARTITION BY series_id)
    )
    SELECT * FROM counted WHERE is_moved
    QUALIFY row_number() OVER (PARTITION BY series_id ORDER BY far DESC, target_period) = 1
    ORDER BY series_id
"""
HELD = """SELECT DISTINCT series_id, source_id FROM {of}.forecast.published"""


def lines(pair: Pair, names: Names) -> Iterator[Line]:
    """Yield a line for each whole series of the five that moved, then one a source for others."""
    moved = pair.sql(MOVED)
    route = pl.col("indicator").replace_strict(WHOLE_ROUTE, default=ALL, return_dtype=pl.String)
    is_main = (
        pl.col("destination_iso3").is_in(FIVE)
        & (pl.col("origin_iso3") == TOTAL)
        & (pl.col("route") == route)
        & (pl.col("place") == ALL)
        & (pl.col("population_group") == ALL)
    )
    for row in moved.filter(is_main).iter_rows(named=True):
        yield _line(row, names)
    others = moved.filter(~is_main)
    for source_id, size in others.group_by("source_id").len().sort("source_id").iter_rows():
        said = (
            f"{names.source(source_id)}: {count(size, 'more forecast')}, by origin, route or place "
            "or of other countries, moved beyond the old interval of 1 in 2."
        )
        yield Line(kind="forecast_moved", sentence=said, items=size, source_id=source_id)
    yield from _begun(pair, names)


def _line(row: Row, names: Names) -> Line:
    unit, frequency = row["unit"], row["frequency"]
    why = "after newer figures" if row["has_newer"] else "though its own figures end where they did"
    sentence = (
        f"{names.measure(row['indicator'], row['destination_iso3'])}: the forecast for "
        f"{period_said(row['target_period'], frequency)} is now {figure(row['median'], unit)} in "
        f"the middle, {why}; before it was {figure(row['old_median'])}, with 1 chance in 2 between "
        f"{figure(row['lower_50'])} and {figure(row['upper_50'])}. {_how_many(row)}"
    )
    return Line(
        kind="forecast_moved",
        sentence=sentence,
        items=row["moved"],
        source_id=row["source_id"],
        indicator=row["indicator"],
        destination_iso3=row["destination_iso3"],
        frequency=frequency,
        unit=unit,
        period=row["target_period"],
        old_value=row["old_median"],
        new_value=row["median"],
    )


def _how_many(row: Row) -> str:
    """Return how many of the periods that both editions forecast moved beyond their interval."""
    if row["periods"] == 1:
        return "No other period is forecast in both editions."
    moved = "all" if row["moved"] == row["periods"] else f"{row['moved']:,}"
    return f"Of the {row['periods']} periods that both editions forecast, {moved} moved that far."


def _begun(pair: Pair, names: Names) -> Iterator[Line]:
    """Yield a line a source for series that have a forecast in one of the editions alone."""
    was, is_ = pair.both(HELD)
    for kind, some, others, word in (
        ("forecast_begun", is_, was, "have a forecast for the first time"),
        ("forecast_ended", was, is_, "have no forecast any more (forecast.not_shown says why)"),
    ):
        only = some.join(others, on="series_id", how="anti")
        for source_id, size in only.group_by("source_id").len().sort("source_id").iter_rows():
            said = f"{names.source(source_id)}: {size:,} series {word}."
            yield Line(kind=kind, sentence=said, items=size, source_id=source_id)
