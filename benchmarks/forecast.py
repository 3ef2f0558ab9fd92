"""Forecasts: this engine and StatsForecast on the same series and origins, one process each.

``python -m benchmarks.forecast`` (or ``make bench-forecast``, which makes the peers' environment
first) reads the marts of a home and tells, for each evaluation set: accuracy against AutoETS,
AutoTheta, CES and the median of the three; milliseconds per series-origin; what a series costs when
there are 4 and 16 times as many (simulated copies), and the memory that takes. The peers are fitted
on log1p and not rounded; ours stand on the publisher's grid, as published. ``--quick`` runs all of
it on two simulated series.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console

from benchmarks import forecast_scores as scores
from benchmarks.forecast_outcome import Asked, Growth, Outcome, Speed
from benchmarks.forecast_runners import PEERS_PYTHON, TRIO, engine, statsforecast
from benchmarks.forecast_sets import (
    BY_NAME,
    EvaluationSet,
    Panels,
    gapless,
    read_panels,
    replicated,
)
from benchmarks.forecast_tables import tables
from benchmarks.measure import Row
from fcm_migration.config import PROJECT_ROOT, home
from fcm_migration.errors import FcmError
from fcm_migration.periods import PERIOD_LENGTH

OURS, CALIBRATED = "published", "calibrated naive"
RIVALS = (*TRIO, scores.MEDIAN_OF_THREE, "Naive", CALIBRATED)
COPIES: tuple[int, ...] = (1, 4, 16)
QUICK_COPIES = (1, 2)
WIDEST = 180  # columns; a pipe is told eighty


def compared(
    one: EvaluationSet, given: Panels, folder: Path, python: Path | None
) -> tuple[pl.DataFrame, Speed, str | None]:
    """Both forecasters on one set: scored cells of every model, the speed, the peers' version."""
    made, pool = engine(given.pool, one, folder)
    whole = given.pool.height == given.judged.height
    alone = pool if whole else engine(given.judged, one, folder)[1]
    names = {OURS: OURS, "naive": CALIBRATED}
    frames = [
        made.filter(pl.col("series_id").is_in(given.chosen), pl.col("model").is_in(names))
        .with_columns(pl.col("model").replace(names))
        .select(*scores.CELL, "model", "quantile", "value")
    ]
    peers_ms: dict[str, float] = {}
    version = None
    if python:
        theirs, times = statsforecast(given.gapless, one, folder, python)
        theirs = theirs.select(frames[0].columns)
        frames += [theirs, scores.median_of(theirs, TRIO)]
        cost = times.group_by("model").agg(1000 * pl.col("seconds").sum() / pl.col("series").sum())
        peers_ms = dict(cost.iter_rows())
        version = times.item(0, "version")
    ours_ms = _ms(alone)
    trio = sum(peers_ms[name] for name in TRIO) if python else None
    speed = Speed(
        one.name, len(given.chosen), alone["series_origins"], one.horizon, ours_ms,
        pool["series"], _ms(pool), peers_ms, None if trio is None else ours_ms / trio,
    )  # fmt: skip
    forecasts = pl.concat(frames)
    return scores.scored(forecasts, _observed(forecasts, given.judged, one)), speed, version


def _ms(facts: Mapping[str, Any]) -> float:
    return float(1000 * facts["seconds"] / facts["series_origins"])


def _observed(forecasts: pl.DataFrame, panel: pl.DataFrame, one: EvaluationSet) -> pl.DataFrame:
    length = PERIOD_LENGTH[one.frequency]
    ahead = pl.format("{}" + length[1:], pl.col("horizon") * int(length[0]))
    truth = panel.select(
        "series_id",
        pl.col("period_start").alias("target_period"),
        pl.col("value").cast(pl.Float64).alias("observed"),
    )
    return (
        forecasts.select(scores.CELL)
        .unique()
        .filter(pl.col("horizon").is_in(one.judged_horizons))
        .with_columns(pl.col("origin").dt.offset_by(ahead).alias("target_period"))
        .join(truth, on=["series_id", "target_period"])
        .select(*scores.CELL, "observed")
    )


def growth(
    one: EvaluationSet, panel: pl.DataFrame, folder: Path, copies: Sequence[int]
) -> Iterator[Growth]:
    """The engine on a panel and on ever more simulated copies of it."""
    for times in copies:
        facts = engine(replicated(panel, times), one, folder)[1]
        kept = ("panel_bytes", "result_bytes", "bytes_before", "bytes_peak")
        yield Growth(
            one.name, times, facts["series"], facts["seconds"], _ms(facts),
            *(facts[name] for name in kept),
        )  # fmt: skip


def measured(
    given: Sequence[tuple[EvaluationSet, Panels]],
    folder: Path,
    python: Path | None,
    copies: Sequence[int],
) -> Outcome:
    """Everything, set by set; the copies are those of the first set."""
    made = [(one, *compared(one, panels, folder, python)) for one, panels in given]
    found: dict[str, list[Any]] = {"ratios": [], "coverage": [], "worse": [], "by_series": []}
    for one, cells, _, _ in made:
        means = scores.by_series(cells)
        models = means.get_column("model").unique().to_list()
        against = [name for name in RIVALS if name in models]
        found["ratios"] += scores.ratios(one.name, means, "wis", OURS, against)
        found["ratios"] += scores.ratios(
            one.name, means, "ae", OURS, [name for name in ("Naive", CALIBRATED) if name in models]
        )
        found["coverage"] += scores.coverages(one.name, cells, (OURS, *against))
        found["worse"] += scores.worse(one.name, means, OURS, TRIO[:2])
        found["by_series"].append(means.insert_column(0, pl.lit(one.name).alias("set")))
    first, panels = given[0]
    grown = list(growth(first, panels.judged, folder, copies))
    data = [row.panel_bytes + row.result_bytes for row in grown]
    peaks = [row.bytes_peak for row in grown]
    asked = [
        Asked(
            one.name, one.source_id, one.indicator, one.frequency, str(one.first_origin),
            str(one.last_origin), len(panels.chosen),
            None if panels.as_of_date is None else str(panels.as_of_date),
        )
        for one, panels in given
    ]  # fmt: skip
    return Outcome(
        asked, found["ratios"], found["coverage"], found["worse"],
        [speed for _, _, speed, _ in made],
        grown, scores.exponent([row.series for row in grown], [row.seconds for row in grown]),
        (peaks[-1] - peaks[0]) / (data[-1] - data[0]), pl.concat(found["by_series"]), made[0][3],
    )  # fmt: skip


