"""The chart of a series with its forecast, layer by layer from the ground up."""

from __future__ import annotations

from typing import Any

from fcm_migration.reports.charts.chart import WIDE, Chart
from fcm_migration.reports.charts.grammar import (
    SIZE,
    Frame,
    Layer,
    layer,
    spec,
    time_axis,
    value_axis,
    value_room,
)
from fcm_migration.reports.charts.labels import (
    width_of,
    wrapped,
)
from fcm_migration.reports.charts.scales import Area, at, axis_end, half, middle
from fcm_migration.reports.charts.series import (
    LEVELS,
    Series,
    alternative,
    figures,
    notes,
    subtitle,
)
from fcm_migration.reports.charts.series_labels import (
    above,
    end_labels,
    ends,
    is_stale,
    note_lines,
    notes_below,
)

HEADROOM = 1.04
SMALL = 500  # pixels; a narrower drawing has shorter labels
Layers = list[Layer]


def series_chart(series: Series, *, width: int = WIDE) -> Chart:
    """Return the chart of a series with its forecast.

    Args:
        series: what to draw.
        width: pixels; WIDE and NARROW are laid out for.
    """
    return Chart(
        series.title, subtitle(series), alternative(series), figures(series), _spec(series, width)
    )


def _spec(series: Series, width: int) -> dict[str, Any]:
    is_small = width < SMALL
    said = [line for note in notes(series) for line in wrapped(note, SIZE, width - 24)]
    below = [*said, *note_lines(series.marks, width - 24)]
    top = _top(series)
    right = _right_room(series, is_small=is_small)
    left = value_room(top)
    area = Area(
        width=width - left - right - 24,
        height=200 if is_small else 290,
        first=middle(series.past.get_column("period_start")[0], series.frequency)
        - half(series.frequency),
        last=_last(series),
        top=top,
    )
    layers = [
        *_shade(series, area),
        *value_axis(area),
        *time_axis(area, series.frequency),
        *_spans(series, area),
        *_fan(series, area),
        *_levels(series, area),
        *history(series, area),
        *_so_far(series, area),
        *above(series, area, is_small=is_small, right=right),
        *ends(series, area, is_small=is_small),
        *notes_below(below, area, left),
    ]
    frame = Frame(series.title, subtitle(series), left, 8, width - 24)
    return spec(layers, area, frame)


def _top(series: Series) -> float:
    # room for the label above the highest figure
    seen = [HEADROOM * value for value in series.known.get_column("value")]
    seen += [level.value for level in series.levels]
    if series.so_far:
        seen.append(series.so_far.value)
    if series.ahead is None or series.ahead.is_empty():
        return axis_end(seen)
    seen += series.ahead.get_column("median").to_list()
    return axis_end(
        seen, series.ahead.get_column("upper_80").to_list(),
        series.ahead.get_column("upper_95").to_list(),
    )  # fmt: skip


def _last(series: Series) -> float:
    days = [series.past.get_column("period_start")[-1]]
    if series.ahead is not None:
        days += series.ahead.get_column("target_period").to_list()
    end = middle(max(days), series.frequency) + half(series.frequency)
    return max(end, at(series.today)) if series.today and series.ahead is not None else end


def _right_room(series: Series, *, is_small: bool) -> float:
    texts = [line for label in end_labels(series, is_small=is_small) for line in label[1]]
    return max((width_of(text, SIZE, bold=True) for text in texts), default=0) + 22


def _shade(series: Series, area: Area) -> Layers:
    """Shade the months that are over and whose figures are not known."""
    if series.today is None or not is_stale(series):
        return []
    start, end = at(series.as_of), min(at(series.today), area.last)
    if end <= start:
        return []
    box = [{"x": start, "x2": end, "y": 0, "y2": area.top}]
    layers = [layer(area, "rect", box, role="shade")]
    edge = [{"x": end, "y": 0, "y2": area.top}]
    return [*layers, layer(area, "rule", edge, role="muted", strokeDash=[2, 3])]


def _fan(series: Series, area: Area) -> Layers:
    """Draw the bands from the last figure on, the 80 % edges, the median, and what is cut."""
    if series.ahead is None or series.ahead.is_empty():
        return []
    start = series.known.row(-1, named=True)
    rows = series.ahead.rows(named=True)
    first = {"x": middle(start["period_start"], series.frequency), "y": start["value"]}
    layers: Layers = []
    for level in LEVELS:
        band = [
            {"x": middle(row["target_period"], series.frequency),
             "y": min(row[f"upper_{level}"], area.top), "y2": min(row[f"lower_{level}"], area.top)}
            for row in rows
        ]  # fmt: skip
        whole = [first | {"y2": first["y"]}, *band]
        layers.append(layer(area, "area", whole, role=f"band-{level}"))
    for side in ("lower", "upper"):
        edge = [{"x": middle(row["target_period"], series.frequency),
                 "y": min(row[f"{side}_80"], area.top)} for row in rows]  # fmt: skip
        layers.append(layer(area, "line", [first, *edge], role="line", strokeWidth=0.8))
    median = [{"x": middle(row["target_period"], series.frequency), "y": row["median"]}
              for row in rows]  # fmt: skip
    layers.append(
        layer(area, "line", [first, *median], role="ink", strokeWidth=1.8, strokeDash=[4, 3])
    )
    return [*layers, *_cut(series, area)]


