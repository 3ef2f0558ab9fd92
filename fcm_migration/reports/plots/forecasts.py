"""Pictures of published forecasts: past figures, the fan ahead, and how good such forecasts were.

A picture is drawn from the tables of the working home (Dagster's metadata) or from the published
file (pages); both give the same. Matplotlib is loaded inside the functions that draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration import store
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.scores import QUANTILE_LEVELS
from fcm_migration.forecast.shown import shown, with_nowcasts
from fcm_migration.forecast.shown.build import NOWCAST_MODEL
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES, SCORES, TRACK_RECORD
from fcm_migration.marts.tables import SERIES
from fcm_migration.periods import period_name
from fcm_migration.refresh.context import Context
from fcm_migration.reports.plots.drawing import (
    BEST_DRAWN,
    COLOURS,
    PERIOD,
    SPARK_POINTS,
    Picture,
    empty_figure,
    plain,
    png,
    sparkline,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAST_PERIODS = 60
COLUMNS = ("lower_95", "lower_80", "lower_50", "median", "upper_50", "upper_80", "upper_95")
# widest first, so that the narrower lie on top
BANDS = (("95", "19 in 20", 0.2), ("80", "8 in 10", 0.3), ("50", "1 in 2", 0.45))


@dataclass(frozen=True)
class Fan:
    """A forecast to draw.

    Attributes:
        title: what is forecast, in words.
        unit: its unit.
        frequency: M, Q or A.
        publisher: who published the figures.
        as_of_date: day of the release they are from.
        past: period_start and value, oldest first.
        ahead: a row per period: target_period, horizon, model, the columns in COLUMNS, and the
            record of such forecasts: scored_forecasts, coverage_80, record_since, relative_wis.
        counted: what is counted so far of the first period, with the day it was counted to.
    """

    title: str
    unit: str
    frequency: str
    publisher: str
    as_of_date: date
    past: pl.DataFrame
    ahead: pl.DataFrame
    counted: tuple[int, date] | None = None

    @property
    def source(self) -> str:
        """Return publisher and as-of date, in words."""
        return f"{self.publisher}, as of {self.as_of_date}"

    @property
    def span(self) -> str:
        """Return the last figure and its period, and the periods forecast, in words."""
        known = self.past.drop_nulls("value")
        targets = self.ahead.get_column("target_period")
        last, start, end = (
            named(day, self.frequency)
            for day in (known["period_start"][-1], targets[0], targets[-1])
        )
        return f"last figure {known['value'][-1]:,} in {last}; forecast of {start} to {end}"

    @property
    def record(self) -> list[str]:
        """Return how good such forecasts were one period ahead, and furthest ahead, in words."""
        own = self.ahead.filter(pl.col("model") != NOWCAST_MODEL)
        scored = own.filter(pl.col("scored_forecasts") > 0)
        rows = [*scored.head(1).rows(named=True), *scored[1:].tail(1).rows(named=True)]
        return [self._recorded(row) for row in rows] or ["No such forecast could be scored yet."]

    def _recorded(self, row: Mapping[str, Any]) -> str:
        horizon, many = row["horizon"], row["scored_forecasts"]
        score = row["relative_wis"]
        against = (
            "not comparable with the last value repeated"
            if score is None
            else f"{'better' if score < 1 else 'no better'} than the last value repeated "
            f"(relative WIS {score:.2f})"
        )
        since = named(row["record_since"], self.frequency)
        return (
            f"{horizon} {PERIOD[self.frequency]}{'s' if horizon > 1 else ''} ahead: since {since}, "
            f"8-in-10 intervals held {100 * row['coverage_80']:.0f} % of {many} "
            f"figure{'s' if many > 1 else ''}; {against}."
        )

    @property
    def words(self) -> str:
        """Return what the picture shows, in words."""
        first, period = self.ahead.row(0, named=True), PERIOD[self.frequency]
        return (
            f"Forecast of {self.title} ({self.unit} a {period}): {first['median']:,.0f} in "
            f"{named(first['target_period'], self.frequency)}, 8 chances in 10 that it lies "
            f"between {first['lower_80']:,.0f} and {first['upper_80']:,.0f}; {self.span}. "
            f"{' '.join(self.record)} Source: {self.source}."
        )


def named(day: date, frequency: str) -> str:
    """Return a period for people: June 2025, 2025 Q2, 2025."""
    return f"{day:%B %Y}" if frequency == "M" else period_name(day, frequency)


def capitalised(words: str) -> str:
    """Return words with the first letter in upper case, and the others as they are."""
    return words[:1].upper() + words[1:]


def title_of(row: Mapping[str, Any]) -> str:
    """Return what a series counts, in words; ``row`` has the dimensions of ``mart.series``."""
    parts = [f"{row['indicator'].replace('_', ' ')}, {row['destination_iso3']}"]
    origin = row["origin_iso3"]
    parts.append("all origins" if origin == "total" else f"from {origin}")
    parts += [
        str(row[name]).replace("_", " ")
        for name in ("route", "place", "population_group")
        if row.get(name) not in (None, "all")
    ]
    return ", ".join(parts)


def forecast_picture(context: Context) -> Picture | None:
    """Draw a forecast that is shown, of a total with the newest data.

    The running period is the nowcast's. None where no forecast of a total is shown.
    """
    quantiles, hidden, nowcast, series, scores, track = (
        store.read(context.home.table(table.layer, table.name), table)
        for table in (QUANTILES, NOT_SHOWN, NOWCAST, SERIES, SCORES, TRACK_RECORD)
    )
    published = with_nowcasts(shown(quantiles, hidden), nowcast)
    candidates = series.join(published, on="series_id", how="semi")
    if candidates.filter(pl.col("origin_iso3") == "total").is_empty():
        return None
    chosen = pl.col("series_id") == best_drawn(candidates)
    past = series.filter(chosen).sort("period_start")
    first = past.row(0, named=True)
    publisher = context.source(first["source_id"]).publisher
    record = recorded(scores.filter(chosen), track.filter(chosen))
    ahead = widened(published.filter(chosen)).join(record, on="horizon", how="left")
    counted = nowcast.filter(chosen).select("counted_so_far", "counted_to_date").drop_nulls()
    return drawn(fan_of(first, publisher, past, ahead, counted.unique().rows()))


def widened(quantiles: pl.DataFrame) -> pl.DataFrame:
    """Return a row per period of the published quantiles of one series, with COLUMNS."""
    wide = quantiles.pivot("quantile", index=["target_period", "horizon", "model"], values="value")
    names = {str(level): name for level, name in zip(QUANTILE_LEVELS, COLUMNS, strict=True)}
    return wide.rename(names).sort("target_period")


def recorded(scores: pl.DataFrame, track: pl.DataFrame) -> pl.DataFrame:
    """Return the record of one series' forecasts by horizon.

    Args:
        scores: its rows of ``forecast.scores``.
        track: its rows of ``forecast.track_record``.
    """
    since = track.filter(pl.col("record_kind") == "backtest").group_by("horizon")
    own = scores.filter(pl.col("scored_model") == "published").select(
        "horizon", pl.col("origins").alias("scored_forecasts"), "coverage_80", "relative_wis"
    )
    return own.join(
        since.agg(pl.col("origin_date").min().alias("record_since")), on="horizon", how="left"
    )


def best_drawn(series: pl.DataFrame) -> str:
    """Choose the series to draw: a total, monthly before quarterly, the newest, the largest."""
    totals = series.filter(pl.col("origin_iso3") == "total")
    rank = pl.col("frequency").replace_strict(
        {name: -place for place, name in enumerate(BEST_DRAWN)}, return_dtype=pl.Int64
    )
    newest = (
        totals.sort("period_start")
        .group_by("series_id")
        .agg(
            rank.first().alias("rank"), pl.col("period_start").max(), pl.col("value").tail(12).sum()
        )
    )
    order = ("rank", "period_start", "value", "series_id")
    return str(newest.sort(order).get_column("series_id")[-1])


def fan_of(
    about: Mapping[str, Any],
    publisher: str,
    past: pl.DataFrame,
    ahead: pl.DataFrame,
    counted: Sequence[tuple[int, date]],
) -> Fan:
    """Return a fan; ``about`` is a row of ``mart.series``, ``ahead`` as in :class:`Fan`."""
    known = past.select("period_start", "value").tail(PAST_PERIODS)
    return Fan(
        title_of(about), about["unit"], about["frequency"], publisher, about["as_of_date"], known,
        ahead, counted[0] if counted else None,
    )  # fmt: skip


def drawn(fan: Fan) -> Picture:
    """Draw past figures, the fan and its record."""
    figure = empty_figure(9.6, 4.6)
    axes = figure.subplots()
    _lines(axes, fan)
    plain(axes)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=8)
    axes.set_ylabel(f"{fan.unit} a {PERIOD[fan.frequency]}", fontsize=9)
    figure.suptitle(
        f"{capitalised(fan.title)}\n{fan.span}\n{fan.source}", fontsize=9, x=0.01, ha="left"
    )
    axes.set_xlabel("\n".join(fan.record), fontsize=8, loc="left", labelpad=8)
    recent = [float(value or 0) for value in fan.past.get_column("value")]
    return Picture(png(figure), sparkline(recent[-SPARK_POINTS:], fan.words), fan.words)


def _lines(axes: Axes, fan: Fan) -> None:
    past, ahead = fan.past, fan.ahead
    axes.plot(past["period_start"], past["value"], color=COLOURS[0], linewidth=1.4, label="figures")
    targets = ahead.get_column("target_period")
    for level, label, alpha in BANDS:
        axes.fill_between(
            targets, ahead[f"lower_{level}"], ahead[f"upper_{level}"], color=COLOURS[1],
            alpha=alpha, linewidth=0, label=f"{label} ({level} %)",
        )  # fmt: skip
    axes.plot(targets, ahead["median"], color=COLOURS[1], linewidth=1.4, marker=".", label="median")
    if fan.counted:
        many, day = fan.counted
        axes.plot(
            targets[:1], [many], color="black", marker="^", linestyle="none", markersize=5,
            label=f"{many:,} counted to {day.day} {day:%B}",
        )  # fmt: skip
    # above the panel: inside, it would lie on the lines of some series
    axes.legend(
        frameon=False, fontsize=8, loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=6,
        columnspacing=1.2, handlelength=1.8, borderaxespad=0.2,
    )  # fmt: skip
