"""Totals of the running year of every series that is asked for, and of past years with scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from fcm_migration.arrays import Floats
from fcm_migration.catalog.derive import conform, empty
from fcm_migration.forecast.nowcast.tables import UNPUBLISHED_TASK
from fcm_migration.forecast.scores import LEVEL_COLUMNS, QUANTILE_LEVELS, Z_SCORES
from fcm_migration.forecast.year_totals.joint import narrowed, scores_of, totals
from fcm_migration.forecast.year_totals.past import Fans, PastErrors, fans_of, past_errors
from fcm_migration.forecast.year_totals.scoring import Cases
from fcm_migration.forecast.year_totals.settings import ASKED, HORIZONS
from fcm_migration.forecast.year_totals.tables import YEAR_TOTAL_SCORES, YEAR_TOTALS
from fcm_migration.forecast.year_totals.years import Monthly, Year

NAMES = dict(zip(QUANTILE_LEVELS, LEVEL_COLUMNS, strict=True))
LOW, HIGH = 1, 5  # places of the 80 % interval


@dataclass(frozen=True)
class YearTotals:
    """Frames for ``forecast.year_totals`` and ``forecast.year_total_scores``."""

    totals: pl.DataFrame
    scores: pl.DataFrame


@dataclass(frozen=True)
class Running:
    """The nowcast of a running month.

    Attributes:
        fan: its quantiles.
        counted: what is counted of it.
        counted_to: last day counted.
    """

    fan: Floats
    counted: float
    counted_to: date


def make_year_totals(
    published: pl.DataFrame,
    nowcast: pl.DataFrame,
    track: pl.DataFrame,
    series: pl.DataFrame,
    index: pl.DataFrame,
) -> YearTotals:
    """Return the running year's totals of the series of ASKED, and scores of past totals.

    Args:
        published: rows of ``forecast.quantiles`` that are published, of the series shown.
        nowcast: rows of ``forecast.nowcast``.
        track: rows of ``forecast.track_record``.
        series: rows of ``mart.series``.
        index: rows of ``mart.series_index``.
    """
    asked = _asked(index)
    wanted = asked.join(published, on="series_id", how="semi")
    if wanted.is_empty():
        return YearTotals(empty(YEAR_TOTALS), empty(YEAR_TOTAL_SCORES))
    monthly = index.filter(pl.col("frequency") == "M").select("series_id", "source_id")
    backtests = track.filter(pl.col("record_kind") == "backtest").join(monthly, on="series_id")
    errors = past_errors(backtests)
    every = list(_series(wanted, series))
    now = fans_of(
        published.join(wanted, on="series_id", how="semi")
        .with_columns(pl.col("quantile").replace_strict(NAMES, return_dtype=pl.String))
        .pivot("quantile", index=["series_id", "origin_date", "horizon"], values="value")
    )
    past = fans_of(backtests.join(wanted, on="series_id", how="semi"))
    running = _running(nowcast)
    facts = {row["series_id"]: row for row in wanted.iter_rows(named=True)}
    rows = [row for one in every for row in _rows(one, facts[one.series_id], now, running, errors)]
    # the simple rule learns from series that have ended, too
    cases = Cases(list(_series(asked, series)))
    for one in every:
        _score(one, str(facts[one.series_id]["source_id"]), past, errors, cases)
    made = pl.DataFrame(
        rows, schema=YEAR_TOTALS.column_names, orient="row", infer_schema_length=None
    )
    return YearTotals(conform(made, YEAR_TOTALS), cases.scores())


def _asked(index: pl.DataFrame) -> pl.DataFrame:
    """Return the index's monthly totals of ASKED, with their kinds of year."""
    whole = index.filter(
        pl.col("frequency") == "M",
        pl.col("origin_iso3") == "total",
        pl.col("place") == "all",
        pl.col("population_group") == "all",
    )
    asked = pl.DataFrame(
        [(a.source_id, a.indicator, a.route, list(a.year_kinds)) for a in ASKED],
        schema=["source_id", "indicator", "route", "year_kinds"],
        orient="row",
    )
    return whole.join(asked, on=["source_id", "indicator", "route"], maintain_order="left")


def _series(wanted: pl.DataFrame, series: pl.DataFrame) -> Iterator[Monthly]:
    """Yield every series and kind of year."""
    mine = series.join(wanted, on="series_id", how="semi").sort("series_id", "period_start")
    parts = {str(name): frame for (name,), frame in mine.group_by("series_id")}
    for row in wanted.sort("series_id").iter_rows(named=True):
        frame = parts[row["series_id"]]
        values = frame["value"].cast(pl.Float64).fill_null(float("nan")).to_numpy()
        for kind in row["year_kinds"]:
            yield Monthly(
                row["series_id"], kind, frame["period_start"][0], values, float(row["rounding"])
            )


