"""The labels of a series' chart: above the area, at its right edge, and below it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from fcm_migration.reports.charts.chart import Mark
from fcm_migration.reports.charts.grammar import LINE, SIZE, Layer, halo, layer, value_room, words
from fcm_migration.reports.charts.labels import (
    clean,
    day_words,
    figure,
    spread,
    width_of,
    wrapped,
)
from fcm_migration.reports.charts.lanes import Label, lane_words, stacked
from fcm_migration.reports.charts.scales import Area, at, middle
from fcm_migration.reports.charts.series import CHANCE, Series, cut_words

SHORT = 30  # pixels; so small a label, a number, stands nearest to the area
STALE_DAYS = 45  # figures of this age leave a span over and unknown that is worth shading
ROW = 13  # pixels between the lines of a label
Layers = list[Layer]


def is_stale(series: Series) -> bool:
    """Return whether so much time has passed that the unknown months are worth shading."""
    return series.today is not None and (series.today - series.as_of).days >= STALE_DAYS


def _labels(series: Series, area: Area, *, is_small: bool) -> list[Label]:
    """Return the labels above the area, the most important first."""
    labels = [Label(-value_room(area.top) - 5, (series.unit,), role="muted")]
    if area.first <= at(series.as_of) <= area.last:
        day = day_words(series.as_of, short=is_small)
        said_of = ("Figures as of", day)
        labels.append(Label(area.x(at(series.as_of)), said_of, is_bold=True, is_left=True))
    if is_stale(series) and series.today and at(series.today) <= area.last:
        label = f"Today, {day_words(series.today, short=True)}"
        labels.append(Label(area.x(at(series.today)), (label,), role="muted"))
    if said := cut_words(series, area.top):
        start = max(area.x(at(series.as_of)), area.width - 150)
        lines = tuple(wrapped(said, SIZE, area.width + 95 - start))
        labels.append(Label(start, lines))
    return labels


def _mark_labels(series: Series, area: Area) -> list[Label]:
    return [
        Label(max(0, area.x(at(mark.day))), (mark.short or f"({number})",))
        for number, mark in enumerate(series.marks, start=1)
        if at(mark.last or mark.day) >= area.first and at(mark.day) <= area.last
    ]


def above(series: Series, area: Area, *, is_small: bool, right: float) -> Layers:
    """Draw the lines at the day of the release and at each date, and what is said of them."""
    unit, *others = _labels(series, area, is_small=is_small)
    marked = sorted(_mark_labels(series, area), key=lambda label: label.width)
    small = [label for label in marked if label.width < SHORT]
    long = [label for label in marked if label.width >= SHORT]
    low = -value_room(area.top)
    placed = stacked([unit, *small, *others, *long], low, area.width + right)
    reach = {each.label.x: each.foot - 4 for each in placed}
    layers: Layers = []
    if area.first <= at(series.as_of) <= area.last:
        foot = reach[area.x(at(series.as_of))]
        line = [{"x": at(series.as_of), "y": 0, "y2": area.value(-foot - LINE)}]
        layers.append(layer(area, "rule", line, strokeWidth=1.2))
    dates = [mark for mark in series.marks if mark.last is None]
    lines = [
        {"x": at(mark.day), "y": 0, "y2": area.value(-reach[area.x(at(mark.day))] - 8)}
        for mark in dates if area.first <= at(mark.day) <= area.last
    ]  # fmt: skip
    if lines:
        layers.append(layer(area, "rule", lines, strokeDash=[1, 3]))
    return [*layers, *lane_words(placed, area)]


def end_labels(series: Series, *, is_small: bool = False) -> list[tuple[float, list[str], str]]:
    """Return the labels beside the right edge: value they belong to, lines, weight."""
    labels: list[tuple[float, list[str], str]] = []
    labels += [(level.value, wrapped(clean(level.words), SIZE, 130), "normal")
               for level in series.levels]  # fmt: skip
    if series.ahead is None or series.ahead.is_empty():
        last = series.known.row(-1, named=True)
        when = series.named(last["period_start"], short=True)
        return [(last["value"], [figure(last["value"]), when], "bold"), *labels]
    row = series.ahead.row(-1, named=True)
    for level, weight in (("95", "normal"), ("80", "bold")):
        low, high = (figure(row[f"{side}_{level}"]) for side in ("lower", "upper"))
        lines = [f"{CHANCE[level]}:", f"{low} to {high}"]
        labels.append((row[f"upper_{level}"], lines, weight))
    when = series.named(row["target_period"], short=is_small or series.frequency == "Q")
    labels.append((row["median"], [f"Middle: {figure(row['median'])}", f"in {when}"], "normal"))
    return labels


def ends(series: Series, area: Area, *, is_small: bool) -> Layers:
    """Write the newest figure or the last bounds at the right edge, none on another."""
    labels = end_labels(series, is_small=is_small)
    edge = middle(series.known.get_column("period_start")[-1], series.frequency)
    if series.ahead is not None and not series.ahead.is_empty():
        edge = middle(series.ahead.get_column("target_period")[-1], series.frequency)
    wanted = [area.y(min(value, area.top)) for value, _lines, _weight in labels]
    placed = spread(wanted, 2 * LINE + 3, 13, area.height - 8)
    layers: Layers = []
    for y, to, (_value, lines, weight) in zip(wanted, placed, labels, strict=True):
        leader = [{"x": edge, "y": area.value(y)},
                  {"x": area.moment(area.x(area.last) + 9), "y": area.value(to)}]  # fmt: skip
        layers.append(layer(area, "line", leader, role="muted", strokeWidth=0.7))
        text = [{"x": area.moment(area.width + 12), "y": area.value(to - 6), "text": lines}]
        layers.append(words(area, text, fontWeight=weight, lineHeight=ROW))
    return [*layers, *_newest(series, area)]


def _newest(series: Series, area: Area) -> Layers:
    """Write the highest figure, and the newest one where a fan hides it."""
    top = series.known.sort("value", "period_start").row(-1, named=True)
    x = area.x(middle(top["period_start"], series.frequency))
    text = f"{series.named(top['period_start'], short=True)}: {figure(top['value'])}"
    reach = width_of(text, SIZE) / 2
    edge = at(series.as_of) if area.first <= at(series.as_of) <= area.last else area.last
    x = max(min(x, area.x(edge) - 4 - reach), reach)
    label = [{"x": area.moment(x), "y": area.value(area.y(top["value"]) - 10), "text": text}]
    return halo(area, label, align="center")


def note_lines(marks: Sequence[Mark], width: float) -> list[str]:
    """Return the explanations of numbered marks, wrapped."""
    lines: list[str] = []
    for number, mark in enumerate(marks, start=1):
        if mark.short:
            continue
        day = _span(mark.day, mark.last)
        lines += wrapped(f"({number}) {day}: {clean(mark.words)}", SIZE, width)
    return lines


def _span(first: date, last: date | None) -> str:
    days = [first] if last is None else [first, last]
    return " to ".join(day_words(day, short=True) for day in days)


def notes_below(lines: Sequence[str], area: Area, left: float) -> Layers:
    """Write lines of text below a time chart."""
    texts = [
        {"x": area.moment(-left), "y": area.value(area.height + 36 + LINE * place), "text": line}
        for place, line in enumerate(lines)
    ]
    return [words(area, texts, role="muted")] if texts else []
