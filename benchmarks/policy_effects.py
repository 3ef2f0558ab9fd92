"""The long study of placebo dates: how each design does on them, and what each constant changes.

``python -m benchmarks.policy_effects --home HOME`` reads the marts of a home and prints, for every
pool by which a policy is judged: false positives of the ratio by how near the placebo dates must
be and by how large a series must be, and of segmented regressions; then what the
verdicts are under each choice. The figures are those of docs/decisions/policy_effects.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from unittest.mock import patch

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table

from fcm_migration import store
from fcm_migration.arrays import Floats
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.config import REFERENCE_DIR, Home
from fcm_migration.marts.reviewed import (
    POLICY_EVENTS,
    SERIES_BREAKS,
    without_cuts,
)
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.periods import PERIODS_PER_YEAR
from fcm_migration.studies.segmented import segmented_rates
from fcm_migration.trends.policies import placebos
from fcm_migration.trends.policies.effects import Watched, policy_effects, tested_pools, watched
from fcm_migration.trends.policies.events import policies
from fcm_migration.trends.policies.false_positives import split_half
from fcm_migration.trends.policies.placebos import HORIZONS, Drawn

REACHES = (2, 3, 5, 100)  # years on either side of the date
FLOORS = (50.0, 100.0, 200.0)
WIDEST = 150


def panel(home: Home) -> Watched:
    """The series that can be judged, of a home's marts."""
    series, index, breaks = (
        store.read(home.table(table.layer, table.name), table)
        for table in (SERIES, SERIES_INDEX, SERIES_BREAKS)
    )
    declared = read_declared(REFERENCE_DIR / "policy_events.csv", POLICY_EVENTS)
    return watched(without_cuts(series, breaks), index, policies(declared))


def rates(held: Watched, effects: pl.DataFrame) -> Iterator[tuple[str, ...]]:
    """False positives of the ratio, over all dates and over the last three years."""
    for pool in tested_pools(held, effects):
        for after in HORIZONS[pool.frequency]:
            found = held.moves(pool, after)
            rows, columns = np.nonzero(found.eligible)
            tested = Drawn(found.change[rows, columns], rows, columns)
            late = rows >= len(pool.periods) - 3 * PERIODS_PER_YEAR[pool.frequency]
            for years in REACHES if len(rows) >= placebos.LEAST else ():
                called = split_half(pool, tested, years * PERIODS_PER_YEAR[pool.frequency])
                yield (
                    pool.name,
                    str(after),
                    str(years),
                    f"{len(rows)} ({len(np.unique(columns))})",
                    share(called),
                    share(called[late]),
                )


def share(called: Floats) -> str:
    """A share of dates, in percent; empty where none could be judged."""
    known = called[np.isfinite(called)]
    return f"{100 * known.mean():.1f}" if len(known) else ""


def verdicts(held: Watched) -> Iterator[tuple[str, ...]]:
    """Placebo p of every effect as each constant is changed."""
    for years in REACHES:
        for floor in FLOORS:
            with (
                patch.object(placebos, "NEAR_YEARS", years),
                patch.object(placebos, "LEAST_MEAN", floor),
            ):
                made = policy_effects(Watched(held.scopes, held.index, held.known))
            for row in made.filter(pl.col("p_value").is_not_null()).iter_rows(named=True):
                name = f"{row['policy_id']} {'/'.join(row['series_id'].split('/')[3:5])}"
                yield (
                    name,
                    str(row["periods_after"]),
                    str(years),
                    f"{floor:.0f}",
                    f"{row['change_pct']:+.0f} %",
                    f"{row['placebos_as_large']} of {row['placebos']}",
                    f"{row['p_value']:.3f}",
                )


def shown(title: str, columns: Sequence[str], rows: Iterator[tuple[str, ...]]) -> None:
    """Print a table."""
    table = Table(*columns, title=title)
    for row in rows:
        table.add_row(*row)
    Console(width=max(Console().width, WIDEST)).print(table)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.policy_effects")
    parser.add_argument("--home", type=Path, required=True, help="a refreshed home")
    held = panel(Home(parser.parse_args(arguments).home))
    effects = policy_effects(held)
    shown(
        "False positives of the ratio, percent (5 promised)",
        ("pool", "after", "years near", "dates (series)", "all", "last three years"),
        rates(held, effects),
    )
    begun = time.perf_counter()
    regressions = segmented_rates(held, effects).filter(pl.col("era") == "all")
    seconds = time.perf_counter() - begun
    shown(
        f"Segmented regression on the same kind of dates ({seconds:.0f} s)",
        ("pool", "design", "after", "dates (series)", "false positives, percent"),
        (
            (
                row["pool"],
                row["design"],
                str(row["periods_after"]),
                f"{row['tested']} ({row['tested_series']})",
                f"{100 * row['false_positive_share']:.0f} "
                f"[{100 * row['false_positive_lower']:.0f}, "
                f"{100 * row['false_positive_upper']:.0f}]",
            )
            for row in regressions.iter_rows(named=True)
        ),
    )
    shown(
        "Placebo p as the constants change",
        ("policy and series", "after", "years near", "least mean", "change", "as large", "p"),
        verdicts(held),
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
