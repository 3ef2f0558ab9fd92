"""What followed policies: change against what was expected, and what other dates show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts.chart import WIDE, Chart, require
from fcm_migration.reports.charts.grammar import SIZE, Frame, Layer, layer, spec, words
from fcm_migration.reports.charts.keys import Key, key_layers, points
from fcm_migration.reports.charts.labels import MINUS, change, clean, day_words, wrapped
from fcm_migration.reports.charts.scales import Area

ROWS = {
    "policy_date": pl.Date,
    "policy": pl.String,
    "who": pl.String,
    "change_pct": pl.Float64,
    "change_lower_pct": pl.Float64,
    "change_upper_pct": pl.Float64,
    "placebo_factor": pl.Float64,
    "placebos": pl.Int64,
    "placebos_as_large": pl.Int64,
    "is_identified": pl.Boolean,
}
TICKS = (-99, -95, -90, -75, -50, 0, 100, 300, 900, 1900)  # per cent; symmetric as ratios
LINE = 14
SMALL = 500
CAN, CANNOT = "can be told from chance", "cannot be told from chance"


@dataclass(frozen=True)
class PolicyEffects:
    """Changes after policies, each beside the changes on dates on which nothing was done.

    Attributes:
        title: what is to be seen, in a sentence.
        source: publishers.
        as_of: day of the newest release the figures are from.
        rows: columns ROWS. ``change_lower_pct`` and ``change_upper_pct`` are the 95 % interval of
            the change; ``placebo_factor`` is the ratio that 19 in 20 changes on placebo dates stay
            within, up or down. These and the counts are null where nothing could be tested.
    """

    title: str
    source: str
    as_of: date
    rows: pl.DataFrame

    def __post_init__(self) -> None:
        """Refuse a frame of other columns, and rows without a change."""
        require(self.rows, ROWS, "PolicyEffects.rows")
        if self.rows.is_empty() or self.rows.get_column("change_pct").null_count():
            raise UsageError("each policy needs its change in per cent", where=self.title)

    @property
    def subtitle(self) -> str:
        """Return unit, "as of" and source."""
        return (
            "Change against what was expected without the policy, in per cent. As of "
            f"{day_words(self.as_of)}, {self.source}."
        )


def policy_chart(effects: PolicyEffects, *, width: int = WIDE) -> Chart:
    """Return a row for each policy: its change with the interval, over the placebo range.

    The scale is of ratios: half as many is as far from no change as twice as many.
    """
    rows = effects.rows.rows(named=True)
    is_small = width < SMALL
    left = (width - 24) * (0.36 if not is_small else 0.0)
    right = (width - 24) * (0.24 if not is_small else 0.0)
    texts = [_left(row, left - 16 if left else width - 24) for row in rows]
    beside = [_right(row) for row in rows]
    if is_small:  # one below the other: words, interval, words
        heights = [LINE * (len(a) + len(b)) + 46 for a, b in zip(texts, beside, strict=True)]
    else:
        heights = [LINE * max(len(a), len(b)) + 14 for a, b in zip(texts, beside, strict=True)]
    height = float(sum(heights))
    area = Area(width - 24 - left - right, height, *_ends(rows), height)
    tops = [float(sum(heights[:place])) + 12 for place in range(len(rows))]
    middles = [
        top + (LINE * len(text) + 6 if is_small else LINE)
        for top, text in zip(tops, texts, strict=True)
    ]
    second = [middle + 20 for middle in middles] if is_small else tops
    reach = 14 if is_small else height
    layers = [
        *_axis(area, [(max(0.0, y - reach), min(height, y + reach)) for y in middles]),
        *_intervals(rows, middles, area),
        *_texts(texts, tops, area, -left),
        *_texts(beside, second, area, 0 if is_small else area.width + 12),
        *key_layers(_keys(), area, width=width - 24, left=left, y=height + 38),
    ]
    frame = Frame(effects.title, effects.subtitle, left, 8, width - 24)
    return Chart(
        effects.title, effects.subtitle, _alternative(effects), effects.rows.select(*ROWS),
        spec(layers, area, frame),
    )  # fmt: skip


def _log(percent: float) -> float:
    """Return a change as the logarithm of its ratio; a fall to nothing as one to a thousandth."""
    return math.log(max(1 + percent / 100, 0.001))


def _placebo(row: Mapping[str, Any]) -> float | None:
    factor = row["placebo_factor"]
    return None if factor is None else abs(math.log(factor))


def _ends(rows: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the ends of the scale: as far as changes and intervals reach, and no change."""
    seen = [0.0]
    for row in rows:
        seen += [_log(row[name]) for name in ("change_pct", "change_lower_pct", "change_upper_pct")
                 if row[name] is not None]  # fmt: skip
        if (limit := _placebo(row)) is not None:
            seen += [-limit, limit]
    low, high = max(min(seen), _log(-99.5)), min(max(seen), _log(1900))
    room = 0.04 * (high - low) or 1.0
    return low - room, high + room


