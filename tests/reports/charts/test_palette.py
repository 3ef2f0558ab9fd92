"""Colours: the contrast of every role, and a page that follows its reader's scheme."""

from __future__ import annotations

from itertools import combinations

import pytest

from fcm_migration.reports.charts import style_rules
from fcm_migration.reports.charts.palette import DARK, LIGHT, LINES, PALETTES, colour, coloured

TEXT = ("ink", "muted", "alert", "line", *(f"label-{place}" for place in range(1, LINES + 1)))
LINED = ("line", "alert", *(f"series-{place}" for place in range(1, LINES + 1)))
BANDS = ("band-95", "band-80", "band-50")


def luminance(value: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = (int(value[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_lines_stand_out_from_the_ground(palette: dict[str, str]) -> None:
    ground = palette["ground"]
    weak = [role for role in TEXT if contrast(palette[role], ground) < 4.5]
    faint = [role for role in LINED if contrast(palette[role], ground) < 3]
    assert (weak, faint) == ([], [])
    # text stands on shade too; the median lies on the bands
    assert contrast(palette["muted"], palette["shade"]) >= 4.5
    assert all(contrast(palette["ink"], palette[band]) >= 3 for band in BANDS)
    assert contrast(palette["line"], palette["band-80"]) >= 3


def test_both_palettes_have_the_same_roles_and_no_colour_twice_among_lines() -> None:
    assert set(LIGHT) == set(DARK)
    for palette in PALETTES.values():
        lines = [palette[f"series-{place}"] for place in range(1, LINES + 1)]
        assert all(one != other for one, other in combinations(lines, 2))


def test_a_page_prints_in_light_colours_from_a_dark_screen() -> None:
    light, dark = style_rules().split("@media screen and (prefers-color-scheme: dark)")
    assert f"--chart-ground:{LIGHT['ground']};" in light
    assert f"--chart-ground:{DARK['ground']};" in dark


def test_a_label_that_reads_like_a_colour_stays_a_label() -> None:
    spec = {"title": {"text": [colour("ink")]}, "data": {"values": [{"text": colour("ink")}]},
            "mark": {"fill": colour("ink")}}  # fmt: skip
    assert coloured(spec, DARK) == {**spec, "mark": {"fill": DARK["ink"]}}
    with pytest.raises(KeyError):
        colour("no such role")
