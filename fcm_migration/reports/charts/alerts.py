"""Alerts: a panel for each series, and how many there were in each period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.reports.charts.chart import WIDE, Chart, require
from fcm_migration.reports.charts.grammar import (
    Frame,
    Layer,
    finished,
    halo,
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
from fcm_migration.reports.charts.labels import day_words, figure, period_words, wrapped
from fcm_migration.reports.charts.scales import Area, axis_end, half, middle

HISTORY = {"period_start": pl.Date, "value": pl.Float64, "expected": pl.Float64}
RAISED = {
    "period": pl.Date,
    "observed": pl.Float64,
    "bound": pl.Float64,
    "tier": pl.String,
    "direction": pl.String,
}
SHAPES = {("surge", "strong"): "up", ("surge", "alert"): "up_hollow",
          ("drop", "strong"): "down", ("drop", "alert"): "down_hollow"}  # fmt: skip
SAID = {("surge", "strong"): "rise, strong alert", ("surge", "alert"): "rise, alert",
        ("drop", "strong"): "fall, strong alert", ("drop", "alert"): "fall, alert"}  # fmt: skip
FEWEST_PIXELS = 200  # of a panel's area; fewer and its years collide
BETWEEN = 30


@dataclass(frozen=True)
class AlertPanel:
    """A series with its alerts.

    Attributes:
        name: whose figures: "Jordan to the United Kingdom".
        what: what is counted.
        unit: its unit with the period.
        frequency: M, Q or A.
        source: publisher.
        as_of: the day from which the newest figure was public.
        history: columns HISTORY; null where a figure is withheld, or has no year before it.
        raised: columns RAISED, the alerts within the history.
        since: first period of the episode that goes on; None where none does.
    """

    name: str
    what: str
    unit: str
    frequency: str
    source: str
    as_of: date
    history: pl.DataFrame
    raised: pl.DataFrame
    since: date | None = None

    def __post_init__(self) -> None:
        """Refuse frames of other columns."""
        require(self.history, HISTORY, f"AlertPanel.history of {self.name}")
        require(self.raised, RAISED, f"AlertPanel.raised of {self.name}")

    def named(self, day: date, *, short: bool = False) -> str:
        """Return a period of the series in words."""
        return period_words(day, self.frequency, short=short)

    @property
    def newest(self) -> dict[str, Any]:
        """Return the newest row of the history that has a figure."""
        return self.history.drop_nulls("value").row(-1, named=True)

    @property
    def said(self) -> str:
        """Return the newest figure beside what was expected, in words."""
        row = self.newest
        expected = row["expected"]
        against = "" if expected is None else f", {figure(expected)} expected"
        return f"{figure(row['value'])} in {self.named(row['period_start'])}{against}"


def alert_chart(
    panels: Sequence[AlertPanel], title_words: str, *, columns: int = 3, width: int = WIDE
) -> Chart:
    """Return one panel for each series with its alerts.

    Args:
        panels: at least one.
        title_words: what is to be seen, in a sentence.
        columns: panels side by side where the width has room for them.
        width: pixels of the whole.
    """
    each = (width - 24 - BETWEEN * (columns - 1)) / columns
    columns = columns if each >= FEWEST_PIXELS else 1
    each = (width - 24 - BETWEEN * (columns - 1)) / columns
    below = "A triangle marks a figure outside the range expected from the year before. "
    below += f"Newest figures as of {day_words(max(each.as_of for each in panels))}."
    left = max(value_room(_top(one), 3) for one in panels)
    drawn = [_panel(one, each, left) for one in panels]
    rows = [in_row(drawn[i : i + columns], BETWEEN + left) for i in range(0, len(drawn), columns)]
    whole = in_column([*rows, _key(panels, width - 24, left)], 18)
    frame = Frame(title_words, below, 0, 16, width - 24, is_several=True)
    spec = finished(whole | {"title": title(frame)})
    return Chart(title_words, below, alternative(panels, title_words), figures(panels), spec)


def _top(one: AlertPanel) -> float:
    shown = [one.history.get_column(name).max() for name in ("value", "expected")]
    highest = one.raised.get_column("observed").max()
    raised = 1.08 * highest if isinstance(highest, int | float) else 0.0
    return axis_end([*(float(each) for each in shown if isinstance(each, int | float)), raised])


def _panel(one: AlertPanel, width: float, left: float) -> Layer:
    history = one.history.rows(named=True)
    top = _top(one)
    first, last = (one.history.get_column("period_start")[place] for place in (0, -1))
    side = half(one.frequency)
    area = Area(width - left, 110, middle(first, one.frequency) - side,
                middle(last, one.frequency) + side, top)  # fmt: skip
    lines = {
        name: [{"x": middle(row["period_start"], one.frequency), "y": row[name]}
               for row in history] for name in ("expected", "value")
    }  # fmt: skip
    layers = [
        *value_axis(area, 3),
        *time_axis(area, one.frequency),
        layer(area, "line", lines["expected"], role="muted", strokeDash=[4, 3], strokeWidth=1.4),
        layer(area, "line", lines["value"], role="line", strokeWidth=1.8),
        *_raised(one, area),
        *_since(one, area),
        *_heading(one, area, left, width),
    ]
    return panel(layers, area, Frame("", "", left, 0, width))


def _raised(one: AlertPanel, area: Area) -> list[Layer]:
    layers = []
    rows = one.raised.rows(named=True)
    reach = 5 * (area.last - area.first) / area.width
    bounds = [
        {"x": middle(row["period"], one.frequency) - reach, "y": row["bound"],
         "x2": middle(row["period"], one.frequency) + reach}
        for row in rows if row["bound"] <= area.top
    ]  # fmt: skip
    if bounds:
        layers.append(layer(area, "rule", bounds, role="muted", strokeWidth=1.8))
    for kind, shape in SHAPES.items():
        own = [{"x": middle(row["period"], one.frequency), "y": row["observed"]}
               for row in rows if (row["direction"], row["tier"]) == kind]  # fmt: skip
        if own:
            layers.append(points(area, own, shape, "alert"))
    return layers


def _since(one: AlertPanel, area: Area) -> list[Layer]:
    if one.since is None:
        return []
    x = middle(one.since, one.frequency) - half(one.frequency)
    if not area.first <= x <= area.last:
        return []
    line = [{"x": x, "y": 0, "y2": area.top}]
    is_late = area.x(x) > area.width / 2
    text = [{"x": area.moment(area.x(x) + (-4 if is_late else 4)), "y": area.value(6),
             "text": f"since {one.named(one.since, short=True)}"}]  # fmt: skip
    return [
        layer(area, "rule", line, role="ink", strokeDash=[1, 3]),
        *halo(area, text, align="right" if is_late else "left"),
    ]


def _heading(one: AlertPanel, area: Area, left: float, width: float) -> list[Layer]:
    """Write the panel's name, what is counted and the newest figure above it."""
    name = wrapped(one.name, 12.5, width, bold=True)
    lines = [*wrapped(f"{one.what}, {one.unit}", 11, width), *wrapped(one.said, 11, width)]
    start = area.moment(-left)
    below = [
        {"x": start, "y": area.value(-16 - 14 * place), "text": line}
        for place, line in enumerate(reversed(lines))
    ]
    above = [
        {"x": start, "y": area.value(-17 - 14 * len(lines) - 15 * place), "text": line}
        for place, line in enumerate(reversed(name))
    ]
    return [
        words(area, below, role="muted", fontSize=11),
        words(area, above, role="ink", fontWeight="bold", fontSize=12.5),
    ]