def _running(nowcast: pl.DataFrame) -> dict[tuple[str, date], Running]:
    """Return the nowcasts of running months by a method of their own, by series and month."""
    own = nowcast.filter(
        pl.col("frequency") == "M", pl.col("nowcast_task") != UNPUBLISHED_TASK
    ).sort("quantile")
    return {
        (str(series_id), month): Running(
            frame["value"].to_numpy().astype(np.float64),
            float(frame["counted_so_far"][0]),
            frame["counted_to_date"][0],
        )
        for (series_id, month), frame in own.group_by(
            "series_id", "target_period", maintain_order=True
        )
    }


def _rows(
    series: Monthly,
    facts: Mapping[str, object],
    fans: Fans,
    running: Mapping[tuple[str, date], Running],
    errors: PastErrors,
) -> Iterator[tuple[object, ...]]:
    """Yield the rows of ``forecast.year_totals`` of one series; none where a month is missing."""
    (origin,) = {day for name, day in fans if name == series.series_id}
    year = series.year_after(origin)
    fan = fans[series.series_id, origin][: year.remaining]
    counted = year.counted() if year.done else 0.0
    if not np.isfinite(fan).all() or not np.isfinite(counted):
        return
    matrix = errors.correlation(str(facts["source_id"]), origin)
    month = running.get((series.series_id, series.month(series.place(origin) + 1)))
    floor, to = counted, _month_end(series, origin) if year.done else None
    if month is not None:
        matrix = narrowed(matrix, _spread(month.fan, fan[0]))
        fan = np.concatenate([month.fan[None], fan[1:]])
        floor, to = counted + month.counted, month.counted_to
    values = np.maximum(total_quantiles(counted, fan, matrix, series.rounding), floor)
    head = _facts(year, facts, origin, int(floor), to)
    for level, value in zip(QUANTILE_LEVELS, values, strict=True):
        yield (*head, month is not None, level, int(value), facts["as_of_date"])


def _facts(
    year: Year, facts: Mapping[str, object], origin: date, counted: int, to: date | None
) -> tuple[object, ...]:
    """Return the first columns of a year's rows, up to what was counted of the year before."""
    series, before = year.series, year.earlier(1)
    return (
        series.series_id,
        series.kind,
        facts["source_id"],
        facts["indicator"],
        facts["unit"],
        year.number,
        series.month(year.start),
        series.month(year.start + 11),
        origin,
        year.done,
        counted,
        to,
        _known(before.total()),
        _known(before.counted()),
    )


def _spread(nowcast: Floats, forecast: Floats) -> float:
    """Return the standard deviation of a nowcast in normal scores of the month's forecast."""
    low, high = scores_of(nowcast[[LOW, HIGH]], np.stack([forecast, forecast]))
    return float(high - low) / (Z_SCORES[HIGH] - Z_SCORES[LOW])


def total_quantiles(counted: float, fan: Floats, matrix: Floats, rounding: float) -> Floats:
    """Return quantiles of a year's total at QUANTILE_LEVELS, on the publisher's rounding grid.

    Args:
        counted: sum of the months known.
        fan: remaining months x QUANTILE_LEVELS.
        matrix: correlation of HORIZONS months ahead.
        rounding: the publisher's rounding step.
    """
    months = len(fan)
    sums = np.quantile(totals(fan, matrix[:months, :months]), QUANTILE_LEVELS)
    made: Floats = counted + np.round(sums / rounding) * rounding
    return made


def _known(value: float) -> int | None:
    return int(value) if np.isfinite(value) else None


def _month_end(series: Monthly, month: date) -> date:
    after = series.month(series.place(month) + 1)
    return date.fromordinal(after.toordinal() - 1)


def _score(series: Monthly, source_id: str, fans: Fans, errors: PastErrors, cases: Cases) -> None:
    """Add the past totals of one series whose year is complete."""
    origins: Sequence[date] = sorted(day for name, day in fans if name == series.series_id)
    for origin in origins:
        year = series.year_after(origin)
        fan = fans[series.series_id, origin][: year.remaining]
        counted = year.counted() if year.done else 0.0
        if not np.isfinite([year.total(), counted]).all() or not np.isfinite(fan).all():
            continue
        made = [
            total_quantiles(counted, fan, matrix, series.rounding)
            for matrix in (errors.correlation(source_id, origin), np.eye(HORIZONS))
        ]
        cases.add(year, origin, *made)
