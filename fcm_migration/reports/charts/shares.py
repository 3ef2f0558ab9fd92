"""Shares of a whole as small as a word: a bar in parts, for cells of tables."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts.chart import Chart
from fcm_migration.reports.charts.grammar import Frame, finished, layer, panel
from fcm_migration.reports.charts.scales import Area

ROLES = ("series-3", "series-1")  # of the parts; the rest has the colour of a grid


def share_bar(
    parts: Sequence[float], alternative: str, *, width: int = 150, height: int = 12
) -> Chart:
    """Return a bar of 100 per cent with its first parts in colour.

    Args:
        parts: one or two shares in per cent, from the left; the rest is left pale.
        alternative: the alternative text, which says what the parts are.
        width: pixels.
        height: pixels.

    Raises:
        UsageError: no part, too many, or parts of more than the whole.
    """
    if not 1 <= len(parts) <= len(ROLES) or min(parts) < 0 or sum(parts) > 100.5:
        raise UsageError(
            "these are no parts of a whole", where=alternative[:80], expected="0 to 100 together",
            got=list(parts),
        )  # fmt: skip
    area = Area(width, height, 0, 100, 1.0)
    layers = [layer(area, "rect", [{"x": 0, "x2": 100, "y": 0, "y2": 1}], role="grid")]
    start = 0.0
    for part, role in zip(parts, ROLES, strict=False):
        end = min(start + part, 100.0)
        if part > 0:
            box = {"x": start, "x2": end, "y": 0, "y2": 1}
            layers.append(layer(area, "rect", [box], role=role))
        start = end
    spec = finished(panel(layers, area, Frame("", "", 0, 0, width)))
    spec["config"]["padding"] = {"left": 0, "right": 0, "top": 2, "bottom": 1}
    spec["config"]["background"] = "transparent"
    return Chart("", "", alternative, pl.DataFrame({"per_cent": list(map(float, parts))}), spec)
