"""Pictures of a source's figures for Dagster's metadata: an inline sparkline and a full plot.

Matplotlib is loaded inside the functions that draw.
"""

from __future__ import annotations

import polars as pl

from fcm_migration import store
from fcm_migration.marts.tables import FLOWS
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.parts import harmonised_part
from fcm_migration.reports.plots.drawing import (
    BEST_DRAWN,
    COLOURS,
    SPARK_POINTS,
    Picture,
    empty_figure,
    plain,
    png,
    sparkline,
)
from fcm_migration.sources.base import Source


def source_picture(context: Context, source: Source) -> Picture | None:
    """Draw a source's headline figures: every origin together, by indicator or destination.

    None where there is nothing to draw: no release yet, or a dataset without series.
    """
    flows = store.read(harmonised_part(context, source)[FLOWS.full_name].path, FLOWS)
    whole = flows.filter(
        (pl.col("origin_iso3") == "total")
        & (pl.col("place") == "all")
        & (pl.col("population_group") == "all")
        & ~pl.col("is_partial")
    )
    if whole.is_empty():
        return None
    present = set(whole.get_column("frequency"))
    frequency = next(name for name in BEST_DRAWN if name in present)
    shown = whole.filter(pl.col("frequency") == frequency)
    indicator = shown.get_column("indicator").sort()[0]
    shown = shown.filter(pl.col("indicator") == indicator).sort("period_start")
    by = "destination_iso3" if shown.get_column("destination_iso3").n_unique() > 1 else "route"
    shown = shown.filter(pl.col(by) != "all") if by == "destination_iso3" else shown
    return _lines(shown, by, str(indicator), source)


def _lines(shown: pl.DataFrame, by: str, indicator: str, source: Source) -> Picture:
    unit = shown.get_column("unit")[0]
    as_of = shown.row(0, named=True)["as_of_date"].isoformat()
    figure = empty_figure(9, 4.5)
    axes = figure.subplots()
    plain(axes)
    names = shown.get_column(by).unique().sort().to_list()
    for colour, name in zip(COLOURS, names, strict=False):
        part = shown.filter(pl.col(by) == name)
        axes.plot(
            part.get_column("period_start").to_list(),
            part.get_column("value").to_list(),
            color=colour,
            linewidth=1.4,
            label=str(name).replace("_", " "),
        )
    if len(names) > 1:
        axes.legend(frameon=False, fontsize=8)
    axes.set_ylabel(unit)
    axes.set_title(f"{indicator.replace('_', ' ')}\n{source.publisher}, as of {as_of}", fontsize=9)
    first = shown.filter(pl.col(by) == names[0])
    values = [float(v or 0) for v in first.get_column("value")]
    last = first.row(-1, named=True)
    words = (
        f"{indicator.replace('_', ' ')} ({unit}), {first.get_column('period_start')[0]} to "
        f"{last['period_start']}; last value of {str(names[0]).replace('_', ' ')}: "
        f"{last['value']:,}. Source: {source.publisher}, as of {as_of}."
    )
    return Picture(png(figure), sparkline(values[-SPARK_POINTS:], words), words)