def _key(panels: Sequence[AlertPanel], width: float, left: float) -> Layer:
    """Return the key of all panels, as a panel of its own."""
    kinds = {
        (row["direction"], row["tier"]) for one in panels for row in one.raised.rows(named=True)
    }
    keys = [
        *(Key(SAID[kind], "alert", shape) for kind, shape in SHAPES.items() if kind in kinds),
        Key("figures", "line"),
        Key("expected: mean of the year before", "muted", "dashed"),
        Key("edge of the range expected", "muted", "tick"),
    ]
    return key_panel(keys, width, left)


def alternative(panels: Sequence[AlertPanel], title_words: str) -> str:
    """Return the alternative text: each series with its newest figure."""
    said = "; ".join(f"{one.name}: {one.said} ({one.unit})" for one in panels)
    sources = sorted({f"{one.source}, as of {one.as_of.isoformat()}" for one in panels})
    return f"{title_words}. {said}. Source: {'; '.join(sources)}."


def figures(panels: Sequence[AlertPanel]) -> pl.DataFrame:
    """Return a row per series and period, with its alert where it had one."""
    found = []
    for one in panels:
        raised = one.raised.select("period", "bound", "tier", "direction")
        history = one.history.select(
            pl.lit(one.name).alias("name"), pl.col("period_start").alias("period"),
            pl.col("value").cast(pl.Float64).alias("figure"), pl.col("expected").cast(pl.Float64),
            pl.lit(one.unit).alias("unit"),
        )  # fmt: skip
        found.append(history.join(raised, on="period", how="left"))
    return pl.concat(found, how="vertical_relaxed")
