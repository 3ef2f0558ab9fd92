"""Pictures of the forecasts' skill for docs/forecast_skill.md."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from fcm_migration.forecast.scores import INTERVAL_LEVELS
from fcm_migration.reports.charts import (
    WIDE,
    Chart,
    Line,
    LinePanel,
    coverage_panel,
    lines_chart,
    png,
)
from fcm_migration.reports.charts.labels import day_words
from fcm_migration.reports.pictures.naming import indicator_words
from fcm_migration.reports.skill.facts import CEILING, JUDGED, NEAR, ROLLED, Facts
from fcm_migration.reports.skill.figures import PERIODS, picture_name

if TYPE_CHECKING:
    from datetime import date

NAMES = {"published": "published", "seasonal_naive": "last year", "blend": "blend"}
NAIVE = (1.0, "last figure")
TICKS = (0.0, 0.5, 1.0, 1.5, CEILING)
SHARES = (0.0, 25.0, 50.0, 75.0, 100.0)


def skill_pictures(facts: Facts) -> dict[str, bytes]:
    """Return each main pool's picture as PNG, by file name: by horizon above, by origin below."""
    drawn = {picture_name(pool): skill_chart(facts, pool) for pool in facts.main}
    return {name: png(chart) for name, chart in drawn.items() if chart is not None}


def skill_chart(facts: Facts, pool: str, *, width: int = WIDE) -> Chart | None:
    """Return the chart of a pool's record; None where nothing of it is scored."""
    about = facts.pools.row(by_predicate=pl.col("pool") == pool, named=True)
    whole = facts.horizons.filter(pool=pool, window="all")
    own = whole.filter(scored_model="published").sort("horizon")
    rolled = facts.origins.filter(pool=pool).sort("origin_date")
    panels = []
    if not own.is_empty():
        across = f"{PERIODS[facts.frequency(pool)]} ahead"
        panels += [_scores(whole, across), coverage_panel(own, INTERVAL_LEVELS[::-1], across)]
    if not rolled.is_empty():
        panels += [_scores_by_origin(rolled), _coverage_by_origin(rolled)]
    if not panels:
        return None
    title = f"Record of the forecasts of {indicator_words(pool.split('/')[1])}"
    subtitle = (
        f"Error: weighted interval score, as a multiple of repeating the last figure. "
        f"{about['publisher']}, as of {day_words(about['as_of_date'])}."
    )
    words = f"{title} ({pool}). {subtitle}"
    return lines_chart(panels, title, subtitle, words, width=width)


def _scores(whole: pl.DataFrame, across: str) -> LinePanel:
    lines = []
    for name in JUDGED:
        rows = whole.filter(scored_model=name).sort("horizon").select(
            "horizon", "relative_wis_mean"
        )  # fmt: skip
        points = tuple((ahead, _capped(score)) for ahead, score in rows.iter_rows())
        if points:
            lines.append(Line(NAMES[name], points))
    heading = "Error beside repeating the last figure"
    return LinePanel(heading, "below 1 is better", across, tuple(lines), TICKS, NAIVE)


def _capped(score: float | None) -> float | None:
    return None if score is None else min(score, CEILING)


def _scores_by_origin(rolled: pl.DataFrame) -> LinePanel:
    days = rolled.get_column("origin_date").to_list()
    scores = [_capped(score) for score in rolled.get_column("relative_wis")]
    line = Line("published", tuple(zip(days, scores, strict=True)), has_marks=False)
    return LinePanel(
        "The same, by the last period known", "below 1 is better; grey: shocks", _across(),
        (line,), TICKS, NAIVE, _shocks(rolled),
    )  # fmt: skip


def _coverage_by_origin(rolled: pl.DataFrame) -> LinePanel:
    days = rolled.get_column("origin_date").to_list()
    lines = tuple(
        Line(
            f"{level}% range",
            tuple(zip(days, (100 * rolled.get_column(f"coverage_{level}")).to_list(), strict=True)),
            float(level),
            has_marks=False,
        )
        for level in INTERVAL_LEVELS[::-1]
    )
    return LinePanel(
        "How often ranges held, by the last period known", "% of figures inside; grey: shocks",
        _across(), lines, SHARES, shaded=_shocks(rolled),
    )  # fmt: skip


def _across() -> str:
    return f"1 to {NEAR} periods ahead, mean of {ROLLED} forecasts"


def _shocks(rolled: pl.DataFrame) -> tuple[tuple[date, date], ...]:
    """Return the spans whose forecasts met a shock."""
    days = rolled.get_column("origin_date").to_list()
    spans = pairwise([*days, days[-1]])
    met = rolled.get_column("is_shock").to_list()
    return tuple(span for span, is_shock in zip(spans, met, strict=True) if is_shock)
