"""The forecasts' benchmark: its sets, its scores, and a run on two simulated series."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks import forecast_scores as scores
from benchmarks.forecast import main, simulated
from benchmarks.forecast_runners import PEERS_PYTHON, TRIO, statsforecast
from benchmarks.forecast_sets import BY_NAME, SETS, EvaluationSet, panels, replicated
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.config import PROJECT_ROOT
from fcm_migration.errors import UsageError
from fcm_migration.marts.reviewed import SERIES_BREAKS
from fcm_migration.marts.tables import SERIES, SERIES_INDEX

NO_PEERS = "no .venv-peers: `make bench-forecast` makes it"
TOY = EvaluationSet(
    "toy", "toy", "claims", "M", 12, date(2020, 1, 1), date(2020, 6, 1), 3, (1, 3), 12, withheld=2.5
)


def forecasts(values: dict[str, list[float]], *, horizon: int = 1) -> pl.DataFrame:
    """Seven quantiles of each model for one series and origin."""
    return pl.DataFrame(
        [
            ("a", date(2020, 1, 1), horizon, model, q, value)
            for model, levels in values.items()
            for q, value in zip(scores.QUANTILES, levels, strict=True)
        ],
        schema=[*scores.CELL, "model", "quantile", "value"],
        orient="row",
    )


def observed(value: float | None) -> pl.DataFrame:
    frame = {"series_id": ["a"], "origin": [date(2020, 1, 1)], "horizon": [1], "observed": [value]}
    return pl.DataFrame(frame, schema_overrides={"observed": pl.Float64})


def means(wis: dict[str, list[float]], origins: int = 12) -> pl.DataFrame:
    """Mean scores by model, one series for each number."""
    return pl.DataFrame(
        [
            (f"s{i}", 1, model, origins, value, value)
            for model, values in wis.items()
            for i, value in enumerate(values)
        ],
        schema=["series_id", "horizon", "model", "origins", "wis", "ae"],
        orient="row",
    )


def test_the_weighted_interval_score_is_the_definition_worked_by_hand() -> None:
    """Bracher et al. 2021: (|y-m|/2 + sum of alpha/2 * IS_alpha) / (K + 1/2)."""
    levels = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0]
    y, m = 66.0, 40.0
    total = abs(y - m) / 2
    for alpha, low, high in ((0.5, 30, 50), (0.2, 20, 60), (0.05, 10, 70)):
        total += alpha / 2 * (high - low + 2 / alpha * max(y - high, 0))
    cells = scores.scored(forecasts({"one": levels}), observed(y))
    assert cells.item(0, "wis") == pytest.approx(total / 3.5)
    assert cells.item(0, "ae") == 26
    assert cells.select("covered_50", "covered_80", "covered_95").row(0) == (False, False, True)


def test_only_cells_that_all_models_forecast_and_that_came_are_scored() -> None:
    levels = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    both = forecasts({"one": levels, "other": levels})
    more = pl.concat([both, forecasts({"one": levels}, horizon=2)])
    assert scores.scored(more, observed(4)).get_column("horizon").to_list() == [1, 1]
    assert scores.scored(both, observed(None)).is_empty()


def test_the_median_of_peers_needs_all_of_them() -> None:
    low, mid, high = ([float(n)] * 7 for n in (1, 5, 100))
    frame = forecasts({"a": low, "b": mid, "c": high})
    assert set(scores.median_of(frame, ("a", "b", "c"))["value"]) == {5.0}
    assert scores.median_of(frame, ("a", "b", "d")).is_empty()


def test_a_ratio_is_a_geometric_mean_and_zeros_are_counted() -> None:
    frame = means({"ours": [1.0, 8.0, 0.0], "theirs": [2.0, 4.0, 3.0]})
    (one,) = scores.ratios("toy", frame, "wis", "ours", ["theirs"])
    assert one.ratio == pytest.approx(1.0)
    assert (one.series, one.left_out) == (2, 1)
    assert one.low == pytest.approx(0.5)
    assert one.high == pytest.approx(2.0)


def test_a_bootstrap_interval_narrows_with_more_series() -> None:
    rng = np.random.default_rng(3)
    found = [scores.interval(rng.normal(-0.1, 0.3, n)) for n in (20, 2000)]
    few, many = ([end for end in ends if end is not None] for ends in found)
    assert many[0] < np.exp(-0.1) < many[1]
    assert many[1] - many[0] < (few[1] - few[0]) / 5
    assert scores.interval(np.array([0.5])) == (None, None)


def test_series_beaten_by_the_better_peer_are_named_only_with_twelve_origins() -> None:
    wis = {"ours": [1.2, 1.05, 3.0], "p": [1.0, 1.0, 4.0], "q": [9.0, 9.0, 2.0]}
    found = list(scores.worse("toy", means(wis), "ours", ("p", "q")))
    assert [(row.series_id, row.ratio) for row in found] == [("s2", 1.5), ("s0", 1.2)]
    assert not list(scores.worse("toy", means(wis, origins=11), "ours", ("p", "q")))


def test_the_exponent_of_a_power_is_found() -> None:
    assert scores.exponent([1, 4, 16], [3 * n**1.3 for n in (1, 4, 16)]) == pytest.approx(1.3)


def marts() -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Series of a toy source: large, small, withheld now and then, an administrative row, cut."""
    months = pl.date_range(date(2018, 1, 1), date(2020, 12, 1), "1mo", eager=True).to_list()
    counts: dict[str, list[int | None]] = {
        "large": [100] * 36,
        "small": [3] * 36,
        "withheld": [None if i % 6 == 5 else 40 for i in range(36)],
        "unknown": [500] * 36,
        "cut": [100] * 36,
    }
    series = pl.DataFrame(
        [
            {
                "series_id": name,
                "period_start": month,
                "value": value,
                "is_suppressed": value is None,
            }
            for name, values in counts.items()
            for month, value in zip(months, values, strict=True)
        ]
    )
    facts = {
        "source_id": "toy",
        "indicator": "claims",
        "frequency": "M",
        "rounding": 5,
        "as_of_date": date(2021, 2, 1),
    }
    index = pl.DataFrame(
        [
            {"series_id": name, "origin_class": "unknown" if name == "unknown" else "total"} | facts
            for name in counts
        ]
    )
    breaks = pl.DataFrame(
        [("cut", "toy-unit", date(2020, 1, 1), None, "unit", "cut", "In persons from here.")],
        schema=polars_schema(SERIES_BREAKS),
        orient="row",
    )
    return series, index, breaks


