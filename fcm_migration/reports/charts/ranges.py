"""A range as small as a word: a change with its interval beside no change, for cells of tables."""

from __future__ import annotations

import math

import polars as pl

from fcm_migration.reports.charts.chart import Chart
from fcm_migration.reports.charts.grammar import Frame, finished, layer, panel
from fcm_migration.reports.charts.keys import points
from fcm_migration.reports.charts.scales import Area

LEAST, MOST = -99.5, 900.0  # per cent; what lies beyond is drawn at the edge


def range_mark(
    change: float,
    lower: float | None,
    upper: float | None,
    alternative: str,
    *,
    is_sure: bool,
    ends: tuple[float, float],
    width: int = 110,
    height: int = 18,
) -> Chart:
    """Return a dot with its interval, and a stroke at no change, on a scale of ratios.

    Half as many is as far from no change as twice as many.

    Args:
        change: in per cent.
        lower: lower end of its interval; None where there is none.
        upper: upper end.
        alternative: the alternative text.
        is_sure: whether the dot is filled; a hollow one says that chance could do as much.
        ends: lowest and highest change, in per cent, of all ranges to be set below one another.
        width: pixels.
        height: pixels.
    """
    low, high = (_place(end) for end in ends)
    low, high = min(low, -0.1), max(high, 0.1)
    room = 0.06 * (high - low)
    area = Area(width, height, low - room, high + room, 1.0)
    layers = [
        layer(area, "rule", [{"x": 0.0, "y": 0, "y2": 1}], role="axis", strokeWidth=1.5),
    ]
    if lower is not None and upper is not None:
        line = {"x": _place(lower), "x2": _place(upper), "y": 0.5}
        layers.append(layer(area, "rule", [line], role="line", strokeWidth=1.8))
    dot = {"x": _place(change), "y": 0.5}
    layers.append(points(area, [dot], "dot" if is_sure else "hollow", "line", 36))
    spec = finished(panel(layers, area, Frame("", "", 0, 0, width)))
    spec["config"]["padding"] = {"left": 1, "right": 1, "top": 1, "bottom": 1}
    spec["config"]["background"] = "transparent"
    figures = pl.DataFrame(
        {"change_pct": [change], "lower_pct": [lower], "upper_pct": [upper]}, strict=False
    ).cast(pl.Float64)
    return Chart("", "", alternative, figures, spec)


def _place(percent: float) -> float:
    return math.log(1 + min(max(percent, LEAST), MOST) / 100)
