"""Run the benchmarks and print their ratios."""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Row

MODULES = {
    "import": "importing",
    "forecast": "forecast",
    "parsing": "parsing",
    "publish": "publishing",
    "query": "querying",
    "workbook": "workbooks",
}
PEERS = ("dagster", "statsmodels", "duckdb", "fastexcel", "polars")
WIDEST = 140  # columns; a pipe is told eighty, which no table of names fits


def measured(names: Sequence[str], *, quick: bool) -> Iterator[Row]:
    """Run the named benchmarks one after the other, each in an empty folder."""
    for name in names:
        module = import_module(f"benchmarks.{MODULES[name]}")
        with tempfile.TemporaryDirectory(prefix="fcm-bench-") as folder:
            yield from module.run(quick=quick, folder=Path(folder))


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments, run, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Ratios against a named peer in the same run: medians, run in turn.",
        epilog="example: python -m benchmarks publish query --out bench.json",
    )
    parser.add_argument("names", nargs="*", help=f"which (default: all): {', '.join(MODULES)}")
    parser.add_argument("--quick", action="store_true", help="tiny sizes: only that all of it runs")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures as JSON too")
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.names) - set(MODULES)):
        parser.error(f"no such benchmark: {', '.join(unknown)}")
    rows = list(measured(chosen.names or list(MODULES), quick=chosen.quick))
    Console(width=max(Console().width, WIDEST)).print(_table(rows))
    if chosen.out:
        chosen.out.write_text(json.dumps(_facts(rows), indent=1) + "\n")
    return 0


def _table(rows: Sequence[Row]) -> Table:
    numbers = ("ours s", "peer s", "ratio", "repeats", "MB/s")
    table = Table("benchmark", "size", "ours", "peer", *numbers)
    for row in rows:
        table.add_row(
            row.benchmark,
            row.size,
            row.ours,
            row.peer,
            f"{row.ours_seconds:.3f}",
            f"{row.peer_seconds:.3f}",
            f"{row.ratio:.2f}",
            str(row.repeats),
            "" if row.speeds is None else "{:.1f} : {:.1f}".format(*row.speeds),
        )
    return table


def _facts(rows: Sequence[Row]) -> dict[str, object]:
    return {
        "python": platform.python_version(),
        "versions": {name: version(name) for name in PEERS},
        "rows": [{**asdict(row), "ratio": row.ratio, "mb_per_second": row.speeds} for row in rows],
    }


if __name__ == "__main__":
    sys.exit(main())
