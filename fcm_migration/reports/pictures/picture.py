"""A picture as Dagster shows it: a small line in a table's cell, the chart behind a click."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from fcm_migration.reports.charts import Chart, inline, png, sparkline
from fcm_migration.reports.charts.sparklines import POINTS

BEST_DRAWN = ("M", "Q", "A", "W", "D")  # frequencies; months before quarters


@dataclass(frozen=True)
class Picture:
    """A chart as PNG, its sparkline as Markdown, and what it shows in words."""

    png: bytes
    sparkline: str
    words: str

    @property
    def markdown(self) -> str:
        """Return the chart as an image in Markdown with its text alternative."""
        data = base64.b64encode(self.png).decode()
        return f"![{self.words}](data:image/png;base64,{data})\n\n{self.words}"


def picture(chart: Chart, recent: Sequence[float | None]) -> Picture:
    """Return the picture of a chart.

    Args:
        chart: the chart.
        recent: newest values of what matters most in it, for the sparkline; at least one known.
    """
    newest = recent[-POINTS:]
    if all(value is None for value in newest):  # withheld for years
        newest = [value for value in recent if value is not None]
    return Picture(png(chart), inline(sparkline(newest, chart.words)), chart.markdown_words)
