"""A trace: a series as a line of whole pixels, short enough to stand inline in Dagster's pages.

Made by hand, without a renderer: it can be drawn wherever a table is read, in a millisecond.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts.labels import harmless

MOST = 999  # signs of Markdown that Dagster shows inline
POINTS, WIDTH, HEIGHT = 36, 144, 24  # figures, and pixels of the drawing
EDGE = 2  # pixels around the line
COLOUR = "#2b83d0"  # at least 3:1 on white and on Dagster's dark ground
TEXT = 30  # signs of the text alternative: the words beside it say the rest


def trace(values: Sequence[float | None], words: str) -> str:
    """Return the last POINTS values as Markdown: a line from 0 to the highest, then the words.

    Args:
        values: oldest first; None is a gap.
        words: what is shown, its unit, source and "as of"; cut where the whole gets too long.

    Raises:
        UsageError: there is no value.
    """
    shown = list(values)[-POINTS:]
    known = [value for value in shown if value is not None]
    if not known:
        raise UsageError("a trace needs at least one figure", where=words[:80])
    said = _plain(words)
    image = f"![{said[:TEXT].rstrip()}](data:image/svg+xml;base64,{_encoded(shown, known)})"
    room = MOST - len(image) - 1
    return f"{image} {said if len(said) <= room else said[: room - 1] + '…'}"


def _encoded(shown: Sequence[float | None], known: Sequence[float]) -> str:
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
        f'<path fill="none" stroke="{COLOUR}" stroke-width="1.5" d="{_path(shown, known)}"/></svg>'
    )
    return base64.b64encode(drawn.encode()).decode()


def _path(shown: Sequence[float | None], known: Sequence[float]) -> str:
    """Return the path of a line in whole pixels, each step relative to the last; gaps are gaps."""
    low, high = min(0, *known), max(0, *known)
    scale = (HEIGHT - 2 * EDGE) / ((high - low) or 1)
    step = (WIDTH - 2 * EDGE) / max(len(shown) - 1, 1)
    path, last, pen = "", (0, 0), "M"
    for place, value in enumerate(shown):
        if value is None:
            pen = "M"
            continue
        x, y = EDGE + round(place * step), EDGE + round((high - value) * scale)
        if pen == "M":
            path += f"M{x} {y}h1"  # a figure between gaps is a dot
            last = (x + 1, y)
        else:
            path += f"{pen}{x - last[0]} {y - last[1]}".replace(" -", "-")
            last = (x, y)
        pen = "l"
    return path


def _plain(text: str) -> str:
    """Return a text in which nothing acts as Markdown, in one line."""
    return harmless(text).translate(dict.fromkeys(map(ord, "[]<>|`*_\\!#"), " "))
