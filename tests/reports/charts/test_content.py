"""What charts show: every figure of the input, gaps, provisional points, cuts, dates, verdicts."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl
import pytest

from fcm_migration.errors import UsageError
from fcm_migration.reports.charts import (
    NARROW,
    Counts,
    LinePanel,
    Small,
    alert_chart,
    corridor_chart,
    counts_chart,
    headline,
    lines_chart,
    multiples_chart,
    policy_chart,
    range_mark,
    series_chart,
    share_bar,
    sparkline,
    svg,
    years_chart,
)
from fcm_migration.reports.charts.palette import LIGHT
from fcm_migration.reports.charts.series import cut_words
from tests.reports.charts.samples import (
    MONTHS,
    VALUES,
    ahead,
    alert_panel,
    corridors,
    effects,
    full_series,
    line_panels,
    past,
    series,
    years,
)

HOLLOW = re.compile(rf'<path [^>]*fill="{LIGHT["ground"]}" stroke="{LIGHT["line"]}"')
LINE = re.compile(rf'<path d="(M[^"]*)" stroke="{LIGHT["line"]}" stroke-width="2"')


def said(text: str) -> str:
    return " ".join(re.findall(r">([^<]+)</(?:text|tspan)>", text))


def test_a_series_says_unit_as_of_bounds_and_marked_dates() -> None:
    text = said(svg(series_chart(full_series("Claims rose"))))
    for words in (
        "Claims rose", "people a month", "Figures as of", "20 January 2026", "8 in 10:",
        "250 to 420", "19 in 20:", "Middle: 330", "in March 2026", "Today, 1 Jun 2026",
        "expected: 180", "Hollow: 120 counted by 15 January 2026.",
        "(1) 10 Jun 2024: a law begins", "(2) 1 Feb 2025 to 30 Apr 2025: a law begins", "short",
    ):  # fmt: skip
        assert words in text, words
    assert "(3)" not in text


def test_the_bound_beyond_the_axis_is_marked_and_printed() -> None:
    wide = series(ahead=ahead(1_000_000))
    text = said(svg(series_chart(wide)))
    assert "1,000,000 in Feb 2026" in text
    assert "19 in 20 runs on to" in text
    axis = [int(found.replace(",", "")) for found in re.findall(r"\b[\d,]{3,}\b", text)]
    assert 500 in axis
    assert not {100_000, 200_000, 500_000} & set(axis)
    assert cut_words(series(), 600) == ""
    # in the last period the edge prints it, and the cut is only marked
    assert cut_words(series(ahead=ahead(500).with_columns(upper_95=pl.lit(9000))), 600) == ""


def test_gaps_are_not_bridged_and_lone_figures_are_seen() -> None:
    values: list[int | None] = [*VALUES]
    values[5] = values[7] = None
    drawn = svg(series_chart(series(past=past(values), ahead=None)))
    (path,) = LINE.findall(drawn)
    assert path.count("M") >= 2
    whole = svg(series_chart(series(past=past(), ahead=None)))
    (path,) = LINE.findall(whole)
    assert path.count("M") == 1
    dots = rf'<path [^>]*fill="{LIGHT["line"]}"'
    assert len(re.findall(dots, drawn)) == len(re.findall(dots, whole)) + 1


def test_provisional_points_are_hollow_and_never_the_headline() -> None:
    partial = series(past=past(None, 23), ahead=None)
    assert len(HOLLOW.findall(svg(series_chart(partial)))) == 1
    assert not HOLLOW.findall(svg(series_chart(series(ahead=None))))
    assert headline(partial).startswith("320 in Nov 2025, ")
    assert "320 in November 2025, +60% on the year before" in series_chart(partial).words


def test_the_figures_behind_a_series_are_all_of_it() -> None:
    figures = series_chart(series()).figures
    assert figures.get_column("figure").drop_nulls().to_list() == VALUES
    assert figures.get_column("median").drop_nulls().to_list() == [330] * 3
    assert figures.get_column("period")[0] == "January 2024"
    assert {"lower_95", "upper_95"} <= set(figures.columns)


def test_a_fall_to_nothing_and_a_series_of_zeros_can_be_drawn() -> None:
    zeros = series(past=past([0] * 24), ahead=None)
    assert "0" in said(svg(series_chart(zeros, width=NARROW)))
    assert "year before" not in series_chart(zeros).words
    gone = replace(effects(), rows=effects().rows.with_columns(change_pct=pl.lit(-100.0)))
    assert "\N{MINUS SIGN}100%" in said(svg(policy_chart(gone)))
    assert sparkline([None, 0], "nothing").figures.height == 2


def test_alerts_corridors_and_policies_print_their_figures() -> None:
    alert = alert_chart([alert_panel()], "One rose")
    assert "230 in December 2025, 100 expected" in said(svg(alert))
    assert "rise, strong alert" in said(svg(alert))
    assert "Here to there: 230 in December 2025, 100 expected (people a month)" in alert.words
    bars = corridor_chart(corridors())
    text = said(svg(bars))
    assert "900 +100%" in text
    assert "300 \N{MINUS SIGN}50%" in text
    assert "end at: Here 9,000" in text
    assert bars.words.startswith("Here leads. People in 2025, first of 3: Here 900 (450 in 2024)")
    policies = policy_chart(effects())
    text = said(svg(policies))
    for words in (
        "as large on 0 of 80 other dates", "can be told from chance", "cannot be told from chance",
        "could not be tested", "\N{MINUS SIGN}90% (\N{MINUS SIGN}97% to \N{MINUS SIGN}70%)",
    ):  # fmt: skip
        assert words in text, words
    assert "\N{MINUS SIGN}90%" in policies.words


def test_coverage_stands_beside_what_it_is_meant_to_be() -> None:
    figures = lines_chart(line_panels(), "t", "s", "w").figures
    own = figures.filter(line="80% range")
    assert own.get_column("figure").to_list() == pytest.approx([80, 75, 90])
    assert own.get_column("meant").unique().to_list() == [80]


def test_small_multiples_share_a_scale_only_of_one_unit() -> None:
    panels = [Small(series("A"), "x"), Small(replace(series("B"), unit="events a month"), "y")]
    with pytest.raises(UsageError, match="cannot share a scale"):
        multiples_chart(panels, "t", "u", is_shared=True)
    assert "Each on its own scale" in multiples_chart(panels, "t", "u").subtitle
    assert "One scale a row" in multiples_chart(panels[:1], "t", "u", is_shared=True).subtitle
    with pytest.raises(UsageError, match="at least one"):
        multiples_chart([], "t", "u")


def test_a_year_stands_beside_those_before_it_and_what_it_may_come_to() -> None:
    chart = years_chart(years())
    text = said(svg(chart))
    for words in ("2025: 1,000", "2024: 3,600", "2023: 1,200", "8 in 10: 1,800 to 4,000"):
        assert words in text, words
    assert "After 5 months 2025 1,000; 2024 1,500, 3,600 in all; 2023 500" in chart.words
    assert chart.figures.columns == ["month", "2023", "2024", "2025"]
    assert chart.figures.row(11) == (12, 1200.0, 3600.0, None)
    # a range that runs on beyond the axis still says its end
    assert "8 in 10: 1,800 to 40,000" in said(svg(years_chart(years(upper_80=40_000))))
    whole = replace(years(), rows=years().rows.filter(pl.col("year") < 2025))
    assert "8 in 10" not in said(svg(years_chart(whole)))


def test_ranges_and_shares_are_drawn_where_they_belong() -> None:
    halved = range_mark(-50, None, None, "x", is_sure=True, ends=(-50, 100))
    doubled = range_mark(100, None, None, "x", is_sure=False, ends=(-50, 100))
    at = [one.spec["layer"][-1]["data"]["values"][0]["x"] for one in (halved, doubled)]
    assert at[0] == pytest.approx(-at[1])  # half as many is as far as twice as many
    boxes = [one["data"]["values"][0] for one in share_bar([40, 10.5], "x").spec["layer"]]
    assert [(box["x"], box["x2"]) for box in boxes] == [(0, 100), (0, 40), (40, 50.5)]
    with pytest.raises(UsageError, match="no parts of a whole"):
        share_bar([80, 40], "x")


def test_what_cannot_be_drawn_is_refused_with_what_is_missing() -> None:
    with pytest.raises(UsageError, match="is_provisional"):
        series(past=past().drop("is_provisional"))
    with pytest.raises(UsageError, match="other types"):
        series(past=past().with_columns(pl.col("value").cast(pl.String)))
    with pytest.raises(UsageError, match="without a figure"):
        series(past=past([None] * 24))
    with pytest.raises(UsageError, match="month by month"):
        replace(years(), rows=years().rows.filter(pl.col("month") != 3))
    with pytest.raises(UsageError, match="upper_95"):
        series(ahead=ahead().drop("upper_95"))
    with pytest.raises(UsageError, match="each with a level"):
        replace(corridors(), rows=corridors().rows.head(0))
    with pytest.raises(UsageError, match="needs its change"):
        replace(effects(), rows=effects().rows.head(0))
    with pytest.raises(UsageError, match="without a figure"):
        LinePanel("empty", "u", "x", (), (0, 1))
    with pytest.raises(UsageError, match="too many lines"):
        LinePanel("many", "u", "x", line_panels()[1].lines * 6, (0, 1))
    with pytest.raises(UsageError, match="at least one figure"):
        sparkline([None], "nothing")


def test_counts_name_only_the_kinds_that_are_there() -> None:
    rows = pl.DataFrame({"period": MONTHS[:2], "kind": ["one kind"] * 2, "number": [3, 2]})
    kinds = ["one kind", "another kind"]
    made = counts_chart([Counts("There", "M", rows)], kinds, "t", "As of today.", "w")
    text = said(svg(made))
    assert "one kind" in text
    assert "another kind" not in text
    assert "There, series a month" in text
    assert made.figures.get_column("number").to_list() == [3, 2]
