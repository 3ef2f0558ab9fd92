"""The parts every chart is put together from, in Altair; it is loaded inside the functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fcm_migration.reports.charts.labels import clean, figure, harmless, width_of, wrapped
from fcm_migration.reports.charts.palette import colour
from fcm_migration.reports.charts.scales import Area, axis_values, spans

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"  # of one width each; the first is bundled
SIZE, TITLE_SIZE, SUBTITLE_SIZE = 11.5, 15, 12
LINE = 14  # pixels from one line of text to the next
Row = Mapping[str, Any]
Layer = dict[str, Any]  # Vega-Lite: a layer, a drawing area or several


@dataclass(frozen=True)
class Frame:
    """What surrounds a drawing area.

    Attributes:
        title: in a sentence; empty for none.
        subtitle: below it.
        left: pixels that the labels of the value axis take.
        above: pixels between the title and the area, for labels.
        width: pixels of the whole, for wrapping.
        is_several: whether the title stands above several areas.
    """

    title: str
    subtitle: str
    left: float
    above: float
    width: float
    is_several: bool = False


def layer(area: Area, kind: str, rows: Sequence[Row], **look: Any) -> Layer:
    """Return one layer of a time chart.

    Args:
        area: the drawing area, whose scales all layers share.
        kind: a mark of Vega-Lite: line, area, rule, rect, point, text.
        rows: x and y, as milliseconds and figures; x2, y2 and text where the mark has them.
        **look: properties of the mark; ``role`` names its colour.
    """
    import altair as alt
    from altair.utils.schemapi import debug_mode

    role = look.pop("role", "ink")
    is_filled = kind in ("area", "rect", "text") or look.get("filled", False)
    look.setdefault("fill" if is_filled else "stroke", colour(role))
    names = set(rows[0]) if rows else {"x", "y"}
    # numbers, moments too: a scale of time would depend on the reader's clock and has no need here,
    # where axes are drawn by hand
    # tests check each kind of chart against the schema: checking every layer takes as long again
    with debug_mode(False):
        scale_x = alt.Scale(domain=[area.first, area.last], nice=False, zero=False)
        channels: dict[str, Any] = {
            "x": alt.X("x:Q", scale=scale_x, axis=None),
            "y": alt.Y("y:Q", scale=alt.Scale(domain=[0, area.top], nice=False), axis=None),
        }
        further = {"x2": alt.X2("x2"), "y2": alt.Y2("y2"), "text": alt.Text("text:N")}
        channels = {name: made for name, made in (channels | further).items() if name in names}
        values = [{name: _shown(value) for name, value in row.items()} for row in rows]
        mark: Any = {"type": kind, **look}
        made = alt.Chart(mark=mark).encode(**channels)
        # put together below as plain Vega-Lite: Altair's layers and grids copy every part again
        found: Layer = made.to_dict(validate=False, context={"top_level": False})
    return found | {"data": {"values": values}}


def _shown(value: object) -> object:
    if isinstance(value, str):
        return clean(value)
    return [clean(line) for line in value] if isinstance(value, list) else value


def words(area: Area, rows: Sequence[Row], **look: Any) -> Layer:
    """Return a layer of text; rows have x, y and text (a list of lines, or one)."""
    look = {"align": "left", "baseline": "middle", "fontSize": SIZE, "lineHeight": LINE} | look
    return layer(area, "text", rows, **look)


def halo(area: Area, rows: Sequence[Row], **look: Any) -> list[Layer]:
    """Return layers of text that stays readable where it lies on a line."""
    behind = {"stroke": colour("ground"), "strokeWidth": 3, "strokeJoin": "round"}
    return [words(area, rows, **{**look, **behind, "role": "ground"}), words(area, rows, **look)]


def value_axis(area: Area, about: int = 5) -> list[Layer]:
    """Return the lines of the value axis and its figures."""
    values = [value for value in axis_values(area.top, about) if value <= area.top * 1.001]
    lines = [
        {"x": area.first, "x2": area.last, "y": value, "y2": value} for value in values if value
    ]
    base = [{"x": area.first, "x2": area.last, "y": 0, "y2": 0}]
    left = area.moment(-8)
    texts = [{"x": left, "y": value, "text": figure(value)} for value in values]
    return [
        layer(area, "rule", lines, role="grid", strokeWidth=1),
        layer(area, "rule", base, role="axis", strokeWidth=1),
        words(area, texts, align="right", role="muted"),
    ]


def value_room(top: float, about: int = 5) -> float:
    """Return the pixels that the figures of a value axis take."""
    values = axis_values(top, about)
    return max(width_of(figure(value), SIZE) for value in values) + 8


def time_axis(area: Area, frequency: str = "M") -> list[Layer]:
    """Return the years, each in the middle of its year, and strokes between them.

    Annual figures stand in the middle of their year, and so does the stroke there. A short axis has
    months or days instead.
    """
    shown = spans(area.first, area.last, area.width)
    if frequency == "A":
        edges = {(start + end) / 2 for start, end, _label in shown}
    else:
        edges = {edge for start, end, _label in shown for edge in (start, end)}
    strokes = [
        {"x": edge, "y": 0, "y2": area.value(area.height + 5)}
        for edge in sorted(edges)
        if area.first <= edge <= area.last
    ]
    below = area.value(area.height + 14)
    texts = []
    for start, end, label in shown:
        seen = (max(start, area.first), min(end, area.last))
        if area.x(seen[1]) - area.x(seen[0]) > 26 or area.first < (start + end) / 2 < area.last:
            texts.append({"x": sum(seen) / 2, "y": below, "text": label})
    return [
        layer(area, "rule", strokes, role="axis", strokeWidth=1),
        words(area, texts, align="center", role="muted"),
    ]


def spec(layers: Sequence[Layer], area: Area, frame: Frame) -> dict[str, Any]:
    """Return the specification of one drawing area with its title."""
    return finished(panel(layers, area, frame))


def panel(layers: Sequence[Layer], area: Area, frame: Frame) -> Layer:
    """Return one drawing area with its title, to be set beside others or to be finished."""
    chart = {"layer": list(layers), "width": area.width, "height": area.height}
    return chart | ({"title": title(frame)} if frame.title or frame.subtitle else {})


def in_row(parts: Sequence[Layer], spacing: float) -> Layer:
    """Return drawing areas side by side, their edges as far apart as said."""
    return {"hconcat": list(parts), "spacing": spacing, "bounds": "flush"}


def in_column(parts: Sequence[Layer], spacing: float) -> Layer:
    """Return drawing areas one below the other."""
    return {"vconcat": list(parts), "spacing": spacing}


def title(frame: Frame) -> Layer:
    """Return the title and the lines below it, wrapped to the frame's width."""
    return {
        "text": wrapped(clean(frame.title), TITLE_SIZE, frame.width, bold=True),
        "subtitle": wrapped(harmless(frame.subtitle), SUBTITLE_SIZE, frame.width),
        "anchor": "start",
        "dx": -frame.left,
        "offset": frame.above,
        "frame": "bounds" if frame.is_several else "group",
    }


def finished(chart: Layer) -> Layer:
    """Return the specification with the look all charts share."""
    # checking against the schema takes longer than drawing; the tests do it for each kind of chart
    import altair as alt

    found = {"$schema": alt.SCHEMA_URL, **chart}
    found["config"] = {
        "aria": False,  # the picture as a whole has its alternative text
        "background": colour("ground"),
        "font": FONT,
        "padding": {"left": 10, "right": 14, "top": 10, "bottom": 10},
        "view": {"stroke": None},
        "concat": {"spacing": 24},
        "title": {
            "color": colour("ink"), "fontSize": TITLE_SIZE, "fontWeight": "bold", "lineHeight": 19,
            "subtitleColor": colour("muted"), "subtitleFontSize": SUBTITLE_SIZE,
            "subtitleLineHeight": 16, "subtitlePadding": 5,
        },
    }  # fmt: skip
    return found
