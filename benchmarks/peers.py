"""StatsForecast's forecasts of a panel, run in the peers' own environment (`.venv-peers`).

StatsForecast needs pandas 2, which the project's lock cannot have, so this file imports nothing of
the project: it reads a Parquet file and writes two. ``python benchmarks/peers.py job.json``, where
the job names the files and says how (see :class:`Job`). Every model is estimated anew at every
origin on log1p of the last ``window`` counts, one model and one process at a time; quantiles are
the ends of its own 50, 80 and 95 % intervals and its point forecast as median, back-transformed.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from statsforecast import StatsForecast
from statsforecast.models import AutoCES, AutoETS, AutoTheta, Naive, SeasonalNaive

MAKERS = {
    "Naive": lambda _: Naive(),
    "SeasonalNaive": lambda season: SeasonalNaive(season_length=season),
    "AutoETS": lambda season: AutoETS(season_length=season),
    "AutoTheta": lambda season: AutoTheta(season_length=season),
    "CES": lambda season: AutoCES(season_length=season),
}
LEVELS = {50: (0.25, 0.75), 80: (0.1, 0.9), 95: (0.025, 0.975)}


@dataclass(frozen=True)
class Job:
    """What to do.

    Attributes:
        panel: Parquet file of series_id, period_start, value (counts, none missing) and
            is_observed; a series is forecast at the origins where it is observed.
        forecasts: written: series_id, origin, horizon, model, quantile, value (counts).
        times: written: model, origin, series forecast, CPU seconds of the fitting call alone,
            and the version of StatsForecast.
        origins: first days of the last observed periods.
        horizon: periods ahead.
        season: periods a year.
        window: periods used, at most.
        least: periods a series must have.
        models: names of :data:`MAKERS`.
    """

    panel: str
    forecasts: str
    times: str
    origins: list[str]
    horizon: int
    season: int
    window: int
    least: int
    models: list[str]


def histories(panel: pd.DataFrame, origin: pd.Timestamp, job: Job) -> pd.DataFrame:
    """The last counts up to the origin of each series observed there: unique_id, ds, y (log1p)."""
    past = panel[panel["period_start"] <= origin].groupby("series_id", sort=True).tail(job.window)
    by_series = past.groupby("series_id", sort=True)
    last = by_series.tail(1)
    long = by_series.size()
    alive = last[(last["period_start"] == origin) & last["is_observed"]]["series_id"]
    chosen = [name for name in alive if long[name] >= job.least]
    past = past[past["series_id"].isin(chosen)]
    return pd.DataFrame(
        {
            "unique_id": past["series_id"].to_numpy(),
            "ds": past.groupby("series_id").cumcount().to_numpy(),
            "y": np.log1p(past["value"].to_numpy(dtype=np.float64)),
        }
    )


def fitted(history: pd.DataFrame, name: str, job: Job) -> tuple[pd.DataFrame, float]:
    """Forecast with one model; return StatsForecast's frame and the CPU seconds it took."""
    engine = StatsForecast(models=[MAKERS[name](job.season)], freq=1, n_jobs=1)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = engine.forecast(df=history, h=job.horizon, level=sorted(LEVELS))
    return frame, time.process_time() - start


def quantiles(frame: pd.DataFrame, name: str, origin: pd.Timestamp) -> pd.DataFrame:
    """Unroll StatsForecast's frame into counts, one row for each horizon and quantile."""
    columns = {0.5: name}
    for level, (low, high) in LEVELS.items():
        columns[low], columns[high] = f"{name}-lo-{level}", f"{name}-hi-{level}"
    frame = frame.sort_values(["unique_id", "ds"])
    horizon = frame.groupby("unique_id").cumcount() + 1
    parts = []
    for quantile, column in sorted(columns.items()):
        counts = np.maximum(np.expm1(frame[column].to_numpy(dtype=np.float64)), 0.0)
        if not np.isfinite(counts).all():
            raise ValueError(f"{name} at {origin:%Y-%m-%d}: not a number in {column}")
        parts.append(
            pd.DataFrame(
                {
                    "series_id": frame["unique_id"].to_numpy(),
                    "origin": origin,
                    "horizon": horizon.to_numpy(dtype=np.int64),
                    "model": name,
                    "quantile": quantile,
                    "value": counts,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def forecasts_of(job: Job) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Forecast every series at every origin with every model."""
    panel = pd.read_parquet(job.panel).sort_values(["series_id", "period_start"])
    panel["period_start"] = pd.to_datetime(panel["period_start"])
    forecasts, times = [], []
    for number, day in enumerate(job.origins):
        origin = pd.Timestamp(day)
        history = histories(panel, origin, job)
        if history.empty:
            continue
        if not np.isfinite(history["y"]).all():
            raise ValueError(f"a count is missing or negative before {day}")
        for name in job.models:
            if number == 0:  # compiled code is loaded on the first call: not the peer's cost
                fitted(history[history["unique_id"] == history["unique_id"].iloc[0]], name, job)
            frame, seconds = fitted(history, name, job)
            forecasts.append(quantiles(frame, name, origin))
            times.append((name, origin, history["unique_id"].nunique(), seconds))
    if not forecasts:
        raise ValueError("no series is observed at any origin")
    spent = pd.DataFrame(times, columns=["model", "origin", "series", "seconds"])
    return pd.concat(forecasts, ignore_index=True), spent.assign(version=version("statsforecast"))


def main(arguments: list[str]) -> int:
    """Read the job, run it, write both files."""
    said: dict[str, Any] = json.loads(Path(arguments[0]).read_text())
    job = Job(**said)
    forecasts, times = forecasts_of(job)
    for frame, path in ((forecasts, job.forecasts), (times, job.times)):
        frame["origin"] = frame["origin"].dt.date
        frame.to_parquet(path, index=False)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
