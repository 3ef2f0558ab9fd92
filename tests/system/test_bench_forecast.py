"""The benchmark of the forecasts runs from its command line, with and without its peers."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from benchmarks.forecast import main

pytestmark = pytest.mark.system


def test_it_runs_without_the_peers_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "forecast.json"
    assert main(["--quick", "--peers", str(tmp_path / "python"), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "StatsForecast is left out" in said.err
    assert "calibrated naive" in said.out
    figures = json.loads(out.read_text())
    assert figures["peers_version"] is None
    assert date.fromisoformat(figures["measured_date"]) >= date(2026, 1, 1)
    assert figures["code"] is None or len(figures["code"]) >= 7
    assert [(row["series"], row["as_of_date"]) for row in figures["asked"]] == [(2, None)]
    assert {row["against"] for row in figures["ratios"]} == {"calibrated naive"}
    assert [row["series"] for row in figures["growth"]] == [2, 4]
    assert all(row["bytes_peak"] >= row["bytes_before"] > 0 for row in figures["growth"])
    by_series = pl.read_parquet(f"{out}.parquet")
    assert set(by_series["series_id"]) == {"simulated_0", "simulated_1"}
    assert by_series["origins"].unique().to_list() == [2]
