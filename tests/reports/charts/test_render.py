"""Rendering: valid Vega-Lite, offline, harmless, the same each time, in every scheme."""

from __future__ import annotations

import json
import re
import zlib

import numpy as np
import pytest
import vl_convert
from altair.utils.schemapi import validate_jsonschema
from altair.vegalite.v6.schema import load_schema
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import ValidationError
from numpy.typing import NDArray

from dagster_project.metadata import picture_metadata
from fcm_migration import machine
from fcm_migration.errors import MemoryLackError
from fcm_migration.reports.charts import (
    NARROW,
    WIDE,
    Chart,
    inline,
    png,
    specification,
    svg,
)
from fcm_migration.reports.charts.compact import SIGNATURE, _chunks, compact
from fcm_migration.reports.charts.palette import DARK, LIGHT
from fcm_migration.reports.pictures.picture import Picture
from tests.reports.charts.samples import LABEL, MAKE, charts

AS_OF = "s of 20 January 2026"
SCHEMA, TOP_LEVEL = load_schema(), {"$ref": "#/definitions/TopLevelSpec"}
DRAWN = {"svg", "/svg", "g", "/g", "path", "text", "/text", "tspan", "/tspan", "line", "rect"}
HOSTILE = "</text><script>alert(1)</script>\u202e&\"'=1+1 javascript:x ]]>"
WIDTH = re.compile(r' width="([\d.]+)"')


@pytest.fixture(scope="module")
def drawn() -> dict[str, Chart]:
    return charts()


@pytest.fixture(scope="module")
def texts(drawn: dict[str, Chart]) -> dict[str, str]:
    return {name: svg(chart) for name, chart in drawn.items()}


def test_every_chart_is_valid_vega_lite(drawn: dict[str, Chart]) -> None:
    for chart in drawn.values():
        validate_jsonschema(specification(chart), TOP_LEVEL, rootschema=SCHEMA)
    broken = specification(drawn["sparkline"])
    broken["config"]["background"] = None
    with pytest.raises(ValidationError):
        validate_jsonschema(broken, TOP_LEVEL, rootschema=SCHEMA)


def test_every_chart_says_as_of_and_carries_words_and_figures(
    drawn: dict[str, Chart], texts: dict[str, str]
) -> None:
    for name, chart in drawn.items():
        assert chart.words, name
        assert not chart.figures.is_empty(), name
        if name not in ("sparkline", "range", "share"):  # a table around them says it
            assert AS_OF in _written(texts[name]), name
    bare = svg(drawn["lines"], titled=False)
    assert AS_OF in _written(bare)
    assert _written(texts["lines"]).count(LABEL) == _written(bare).count(LABEL) + 1


def _written(text: str) -> str:
    return " ".join(re.findall(r">([^<]+)</text>", text))


def test_nothing_is_asked_of_a_network(drawn: dict[str, Chart], texts: dict[str, str]) -> None:
    for name, chart in drawn.items():
        found = re.findall(r'(?:href|src|url)[=(]["\']?([^"\')]+)', texts[name])
        assert found == []
        assert "@font-face" not in texts[name]
        assert '"url"' not in json.dumps(specification(chart))
    # and the renderer would refuse to
    spec = {"data": {"url": "https://example.org/x.json"}, "mark": "point",
            "encoding": {"x": {"field": "a"}}}  # fmt: skip
    with pytest.raises(ValueError, match="not allowed"):
        vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])


def test_hostile_labels_are_text() -> None:
    for name, chart in charts(HOSTILE).items():
        text = svg(chart)
        tags = set(re.findall(r"<(/?\w+)", text))
        assert tags <= DRAWN, name
        assert "\u202e" not in text, name
        assert not re.search(r"<[^>]*\s(?:on\w+|href|style)=", text), name
        assert "\u202e" not in chart.words, name
    lines = MAKE["lines"]("a](x)[b", WIDE)
    assert inline(lines).startswith("![a)(x)(b.](data:image/svg+xml;base64,")


