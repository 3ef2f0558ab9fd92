"""Which published figures are new, completed, revised, filled in or gone: ``mart.flows`` compared.

A figure is new where its period is after all that the older edition held whole of the source,
measure, destination and frequency; a figure of an earlier period that was not there is filled in.
A revision is a difference beyond the publisher's rounding: of figures rounded to a grid, of more
than one step of it.
"""

# ruff: noqa: S608  (every piece is SQL of our own)
from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from fcm_migration.catalog.columns import FIVE, SERIES_DIMENSIONS
from fcm_migration.catalog.wording import ALL, TOTAL
from fcm_migration.changes.line import Line, of_series
from fcm_migration.changes.wording import (
    PERIODS,
    WHOLE_ROUTE,
    Names,
    Row,
    count,
    figure,
    period_said,
    span_said,
)
from fcm_migration.publish.change_tables import CHANGED_SERIES
from fcm_migration.publish.pair import Pair

KEY = ", ".join((*SERIES_DIMENSIONS, "period_start"))
SERIES = ", ".join(SERIES_DIMENSIONS)
GROUP = ("source_id", "indicator", "unit", "frequency", "destination_iso3")
# kinds of which the largest change is named; of the others, the newest period
COMPARED = ("completed", "revised", "within_rounding")
TOLD = ("new_period", "completed", "revised", "filled", "withdrawn")
READ = frozenset(("value", "unit", "rounding", "is_partial", "is_suppressed", *SERIES_DIMENSIONS))
CHANGED = f"""
    WITH held AS (
        SELECT source_id, indicator, destination_iso3, frequency,
               max(period_start) FILTER (NOT is_partial) AS held_to
        FROM old.mart.flows GROUP BY ALL
    ), cells AS (
        SELECT {KEY}, coalesce(n.unit, o.unit) AS unit, o.value AS old_value, n.value AS new_value,
               o.is_partial AS was_partial, n.is_partial AS is_partial,
               (o.value IS NULL) <> (n.value IS NULL) AS is_withheld_otherwise,
               NOT o.is_partial AND n.is_partial AS is_part_now,
               CASE WHEN coalesce(n.rounding, 1) > 1 THEN n.rounding ELSE 0 END AS grid
        FROM old.mart.flows o FULL JOIN new.mart.flows n USING ({KEY})
    ), kinds AS (
        SELECT c.*, CASE
            WHEN was_partial IS NULL AND (held_to IS NULL OR period_start > held_to)
                THEN 'new_period'
            WHEN was_partial IS NULL THEN 'filled'
            WHEN is_partial IS NULL THEN 'withdrawn'
            WHEN was_partial AND (NOT is_partial OR old_value IS DISTINCT FROM new_value)
                THEN 'completed'
            WHEN is_part_now AND old_value IS DISTINCT FROM new_value THEN 'revised'
            WHEN is_withheld_otherwise OR abs(new_value - old_value) > grid THEN 'revised'
            WHEN old_value <> new_value THEN 'within_rounding' END AS kind
        FROM cells c
        LEFT JOIN held USING (source_id, indicator, destination_iso3, frequency)
    ), changed AS (
        SELECT *, count(*) OVER same AS periods, min(period_start) OVER same AS first_period,
               max(period_start) OVER same AS last_period,
               count(*) FILTER (kind = 'revised' AND is_withheld_otherwise) OVER same AS withheld,
               count(*) FILTER (kind = 'revised' AND is_part_now) OVER same AS in_part
        FROM kinds WHERE kind IS NOT NULL WINDOW same AS (PARTITION BY kind, {SERIES})
    )
    SELECT kind, {SERIES}, unit, periods, first_period, last_period, withheld, in_part,
           period_start AS named_period, CAST(old_value AS DOUBLE) AS old_value,
           CAST(new_value AS DOUBLE) AS new_value, coalesce(is_partial, false) AS is_partial
    FROM changed
    QUALIFY row_number() OVER (
        PARTITION BY kind, {SERIES}
        ORDER BY CASE WHEN kind IN {COMPARED} THEN abs(new_value - old_value) END DESC NULLS LAST,
                 period_start DESC) = 1
"""


def changed_series(pair: Pair) -> pl.DataFrame:
    """Return the series with other figures: the rows of ``meta.changed_series`` and three columns.

    These are ``withheld``, how many of a series' revised figures gained or lost their value,
    ``in_part``, how many were of whole periods that are counted in part now, and ``is_partial`` of
    the period that is named.
    """
    return pair.sql(CHANGED)


