"""Numbers by period and kind, such as of alerts: stacked bars, a panel for each group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.periods import MONTHS_PER_PERIOD
from fcm_migration.reports.charts.chart import WIDE, Chart, require
from fcm_migration.reports.charts.grammar import (
    Frame,
    Layer,
    finished,
    in_column,
    layer,
    panel,
    time_axis,
    title,
    value_axis,
    value_room,
    words,
)
from fcm_migration.reports.charts.keys import Key, key_panel
from fcm_migration.reports.charts.labels import PERIOD
from fcm_migration.reports.charts.scales import Area, at, axis_end, half

ROWS = {"period": pl.Date, "kind": pl.String, "number": pl.Int64}
GAP = 0.08  # share of a period left free between two bars


@dataclass(frozen=True)
class Counts:
    """Numbers of one group.

    Attributes:
        name: of the group.
        frequency: M, Q or A.
        rows: columns ROWS, one row per period and kind.
        unit: what is counted.
    """

    name: str
    frequency: str
    rows: pl.DataFrame
    unit: str = "series"

    def __post_init__(self) -> None:
        """Refuse a frame of other columns, and an empty one."""
        require(self.rows, ROWS, f"Counts.rows of {self.name}")
        if self.rows.is_empty():
            raise UsageError("there is nothing to count", where=self.name)


def counts_chart(
    groups: Sequence[Counts],
    kinds: Sequence[str],
    title_words: str,
    subtitle: str,
    alternative: str,
    *,
    width: int = WIDE,
) -> Chart:
    """Return stacked bars over a common time axis, one panel for each group.

    Args:
        groups: at least one.
        kinds: from the bottom of a bar, each with its colour; at most five.
        title_words: what is to be seen, in a sentence.
        subtitle: unit and "as of".
        alternative: the alternative text.
        width: pixels of the whole.
    """
    tops = [
        axis_end(one.rows.group_by("period").agg(pl.col("number").sum())["number"].to_list())
        for one in groups
    ]
    left = max(value_room(top, 3) for top in tops)
    first = min(at(day) for one in groups for day in one.rows.get_column("period"))
    last = max(
        at(day) + 2 * half(one.frequency) for one in groups for day in one.rows.get_column("period")
    )
    drawn = [
        _panel(one, kinds, Area(width - 24 - left, 80, first, last, top), left)
        for one, top in zip(groups, tops, strict=True)
    ]
    present = {kind for one in groups for kind in one.rows.get_column("kind")}
    keys = [
        Key(kind, f"series-{place}", "box")
        for place, kind in enumerate(kinds, start=1)
        if kind in present
    ]
    whole = in_column([*drawn, key_panel(keys, width - 24, left)], 12)
    frame = Frame(title_words, subtitle, 0, 12, width - 24, is_several=True)
    spec = finished(whole | {"title": title(frame)})
    rows = pl.concat(
        one.rows.select(pl.lit(one.name).alias("name"), *ROWS).sort("period", "kind")
        for one in groups
    )
    return Chart(title_words, subtitle, alternative, rows, spec)


def _panel(one: Counts, kinds: Sequence[str], area: Area, left: float) -> Layer:
    below = dict.fromkeys(one.rows.get_column("period").to_list(), 0)
    layers = [*value_axis(area, 3), *time_axis(area)]
    for place, kind in enumerate(kinds, start=1):
        bars = []
        for day, number in one.rows.filter(kind=kind).select("period", "number").iter_rows():
            side = 2 * half(one.frequency) * GAP / 2
            bars.append({"x": at(day) + side, "x2": at(day) + 2 * half(one.frequency) - side,
                         "y": below[day], "y2": below[day] + number})  # fmt: skip
            below[day] += number
        if bars:
            layers.append(layer(area, "rect", bars, role=f"series-{place}"))
    unit = one.unit
    if one.frequency in MONTHS_PER_PERIOD:
        unit = f"{unit} a {PERIOD[one.frequency]}"
    said = f"{one.name}, {unit}" if one.name else unit
    name = [{"x": area.moment(-left), "y": area.value(-16), "text": said}]
    layers.append(words(area, name, fontWeight="bold", fontSize=12))
    return panel(layers, area, Frame("", "", left, 0, area.width))
