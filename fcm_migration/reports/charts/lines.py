"""Lines over periods ahead or over time, beside what they are judged by: coverage and skill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts.chart import WIDE, Chart
from fcm_migration.reports.charts.grammar import (
    SIZE,
    Frame,
    Layer,
    finished,
    in_column,
    in_row,
    layer,
    panel,
    time_axis,
    title,
    words,
)
from fcm_migration.reports.charts.keys import points
from fcm_migration.reports.charts.labels import clean, spread, width_of, wrapped
from fcm_migration.reports.charts.scales import Area, at

MARKS = ("dot", "up", "hollow", "down", "dot")  # told apart without colour, too
BETWEEN = 34
TEXT = 11


@dataclass(frozen=True)
class Line:
    """A line with its own label.

    Attributes:
        name: its label.
        points: x and y; y in the unit of the axis, None for a gap.
        nominal: what it is meant to be, drawn dashed in its colour; None for nothing.
        has_marks: whether its points are marked.
    """

    name: str
    points: tuple[tuple[float | date, float | None], ...]
    nominal: float | None = None
    has_marks: bool = True


@dataclass(frozen=True)
class LinePanel:
    """Lines with common axes.

    Attributes:
        heading: what it shows.
        unit: unit of the value axis, and in what sense more is better.
        across: what the horizontal axis is: "months ahead".
        lines: at most five.
        ticks: figures at the value axis, from 0.
        bar: a level that all lines are judged by, with its words.
        shaded: spans of time to be shaded, with their words in ``across``.
    """

    heading: str
    unit: str
    across: str
    lines: tuple[Line, ...]
    ticks: tuple[float, ...]
    bar: tuple[float, str] | None = None
    shaded: tuple[tuple[date, date], ...] = ()

    def __post_init__(self) -> None:
        """Refuse panels without a point, and more lines than there are colours."""
        if not any(y is not None for line in self.lines for _x, y in line.points):
            raise UsageError("lines without a figure cannot be drawn", where=self.heading)
        if len(self.lines) > len(MARKS):
            raise UsageError(
                "too many lines to be told apart", where=self.heading, expected=f"<= {len(MARKS)}",
                got=len(self.lines),
            )  # fmt: skip


def lines_chart(
    panels: Sequence[LinePanel],
    title_words: str,
    subtitle: str,
    alternative: str,
    *,
    columns: int = 2,
    width: int = WIDE,
) -> Chart:
    """Return panels of lines in a grid.

    Args:
        panels: at least one.
        title_words: what is to be seen, in a sentence.
        subtitle: unit, "as of" and source.
        alternative: the alternative text.
        columns: panels side by side.
        width: pixels of the whole.
    """
    left = max(width_of(_tick(tick, one), SIZE) for one in panels for tick in one.ticks) + 8
    right = max(width_of(clean(text), TEXT, bold=True) for one in panels for text in _ends(one)) + 8
    columns = columns if (width - 24) / columns - left - right > 120 else 1
    each = (width - 24 - BETWEEN * (columns - 1)) / columns
    drawn = [_panel(one, each - left - right, left) for one in panels]
    rows = [
        in_row(drawn[i : i + columns], BETWEEN + left + right)
        for i in range(0, len(drawn), columns)
    ]
    whole = in_column(rows, 20)
    frame = Frame(title_words, subtitle, 0, 14, width - 24, is_several=True)
    spec = finished(whole | {"title": title(frame)})
    return Chart(title_words, subtitle, alternative, figures(panels), spec)


def coverage_panel(
    rows: pl.DataFrame, levels: Sequence[int], across: str, *, heading: str = ""
) -> LinePanel:
    """Return how often intervals held, by periods ahead.

    Args:
        rows: horizon, and for each level ``coverage_<level>`` as a share.
        levels: nominal levels in per cent, such as 50, 80 and 95.
        across: such as "months ahead".
        heading: of the panel; by default what it shows.
    """
    lines = tuple(
        Line(
            f"{level}% range",
            tuple(
                (row["horizon"], None if row[f"coverage_{level}"] is None
                 else 100 * row[f"coverage_{level}"])
                for row in rows.sort("horizon").rows(named=True)
            ),
            float(level),
        )
        for level in levels
    )  # fmt: skip
    return LinePanel(
        heading or "How often past ranges held the figure",
        "% of figures inside; dashed: meant to be", across, lines, (0, 25, 50, 75, 100),
    )  # fmt: skip


def _panel(one: LinePanel, width: float, left: float) -> Layer:
    xs = [x for line in one.lines for x, _y in line.points]
    is_time = any(isinstance(x, date) for x in xs)
    numbers = [_x(x) for x in xs]
    low, high = min(numbers), max(numbers)
    room = (high - low) * 0.03 or 0.5
    area = Area(width, 140, low - room, high + room, one.ticks[-1] * 1.03)
    layers = [
        *_shaded(one, area),
        *_value_axis(one, area),
        *(time_axis(area) if is_time else _numbers(one, area)),
        *_bar(one, area),
        *_lines(one, area),
        *_heading(one, area, left, width),
    ]
    return panel(layers, area, Frame("", "", left, 0, width))


def _x(x: float | date) -> float:
    return at(x) if isinstance(x, date) else float(x)


def _tick(tick: float, one: LinePanel) -> str:
    return f"{tick:.0f}%" if "%" in one.unit else f"{tick:g}"


def _value_axis(one: LinePanel, area: Area) -> list[Layer]:
    lines = [{"x": area.first, "x2": area.last, "y": tick} for tick in one.ticks]
    texts = [{"x": area.moment(-8), "y": tick, "text": _tick(tick, one)} for tick in one.ticks]
    return [
        layer(area, "rule", lines[1:], role="grid"),
        layer(area, "rule", lines[:1], role="axis"),
        words(area, texts, align="right", role="muted"),
    ]


def _numbers(one: LinePanel, area: Area) -> list[Layer]:
    """Return the axis of periods ahead: every period where there is room, else every other."""
    found = sorted({_x(x) for line in one.lines for x, _y in line.points})
    every = max(1, -(-len(found) * 22 // int(area.width)))
    below = area.value(area.height + 13)
    texts = [{"x": x, "y": below, "text": f"{x:g}"} for x in found[::every]]
    return [words(area, texts, align="center", role="muted")]


def _shaded(one: LinePanel, area: Area) -> list[Layer]:
    boxes = [{"x": at(first), "x2": at(last), "y": 0, "y2": area.top}
             for first, last in one.shaded]  # fmt: skip
    return [layer(area, "rect", boxes, role="shade")] if boxes else []


def _bar(one: LinePanel, area: Area) -> list[Layer]:
    if one.bar is None:
        return []
    line = [{"x": area.first, "x2": area.last, "y": one.bar[0]}]
    return [layer(area, "rule", line, role="ink", strokeDash=[4, 3], strokeWidth=1.2)]


def _lines(one: LinePanel, area: Area) -> list[Layer]:
    layers = []
    for number, line in enumerate(one.lines, start=1):
        role = f"series-{number}"
        if line.nominal is not None:
            level = [{"x": area.first, "x2": area.last, "y": line.nominal}]
            layers.append(layer(area, "rule", level, role=role, strokeDash=[3, 3]))
        at_points = [{"x": _x(x), "y": None if y is None else min(y, area.top)}
                     for x, y in line.points]  # fmt: skip
        layers.append(layer(area, "line", at_points, role=role, strokeWidth=1.8))
        if line.has_marks and len(at_points) <= 24:
            known = [point for point in at_points if point["y"] is not None]
            layers.append(points(area, known, MARKS[number - 1], role, 30))
    return [*layers, *_labels(one, area)]


def _ends(one: LinePanel) -> list[str]:
    return [*(line.name for line in one.lines), *([one.bar[1]] if one.bar else [])]


def _labels(one: LinePanel, area: Area) -> list[Layer]:
    """Write each line's name at its end, none on another."""
    ends: list[tuple[str, float, str]] = []
    for number, line in enumerate(one.lines, start=1):
        known = [y for _x_, y in line.points if y is not None]
        if known:
            ends.append((line.name, min(known[-1], area.top), f"label-{number}"))
    if one.bar:
        ends.append((one.bar[1], one.bar[0], "ink"))
    placed = spread([area.y(y) for _name, y, _role in ends], 13, 4, area.height - 2)
    return [
        words(area, [{"x": area.moment(area.width + 6), "y": area.value(y), "text": name}],
              role=role, fontSize=TEXT, fontWeight="bold" if role != "ink" else "normal")
        for (name, _y, role), y in zip(ends, placed, strict=True)
    ]  # fmt: skip