def test_a_set_takes_what_was_large_at_its_first_origin() -> None:
    given = panels(TOY, *marts())
    assert given.chosen == ("large", "withheld")  # "cut" has begun only
    assert given.as_of_date == date(2021, 2, 1)
    assert set(given.judged["series_id"]) == set(given.chosen)
    assert set(given.pool["series_id"]) == {"large", "small", "withheld", "unknown", "cut"}
    assert given.pool["pool"].unique().to_list() == ["toy/claims/M"]
    assert given.pool.filter(pl.col("series_id") == "cut")["period_start"].min() == date(2020, 1, 1)


def test_the_peers_are_told_a_figure_for_what_is_withheld_and_nothing_is_missing() -> None:
    given = panels(TOY, *marts())
    told = given.gapless.filter(pl.col("series_id") == "withheld")
    assert told.height == 36
    assert told["value"][5] == 2.5
    assert given.judged.filter(pl.col("series_id") == "withheld")["value"][5] is None


def test_a_set_of_nothing_is_refused() -> None:
    series, index, breaks = marts()
    with pytest.raises(UsageError, match="no series of the set is large enough"):
        panels(TOY, series.with_columns(pl.lit(1).alias("value")), index, breaks)


def test_the_declared_sets_read_columns_that_the_marts_have() -> None:
    dimensions = set(SERIES.column_names) & set(SERIES_INDEX.column_names)
    for one in SETS:
        assert {name for name, _ in one.select} <= dimensions
        assert one.judged_horizons[-1] == one.horizon
        assert one.origins[0] == one.first_origin
        assert one.origins[-1] == one.last_origin
    assert len(BY_NAME) == len(SETS)


def test_copies_are_named_as_simulated_and_stand_on_the_grid() -> None:
    panel = panels(TOY, *marts()).judged
    copied = replicated(panel, 3)
    assert copied.height == 3 * panel.height
    assert copied["series_id"].n_unique() == 6
    kept = copied.filter(~pl.col("series_id").str.starts_with("simulated_"))
    assert kept["value"].equals(panel["value"].cast(pl.Float64))
    made = copied.filter(pl.col("series_id").str.starts_with("simulated_"))["value"]
    assert (made.drop_nulls() % 5 == 0).all()
    assert made.null_count() == 2 * panel["value"].null_count()
    assert copied.equals(replicated(panel, 3))


def test_the_peers_script_needs_nothing_of_the_project() -> None:
    tree = ast.parse((PROJECT_ROOT / "benchmarks" / "peers.py").read_text())
    named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} | {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert not {name for name in named if name and name.startswith(("fcm", "benchmarks"))}


@pytest.mark.skipif(not PEERS_PYTHON.exists(), reason=NO_PEERS)
def test_the_peers_forecast_what_they_are_told(tmp_path: Path) -> None:
    one, given = simulated(2, 2)
    steady = given.gapless.with_columns(
        pl.when(pl.col("series_id") == "simulated_1").then(50.0).otherwise("value").alias("value")
    )
    made, times = statsforecast(steady, one, tmp_path, PEERS_PYTHON)
    naive = made.filter(pl.col("model") == "Naive", pl.col("series_id") == "simulated_1")
    assert naive.height == len(one.origins) * one.horizon * len(scores.QUANTILES)
    assert naive["value"].to_numpy() == pytest.approx(50.0)
    assert set(TRIO) <= set(made["model"])
    assert (made["value"] >= 0).all()
    assert (times["seconds"] > 0).all()


def test_a_home_without_marts_is_refused_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["us", "--home", str(tmp_path), "--peers", str(tmp_path / "no")]) == 2
    assert "run `fcm refresh` first" in capsys.readouterr().err


def test_an_unknown_set_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nonsense"])
    assert "no such set: nonsense" in capsys.readouterr().err