@settings(max_examples=4, deadline=None)
@given(st.text(max_size=60))
def test_any_label_gives_a_well_formed_drawing(label: str) -> None:
    text = svg(MAKE["corridors"](label, NARROW))
    inner = re.sub(r"<text [^>]*>[^<]*</text>|<tspan [^>]*>[^<]*</tspan>|<[^<>]*>", "", text)
    assert "<" not in inner
    assert not re.search(r"&(?!amp;|lt;|gt;|quot;|apos;|#\w+;)", text)


def test_a_scheme_colours_the_whole_chart_and_a_page_may_do_so_itself(
    drawn: dict[str, Chart],
) -> None:
    chart = drawn["series"]
    assert LIGHT["ground"] in svg(chart)
    assert LIGHT["ground"] not in svg(chart, "dark")
    assert DARK["ground"] in svg(chart, "dark")
    page = svg(chart, None)
    assert "var(--chart-line)" in page
    assert not re.search(r'(?:fill|stroke)="#', page)
    with pytest.raises(KeyError):
        svg(chart, "sepia")


def test_the_same_chart_gives_the_same_bytes(drawn: dict[str, Chart]) -> None:
    again = MAKE["corridors"](LABEL, WIDE)
    assert png(again) == png(drawn["corridors"])
    assert png(again, "dark") != png(again)
    assert svg(again) == svg(drawn["corridors"])


def test_a_drawing_has_its_alternative_text_and_no_other(texts: dict[str, str]) -> None:
    assert 'aria-label="&quot;&gt;&lt;b&gt;."' in svg(MAKE["lines"]('"><b>', WIDE))
    for text in texts.values():
        assert text.startswith('<svg role="img" aria-label="')
        assert len(re.findall(r"<[^>]*aria-", text)) == 1


def test_charts_keep_to_their_width(texts: dict[str, str]) -> None:
    narrow = {name: svg(chart) for name, chart in charts(width=NARROW).items()}
    for width, made in ((WIDE, texts), (NARROW, narrow)):
        for name, text in made.items():
            found = WIDTH.search(text)
            assert found is not None
            assert float(found[1]) <= width * 1.03, name


def test_a_sparkline_is_short_enough_to_be_shown_in_a_cell(drawn: dict[str, Chart]) -> None:
    image = inline(drawn["sparkline"])
    assert image.startswith("![a law begins](data:image/svg+xml;base64,")
    assert len(image) < 1000


def test_a_compact_picture_has_the_same_pixels(drawn: dict[str, Chart]) -> None:
    raw = bytes(vl_convert.vegalite_to_png(specification(drawn["lines"]), scale=1))
    small = compact(raw)
    assert len(small) < len(raw)
    assert np.array_equal(_pixels(small, 3), _pixels(raw, 4)[:, :, :3])
    assert compact(small) == small
    see_through = bytes(vl_convert.vegalite_to_png(specification(drawn["sparkline"]), scale=1))
    assert compact(see_through) == see_through


def _pixels(data: bytes, channels: int) -> NDArray[np.uint8]:
    """Decode a PNG whose rows have the filter 0 or 1."""
    assert data.startswith(SIGNATURE)
    chunks = _chunks(data)
    width, height = np.frombuffer(chunks[b"IHDR"][:8], ">u4")
    raw = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8)
    raw = raw.reshape(int(height), channels * int(width) + 1)
    rows = raw[:, 1:].reshape(int(height), int(width), channels)
    return np.where((raw[:, 0] == 1)[:, None, None], np.cumsum(rows, 1, dtype=np.uint8), rows)


def test_a_tight_address_space_is_said_before_the_engine_ends_the_process(
    drawn: dict[str, Chart], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "address_space", lambda: 8_000_000_000)
    for draw in (svg, png):
        with pytest.raises(MemoryLackError, match="ulimit -v"):
            draw(drawn["sparkline"])
    picture = picture_metadata(lambda: Picture(png(drawn["sparkline"]), "", ""))
    assert picture["plot"].value.startswith("not drawn: the address space of this process")
