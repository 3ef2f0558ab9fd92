"""Pictures of alerts for Dagster's metadata: the highest scores now, and numbers by period.

Matplotlib is loaded inside the functions that draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.columns import FIVE
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.periods import period_name
from fcm_migration.refresh.context import Context
from fcm_migration.reports.plots.alert_frames import (
    COUNTED_YEARS,
    SHOWN,
    alert_counts,
    histories,
    top_alerts,
)
from fcm_migration.reports.plots.drawing import (
    COLOURS,
    PERIOD,
    SPARK_POINTS,
    Picture,
    empty_figure,
    png,
    sparkline,
)
from fcm_migration.trends.alerts.explanation import count
from fcm_migration.trends.alerts.tables import ALERTS, KINDS, TRACK_RECORD
from fcm_migration.trends.watch.settings import FREQUENCY_SPECS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

START = "episode_start"
MARKS = {"surge": "^", "drop": "v"}
SIDE = {"surge": "upper", "drop": "lower"}
# kinds told apart without colour, too
HATCHES = ("", "", "////", "", "....", "xxxx", "")
KIND_COLOURS = dict(zip(KINDS, (COLOURS[i] for i in (0, 1, 4, 5, 2, 3, 6)), strict=True))


def alert_pictures(context: Context) -> dict[str, Picture | None]:
    """Return the pictures of the alert tables by table name; None without anything to draw."""
    alerts = store.read(context.home.table(ALERTS.layer, ALERTS.name), ALERTS)
    series = store.read(context.home.table("mart", "series"), SERIES)
    index = store.read(context.home.table("mart", "series_index"), SERIES_INDEX)
    return {
        ALERTS.name: alerts_picture(alerts, series, index),
        TRACK_RECORD.name: counts_picture(alerts),
    }


def alerts_picture(
    alerts: pl.DataFrame, series: pl.DataFrame, index: pl.DataFrame, direction: str = "surge"
) -> Picture | None:
    """Draw the headlined alerts with the highest scores among the newest periods.

    Args:
        alerts: rows of ``trend.alerts``.
        series: rows of ``mart.series``.
        index: rows of ``mart.series_index``.
        direction: surge or drop.

    Returns:
        one panel per series; None where no newest period has such an alert.
    """
    chosen = top_alerts(alerts, series, direction)
    if not chosen:
        return None
    drawn = histories(chosen, series, index)
    figure = empty_figure(11.5, 3.2 * -(-len(chosen) // 3) + 0.7)
    grid = figure.subplots(-(-len(chosen) // 3), min(3, len(chosen)), squeeze=False)
    for axes, row in zip(grid.flat, chosen, strict=False):
        own = alerts.filter(series_id=row["series_id"], direction=direction)
        _panel(axes, row, own, drawn[row["series_id"]])
    for axes in list(grid.flat)[len(chosen) :]:
        axes.set_axis_off()
    handles, labels = grid[0][0].get_legend_handles_labels()
    _legend(figure, handles, labels)
    figure.suptitle(
        f"{direction.capitalize()}s with the highest scores among the headlined alerts of the "
        "newest periods of each source",
        fontsize=10,
    )
    words = _alert_words(chosen, direction)
    first = drawn[chosen[0]["series_id"]].get_column("value").fill_null(0.0).to_list()
    line = sparkline(first[-SPARK_POINTS:], words)
    return Picture(png(figure), line, words)


def counts_picture(alerts: pl.DataFrame, direction: str = "surge") -> Picture | None:
    """Draw how many series had an alert in each period, by destination and kind.

    Series of different frequencies are not counted together: for each destination the frequency
    with the most alerts is drawn.

    Args:
        alerts: rows of ``trend.alerts``.
        direction: surge or drop.

    Returns:
        one panel per destination; None where there is no such alert.
    """
    counts = alert_counts(alerts, direction)
    if counts.is_empty():
        return None
    names = _destinations(counts)
    figure = empty_figure(11.5, 1.6 * len(names) + 0.9)
    grid = figure.subplots(len(names), 1, squeeze=False, sharex=True)
    for axes, name in zip(grid.flat, names, strict=True):
        _bars(axes, counts.filter(destination_iso3=name))
    handles, labels = _kind_handles(
        set(counts.filter(pl.col("destination_iso3").is_in(names)).get_column("kind"))
    )
    _legend(figure, handles, labels)
    last = str(alerts.filter(direction=direction).get_column("public_from").max())
    title = f"Series with a {direction} alert, by destination and kind"
    figure.suptitle(f"{title} (alerts public until {last})", fontsize=10)
    words = _count_words(counts, names, title, last)
    whole = counts.filter(destination_iso3=names[0]).group_by("period").agg(pl.col("number").sum())
    values = [float(value) for value in whole.sort("period").get_column("number")]
    return Picture(png(figure), sparkline(values[-SPARK_POINTS:], words), words)


def _destinations(counts: pl.DataFrame) -> list[str]:
    """Return those of the five destinations that have alerts, or else the ones with the most."""
    present = counts.group_by("destination_iso3").agg(pl.col("number").sum())
    most = present.sort("number", "destination_iso3", descending=[True, False])
    names = most.get_column("destination_iso3").to_list()
    return sorted(name for name in names if name in FIVE) or names[:SHOWN]


def _panel(axes: Axes, row: dict[str, Any], own: pl.DataFrame, drawn: pl.DataFrame) -> None:
    days = drawn.get_column("period_start").to_list()
    axes.plot(days, drawn.get_column("value").to_list(), color=COLOURS[0], linewidth=1.4,
              label="published figures")  # fmt: skip
    axes.plot(days, drawn.get_column("expected").to_list(), color="#555555", linewidth=1.0,
              linestyle="--", label="expected: mean of the year before")  # fmt: skip
    seen = own.filter(pl.col("period") >= days[0]).sort("period")
    axes.plot(
        seen.get_column("period").to_list(), seen.get_column("bound").to_list(), linestyle="none",
        marker="_", markersize=8, markeredgewidth=1.6, color=COLOURS[2],
        label="bound beyond which 2.5 % would lie",
    )  # fmt: skip
    for tier, fill in (("alert", "white"), ("strong", COLOURS[1])):
        part = seen.filter(tier=tier)
        axes.plot(
            part.get_column("period").to_list(), part.get_column("observed").to_list(),
            linestyle="none", marker=MARKS[row["direction"]], markersize=6, color=COLOURS[1],
            markerfacecolor=fill, label=f"tier {tier}",
        )  # fmt: skip
    since = row["episode_start"]
    axes.axvline(since, color=COLOURS[3], linewidth=1.2, linestyle=":")
    left = since > days[0] + (days[-1] - days[0]) / 2
    words = f"since {period_name(since, row['frequency'])}"
    axes.annotate(
        words, (since, 1.0), xycoords=("data", "axes fraction"),
        xytext=(-3 if left else 3, -9), textcoords="offset points", fontsize=7,
        ha="right" if left else "left",
    )  # fmt: skip
    shown = [drawn.get_column("value"), drawn.get_column("expected"), seen.get_column("bound")]
    axes.set_ylim(0, 1.2 * max(float(column.max() or 0.0) for column in shown) or 1.0)  # type: ignore[arg-type]
    axes.set_ylabel(f"{row['unit']} a {PERIOD[row['frequency']]}", fontsize=8)
    period = period_name(row["period"], row["frequency"])
    axes.set_title(
        f"{_whose(row)}: {row['indicator'].replace('_', ' ')}\n{row['source_id']}, public from "
        f"{row['public_from']}\n{period}: {count(row['observed'])}, "
        f"expected {count(row['expected'])}; score {row['score']:.0f}, "
        f"{row['kind'].replace('_', ' ')}, {row['tier']}",
        fontsize=7.5, loc="left",
    )  # fmt: skip
    _finish(axes, days)


def _whose(row: dict[str, Any]) -> str:
    origin = "all origins" if row["origin_iso3"] == "total" else row["origin_iso3"]
    parts = [row[name].replace("_", " ") for name in ("route", "place") if row[name] != "all"]
    return ", ".join([f"{origin} to {row['destination_iso3']}", *parts])


def _bars(axes: Axes, counts: pl.DataFrame) -> None:
    from matplotlib.ticker import MaxNLocator

    frequency = counts.item(0, "frequency")
    months = FREQUENCY_SPECS[frequency].months
    periods = counts.get_column("period").unique().sort().to_list()
    below = dict.fromkeys(periods, 0)
    for kind, hatch in zip(KINDS, HATCHES, strict=True):
        numbers = dict(counts.filter(kind=kind).select("period", "number").iter_rows())
        at = [period for period in periods if period in numbers]
        axes.bar(
            at, [numbers[period] for period in at], width=27 * months, align="edge",
            bottom=[below[period] for period in at], color=KIND_COLOURS[kind], hatch=hatch,
            edgecolor="white", linewidth=0.0,
        )  # fmt: skip
        for period in at:
            below[period] += numbers[period]
    axes.set_ylabel(f"series\na {PERIOD[frequency]}", fontsize=8)
    axes.set_title(str(counts.item(0, "destination_iso3")), fontsize=9, loc="left")
    _finish(axes, periods)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=True))


def _kind_handles(present: set[str]) -> tuple[list[Any], list[str]]:
    from matplotlib.patches import Patch

    shown = [kind for kind in KINDS if kind in present]
    hatches = dict(zip(KINDS, HATCHES, strict=True))
    handles = [
        Patch(facecolor=KIND_COLOURS[kind], hatch=hatches[kind], edgecolor="white", linewidth=0)
        for kind in shown
    ]
    return handles, [kind.replace("_", " ") for kind in shown]


def _legend(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(labels), frameon=False, fontsize=8
    )


def _finish(axes: Axes, days: Sequence[date]) -> None:
    from matplotlib.dates import DateFormatter, YearLocator

    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.4, alpha=0.5)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_formatter(lambda value, _position: f"{value:,.0f}")
    axes.tick_params(labelsize=7)
    years = -(-(days[-1].year - days[0].year + 1) // 8)
    axes.xaxis.set_major_locator(YearLocator(years))  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(DateFormatter("%Y"))  # type: ignore[no-untyped-call]


def _alert_words(chosen: Sequence[dict[str, Any]], direction: str) -> str:
    return (
        f"{direction.capitalize()}s with the highest scores of the newest periods. "
        f"{'. '.join(_in_words(row) for row in chosen)}. "
        "The score ranks how real a movement is, not how it will go on."
    )


def _in_words(row: dict[str, Any]) -> str:
    period, since = (period_name(row[name], row["frequency"]) for name in ("period", START))
    return (
        f"{_whose(row)}, {row['indicator'].replace('_', ' ')}, {period}: {count(row['observed'])} "
        f"{row['unit']}, expected {count(row['expected'])}, {SIDE[row['direction']]} bound "
        f"{count(row['bound'])}; score {row['score']:.0f}, {row['tier']}, since {since} "
        f"({row['source_id']}, public from {row['public_from']})"
    )


def _count_words(counts: pl.DataFrame, names: Sequence[str], title: str, last: str) -> str:
    parts = []
    for name in names:
        own = counts.filter(destination_iso3=name)
        by = own.group_by("period").agg(pl.col("number").sum()).sort("number", "period")
        most, frequency = by.row(-1, named=True), own.item(0, "frequency")
        when = period_name(most["period"], frequency)
        parts.append(
            f"{name}: {by.get_column('number').sum()} in {COUNTED_YEARS} years, the most "
            f"({most['number']}) in the {PERIOD[frequency]} {when}"
        )
    return f"{title}. {'; '.join(parts)}. Alerts public until {last}."