def _axis(area: Area, reaches: list[tuple[float, float]]) -> list[Layer]:
    """Return strokes over the pixels that ``reaches`` names, from the top, and their figures."""
    shown = [tick for tick in TICKS if area.first <= _log(tick) <= area.last]
    apart: list[int] = []
    for tick in sorted(shown, key=lambda tick: tick != 0):
        if all(abs(area.x(_log(tick)) - area.x(_log(other))) > 42 for other in apart):
            apart.append(tick)
    lines = [
        {"x": _log(tick), "y": area.value(low), "y2": area.value(high)}
        for tick in apart for low, high in reaches
    ]  # fmt: skip
    texts = [
        {"x": _log(tick), "y": area.value(area.height + 13),
         "text": "no change" if tick == 0 else f"{MINUS if tick < 0 else '+'}{abs(tick)}%"}
        for tick in apart
    ]  # fmt: skip
    zero = [line for line in lines if line["x"] == 0]
    return [
        layer(area, "rule", lines, role="grid"),
        layer(area, "rule", zero, role="axis", strokeWidth=1.5),
        words(area, texts, role="muted", align="center"),
    ]


def _intervals(rows: list[dict[str, Any]], middles: list[float], area: Area) -> list[Layer]:
    bands, lines = [], []
    dots: dict[str, list[dict[str, float]]] = {"dot": [], "hollow": []}
    for row, y in zip(rows, middles, strict=True):
        if (limit := _placebo(row)) is not None:
            bands.append({"x": max(-limit, area.first), "x2": min(limit, area.last),
                          "y": area.value(y - 8), "y2": area.value(y + 8)})  # fmt: skip
        if row["change_lower_pct"] is not None and row["change_upper_pct"] is not None:
            lines.append({"x": max(_log(row["change_lower_pct"]), area.first),
                          "x2": min(_log(row["change_upper_pct"]), area.last),
                          "y": area.value(y)})  # fmt: skip
        dot = {"x": _log(row["change_pct"]), "y": area.value(y)}
        dots["dot" if row["is_identified"] else "hollow"].append(dot)
    layers = []
    if bands:
        layers.append(layer(area, "rect", bands, role="strip", opacity=0.55))
    if lines:
        layers.append(layer(area, "rule", lines, role="line", strokeWidth=2))
    return [*layers, *(points(area, own, shape, "line", 64) for shape, own in dots.items() if own)]


def _left(row: Mapping[str, Any], width: float) -> list[tuple[str, bool]]:
    """Return the lines at the left: day and whom it is seen in, bold, then the policy."""
    head = wrapped(f"{day_words(row['policy_date'], short=True)}: {clean(row['who'])}", SIZE, width,
                   bold=True)  # fmt: skip
    return [*((line, True) for line in head),
            *((line, False) for line in wrapped(clean(row["policy"]), SIZE, width))]  # fmt: skip


def _right(row: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """Return the lines at the right: change, interval, and how many placebos were as large."""
    said = [(change(row["change_pct"]), True)]
    if row["change_lower_pct"] is not None and row["change_upper_pct"] is not None:
        low, high = change(row["change_lower_pct"]), change(row["change_upper_pct"])
        said[0] = (f"{said[0][0]} ({low} to {high})", True)
    if row["placebos"] and row["placebos_as_large"] is not None:
        said.append((f"as large on {row['placebos_as_large']} of {row['placebos']:,} other dates",
                     False))  # fmt: skip
    elif not row["is_identified"]:
        said.append(("could not be tested", False))
        return said
    return [*said, (CAN if row["is_identified"] else CANNOT, False)]


def _texts(
    blocks: list[list[tuple[str, bool]]], tops: list[float], area: Area, x: float
) -> list[Layer]:
    layers = []
    for is_bold in (True, False):
        rows = [
            {"x": area.moment(x), "y": area.value(top + LINE * place), "text": line}
            for block, top in zip(blocks, tops, strict=True)
            for place, (line, bold) in enumerate(block) if bold is is_bold
        ]  # fmt: skip
        look = {"fontWeight": "bold"} if is_bold else {"role": "muted"}
        if rows:
            layers.append(words(area, rows, **look))
    return layers


def _keys() -> list[Key]:
    return [
        Key(CAN, "line", "dot"),
        Key(CANNOT, "line", "hollow"),
        Key("19 in 20 range of the change", "line", "line"),
        Key("19 in 20 changes on dates when nothing was done", "strip", "box"),
    ]


def _alternative(effects: PolicyEffects) -> str:
    said = []
    for row in effects.rows.rows(named=True):
        text = f"{day_words(row['policy_date'])}, {clean(row['who'])}: "
        said.append(text + ", ".join(line for line, _bold in _right(row)))
    return (
        f"{effects.title}. {'; '.join(said)}. Source: {effects.source}, as of "
        f"{effects.as_of.isoformat()}."
    )
