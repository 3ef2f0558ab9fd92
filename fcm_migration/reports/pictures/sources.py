"""Pictures of a source's figures for Dagster's metadata."""

from __future__ import annotations

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.columns import FIVE
from fcm_migration.marts.tables import FLOWS
from fcm_migration.periods import PERIOD_LENGTH, whole_calendar
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.parts import harmonised_part
from fcm_migration.reports.charts import Series, Small, headline, multiples_chart, series_chart
from fcm_migration.reports.charts.labels import capitalised
from fcm_migration.reports.pictures.naming import (
    ALL,
    Names,
    country_names,
    details,
    indicator_words,
    named,
    title_of,
    unit_words,
)
from fcm_migration.reports.pictures.picture import BEST_DRAWN, Picture, picture
from fcm_migration.sources.base import Source

MOST = 9  # panels
SHOWN = {"D": 365, "W": 156, "M": 120, "Q": 60, "A": 40}  # periods drawn


def source_picture(context: Context, source: Source) -> Picture | None:
    """Draw a source's headline figures: every origin together, by destination or route.

    None where there is nothing to draw: no release yet, or a dataset without series.
    """
    flows = store.read(harmonised_part(context, source)[FLOWS.full_name].path, FLOWS)
    whole = flows.filter(
        (pl.col("origin_iso3") == "total")
        & (pl.col("place") == "all")
        & (pl.col("population_group") == "all")
    )
    complete = whole.filter(~pl.col("is_partial")).drop_nulls("value")
    if complete.is_empty():
        return None
    present = set(complete.get_column("frequency"))
    frequency = next(name for name in BEST_DRAWN if name in present)
    indicator = complete.filter(frequency=frequency).get_column("indicator").sort()[0]
    shown = whole.filter(frequency=frequency, indicator=indicator)
    return _drawn(shown, source, country_names(context))


def _drawn(shown: pl.DataFrame, source: Source, names: Names) -> Picture:
    several = shown.get_column("destination_iso3").n_unique() > 1
    by = "destination_iso3" if several else "route"
    shown = shown.filter(pl.col("route") == _widest(shown)) if several else shown
    values = _ordered(shown, by)
    series = [
        _series(part, source, names, by if len(values) > 1 else "")
        for value in values
        if not (part := shown.filter(pl.col(by) == value)).drop_nulls("value").is_empty()
    ]
    if len(series) == 1:
        chart = series_chart(series[0])
    else:
        first = shown.row(0, named=True)
        panels = [Small(one, headline(one)) for one in series[:MOST]]
        what = capitalised(indicator_words(first["indicator"]))
        chart = multiples_chart(
            panels, f"{what}, {source.publisher}", capitalised(unit_words(first)), columns=3
        )
    return picture(chart, series[0].past.get_column("value").to_list())


def _widest(shown: pl.DataFrame) -> str:
    """Return the route that most rows have: all, or the one that stands for it."""
    routes = shown.group_by("route").len().sort("len", "route", descending=[True, False])
    return str(routes.item(0, "route"))


def _ordered(shown: pl.DataFrame, by: str) -> list[str]:
    """Return the values of a dimension: the five countries first, then the largest newest year."""
    newest = (
        shown.drop_nulls("value").sort("period_start").group_by(by)
        .agg(pl.col("value").tail(12).sum())
        .sort(~pl.col(by).is_in(FIVE), -pl.col("value"), by)
    )  # fmt: skip
    return [str(value) for value in newest.get_column(by)]


def _series(part: pl.DataFrame, source: Source, names: Names, by: str) -> Series:
    """Return the series of one destination or route; ``by`` is what panels differ in, if any."""
    row = part.sort("period_start").row(-1, named=True)
    each = PERIOD_LENGTH[row["frequency"]]
    days = whole_calendar(part.drop_nulls("value").get_column("period_start"), each)
    figures = part.select("period_start", "value", pl.col("is_partial").alias("is_provisional"))
    past = (
        pl.DataFrame({"period_start": days})
        .join(figures.unique("period_start", keep="last"), on="period_start", how="left")
        .with_columns(pl.col("is_provisional").fill_null(value=False))
        .sort("period_start")
        .tail(SHOWN[row["frequency"]])
    )
    label = title_of(row, names)
    title = label
    if by == "destination_iso3":
        title = named(row[by], names)
    elif by:
        title = "All" if row[by] in ALL else capitalised(", ".join(details(row)) or row[by])
    return Series(
        title, label, unit_words(row), row["frequency"], source.publisher, row["as_of_date"], past
    )
