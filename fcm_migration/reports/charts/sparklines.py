"""A sparkline: a series as small as a word, for cells of tables."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts.chart import Chart
from fcm_migration.reports.charts.grammar import Frame, finished, layer, panel
from fcm_migration.reports.charts.scales import Area

POINTS = 36  # of a sparkline; it has 150 pixels


def sparkline(
    values: Sequence[float | None], alternative: str, *, width: int = 150, height: int = 26
) -> Chart:
    """Return the last POINTS values as a line without axes, from 0 to the highest.

    Args:
        values: oldest first; None is a gap.
        alternative: the alternative text, which says what is shown, its unit and "as of".
        width: pixels.
        height: pixels.

    Raises:
        UsageError: there is no value.
    """
    shown = list(values)[-POINTS:]
    known = [value for value in shown if value is not None]
    if not known:
        raise UsageError("a sparkline needs at least one figure", where=alternative[:80])
    area = Area(width, height, -0.5, len(shown) - 0.5, max(max(known), 1))
    rows = [{"x": place, "y": value} for place, value in enumerate(shown)]
    last = [row for row in rows if row["y"] is not None][-1:]
    layers = [
        layer(area, "line", rows, role="line", strokeWidth=1.5),
        layer(area, "point", last, role="line", filled=True, size=14, opacity=1),
    ]
    spec = finished(panel(layers, area, Frame("", "", 0, 0, width)))
    spec["config"]["padding"] = {"left": 1, "right": 3, "top": 3, "bottom": 2}
    spec["config"]["background"] = "transparent"
    return Chart("", "", alternative, pl.DataFrame({"figure": shown}), spec)