def _heading(one: LinePanel, area: Area, left: float, width: float) -> list[Layer]:
    unit = wrapped(one.unit, TEXT, width + left)
    head = wrapped(one.heading, 12.5, width + left, bold=True)
    start = area.moment(-left)
    texts = [{"x": start, "y": area.value(-14 - 14 * place), "text": line}
             for place, line in enumerate(reversed(unit))]  # fmt: skip
    above = [{"x": start, "y": area.value(-16 - 14 * len(unit) - 15 * place), "text": line}
             for place, line in enumerate(reversed(head))]  # fmt: skip
    below = [{"x": start, "y": area.value(area.height + 30 + 14 * place), "text": line}
             for place, line in enumerate(wrapped(one.across, TEXT, width + left))]  # fmt: skip
    return [
        words(area, texts, role="muted", fontSize=TEXT),
        words(area, above, fontWeight="bold", fontSize=12.5),
        words(area, below, role="muted", fontSize=TEXT),
    ]


def figures(panels: Sequence[LinePanel]) -> pl.DataFrame:
    """Return a row per panel, line and point."""
    rows: list[dict[str, Any]] = [
        {"panel": one.heading, "line": line.name, "at": str(x), "figure": y, "meant": line.nominal}
        for one in panels
        for line in one.lines
        for x, y in line.points
    ]
    columns = {"panel": pl.String, "line": pl.String, "at": pl.String, "figure": pl.Float64,
               "meant": pl.Float64}  # fmt: skip
    return pl.DataFrame(rows, schema=columns)
