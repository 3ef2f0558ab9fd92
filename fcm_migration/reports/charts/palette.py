"""Colours of charts by what they stand for, on light and on dark ground.

The five colours of lines, and the red of alerts, were searched so that they stay apart for normal,
protan, deutan and tritan sight. A line has a contrast of at least 3:1 to its ground, text of at
least 4.5:1 (WCAG 2.2, 1.4.3 and 1.4.11); a test computes both. Bands of a forecast are paler than
3:1, so the edge of the 80 % band is drawn as a line.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LIGHT: Mapping[str, str] = MappingProxyType(
    {
        "ground": "#FFFFFF",
        "ink": "#16191D",
        "muted": "#5A6169",
        "grid": "#E1E5E9",
        "axis": "#9AA1A9",
        "shade": "#EFEFEC",
        "strip": "#B9BFC5",
        "line": "#0B5FA5",
        "band-95": "#DBE7F3",
        "band-80": "#B3CDE6",
        "band-50": "#7FABD4",
        "alert": "#C00F2E",
        "series-1": "#048FF4",
        "series-2": "#B68028",
        "series-3": "#33695F",
        "series-4": "#7512A6",
        "series-5": "#8C8C8C",
        "label-1": "#0B5FA5",
        "label-2": "#85590F",
        "label-3": "#33695F",
        "label-4": "#7512A6",
        "label-5": "#5A6169",
    }
)
DARK: Mapping[str, str] = MappingProxyType(
    {
        "ground": "#14171A",
        "ink": "#ECEEF0",
        "muted": "#A6ADB5",
        "grid": "#2B3036",
        "axis": "#6E757D",
        "shade": "#1F2328",
        "strip": "#596068",
        "line": "#6CB4F2",
        "band-95": "#1D3347",
        "band-80": "#28506F",
        "band-50": "#37719F",
        "alert": "#FF6B7D",
        "series-1": "#78A5EF",
        "series-2": "#F5AE39",
        "series-3": "#17EACE",
        "series-4": "#A73BBF",
        "series-5": "#696969",
        "label-1": "#78A5EF",
        "label-2": "#F5AE39",
        "label-3": "#17EACE",
        "label-4": "#D08BE0",
        "label-5": "#A6ADB5",
    }
)
PALETTES: Mapping[str, Mapping[str, str]] = MappingProxyType({"light": LIGHT, "dark": DARK})
LINES = 5  # colours told apart in one chart


def colour(role: str) -> str:
    """Return the CSS variable of a role; specifications name colours in no other way.

    Raises:
        KeyError: no palette has such a role.
    """
    if role not in LIGHT:
        raise KeyError(role)
    return f"var(--chart-{role})"


def style_rules() -> str:
    """Return the CSS rules that give the variables their colours in a page.

    The dark ones are for screens alone: a page printed from a dark screen would have dark fans on
    white paper.
    """
    light, dark = (
        ":root{" + "".join(f"--chart-{role}:{value};" for role, value in each.items()) + "}"
        for each in (LIGHT, DARK)
    )
    return f"{light}@media screen and (prefers-color-scheme: dark){{{dark}}}"


def coloured(spec: object, palette: Mapping[str, str]) -> object:
    """Return a specification with the colours of a palette in place of CSS variables.

    Data are left as they are: a label that reads like a variable stays a label.
    """
    values = {colour(role): value for role, value in palette.items()}

    def inner(node: object, key: str = "") -> object:
        if isinstance(node, str):
            return node if key in ("text", "subtitle") else values.get(node, node)
        if isinstance(node, list):
            return [inner(item, key) for item in node]
        if isinstance(node, dict):
            return {
                name: item if name in ("data", "datasets") else inner(item, name)
                for name, item in node.items()
            }
        return node

    return inner(spec)
