"""Which forecasts moved beyond their old interval of 1 in 2: ``forecast.published`` compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.wording import ALL, TOTAL
from fcm_migration.changes.line import Line, of_series
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
READ_YEARS = frozenset(("series_id", "year_kind", "total_year", "quantile", "value"))
# One row a series with a forecast in both editions: how many periods moved, and the farthest of
# them in widths of the old interval (at least one, so that a point is no division by zero).
MOVED = """
    WITH shared AS (
        SELECT n.series_id, n.source_id, n.indicator, n.destination_iso3, n.origin_iso3, n.route,
               n.place, n.population_group, n.frequency, n.unit, n.target_period,
               n.last_period, o.last_period AS old_last_period, n.median, n.lower_80, n.upper_80,
               n.counted_so_far, o.median AS old_median, o.lower_50, o.upper_50,
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
# Totals of years that both editions forecast, moved likewise.
YEARS = """
    WITH wide AS (
        SELECT series_id, year_kind, total_year, any_value(source_id) AS source_id,
               any_value(indicator) AS indicator, any_value(unit) AS unit,
               max("value") FILTER (quantile = 0.5) AS median,
               max("value") FILTER (quantile = 0.25) AS lower_50,
               max("value") FILTER (quantile = 0.75) AS upper_50,
               max("value") FILTER (quantile = 0.1) AS lower_80,
               max("value") FILTER (quantile = 0.9) AS upper_80
        FROM {of}.forecast.year_totals GROUP BY ALL
    )
    SELECT *, 'A' AS frequency, split_part(series_id, '/', 3) AS destination_iso3,
           split_part(series_id, '/', 4) AS origin_iso3, split_part(series_id, '/', 5) AS route,
           split_part(series_id, '/', 6) AS place, split_part(series_id, '/', 7) AS population_group
    FROM wide ORDER BY ALL
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
    for part in moved.filter(~is_main).partition_by("source_id", maintain_order=True):
        yield _others(part, names)
    yield from _begun(pair, names)


def year_lines(pair: Pair, names: Names) -> Iterator[Line]:
    """Yield a line for each total of a year whose forecast moved beyond its old interval."""
    old, new = pair.both(YEARS)
    both = new.join(old, on=["series_id", "year_kind", "total_year"], suffix="_old")
    moved = ~pl.col("median").is_between("lower_50_old", "upper_50_old")
    for row in both.filter(moved).iter_rows(named=True):
        kind = "" if row["year_kind"] == "calendar" else f"{row['year_kind'].replace('_', ' ')} "
        whose = names.whose(row, is_only=True)
        said = (
            f"{names.measure(row['indicator'], row['destination_iso3'])}"
            f"{f', {whose}' if whose else ''}: the forecast for the "
            f"whole of the {kind}year {row['total_year']} is now {_now(row)}; before it was "
            f"{figure(row['median_old'])}, with 1 chance in 2 between "
            f"{figure(row['lower_50_old'])} and {figure(row['upper_50_old'])}."
        )
        yield Line(
            kind="forecast_moved",
            sentence=said,
            **of_series(row),
            period=date(row["total_year"], 1, 1),
            old_value=row["median_old"],
            new_value=row["median"],
        )


def _now(row: Row) -> str:
    """Return a forecast as it is now: the middle, and the interval of 8 chances in 10."""
    low, high = figure(row["lower_80"]), figure(row["upper_80"])
    return f"{figure(row['median'], row['unit'])} in the middle (8 chances in 10: {low} to {high})"


def _line(row: Row, names: Names) -> Line:
    counted = ""
    if row["counted_so_far"] is not None:
        counted = f", of whom {figure(row['counted_so_far'])} are already counted"
        counted = counted if row["unit"] == "persons" else counted.replace("whom", "which")
    sentence = (
        f"{names.measure(row['indicator'], row['destination_iso3'])}: the forecast for "
        f"{period_said(row['target_period'], row['frequency'])} is now {_now(row)}{counted}, "
        f"{_why(row)}; before it was {figure(row['old_median'])}, with 1 chance in 2 between "
        f"{figure(row['lower_50'])} and {figure(row['upper_50'])}. {_how_many(row)}"
    )
    return Line(
        kind="forecast_moved",
        sentence=sentence,
        items=row["moved"],
        **of_series(row),
        period=row["target_period"],
        old_value=row["old_median"],
        new_value=row["median"],
    )


def _why(row: Row) -> str:
    """Return how far the figures of a series go now, beside before."""
    last, old = row["last_period"], row["old_last_period"]
    if last == old:
        return "though its own figures end where they did"
    figures = "newer figures" if last > old else "figures that end earlier than before"
    return f"after {figures} (to {period_said(last, row['frequency'])})"


def _others(part: pl.DataFrame, names: Names) -> Line:
    """Return the line that counts a source's other series, and names the one that moved most."""
    most = part.sort("far", "series_id", descending=[True, False]).row(0, named=True)
    source_id, frequency = most["source_id"], most["frequency"]
    periods = count(int(part.get_column("moved").sum()), "period")
    said = (
        f"{names.source(source_id)}: in {count(part.height, 'more series', 'more series')} "
        f"({periods}) the forecast moved beyond its old interval of 1 in 2, most of all "
        f"({names.whose(most)}, {period_said(most['target_period'], frequency)}): "
        f"{figure(most['old_median'])} before, {figure(most['median'], most['unit'])} now."
    )
    return Line(kind="forecast_moved", sentence=said, items=part.height, source_id=source_id)


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
