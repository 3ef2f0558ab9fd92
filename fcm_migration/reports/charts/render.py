"""Charts as SVG, PNG and specifications, offline; vl-convert is loaded inside the functions."""

from __future__ import annotations

import base64
import json
import re
from html import escape
from types import ModuleType
from typing import Any

from fcm_migration.machine import require_address_space
from fcm_migration.reports.charts.chart import Chart
from fcm_migration.reports.charts.compact import compact
from fcm_migration.reports.charts.palette import PALETTES, coloured

# bytes of addresses, not of memory: the JavaScript engine reserves 64 GiB of them and touches 0.2
ADDRESS_SPACE = 75_000_000_000
SHARP = 1.5  # pixels of a PNG for each of the drawing
# what vl-convert writes about each mark; the picture as a whole has its words
_NOISE = re.compile(
    r" (?:class|role|aria-roledescription|aria-hidden|aria-label|pointer-events"
    r'|xmlns:xlink|version)="[^"]*"|(?<=<text) text-anchor="start"'
)
# paths without colour, and numbers finer than a pixel
_EMPTY = re.compile(
    r'<path (?:d="[^"]*"/|d="" display="none"/)>| stroke-miterlimit="10"| role="img"'
)
_NUMBER = re.compile(r"\d+\.\d{3,}")


def specification(
    chart: Chart, scheme: str | None = "light", *, titled: bool = True
) -> dict[str, Any]:
    """Return a chart's Vega-Lite.

    Args:
        chart: the chart.
        scheme: light or dark; None keeps CSS variables for a page that declares them
            (:func:`.palette.style_rules`) and follows its reader's scheme.
        titled: whether the title stands in the picture; a page may set it as text instead. The
            subtitle, with its "as of", always does.

    Raises:
        KeyError: no such scheme.
    """
    spec = chart.spec
    if not titled and "title" in spec:
        own = spec["title"]
        style = {"fontSize": 12, "fontWeight": "normal", "lineHeight": 16}
        config = spec["config"]["title"]
        spec = spec | {
            "title": {name: own[name] for name in ("anchor", "frame", "dx", "offset")}
            | {"text": own["subtitle"], "color": config["subtitleColor"]}
            | style
        }
    if scheme is None:
        return json.loads(json.dumps(spec))  # type: ignore[no-any-return]
    return coloured(spec, PALETTES[scheme])  # type: ignore[return-value]


def svg(chart: Chart, scheme: str | None = "light", *, titled: bool = True) -> str:
    """Return a chart as SVG with its alternative text; arguments as in :func:`specification`.

    Raises:
        KeyError: no such scheme.
        MemoryLackError: the address space is limited too tightly to draw.
    """
    drawn = _renderer().vegalite_to_svg(
        specification(chart, scheme, titled=titled), allowed_base_urls=[]
    )
    bare = _NOISE.sub("", drawn)
    label = escape(chart.words, quote=True)
    return bare.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def png(chart: Chart, scheme: str = "light", *, titled: bool = True, sharp: float = SHARP) -> bytes:
    """Return a chart as PNG, ``sharp`` pixels for each of the drawing; raises as :func:`svg`."""
    spec = specification(chart, scheme, titled=titled)
    return compact(_renderer().vegalite_to_png(spec, scale=sharp, allowed_base_urls=[]))


def _renderer() -> ModuleType:
    """Return vl-convert, whose engine would end the process where it cannot reserve addresses.

    Raises:
        MemoryLackError: the address space is limited to less than ADDRESS_SPACE.
    """
    require_address_space(ADDRESS_SPACE)
    import vl_convert

    return vl_convert


def inline(chart: Chart) -> str:
    """Return a small chart as an image in Markdown that carries its drawing, as short as may be.

    Dagster shows Markdown of fewer than 1,000 signs in its tables, so a sparkline is drawn to whole
    pixels.
    """
    drawn = svg(chart).replace(f' aria-label="{escape(chart.words, quote=True)}"', "", 1)
    drawn = _EMPTY.sub("", _NUMBER.sub(lambda found: f"{float(found[0]):.0f}", drawn))
    data = base64.b64encode(drawn.encode()).decode()
    return f"![{chart.markdown_words[:100]}](data:image/svg+xml;base64,{data})"
