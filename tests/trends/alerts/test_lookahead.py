"""Alerts use no later figures: cutting the data at any period changes no earlier alert."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from fcm_migration.trends.alerts.detect import detect_alerts, kinds
from fcm_migration.trends.detection.residuals import Calibration, calibrations
from fcm_migration.trends.detection.rules import signals
from fcm_migration.trends.scoring.score import parts
from fcm_migration.trends.watch.panel import Scope, scopes, watched_panel
from tests.trends.panels import marts, months_on, one
from tests.trends.simulated_scopes import FIRST, negative_binomial, scope_of

SERIES, YEARS, LATE = 40, 12, 100
FIGURES = (
    "active", "expected", "alpha", "residual", "p", "q", "growth", "own", "common", "build_up",
    "alert", "strong",
)  # fmt: skip


def eventful() -> Scope:
    """Levels of 5 to 5 000 with seasons, surges, falls, withheld months and a late beginning."""
    random = np.random.default_rng(20)
    months = 12 * YEARS
    level = np.tile(np.geomspace(5, 5000, SERIES), (months, 1))
    season = 1 + 0.6 * np.sin(np.arange(months) * np.pi / 6)
    level[:, ::3] *= season[:, None]
    for column in range(1, SERIES, 2):
        start, length = random.integers(24, months - 12), random.integers(3, 30)
        level[start : start + length, column] *= random.choice([0.1, 3.0, 8.0])
    level[70:90] *= 1.8  # a tide
    values = negative_binomial(level, 0.15, 21)
    values[random.random(values.shape) < 0.02] = np.nan
    values[:LATE, 7] = 0  # begins late, with a surge
    values[LATE : LATE + 6, 7] = [30, 60, 120, 240, 300, 400]
    return scope_of(values)


@dataclass(frozen=True)
class Told:
    """Everything said of each period, for rises or falls."""

    figures: Mapping[str, np.ndarray]


def told(scope: Scope, known: Mapping[int, Calibration], *, drops: bool) -> Told:
    found = signals(scope, known, drops=drops)
    figures = {name: getattr(found, name) for name in FIGURES}
    points = parts(scope, found)
    named = {"score": points.score, "persistence": points.persistence, "kind": kinds(scope, found)}
    return Told(figures | named)


def differing(full: Told, cut: Told, row: int) -> list[str]:
    """Names of figures that the periods after ``row`` have changed."""
    return [
        name
        for name, values in cut.figures.items()
        if not np.array_equal(
            full.figures[name][: row + 1], values, equal_nan=values.dtype == float
        )
    ]


def cuts(scope: Scope, first: int, seed: int) -> list[int]:
    random = np.random.default_rng(seed)
    drawn = random.choice(np.arange(first, len(scope.periods) - 1), 12, replace=False)
    return [int(row) for row in drawn]


@pytest.mark.parametrize("drops", [False, True])
def test_simulated_alerts_do_not_change_with_what_follows(drops: bool) -> None:
    scope = eventful()
    full = told(scope, calibrations([scope]), drops=drops)
    assert full.figures["alert"].sum() > 50
    assert full.figures["strong"].sum() > 20
    assert len(np.unique(full.figures["kind"][full.figures["alert"]])) > 2 - drops
    for row in [*cuts(scope, 20, 1), LATE - 1, LATE]:
        cut = scope.until(row)
        assert differing(full, told(cut, calibrations([cut]), drops=drops), row) == [], row


def test_this_would_see_a_calibration_that_knows_the_future() -> None:
    scope = eventful()
    known = calibrations([scope])
    last = known[max(known)]
    full = told(scope, dict.fromkeys(known, last), drops=False)
    cut = scope.until(80)
    taught = calibrations([cut])
    leaking = told(cut, dict.fromkeys(taught, taught[max(taught)]), drops=False)
    assert {"p", "q", "residual", "score"} <= set(differing(full, leaking, 80))


def test_this_would_see_a_figure_that_knows_the_next() -> None:
    """Each period given the figure of the next one: the last one before a cut has none to know."""
    scope = eventful()
    known = calibrations([scope])
    values = scope.values.copy()
    values[:-1] = values[1:]
    full = told(replace(scope, values=values), known, drops=False)
    short = scope.until(80)
    cut = short.values.copy()
    cut[:-1] = cut[1:]
    assert "growth" in differing(full, told(replace(short, values=cut), known, drops=False), 80)


@pytest.mark.parametrize("drops", [False, True])
def test_real_alerts_do_not_change_with_what_follows(by_citizenship: Scope, drops: bool) -> None:
    scope = by_citizenship
    full = told(scope, calibrations([scope]), drops=drops)
    assert full.figures["alert"].sum() > 100
    for row in cuts(scope, 40, 2 + drops):
        cut = scope.until(row)
        assert differing(full, told(cut, calibrations([cut]), drops=drops), row) == [], row


def simulated_marts() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Two destinations of one source, one of which, and an origin of the other, begin late."""
    several = []
    for number, (destination, begins) in enumerate((("USA", 0), ("CAN", 60))):
        months = 108 - begins
        level = np.tile(np.geomspace(20, 900, 8), (months, 1))
        level[-30:-20, 2] *= 6
        level[-25:, 5] *= 0.1
        level[-18:-10] *= 2.2
        counts = negative_binomial(level, 0.1, 30 + number).astype(int)
        late = 90 - begins  # the last origin begins here
        counts[:late, 7] = 0
        for column in range(8):
            from_row = late if column == 7 else 0
            several.append(
                one(
                    f"A{chr(65 + column)}A",
                    counts[from_row:, column].tolist(),
                    destination=destination,
                    first=months_on(FIRST, begins + from_row),
                )
            )
        several.append(
            one(
                "total",
                counts.sum(axis=1).tolist(),
                destination=destination,
                first=months_on(FIRST, begins),
            )
        )
    series, index = marts(several)
    hidden = (
        (pl.col("origin_iso3") == "ABA")
        & (pl.col("period_start").dt.month() == 5)
    )  # fmt: skip
    return series.with_columns(
        pl.when(hidden).then(None).otherwise("value").alias("value"),
        (hidden | pl.col("is_suppressed")).alias("is_suppressed"),
    ), index


def test_a_panel_that_ended_earlier_raised_the_same_alerts() -> None:
    """From the marts on: what has not begun by the cut is not in the earlier panel at all."""
    series, index = simulated_marts()

    def until(last: date) -> pl.DataFrame:
        there = series.filter(pl.col("period_start") <= last)
        begun = index.filter(pl.col("series_id").is_in(there.get_column("series_id").unique()))
        return detect_alerts(tuple(scopes(watched_panel(there, begun)))).sort("alert_id")

    full = until(date(2100, 1, 1))
    assert set(full.get_column("direction")) == {"surge", "drop"}
    assert {"common", "own", "new_origin"} <= set(full.get_column("kind"))
    sizes = []
    for month in (59, 60, 84, 89, 90, 97):
        last = months_on(FIRST, month)
        cut = until(last)
        assert_frame_equal(full.filter(pl.col("period") <= last), cut, check_exact=True)
        sizes.append(cut.height)
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]
