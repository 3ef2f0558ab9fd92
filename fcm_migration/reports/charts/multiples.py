"""Small multiples: many series side by side, a scale for each or one for each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts.chart import WIDE, Chart, require
from fcm_migration.reports.charts.grammar import (
    Frame,
    Layer,
    finished,
    in_column,
    in_row,
    layer,
    panel,
    time_axis,
    title,
    value_axis,
    value_room,
    words,
)
from fcm_migration.reports.charts.keys import Key, key_panel, points
from fcm_migration.reports.charts.labels import day_words, figure, wrapped
from fcm_migration.reports.charts.scales import Area, axis_end, half, middle
from fcm_migration.reports.charts.series import Series, alternative, on_the_year
from fcm_migration.reports.charts.series_layers import history

RAISED = {"period": pl.Date, "direction": pl.String}
BETWEEN = 22
SMALLEST = 130  # pixels of a panel's area


@dataclass(frozen=True)
class Small:
    """One series of small multiples.

    Attributes:
        series: what to draw; its title is the panel's name. Its forecast is drawn as the 80 %
            range alone; its marks are left out.
        headline: the newest figure in words: "2,761 in Jul-Sep 2024, +74% in a year".
        alerts: columns RAISED; None for none.
    """

    series: Series
    headline: str
    alerts: pl.DataFrame | None = None

    def __post_init__(self) -> None:
        """Refuse a frame of other columns."""
        if self.alerts is not None:
            require(self.alerts, RAISED, f"Small.alerts of {self.series.title}")


def multiples_chart(
    smalls: Sequence[Small],
    title_words: str,
    unit: str,
    *,
    columns: int = 4,
    is_shared: bool = False,
    width: int = WIDE,
) -> Chart:
    """Return small multiples in a grid.

    Args:
        smalls: at least one.
        title_words: what is to be seen, in a sentence.
        unit: what is counted, for all; each panel's headline says what differs.
        columns: panels side by side where there is room.
        is_shared: whether the panels of a row have one scale; else each has its own, and the
            subtitle says so.
        width: pixels of the whole.

    Raises:
        UsageError: no panel, or a shared scale of different units.
    """
    if not smalls:
        raise UsageError("small multiples need at least one series", where=title_words)
    _refuse_mixed(smalls, title_words, is_shared=is_shared)
    columns = max(1, min(columns, int((width - 24 + BETWEEN) // (SMALLEST + 50 + BETWEEN))))
    each = (width - 24 - BETWEEN * (columns - 1)) / columns
    lines = [smalls[i : i + columns] for i in range(0, len(smalls), columns)]
    tops = [_tops(line, is_shared=is_shared) for line in lines]
    left = max(value_room(top, 2) for line in tops for top in line)
    rows = [
        in_row(
            [_panel(one, each - left, left, top) for one, top in zip(line, own, strict=True)],
            BETWEEN + left,
        )
        for line, own in zip(lines, tops, strict=True)
    ]  # fmt: skip
    keys = _keys(smalls)
    parts = [*rows, key_panel(keys, width - 24, left)] if keys else rows
    said = _subtitle(smalls, unit, is_shared=is_shared)
    frame = Frame(title_words, said, 0, 14, width - 24, is_several=True)
    spec = finished(in_column(parts, 14) | {"title": title(frame)})
    text = " ".join(alternative(one.series) for one in smalls)
    return Chart(title_words, said, f"{title_words}. {text}", figures(smalls), spec)


def _refuse_mixed(smalls: Sequence[Small], where: str, *, is_shared: bool) -> None:
    units = {one.series.unit for one in smalls}
    if is_shared and len(units) > 1:
        raise UsageError(
            "series of different units cannot share a scale", where=where, expected="one unit",
            got=sorted(units),
        )  # fmt: skip


def _subtitle(smalls: Sequence[Small], unit: str, *, is_shared: bool) -> str:
    days = sorted({one.series.as_of for one in smalls})
    scale = "One scale a row" if is_shared else "Each on its own scale"
    when = " to ".join(day_words(day) for day in sorted({days[0], days[-1]}))
    return f"{unit}. {scale}. As of {when}."


def _tops(line: Sequence[Small], *, is_shared: bool) -> list[float]:
    tops = []
    for one in line:
        values = one.series.known.get_column("value").to_list()
        ahead = one.series.ahead
        bounds = [] if ahead is None else ahead.get_column("upper_80").to_list()
        tops.append(axis_end([*values], bounds))
    return [max(tops)] * len(tops) if is_shared else tops


def _panel(one: Small, width: float, left: float, top: float) -> Layer:
    series = one.series
    side = half(series.frequency)
    days = [series.past.get_column("period_start")[place] for place in (0, -1)]
    if series.ahead is not None and not series.ahead.is_empty():
        days[1] = series.ahead.get_column("target_period").to_list()[-1]
    first, last = (middle(day, series.frequency) for day in days)
    area = Area(width, 74, first - side, last + side, top)
    layers = [
        *value_axis(area, 2),
        *time_axis(area, series.frequency),
        *_range(series, area),
        *history(series, area, dot=26, weight=1.7),
        *_alerts(one, area),
        *_heading(one, area, left, width + left),
    ]
    return panel(layers, area, Frame("", "", left, 0, width))


def _range(series: Series, area: Area) -> list[Layer]:
    if series.ahead is None or series.ahead.is_empty():
        return []
    start = series.known.row(-1, named=True)
    first = {"x": middle(start["period_start"], series.frequency), "y": start["value"]}
    rows = series.ahead.rows(named=True)
    band = [{"x": middle(row["target_period"], series.frequency),
             "y": min(row["upper_80"], area.top), "y2": min(row["lower_80"], area.top)}
            for row in rows]  # fmt: skip
    median = [{"x": middle(row["target_period"], series.frequency),
               "y": min(row["median"], area.top)} for row in rows]  # fmt: skip
    return [
        layer(area, "area", [first | {"y2": first["y"]}, *band], role="band-80"),
        layer(area, "line", [first, *median], role="ink", strokeWidth=1.2, strokeDash=[3, 2]),
    ]


def _alerts(one: Small, area: Area) -> list[Layer]:
    """Put a triangle above the figure of each alert."""
    if one.alerts is None:
        return []
    values = dict(one.series.known.select("period_start", "value").iter_rows())
    layers = []
    for direction, shape in (("surge", "up"), ("drop", "down_hollow")):
        days = one.alerts.filter(direction=direction).get_column("period").to_list()
        rows = [
            {"x": middle(day, one.series.frequency), "y": area.value(area.y(values[day]) - 8)}
            for day in days
            if day in values
        ]
        if rows:
            layers.append(points(area, rows, shape, "alert", 40))
    return layers


def _heading(one: Small, area: Area, left: float, width: float) -> list[Layer]:
    said = wrapped(one.headline, 11, width)
    name = wrapped(one.series.title, 12.5, width, bold=True)
    start = area.moment(-left)
    below = [{"x": start, "y": area.value(-17 - 13 * place), "text": line}
             for place, line in enumerate(reversed(said))]  # fmt: skip
    above = [{"x": start, "y": area.value(-18 - 13 * len(said) - 15 * place), "text": line}
             for place, line in enumerate(reversed(name))]  # fmt: skip
    return [
        words(area, below, role="muted", fontSize=11),
        words(area, above, fontWeight="bold", fontSize=12.5),
    ]


def _keys(smalls: Sequence[Small]) -> list[Key]:
    found = {
        direction
        for one in smalls if one.alerts is not None
        for direction in one.alerts.get_column("direction")
    }  # fmt: skip
    keys = [
        Key(f"alert: {words_}", "alert", shape)
        for direction, words_, shape in (("surge", "rise", "up"), ("drop", "fall", "down_hollow"))
        if direction in found
    ]
    if any(one.series.ahead is not None for one in smalls):
        keys += [Key("forecast, 8 in 10", "band-80", "box"), Key("middle", "ink", "dashed")]
    if any(one.series.past.get_column("is_provisional").any() for one in smalls):
        keys.append(Key("provisional or incomplete", "line", "hollow"))
    return keys


def figures(smalls: Sequence[Small]) -> pl.DataFrame:
    """Return a row per series and period."""
    return pl.concat(
        one.series.past.select(
            pl.lit(one.series.title).alias("name"),
            pl.col("period_start").alias("period"),
            pl.col("value").cast(pl.Float64).alias("figure"),
            pl.lit(one.series.unit).alias("unit"),
            pl.lit(one.series.as_of).alias("as_of"),
        )
        for one in smalls
    )


def headline(series: Series, *, short: bool = True) -> str:
    """Return a headline: the newest figure, its period and its change on the year."""
    row = series.newest
    when = series.named(row["period_start"], short=short)
    return f"{figure(row['value'])} in {when}{on_the_year(series)}"
