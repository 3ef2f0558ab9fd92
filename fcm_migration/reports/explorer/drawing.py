"""The explorer's charts: layers of the charts' grammar as Vega, to be filled in the browser.

Each layer is declared once, with named data in place of figures. The browser puts rows into them,
in the units of the axes (milliseconds and figures), and sets the ends of the axes as signals.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from fcm_migration.reports.charts.grammar import SIZE, Frame, Layer, layer, spec, words
from fcm_migration.reports.charts.keys import points
from fcm_migration.reports.charts.palette import LINES, colour
from fcm_migration.reports.charts.scales import Area
from fcm_migration.reports.charts.series import LEVELS

# the numbers below stand for ends that the browser sets: none may occur in a template otherwise
AREA = Area(width=761, height=291, first=111.5, last=777.5, top=333.5)
X, X2 = {"x": 0.0, "y": 0.0}, {"x": 0.0, "y": 0.0, "x2": 0.0}
Y2, BOX = {"x": 0.0, "y": 0.0, "y2": 0.0}, {"x": 0.0, "y": 0.0, "x2": 0.0, "y2": 0.0}
TEXT = {"x": 0.0, "y": 0.0, "text": ""}
DASHES: tuple[list[int], ...] = ([1, 0], [7, 3], [2, 2], [8, 2, 2, 2], [4, 4])
BEHIND: dict[str, Any] = {  # text that lies on a line stays readable
    "stroke": colour("ground"), "strokeWidth": 3, "strokeJoin": "round", "role": "ground",
}  # fmt: skip
MARKERS = ("dot", "up", "hollow", "down", "down_hollow")


def _named(name: str, made: Layer) -> Layer:
    """Return a layer whose rows come from data of this name."""
    return made | {"data": {"name": name}}


def _axes() -> list[Layer]:
    return [
        _named("shade", layer(AREA, "rect", [BOX], role="shade")),
        _named("today", layer(AREA, "rule", [Y2], role="muted", strokeDash=[2, 3])),
        _named("grid", layer(AREA, "rule", [X2], role="grid", strokeWidth=1)),
        _named("base", layer(AREA, "rule", [X2], role="axis", strokeWidth=1)),
        _named("ticks", layer(AREA, "rule", [Y2], role="axis", strokeWidth=1)),
        _named("values", words(AREA, [TEXT], align="right", role="muted")),
        _named("times", words(AREA, [TEXT], align="center", role="muted")),
    ]


def _dates() -> list[Layer]:
    """Return what stands at dates: releases, policies, breaks, the cursor."""
    return [
        _named("spans", layer(AREA, "rect", [BOX], role="strip")),
        _named("as_of", layer(AREA, "rule", [Y2], strokeWidth=1.2)),
        _named("edition", layer(AREA, "rule", [Y2], role="muted", strokeDash=[2, 3])),
        _named("policies", layer(AREA, "rule", [Y2], strokeDash=[1, 3])),
        _named("breaks", layer(AREA, "rule", [Y2], role="muted", strokeDash=[5, 3])),
        _named("cursor", layer(AREA, "rule", [Y2], role="ink", strokeWidth=1)),
        _named("above", words(AREA, [TEXT], align="center")),
        _named("above_right", words(AREA, [TEXT], align="right", fontWeight="bold")),
        _named("subtitle", words(AREA, [TEXT], role="muted", fontSize=12)),
    ]


def _fan() -> list[Layer]:
    bands = [
        _named(f"band_{level}", layer(AREA, "area", [Y2], role=f"band-{level}")) for level in LEVELS
    ]
    edges = [
        _named(f"edge_{side}", layer(AREA, "line", [X], role="line", strokeWidth=0.8))
        for side in ("lower", "upper")
    ]
    median = {"role": "ink", "strokeWidth": 1.8, "strokeDash": [4, 3]}
    return [
        *bands, *edges, _named("median", layer(AREA, "line", [X], **median)),
        _named("cut", layer(AREA, "line", [X], role="ink", strokeWidth=1.2)),
    ]  # fmt: skip


def _history() -> list[Layer]:
    hollow = {"fill": colour("ground"), "size": 40, "strokeWidth": 1.6, "opacity": 1}
    solid = {"filled": True, "size": 34, "opacity": 1}
    thin = {"strokeWidth": 1, "strokeDash": [2, 2]}
    later = {"role": "muted", "strokeWidth": 1.4, "strokeDash": [3, 3]}
    return [
        _named("later", layer(AREA, "line", [X], **later)),
        _named("link", layer(AREA, "line", [X], role="line", **thin)),
        _named("history", layer(AREA, "line", [X], role="line", strokeWidth=2)),
        _named("solid", layer(AREA, "point", [X], role="line", **solid)),
        _named("hollow", layer(AREA, "point", [X], role="line", **hollow)),
        _named("rises", points(AREA, [X], "up", "alert", 56)),
        _named("falls", points(AREA, [X], "down_hollow", "alert", 56)),
        _named("alert_words", words(AREA, [TEXT], align="center", **BEHIND)),
        _named("alert_words", words(AREA, [TEXT], align="center", role="alert")),
    ]


def _labels() -> list[Layer]:
    leader = [
        _named(f"leader_{place}", layer(AREA, "line", [X], role="muted", strokeWidth=0.7))
        for place in range(1, LINES + 1)
    ]
    return [
        *leader,
        _named("peak", words(AREA, [TEXT], align="center", **BEHIND)),
        _named("peak", words(AREA, [TEXT], align="center")),
        _named("ends_bold", words(AREA, [TEXT], fontWeight="bold", lineHeight=13)),
        _named("ends", words(AREA, [TEXT], lineHeight=13)),
        _named("points_read", points(AREA, [X], "hollow", "ink", 60)),
    ]


def _lines() -> list[Layer]:
    """Return up to LINES lines, told apart by colour, dashes, markers and labels at their ends."""
    layers = []
    for number in range(1, LINES + 1):
        role = f"series-{number}"
        look = {"role": role, "strokeWidth": 2, "strokeDash": DASHES[number - 1]}
        layers += [
            _named(f"line_{number}", layer(AREA, "line", [X], **look)),
            _named(f"marks_{number}", points(AREA, [X], MARKERS[number - 1], role, 34)),
            _named(f"leader_{number}", layer(AREA, "line", [X], role="muted", strokeWidth=0.7)),
            _named(
                f"label_{number}",
                words(AREA, [TEXT], role=f"label-{number}", fontWeight="bold", lineHeight=13),
            ),
        ]
    return [*layers, _named("points_read", points(AREA, [X], "hollow", "ink", 60))]


@cache
def templates() -> dict[str, dict[str, Any]]:
    """Return the charts of one series and of several, as Vega with named data and signals."""
    return {
        "one": _compiled([*_axes(), *_fan(), *_history(), *_dates(), *_labels()]),
        "several": _compiled([*_axes(), *_dates(), *_lines()]),
    }


def _compiled(layers: Sequence[Layer]) -> dict[str, Any]:
    import vl_convert

    whole = spec(layers, AREA, Frame("", "", 0, 0, AREA.width))
    vega: dict[str, Any] = vl_convert.vegalite_to_vega(whole)
    vega.pop("width")
    vega.pop("height")
    vega["autosize"] = "none"  # the browser knows what stands around the area
    names = ("first", "last", "top", "width", "height")
    vega["signals"] = [
        *vega.get("signals", []), *({"name": name, "value": getattr(AREA, name)} for name in names)
    ]  # fmt: skip
    ends = {"x": ["first", "last"], "y": ["0", "top"]}
    for scale in vega["scales"]:
        scale["domain"] = {"signal": f"[{', '.join(ends[scale['name']])}]"}
        scale["zero"] = scale["nice"] = False
    return vega


def look() -> dict[str, Any]:
    """Return what the browser's part of the grammar has to know of it."""
    return {"size": SIZE, "levels": list(LEVELS), "lines": LINES, "dashes": DASHES}
