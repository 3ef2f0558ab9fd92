"""Corridors: how many came on each, beside the year before, with forecast and alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts.chart import WIDE, Chart, require
from fcm_migration.reports.charts.grammar import SIZE, Frame, Layer, layer, spec, words
from fcm_migration.reports.charts.keys import Key, key_layers, key_rows, points
from fcm_migration.reports.charts.labels import (
    capitalised,
    change,
    clean,
    day_words,
    figure,
    width_of,
    wrapped,
)
from fcm_migration.reports.charts.scales import Area, axis_end, axis_values

ROWS = {
    "name": pl.String,
    "level": pl.Float64,
    "before": pl.Float64,
    "lower_80": pl.Float64,
    "upper_80": pl.Float64,
    "alert": pl.String,
}
HEIGHT = 26  # pixels of a row
MOST_NAME = 0.36  # share of the width that names may take


@dataclass(frozen=True)
class Corridors:
    """Corridors to draw as bars, in the order of the rows.

    Attributes:
        title: what is to be seen, in a sentence.
        unit: what is counted, and over which time: "people claiming asylum in 2025".
        before: what it is compared with: "2024".
        forecast: what the range is a forecast of: "2026"; empty for none.
        source: publisher.
        as_of: day of the release the figures are from.
        rows: columns ROWS; before, lower_80, upper_80 and alert (surge or drop) may be null.
    """

    title: str
    unit: str
    before: str
    forecast: str
    source: str
    as_of: date
    rows: pl.DataFrame

    def __post_init__(self) -> None:
        """Refuse a frame of other columns, and one without rows."""
        require(self.rows, ROWS, "Corridors.rows")
        if self.rows.is_empty() or self.rows.get_column("level").null_count():
            raise UsageError("bars need at least one row, each with a level", where=self.title)

    @property
    def subtitle(self) -> str:
        """Return unit, "as of" and source."""
        return f"{capitalised(self.unit)}. As of {day_words(self.as_of)}, {self.source}."


def corridor_chart(corridors: Corridors, *, width: int = WIDE) -> Chart:
    """Return a bar for each corridor, with the year before and the range of the forecast."""
    rows = corridors.rows.rows(named=True)
    most = max(width_of(clean(row["name"]), SIZE) for row in rows) + 10
    left = min(most, MOST_NAME * width)
    said = [_end(row["level"], row["before"]) for row in rows]
    right = max(width_of(text, SIZE, bold=True) for text in said) + 30
    top = axis_end(
        [value for row in rows for value in (row["level"], row["before"] or 0)],
        [row["upper_80"] or 0 for row in rows],
    )
    height = HEIGHT * len(rows)
    area = Area(width - 24 - left - right, height, 0, top, height)
    keys = _keys(corridors)
    below = area.height + 40
    layers = [
        *_axis(area),
        *_bars(corridors, area),
        *_names(corridors, area, left),
        *key_layers(keys, area, width=width - 24, left=left, y=below),
        *_cut(corridors, area, left, below + 16 * len(key_rows(keys, width - 24)), width),
    ]
    frame = Frame(corridors.title, corridors.subtitle, left, 10, width - 24)
    return Chart(
        corridors.title, corridors.subtitle, _alternative(corridors), corridors.rows.select(*ROWS),
        spec(layers, area, frame),
    )  # fmt: skip


def _end(level: float, before: float | None) -> str:
    compared = f"  {change(100 * (level / before - 1))}" if before else ""
    return f"{figure(level)}{compared}"


def _axis(area: Area) -> list[Layer]:
    values = axis_values(area.last, 4 if area.width > 300 else 2)
    lines = [{"x": value, "y": 0, "y2": area.top} for value in values if value <= area.last]
    texts = [{"x": line["x"], "y": area.value(area.height + 13), "text": figure(line["x"])}
             for line in lines]  # fmt: skip
    return [
        layer(area, "rule", lines[1:], role="grid"),
        layer(area, "rule", lines[:1], role="axis"),
        words(area, texts, role="muted", align="center"),
    ]


def _bars(corridors: Corridors, area: Area) -> list[Layer]:
    bars, before, ranges = [], [], []
    for place, row in enumerate(corridors.rows.rows(named=True)):
        y = HEIGHT * place
        bars.append({"x": 0, "x2": row["level"], "y": area.value(y + 5), "y2": area.value(y + 17)})
        if row["before"] is not None:
            before.append({"x": row["before"], "y": area.value(y + 2), "y2": area.value(y + 20)})
        if corridors.forecast and row["upper_80"] is not None:
            ranges.append({"x": row["lower_80"], "x2": min(row["upper_80"], area.last),
                           "y": area.value(y + 22), "y2": area.value(y + 22)})  # fmt: skip
    layers = [layer(area, "rect", bars, role="band-50")]
    if before:
        layers.append(layer(area, "rule", before, role="ink", strokeWidth=2))
    if ranges:
        layers.append(layer(area, "rule", ranges, role="line", strokeWidth=1.8))
    return layers


def _names(corridors: Corridors, area: Area, left: float) -> list[Layer]:
    """Write the names at the left, level and change at the right, and mark the alerts."""
    names, ends, found = [], [], []
    for place, row in enumerate(corridors.rows.rows(named=True)):
        y = area.value(HEIGHT * place + 11)
        name = wrapped(clean(row["name"]), SIZE, left - 8)[0]
        name = name if name == clean(row["name"]) else f"{name}…"
        names.append({"x": -8 * area.last / area.width, "y": y, "text": name})
        ends.append({"x": area.moment(area.width + 22), "y": y,
                     "text": _end(row["level"], row["before"])})  # fmt: skip
        if row["alert"]:
            point = {"x": area.moment(area.width + 12), "y": y}
            found.append((row["alert"], point))
    layers = [words(area, names, align="right"), words(area, ends, fontWeight="bold")]
    for direction, shape in (("surge", "up"), ("drop", "down_hollow")):
        own = [point for which, point in found if which == direction]
        if own:
            layers.append(points(area, own, shape, "alert"))
    return layers


def _keys(corridors: Corridors) -> list[Key]:
    rows = corridors.rows
    keys = [Key(corridors.unit, "band-50", "box"), Key(corridors.before, "ink", "line")]
    if corridors.forecast and rows.get_column("upper_80").drop_nulls().len():
        keys.append(Key(f"forecast of {corridors.forecast}, 8 in 10", "line", "line"))
    said = {"surge": Key("alert: rise", "alert", "up"),
            "drop": Key("alert: fall", "alert", "down_hollow")}  # fmt: skip
    present = set(rows.get_column("alert").drop_nulls())
    return [*keys, *(key for direction, key in said.items() if direction in present)]


def _cut(corridors: Corridors, area: Area, left: float, y: float, width: float) -> list[Layer]:
    """Print the bounds that run on beyond the axis."""
    over = [row for row in corridors.rows.rows(named=True)
            if corridors.forecast and (row["upper_80"] or 0) > area.last]  # fmt: skip
    if not over:
        return []
    said = ", ".join(f"{clean(row['name'])} {figure(row['upper_80'])}" for row in over)
    lines = wrapped(f"Ranges that run on beyond the axis end at: {said}.", SIZE, width - 24)
    texts = [{"x": area.moment(-left), "y": area.value(y + 4 + 14 * place), "text": line}
             for place, line in enumerate(lines)]  # fmt: skip
    return [words(area, texts, role="muted")]


def _alternative(corridors: Corridors) -> str:
    rows = corridors.rows.head(3).rows(named=True)
    said = "; ".join(
        f"{clean(row['name'])} {figure(row['level'])}"
        + (f" ({figure(row['before'])} in {corridors.before})" if row["before"] else "")
        for row in rows
    )
    return (
        f"{corridors.title}. {capitalised(corridors.unit)}, first of {corridors.rows.height}: "
        f"{said}. Source: {corridors.source}, as of {corridors.as_of.isoformat()}."
    )
