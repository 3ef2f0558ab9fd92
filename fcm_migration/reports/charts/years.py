"""Years beside one another: a series added up from January, and what the year may come to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts.chart import NARROW, Chart, require
from fcm_migration.reports.charts.grammar import (
    SIZE,
    Frame,
    Layer,
    halo,
    layer,
    spec,
    value_axis,
    value_room,
    words,
)
from fcm_migration.reports.charts.keys import points
from fcm_migration.reports.charts.labels import (
    capitalised,
    day_words,
    figure,
    spoken,
    spread,
    width_of,
)
from fcm_migration.reports.charts.scales import Area, axis_end

ROWS = {"year": pl.Int64, "month": pl.Int64, "year_to_date": pl.Float64}
MONTHS = "JFMAMJJASOND"
HEIGHT = 210
RANGE_AT = 12.35  # months; the range of the whole year stands beside December


@dataclass(frozen=True)
class Expected:
    """What the newest year may come to.

    Attributes:
        lower_80: lower end of the 80 % interval of its total.
        median: of its total.
        upper_80: upper end.
    """

    lower_80: float
    median: float
    upper_80: float


@dataclass(frozen=True)
class Years:
    """A series added up from January, for several years.

    Attributes:
        title: what is to be seen, in a sentence.
        unit: what is added up: "people since 1 January".
        source: publisher.
        as_of: day of the release the figures are from.
        rows: columns ROWS, a row per year and month without gaps from January.
        expected: forecast of the newest year; None for none.
    """

    title: str
    unit: str
    source: str
    as_of: date
    rows: pl.DataFrame
    expected: Expected | None = None

    def __post_init__(self) -> None:
        """Refuse a frame of other columns, an empty one, and a year that lacks a month."""
        require(self.rows, ROWS, "Years.rows")
        by_year = self.rows.group_by("year").agg(pl.col("month").sort())
        gaps = [
            year for year, months in by_year.iter_rows() if months != [*range(1, len(months) + 1)]
        ]
        if self.rows.is_empty() or gaps:
            raise UsageError(
                "years are added up from January, month by month", where=self.title, got=gaps
            )

    @property
    def subtitle(self) -> str:
        """Return unit, "as of" and source."""
        return f"{capitalised(self.unit)}. Figures as of {day_words(self.as_of)}, {self.source}."


def years_chart(years: Years, *, width: int = NARROW) -> Chart:
    """Return a line for each year, the newest one strong, and the range of what it may come to."""
    lines = {
        int(year[0]): [0.0, *own.sort("month").get_column("year_to_date").to_list()]
        for year, own in years.rows.group_by("year", maintain_order=True)
    }
    newest = max(lines)
    expected = years.expected
    ends = [own[-1] for own in lines.values()]
    top = axis_end(ends, [expected.upper_80] if expected else [])
    labels = _labels(lines, newest, top)
    left = value_room(top, 4)
    right = max(width_of(row["text"], SIZE, bold=True) for row in labels) + 26
    area = Area(width - 24 - left - right, HEIGHT, 0, 12, top)
    below = area.value(area.height + 14)
    names = [{"x": place + 0.5, "y": below, "text": name} for place, name in enumerate(MONTHS)]
    layers = [
        *value_axis(area, 4),
        words(area, names, role="muted", align="center"),
        *_lines(lines, newest, area),
        *_range(expected, newest, area, len(lines[newest]) - 1, right),
        *_named(labels, area, lines, newest),
    ]
    frame = Frame(years.title, years.subtitle, left, 12, width - 24)
    return Chart(
        years.title, years.subtitle, _alternative(years, lines, newest), _figures(years),
        spec(layers, area, frame),
    )  # fmt: skip


def _lines(lines: dict[int, list[float]], newest: int, area: Area) -> list[Layer]:
    layers = []
    for year, own in lines.items():
        rows = [{"x": month, "y": value} for month, value in enumerate(own)]
        look: dict[str, Any] = {"role": "axis", "strokeWidth": 1.2}
        if year == newest - 1:
            look = {"role": "series-2", "strokeWidth": 1.8, "strokeDash": [5, 3]}
        elif year == newest:
            look = {"role": "line", "strokeWidth": 2.6}
        layers.append(layer(area, "line", rows, **look))
    last = lines[newest]
    layers.append(points(area, [{"x": len(last) - 1, "y": last[-1]}], "dot", "line", 46))
    return layers


def _range(
    expected: Expected | None, newest: int, area: Area, month: int, right: float
) -> list[Layer]:
    """Draw what the whole year may come to, beside December, with its words above."""
    if expected is None or month >= 12:
        return []
    bar = {"x": RANGE_AT, "y": min(expected.lower_80, area.top), "y2": min(expected.upper_80,
           area.top)}  # fmt: skip
    dot = {"x": RANGE_AT, "y": min(expected.median, area.top)}
    said = f"Whole of {newest}, 8 in 10: {spoken(expected.lower_80)} to {spoken(expected.upper_80)}"
    place = {"x": area.moment(area.width + right), "y": area.value(-6), "text": said}
    layers = [
        layer(area, "rule", [bar], role="line", strokeWidth=3),
        points(area, [dot], "hollow", "line", 40),
        words(area, [place], align="right"),
    ]
    if expected.upper_80 > area.top:
        layers.append(points(area, [{"x": RANGE_AT, "y": area.top}], "up", "line", 40))
    return layers


def _labels(lines: dict[int, list[float]], newest: int, top: float) -> list[dict[str, Any]]:
    """Return what stands at the right: each whole year with its total, level with its end."""
    return [
        {"year": year, "y": min(own[-1], top), "text": f"{year}: {figure(own[-1])}"}
        for year, own in lines.items()
        if year != newest or len(own) > 12
    ] or [{"year": newest, "y": lines[newest][-1], "text": ""}]


def _named(
    labels: list[dict[str, Any]], area: Area, lines: dict[int, list[float]], newest: int
) -> list[Layer]:
    heights = spread([area.y(row["y"]) for row in labels], 13, 4, area.height - 4)
    layers = []
    for role, own in (("muted", False), ("label-2", True)):
        rows = [
            {"x": area.moment(area.width + 18), "y": area.value(y), "text": row["text"]}
            for row, y in zip(labels, heights, strict=True)
            if row["text"] and (row["year"] == newest - 1) is own
        ]
        if rows:
            layers.append(words(area, rows, role=role, **({"fontWeight": "bold"} if own else {})))
    line = lines[newest]
    month = len(line) - 1
    if month < 12:
        at = {"x": month, "y": line[-1], "text": f"{newest}: {figure(line[-1])}"}
        side = {"align": "right", "dx": -6} if month > 8 else {"align": "left", "dx": 7}
        layers += halo(area, [at], role="label-1", fontWeight="bold", dy=12, **side)
    return layers


def _figures(years: Years) -> pl.DataFrame:
    """Return a row a month, a column a year."""
    return years.rows.sort("year", "month").pivot(
        "year", index="month", values="year_to_date"
    ).sort("month")  # fmt: skip


def _alternative(years: Years, lines: dict[int, list[float]], newest: int) -> str:
    month = len(lines[newest]) - 1
    beside = [
        f"{year} {figure(own[month])}" + (f", {figure(own[-1])} in all" if len(own) > 12 else "")
        for year, own in sorted(lines.items(), reverse=True)
        if year != newest and len(own) > month
    ]
    said = f"{years.title}. After {month} months {newest} {figure(lines[newest][-1])}"
    said += f"; {'; '.join(beside)}." if beside else "."
    if years.expected is not None and month < 12:
        low, high = figure(years.expected.lower_80), figure(years.expected.upper_80)
        said += f" Forecast of the whole year, 8 in 10: {low} to {high}."
    return f"{said} Source: {years.source}, as of {years.as_of.isoformat()}."