def as_table(changed: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of ``meta.changed_series`` alone."""
    return changed.select(CHANGED_SERIES.column_names)


def lines(changed: pl.DataFrame, names: Names) -> Iterator[Line]:
    """Yield a line for each kind of change of a source's measure and frequency, by country.

    The five countries have a line each; all other destinations of a source share one.
    """
    told = changed.with_columns(
        pl.when(pl.col("destination_iso3").is_in(FIVE)).then("destination_iso3").alias("country"),
        _is_whole().alias("is_whole"),
    )
    groups = ("kind", "source_id", "indicator", "unit", "frequency", "country")
    rounded = told.filter(kind="within_rounding")
    for kind in TOLD:
        parts = told.filter(kind=kind).partition_by(groups, as_dict=True, include_key=True)
        for key in sorted(parts, key=lambda key: (key[-1] is None, str(key))):
            same = dict(zip(groups[1:], key[1:], strict=True))
            alike = rounded
            for name, value in same.items():
                alike = alike.filter(pl.col(name).eq_missing(pl.lit(value)))
            steps = int(alike.get_column("periods").sum())
            yield _line(kind, parts[key], steps, names)


def _is_whole() -> pl.Expr:
    """Whether a series is the whole of its measure and destination."""
    route = pl.col("indicator").replace_strict(WHOLE_ROUTE, default=ALL, return_dtype=pl.String)
    return (
        (pl.col("origin_iso3") == TOTAL)
        & (pl.col("place") == ALL)
        & (pl.col("population_group") == ALL)
        & ((pl.col("route") == route) | (pl.col("route") == ALL))
    )


def _line(kind: str, part: pl.DataFrame, steps: int, names: Names) -> Line:
    """Return the line of one group of changed series.

    Args:
        kind: what changed.
        part: the series.
        steps: figures of the same group that differ by one step of rounding.
        names: of sources, measures and countries.
    """
    named = _named(kind, part)
    group = part.select(
        pl.col("first_period").min(),
        pl.col("last_period").max(),
        pl.col("periods").max().alias("most_periods"),
        pl.col("periods").sum().alias("figures"),
        pl.col("withheld", "in_part").sum(),
        pl.len().alias("series"),
        pl.col("destination_iso3").n_unique().alias("destinations"),
    ).row(0, named=True)
    also = ""
    if kind == "revised" and steps:
        differ = "differs" if steps == 1 else "differ"
        also = f" {count(steps, 'more figure')} {differ} by one step of the publisher's rounding."
    several = named["country"] is None and group["destinations"] > 1
    there = f" ({group['destinations']} destinations)" if several else ""
    head = f"{names.measure(named['indicator'], named['country'])}{there}"
    says = _says(kind, group, named, names)
    return Line(
        kind=kind,
        sentence=f"{head}: {says} ({names.source(named['source_id'])}).{also}",
        items=group["figures"],
        **{**of_series(named), "destination_iso3": named["country"]},
        period=named["named_period"],
        old_value=named["old_value"],
        new_value=named["new_value"],
    )


def _named(kind: str, part: pl.DataFrame) -> Row:
    """Return the series that a sentence names: the whole, else that of the largest change."""
    size = (
        (pl.col("new_value") - pl.col("old_value")).abs()
        if kind in COMPARED
        else pl.coalesce("new_value", "old_value")
    )
    order = part.with_columns(size.fill_null(-1).alias("size")).sort(
        "is_whole", "size", *SERIES_DIMENSIONS, descending=[True, True, *[False] * 8]
    )
    return order.row(0, named=True)


def _says(kind: str, group: Row, named: Row, names: Names) -> str:
    """Return what a sentence says of a group of series, of which it names one."""
    frequency, unit = named["frequency"], named["unit"]
    span = span_said(group["first_period"], group["last_period"], frequency)
    when = period_said(named["named_period"], frequency)
    whose = names.whose(named, is_only=group["series"] == 1)
    which = f"{whose}, {when}" if whose else when
    old, new = figure(named["old_value"]), figure(named["new_value"], unit)
    figures = f"{count(group['figures'], 'figure')} of {count(group['series'], 'series', 'series')}"
    if kind == "new_period":
        return _new_period(group, named, span, (whose, new))
    if kind == "completed":
        return _completed(group, named, span, which)
    if kind == "filled":
        return f"{figures} for periods that were held without them, {span}"
    if kind == "withdrawn":
        gone = f"{which}: {figure(named['old_value'], unit)}"
        return f"{figures}, {span}, no longer in the edition, such as {gone}"
    before_now = f"{which}: {old} before, {new} now"
    return f"{figures}, {span}, revised beyond rounding{_apart(group)}; {before_now}"


def _completed(group: Row, named: Row, span: str, which: str) -> str:
    """Return what became of periods that were held in part."""
    old, new = figure(named["old_value"]), figure(named["new_value"], named["unit"])
    state = "counted further" if named["is_partial"] else "complete"
    if group["series"] == 1 and group["first_period"] == group["last_period"]:
        return f"{span}, held in part before, is now {state}: {new}, and {old} so far before"
    return f"{span}, held in part before; {which}, now {state}: {new}, and {old} so far before"


def _apart(group: Row) -> str:
    """Return which of the revised figures are no plain revisions."""
    said = ""
    if group["withheld"]:
        said += f", {group['withheld']:,} of them withheld or no longer withheld"
    if group["in_part"]:
        said += f", {group['in_part']:,} of them whole before and counted in part now"
    return said


def _new_period(group: Row, named: Row, span: str, newest: tuple[str, str]) -> str:
    """Return which periods are new, and whose newest figure it is, with the figure."""
    whose, value = newest
    series = f", in {group['series']:,} series" if group["series"] > 1 else ""
    so_far = " so far" if named["is_partial"] else ""
    if group["first_period"] == group["last_period"]:
        said = f"{whose}: {value}" if whose else value
        return f"{span} is new{series}; {said}{so_far}"
    periods = count(group["most_periods"], f"new {PERIODS[named['frequency']]}")
    when = period_said(named["named_period"], named["frequency"])
    which = f"{when}, {whose}" if whose else when
    return f"{periods}, {span}{series}; {which}: {value}{so_far}"
