"""The engine's backtest in a process of its own, so that its time and peak memory are its own.

``python -m benchmarks.forecast_child job.json``: reads the panel, backtests two of its series once
(libraries are loaded then), notes the memory, backtests the whole, notes time and memory again.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration.forecast import Settings, backtest

UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss: bytes, elsewhere kilobytes


def peak_bytes() -> int:
    """The most memory this process or one of its children has held."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) * UNIT


def cpu_seconds() -> float:
    """What this process and its children have computed: on a shared machine, waiting is no cost."""
    return sum(os.times()[:4])


def measured(job: dict[str, Any]) -> dict[str, Any]:
    """Run the job (panel, out, origins, horizon); return CPU seconds, bytes and counts."""
    panel = pl.read_parquet(job["panel"])
    origins = [date.fromisoformat(day) for day in job["origins"]]
    settings = Settings()
    few = panel.get_column("series_id").unique().sort().head(2).to_list()
    backtest(
        panel.filter(pl.col("series_id").is_in(few)),
        origins=origins[-1:],
        horizon=job["horizon"],
        settings=settings,
    )
    before = peak_bytes()
    start = cpu_seconds()
    made = backtest(panel, origins=origins, horizon=job["horizon"], settings=settings)
    seconds = cpu_seconds() - start
    after = peak_bytes()
    made.write_parquet(job["out"])
    return {
        "seconds": seconds,
        "series": panel.get_column("series_id").n_unique(),
        "series_origins": made.select("series_id", "origin").n_unique(),
        "bytes_before": before,
        "bytes_peak": after,
        "panel_bytes": panel.estimated_size(),
        "result_bytes": made.estimated_size(),
    }


if __name__ == "__main__":
    asked: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    Path(asked["facts"]).write_text(json.dumps(measured(asked)))