def simulated(number: int, origins: int) -> tuple[EvaluationSet, Panels]:
    """A set of simulated monthly series (random walks of the logarithm); nobody was counted."""
    months = pl.date_range(date(2012, 1, 1), date(2023, 12, 1), "1mo", eager=True)
    rng = np.random.default_rng(5)
    walks = np.exp(6 + rng.normal(0, 0.15, (len(months), number)).cumsum(axis=0))
    parts = [
        pl.DataFrame({"period_start": months, "value": walks[:, column].round()}).select(
            pl.lit(f"simulated_{column}").alias("series_id"),
            pl.lit("simulated").alias("pool"),
            pl.lit("M").alias("frequency"),
            "period_start",
            "value",
            pl.lit(1.0).alias("rounding"),
        )
        for column in range(number)
    ]
    panel = pl.concat(parts)
    last = months[-3]
    first = pl.Series([last]).dt.offset_by(f"-{origins - 1}mo")[0]
    one = EvaluationSet("simulated", "simulated", "simulated", "M", 12, first, last, 3, (1, 2), 24)
    told = gapless(one, panel.with_columns(pl.lit(value=False).alias("is_suppressed")))
    names = tuple(panel.get_column("series_id").unique().sort())
    return one, Panels(panel, panel, told, names, None)


def found_peers(python: Path) -> Path | None:
    """The peers' interpreter; where there is none, say so and go on without."""
    if python.exists():
        return python
    say = f"StatsForecast is left out: no {python.name} in {python.parent}; `make bench-forecast`"
    print(f"{say} makes it", file=sys.stderr)
    return None


def run(*, quick: bool, folder: Path) -> Iterator[Row]:
    """Yield the rows of ``python -m benchmarks forecast``: simulated series, time only."""
    one, given = simulated(2, 2) if quick else simulated(10, 12)
    small, large = growth(one, given.judged, folder, QUICK_COPIES if quick else (1, 4))
    size = f"{large.series} series x {len(one.origins)} origins"
    apart = small.seconds * large.copies
    yield Row("forecast", size, "together", f"{large.copies} parts", large.seconds, apart, 1)
    if python := found_peers(PEERS_PYTHON):
        _, speed, _ = compared(one, given, folder, python)
        times = [speed.ours_ms, sum(speed.peers_ms[name] for name in TRIO)]
        mine, theirs = (one_ms * speed.series_origins / 1000 for one_ms in times)
        size = f"{small.series} series x {len(one.origins)} origins"
        yield Row("forecast", size, "engine", " + ".join(TRIO), mine, theirs, 1)


def measured_code() -> str | None:
    """The commit that is measured, marked where files differ from it; none outside a checkout."""
    asked = ["git", "-C", str(PROJECT_ROOT), "describe", "--always", "--dirty"]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def facts(outcome: Outcome) -> dict[str, Any]:
    """All of an outcome but its frame, for JSON."""
    kept = {
        name: [asdict(row) for row in getattr(outcome, name)]
        for name in ("asked", "ratios", "coverage", "worse", "speed", "growth")
    }
    alone = ("cost_exponent", "bytes_per_byte", "peers_version")
    return {
        "measured_date": datetime.now(UTC).date().isoformat(),
        "code": measured_code(),
        "python": platform.python_version(),
        **kept,
        **{name: getattr(outcome, name) for name in alone},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments, measure, print the tables, write what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forecast", description=__doc__)
    parser.add_argument("sets", nargs="*", help=f"which (default: all): {', '.join(BY_NAME)}")
    parser.add_argument("--home", type=Path, help="working home with marts (default: data/)")
    parser.add_argument("--peers", type=Path, default=PEERS_PYTHON, help="the peers' python")
    parser.add_argument("--quick", action="store_true", help="two simulated series, two origins")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="figures as JSON; by series as FILE.parquet"
    )
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.sets) - set(BY_NAME)):
        parser.error(f"no such set: {', '.join(unknown)}")
    python = found_peers(chosen.peers)
    try:
        copies = QUICK_COPIES if chosen.quick else COPIES
        sets = [BY_NAME[name] for name in chosen.sets or BY_NAME]
        given = (
            [simulated(2, 2)]
            if chosen.quick
            else [(one, read_panels(home(chosen.home), one)) for one in sets]
        )
        with tempfile.TemporaryDirectory(prefix="fcm-bench-") as folder:
            outcome = measured(given, Path(folder), python, copies)
    except FcmError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    console = Console(width=max(Console().width, WIDEST))
    for table in tables(outcome):
        console.print(table)
    if chosen.out:
        chosen.out.write_text(json.dumps(facts(outcome), indent=1) + "\n")
        outcome.by_series.write_parquet(chosen.out.with_name(f"{chosen.out.name}.parquet"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
