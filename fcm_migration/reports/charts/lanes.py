"""Labels above a drawing area, stacked in lanes so that none lies on another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fcm_migration.reports.charts.grammar import SIZE, Layer, halo
from fcm_migration.reports.charts.labels import clean, width_of
from fcm_migration.reports.charts.scales import Area

LANE = 13.5  # pixels from one lane to the next
LOWEST = 14  # pixels between the area and the middle of the lowest lane
APART = 8  # pixels between two labels of a lane


@dataclass(frozen=True)
class Label:
    """A label above the area.

    Attributes:
        x: pixels from the left edge that it belongs to.
        lines: its lines, from the top.
        is_bold: whether in bold.
        role: its colour.
        is_left: whether it ends at ``x`` where there is room, instead of beginning there.
    """

    x: float
    lines: tuple[str, ...]
    is_bold: bool = False
    role: str = "ink"
    is_left: bool = False

    @property
    def width(self) -> float:
        """Return the pixels of the longest line."""
        return max(width_of(clean(line), SIZE, bold=self.is_bold) for line in self.lines)


@dataclass(frozen=True)
class Placed:
    """A label with its place: left edge in pixels, and the lowest of its lanes, from 0."""

    label: Label
    left: float
    lane: int

    @property
    def top(self) -> float:
        """Return how many pixels above the area the label begins."""
        return LOWEST + LANE * (self.lane + len(self.label.lines) - 1) + LANE / 2

    @property
    def foot(self) -> float:
        """Return how many pixels above the area the middle of its last line stands."""
        return LOWEST + LANE * self.lane


def stacked(labels: Sequence[Label], low: float, high: float) -> list[Placed]:
    """Return labels with their places, each in the lowest lanes that are free, first come first.

    Args:
        labels: in the order of their importance.
        low: leftmost pixel for text.
        high: rightmost pixel for text.
    """
    taken: list[tuple[int, float, float]] = []
    placed = []
    for label in labels:
        width = label.width
        wanted = label.x - 5 - width if label.is_left else label.x + 5
        if label.is_left and wanted < low:
            wanted = label.x + 5
        left = max(low, min(wanted, high - width))
        lane = 0
        while any(
            row in range(lane, lane + len(label.lines)) and left < end and start < left + width
            for row, start, end in taken
        ):
            lane += 1
        taken += [
            (lane + place, left - APART, left + width + APART) for place in range(len(label.lines))
        ]
        placed.append(Placed(label, left, lane))
    return placed


def lane_words(placed: Sequence[Placed], area: Area) -> list[Layer]:
    """Return the layers that write placed labels."""
    layers = []
    for each in placed:
        lines = each.label.lines
        rows = [
            {"x": area.moment(each.left), "text": line,
             "y": area.value(-each.foot - LANE * (len(lines) - 1 - place))}
            for place, line in enumerate(lines)
        ]  # fmt: skip
        weight = "bold" if each.label.is_bold else "normal"
        # a line that leads to a higher lane passes behind the text
        layers += halo(area, rows, role=each.label.role, fontWeight=weight)
    return layers
