"""Pictures of the forecasts' skill for docs/forecast_skill.md.

Matplotlib is loaded inside the functions that draw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration.forecast.scores import INTERVAL_LEVELS
from fcm_migration.periods import period_name
from fcm_migration.reports.plots.drawing import COLOURS, empty_figure, png
from fcm_migration.reports.skill.facts import CEILING, JUDGED, NEAR, ROLLED, Facts
from fcm_migration.reports.skill.figures import PERIODS, picture_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARKS = ("o", "s", "^")  # told apart without colour, too
SHADE = "#999999"
DATES = 6  # labels of an axis


def skill_pictures(facts: Facts) -> dict[str, bytes]:
    """Return each main pool's picture as PNG, by file name: by horizon above, by origin below."""
    return {picture_name(pool): _picture(facts, pool) for pool in facts.main}


def _picture(facts: Facts, pool: str) -> bytes:
    figure = empty_figure(8, 4.9)
    grid = figure.subplots(2, 2)
    figure.suptitle(pool, fontsize=9)
    _scores(grid[0][0], facts, pool)
    _covers(grid[0][1], facts, pool)
    rolled = facts.origins.filter(pool=pool).sort("origin_date")
    _origins(grid[1][0], grid[1][1], rolled, facts.frequency(pool))
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=7)
        axes.xaxis.label.set_size(8)
        axes.yaxis.label.set_size(8)
    return png(figure)


def _scores(axes: Axes, facts: Facts, pool: str) -> None:
    whole = facts.horizons.filter(pool=pool, window="all").sort("horizon")
    for colour, mark, name in zip(COLOURS, MARKS, JUDGED, strict=False):
        rows = whole.filter(scored_model=name)
        scores = rows.get_column("relative_wis_mean").clip(upper_bound=CEILING)
        axes.plot(
            rows.get_column("horizon").to_list(), scores.to_list(),
            color=colour, marker=mark, markersize=3.5, linewidth=1.4, label=name.replace("_", " "),
        )  # fmt: skip
    _bar(axes)
    _ahead(axes, facts, pool)
    _legend(axes)


def _covers(axes: Axes, facts: Facts, pool: str) -> None:
    own = facts.horizons.filter(pool=pool, window="all", scored_model="published").sort("horizon")
    _coverage(axes, own.get_column("horizon").to_list(), own, MARKS)
    _ahead(axes, facts, pool)
    _legend(axes)


def _legend(axes: Axes) -> None:
    """Draw the legend above the panel; inside it would cover the lines of some pools."""
    axes.legend(
        frameon=False, fontsize=7, ncols=4, loc="lower left", bbox_to_anchor=(-0.02, 0.97),
        columnspacing=1.0, handlelength=1.6, handletextpad=0.5, borderaxespad=0.2,
    )  # fmt: skip


def _bar(axes: Axes) -> None:
    axes.axhline(1, color="black", linewidth=0.9, linestyle="--", label="calibrated naive")
    axes.set_ylabel("WIS relative to naive\n(below 1 is better)")


def _ahead(axes: Axes, facts: Facts, pool: str) -> None:
    axes.set_xlabel(f"{PERIODS[facts.frequency(pool)]} ahead")
    periods = facts.horizons.filter(pool=pool).get_column("horizon").unique().sort()
    axes.set_xticks(periods.to_list())


def _coverage(axes: Axes, at: list[Any], rows: pl.DataFrame, marks: tuple[str, ...]) -> None:
    for colour, mark, level in zip(COLOURS, marks, INTERVAL_LEVELS, strict=False):
        shares = 100 * rows.get_column(f"coverage_{level}")
        axes.axhline(level, color=colour, linewidth=0.9, linestyle="--")
        axes.plot(
            at, shares.to_list(), color=colour, marker=mark, markersize=3.5, linewidth=1.4,
            label=f"{level} % interval",
        )  # fmt: skip
    axes.set_ylim(0, 103)
    axes.set_ylabel("published, % inside\n(dashed: nominal)")


def _origins(left: Axes, right: Axes, rows: pl.DataFrame, frequency: str) -> None:
    """Draw relative WIS and coverage of the published forecasts by forecast origin."""
    days = rows.get_column("origin_date").to_list()
    scores = rows.get_column("relative_wis").clip(upper_bound=CEILING).to_list()
    left.plot(days, scores, color=COLOURS[0], linewidth=1.4)
    _bar(left)
    _coverage(right, days, rows, ("", "", ""))
    for axes in (left, right):
        axes.set_xlabel(f"origin (1 to {NEAR} periods ahead, mean of {ROLLED} origins)")
        if days:
            shown = days[:: -(-len(days) // DATES)]
            axes.set_xticks(shown, [period_name(day, frequency) for day in shown])
            _shade(axes, days, rows.get_column("is_shock").to_list())


def _shade(axes: Axes, days: list[Any], shocks: list[bool]) -> None:
    for start, end, shock in zip(days, [*days[1:], days[-1]], shocks, strict=True):
        if shock:
            axes.axvspan(start, end, color=SHADE, alpha=0.2, linewidth=0)
