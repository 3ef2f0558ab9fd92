"""Both forecasters as child processes, so that time and memory are their own: one thread each."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.forecast_sets import EvaluationSet
from fcm_migration.config import PROJECT_ROOT

PEERS_PYTHON = PROJECT_ROOT / ".venv-peers" / "bin" / "python"
TRIO = ("AutoETS", "AutoTheta", "CES")
PLAIN = ("Naive", "SeasonalNaive")
WINDOW, LEAST = 120, 8  # periods the peers are fitted to, and need
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)


def engine(
    panel: pl.DataFrame, one: EvaluationSet, folder: Path
) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Backtest a panel with this engine in a process of its own; return the frame and facts."""
    job = _job(folder, "ours", panel, one)
    _child([sys.executable, "-m", "benchmarks.forecast_child"], job, folder)
    return pl.read_parquet(job["out"]), json.loads(Path(job["facts"]).read_text())


def statsforecast(
    panel: pl.DataFrame, one: EvaluationSet, folder: Path, python: Path
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Forecast a gapless panel with the peers in their environment; return frame and times."""
    job = _job(folder, "peers", panel, one)
    told = {
        **{name: job[name] for name in ("panel", "origins", "horizon")},
        "forecasts": job["out"],
        "times": job["facts"],
        "season": one.season,
        "window": WINDOW,
        "least": LEAST,
        "models": [*PLAIN, *TRIO] if one.season > 1 else ["Naive", *TRIO],
    }
    _child([str(python), str(PROJECT_ROOT / "benchmarks" / "peers.py")], told, folder)
    return pl.read_parquet(job["out"]), pl.read_parquet(job["facts"])


def _job(folder: Path, who: str, panel: pl.DataFrame, one: EvaluationSet) -> dict[str, Any]:
    path = folder / f"{who}_panel.parquet"
    panel.write_parquet(path)
    return {
        "panel": str(path),
        "out": str(folder / f"{who}.parquet"),
        "facts": str(folder / f"{who}.facts"),
        "origins": [day.isoformat() for day in one.origins],
        "horizon": one.horizon,
    }


def _child(command: list[str], job: dict[str, Any], folder: Path) -> None:
    path = folder / "job.json"
    path.write_text(json.dumps(job))
    subprocess.run(
        [*command, str(path)], check=True, cwd=PROJECT_ROOT, env={**os.environ, **ONE_THREAD}
    )
