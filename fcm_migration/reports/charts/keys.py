"""Keys below a drawing: what a shape means, in words beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fcm_migration.reports.charts.grammar import LINE, SIZE, Frame, Layer, layer, panel, words
from fcm_migration.reports.charts.labels import clean, width_of
from fcm_migration.reports.charts.palette import colour
from fcm_migration.reports.charts.scales import Area

SAMPLE = 22  # pixels of a shape and the space behind it
BETWEEN = 18


@dataclass(frozen=True)
class Key:
    """One entry of a key.

    Attributes:
        words: what the shape means.
        role: its colour.
        shape: line, dashed, box, tick, dot, hollow, up, up_hollow, down, down_hollow.
    """

    words: str
    role: str
    shape: str = "line"


POINTS: dict[str, dict[str, Any]] = {
    "dot": {"shape": "circle", "filled": True},
    "hollow": {"shape": "circle"},
    "up": {"shape": "triangle-up", "filled": True},
    "up_hollow": {"shape": "triangle-up"},
    "down": {"shape": "triangle-down", "filled": True},
    "down_hollow": {"shape": "triangle-down"},
}


def points(
    area: Area, rows: Sequence[dict[str, Any]], shape: str, role: str, size: float = 52
) -> Layer:
    """Return a layer of points of a named shape; hollow ones hide what is behind them."""
    look = {"size": size, "strokeWidth": 1.5, "opacity": 1, "stroke": colour(role)}
    own = POINTS[shape]
    fill = colour(role) if own.get("filled") else colour("ground")
    return layer(area, "point", rows, role=role, **{**look, **own, "fill": fill})


def key_rows(keys: Sequence[Key], width: float) -> list[list[tuple[float, Key]]]:
    """Return the entries by line, each with its left edge in pixels."""
    lines: list[list[tuple[float, Key]]] = [[]]
    x = 0.0
    for key in keys:
        room = SAMPLE + width_of(clean(key.words), SIZE)
        if lines[-1] and x + room > width:
            lines.append([])
            x = 0.0
        lines[-1].append((x, key))
        x += room + BETWEEN
    return lines


def key_layers(
    keys: Sequence[Key], area: Area, *, width: float, left: float, y: float
) -> list[Layer]:
    """Return the layers of a key.

    Args:
        keys: its entries.
        area: the drawing area.
        width: pixels that it may take.
        left: pixels left of the area at which it begins.
        y: pixels below the upper edge of the area at which its first line stands.
    """
    layers: list[Layer] = []
    for place, line in enumerate(key_rows(keys, width)):
        level = area.value(y + (LINE + 2) * place)
        for x, key in line:
            start = x - left
            layers += _sample(key, area, start, level, y + (LINE + 2) * place)
            text = [{"x": area.moment(start + SAMPLE), "y": level, "text": key.words}]
            layers.append(words(area, text, role="muted"))
    return layers


def _sample(key: Key, area: Area, start: float, level: float, y: float) -> list[Layer]:
    middle = area.moment(start + 8)
    if key.shape in POINTS:
        return [points(area, [{"x": middle, "y": level}], key.shape, key.role)]
    if key.shape == "box":
        box = {"x": area.moment(start), "x2": area.moment(start + 16),
               "y": area.value(y - 5), "y2": area.value(y + 5)}  # fmt: skip
        return [layer(area, "rect", [box], role=key.role)]
    ends = {"x": area.moment(start), "x2": area.moment(start + 16), "y": level}
    if key.shape == "tick":
        ends |= {"x": area.moment(start + 3), "x2": area.moment(start + 13)}
    dash = {"strokeDash": [4, 3]} if key.shape == "dashed" else {}
    return [layer(area, "rule", [ends], role=key.role, strokeWidth=2, **dash)]


def key_panel(keys: Sequence[Key], width: float, left: float) -> Layer:
    """Return a key as a drawing area of its own, to be set below others.

    Args:
        keys: its entries.
        width: pixels of the whole.
        left: pixels that the value axes of the others take, beside which it is set.
    """
    height = 16 * len(key_rows(keys, width))
    area = Area(width - left, height, 0.0, 1e6, 1.0)
    layers = key_layers(keys, area, width=width, left=left, y=8)
    return panel(layers, area, Frame("", "", 0, 0, width))
