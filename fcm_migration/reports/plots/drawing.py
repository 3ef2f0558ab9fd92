"""What every picture is made with: an empty figure, PNG, sparkline, colours."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


# Okabe and Ito (2008), distinguishable with any kind of colour vision
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SPARK_POINTS = 36
BEST_DRAWN = ("M", "Q", "A", "W", "D")  # frequencies; months before quarters
PERIOD = {"M": "month", "Q": "quarter", "A": "year"}


@dataclass(frozen=True)
class Picture:
    """A plot as PNG, its sparkline as Markdown, and what it shows in words."""

    png: bytes
    sparkline: str
    words: str

    @property
    def markdown(self) -> str:
        """Return the plot as an image in Markdown with its text alternative."""
        data = base64.b64encode(self.png).decode()
        return f"![{self.words}](data:image/png;base64,{data})\n\n{self.words}"


def empty_figure(width: float, height: float) -> Figure:
    """Return an empty white figure; width and height in inches."""
    # the object API: pyplot would keep figures and choose a window system
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=80, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def plain(axes: Axes) -> None:
    """Make axes of counts: no frame above and right, thousands apart, faint lines to read off."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.grid(axis="y", linewidth=0.4, alpha=0.5)


def png(figure: Figure) -> bytes:
    """Return the figure as PNG, without the library's version: equal figures give equal bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None}, pil_kwargs={"optimize": True})
    return buffer.getvalue()


def sparkline(values: Sequence[float], words: str) -> str:
    """Return a small line in Markdown, short enough (under 1,000 characters) to be shown inline."""
    high, low = max(values, default=0.0), min(values, default=0.0)
    height, width = 28, 150
    span = (high - low) or 1.0
    step = width / max(len(values) - 1, 1)
    points = " ".join(
        f"{round(i * step)},{round(height - (v - low) / span * (height - 2)) - 1}"
        for i, v in enumerate(values)
    )
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'>"
        f"<polyline fill='none' stroke='{COLOURS[0]}' stroke-width='1.5' points='{points}'/></svg>"
    )
    data = base64.b64encode(svg.encode()).decode()
    return f"![{words[:120]}](data:image/svg+xml;base64,{data})"
