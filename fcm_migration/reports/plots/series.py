"""Pictures of series for Dagster's metadata: an inline sparkline and a full plot.

Matplotlib is loaded inside the functions that draw.
"""

from __future__ import annotations

import io
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration import store
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.scores import INTERVALS, QUANTILE_LEVELS
from fcm_migration.forecast.shown import shown, with_nowcasts
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.tables import FLOWS, SERIES
from fcm_migration.periods import period_name
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.parts import harmonised_part
from fcm_migration.reports.plots.drawing import COLOURS, PERIOD, SPARK_POINTS, Picture, sparkline
from fcm_migration.sources.base import Source

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BEST_DRAWN = ("M", "Q", "A", "W", "D")


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
    figure, axes = _canvas()
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
    return Picture(_png(figure), sparkline(values[-SPARK_POINTS:], words), words)


def forecast_picture(context: Context) -> Picture | None:
    """Draw a forecast that is shown, of a total with the newest data, as 50, 80 and 95 % fans.

    The running period is the nowcast's. None where no forecast of a total is shown.
    """
    quantiles, hidden, nowcast, series = (
        store.read(context.home.table(table.layer, table.name), table)
        for table in (QUANTILES, NOT_SHOWN, NOWCAST, SERIES)
    )
    published = with_nowcasts(shown(quantiles, hidden), nowcast)
    candidates = series.join(published, on="series_id", how="semi")
    if candidates.filter(pl.col("origin_iso3") == "total").is_empty():
        return None
    chosen = best_drawn(candidates)
    past = series.filter(pl.col("series_id") == chosen).sort("period_start").tail(60)
    ahead = published.filter(pl.col("series_id") == chosen)
    publisher = context.source(past.get_column("source_id")[0]).publisher
    return _fan(past, ahead, publisher)


def best_drawn(series: pl.DataFrame) -> str:
    """Choose the series to draw: a total, monthly before quarterly, the newest, the largest."""
    totals = series.filter(pl.col("origin_iso3") == "total")
    rank = pl.col("frequency").replace_strict(
        {name: -place for place, name in enumerate(BEST_DRAWN)}, return_dtype=pl.Int64
    )
    newest = (
        totals.sort("period_start")
        .group_by("series_id")
        .agg(
            rank.first().alias("rank"), pl.col("period_start").max(), pl.col("value").tail(12).sum()
        )
    )
    order = ("rank", "period_start", "value", "series_id")
    return str(newest.sort(order).get_column("series_id")[-1])


def _fan(past: pl.DataFrame, ahead: pl.DataFrame, publisher: str) -> Picture:
    figure, axes = _canvas()
    starts, values = past.get_column("period_start"), past.get_column("value")
    axes.plot(starts, values, color=COLOURS[0], linewidth=1.4, label="published figures")
    wide = ahead.pivot("quantile", index="target_period", values="value").sort("target_period")
    targets = wide.get_column("target_period")
    for (_, *ends), alpha in zip(reversed(INTERVALS), (0.2, 0.3, 0.45), strict=True):
        low, high = (QUANTILE_LEVELS[place] for place in ends)
        axes.fill_between(
            targets, wide[str(low)], wide[str(high)], color=COLOURS[1], alpha=alpha, linewidth=0,
            label=f"{round(100 * (high - low))} % interval",
        )  # fmt: skip
    axes.plot(targets, wide["0.5"], color=COLOURS[1], linewidth=1.4, label="median forecast")
    axes.legend(frameon=False, fontsize=8, loc="upper left")
    first = past.row(0, named=True)
    what = f"{first['indicator'].replace('_', ' ')}, {first['destination_iso3']}"
    period = PERIOD[first["frequency"]]
    axes.set_ylabel(f"{first['unit']} a {period}")
    models = ahead.sort("horizon").get_column("model").unique(maintain_order=True)
    how = ", then ".join(models.str.replace_all("_", " "))
    source = f"{publisher}, as of {first['as_of_date']}; model: {how}"
    last, start, end = (
        _named(day, first["frequency"])
        for day in (past.drop_nulls("value")["period_start"][-1], targets[0], targets[-1])
    )
    axes.set_title(
        f"Forecast: {what}, all origins\nlast figure {last}, forecast {start} to {end}\n{source}",
        fontsize=9,
    )
    words = (
        f"Forecast of {what} ({first['unit']} a {period}): median {wide['0.5'][0]:,.0f} in the "
        f"{period} from {targets[0]:%B %Y}, 80 % interval {wide['0.1'][0]:,.0f} to "
        f"{wide['0.9'][0]:,.0f}. The last figure is of {last}; the forecast is of {start} to "
        f"{end}. Source: {source}."
    )
    recent = [float(v or 0) for v in values]
    return Picture(_png(figure), sparkline(recent[-SPARK_POINTS:], words), words)


def _named(day: date, frequency: str) -> str:
    """Return a period for people: June 2025, 2025 Q2, 2025."""
    return f"{day:%B %Y}" if frequency == "M" else period_name(day, frequency)


def _canvas() -> tuple[Figure, Axes]:
    # the object API: pyplot would keep figures and choose a window system
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), dpi=90, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.set_major_formatter(_thousands)
    axes.grid(axis="y", linewidth=0.4, alpha=0.5)
    return figure, axes


def _thousands(value: float, _position: Any) -> str:
    return f"{value:,.0f}"


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