def _cut(series: Series, area: Area) -> Layers:
    """Draw a zigzag where a bound runs on beyond the axis."""
    if series.ahead is None:
        return []
    over = series.ahead.filter(series.ahead.get_column("upper_95") > area.top)
    if over.is_empty():
        return []
    days = over.get_column("target_period")
    start, end = (area.x(middle(day, series.frequency)) for day in (days.min(), days.max()))  # type: ignore[arg-type]
    start, end = (start, end) if end - start > 12 else (start - 6, start + 6)
    teeth = int((end - start) // 3) + 1
    zigzag = [
        {"x": area.moment(start + 3 * tooth), "y": area.value(-1 - 4 * (tooth % 2))}
        for tooth in range(teeth)
    ]
    return [layer(area, "line", zigzag, role="ink", strokeWidth=1.2)]


def history(series: Series, area: Area, *, dot: float = 34, weight: float = 2) -> Layers:
    """Draw the figures: a line with its gaps, lone figures, the newest, provisional ones hollow."""
    rows = series.past.rows(named=True)
    points = [
        {"x": middle(row["period_start"], series.frequency), "y": row["value"]} for row in rows
    ]
    values = [None, *(point["y"] for point in points), None]
    lone = [
        point
        for point, before, after in zip(points, values, values[2:], strict=False)
        if point["y"] is not None and before is None and after is None
    ]
    hollow = [
        point for point, row in zip(points, rows, strict=True)
        if row["is_provisional"] and point["y"] is not None
    ]  # fmt: skip
    known = [point for point in points if point["y"] is not None]
    solid = [point for point in (*lone, known[-1]) if point not in hollow]
    complete = [
        point | ({"y": None} if row["is_provisional"] else {})
        for point, row in zip(points, rows, strict=True)
    ]
    layers = [layer(area, "line", complete, role="line", strokeWidth=weight)]
    if hollow:  # a full line down to part of a month would read as a fall
        link = {"strokeWidth": 1, "strokeDash": [2, 2]}
        layers.insert(0, layer(area, "line", points, role="line", **link))
    if solid:
        layers.append(layer(area, "point", solid, role="line", filled=True, size=dot, opacity=1))
    if hollow:
        layers.append(layer(area, "point", hollow, role="line", **_hollow(dot)))
    return layers


def _hollow(dot: float) -> dict[str, Any]:
    from fcm_migration.reports.charts.palette import colour

    return {"fill": colour("ground"), "size": dot * 1.2, "strokeWidth": 1.6, "opacity": 1}


def _so_far(series: Series, area: Area) -> Layers:
    """Draw what is counted of the running period, hollow, and what the whole may come to."""
    if series.so_far is None:
        return []
    x = middle(series.so_far.period_start, series.frequency)
    layers: Layers = []
    if row := series.running:
        low, high = row["lower_80"], min(row["upper_80"], area.top)
        layers.append(layer(area, "rule", [{"x": x, "y": low, "y2": high}], strokeWidth=2))
        caps = [{"x": area.moment(area.x(x) - 3), "x2": area.moment(area.x(x) + 3), "y": y}
                for y in (low, high)]  # fmt: skip
        layers.append(layer(area, "rule", caps, strokeWidth=2))
    point = [{"x": x, "y": series.so_far.value}]
    return [*layers, layer(area, "point", point, role="line", **_hollow(40))]


def _levels(series: Series, area: Area) -> Layers:
    layers: Layers = []
    for level in series.levels:
        ends = [{"x": middle(day, series.frequency), "y": level.value}
                for day in (level.first, level.last)]  # fmt: skip
        layers.append(layer(area, "line", ends, role="ink", strokeWidth=1.6, strokeDash=[4, 3]))
    return layers


def _spans(series: Series, area: Area) -> Layers:
    """Draw a strip at the upper edge over each span that was counted otherwise."""
    spans = [mark for mark in series.marks if mark.last is not None]
    boxes = [
        {"x": max(at(mark.day), area.first), "x2": min(at(mark.last), area.last),
         "y": area.value(2), "y2": area.value(6)}
        for mark in spans if mark.last and at(mark.last) > area.first
    ]  # fmt: skip
    return [layer(area, "rect", boxes, role="strip")] if boxes else []
