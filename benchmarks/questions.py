"""How long a reader waits: documented questions and the views that people read first.

    python -m benchmarks.questions --home HOME [--out FILE] [--rounds N]

Each is asked of the published file of a refreshed home, over one connection that is open already,
and every row is fetched as Polars frame. The peer is the same question where no rows are stored:
every view is computed when it is read, over the same tables, in the same run, asked in turn. The
limit is the median that is promised.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import polars as pl
from rich.console import Console
from rich.table import Table

from benchmarks.forecast import measured_code
from benchmarks.measure import seconds
from benchmarks.question_growth import growth
from fcm_migration.catalog.derive import quote_identifier, quote_literal
from fcm_migration.config import PROJECT_ROOT, home
from fcm_migration.publish.asking import answer
from fcm_migration.publish.query import open_read_only
from fcm_migration.publish.stored import STORED
from fcm_migration.publish.views import VIEWS, View

if TYPE_CHECKING:
    import duckdb

LIMIT = 0.050  # seconds, of the median
READ_FIRST = ("main", "brief")
SQL = re.compile(r"^## (?P<title>[^\n]+)\n.*?```sql\n(?P<sql>.*?)```", re.DOTALL | re.MULTILINE)
WIDEST = 140  # columns


@dataclass(frozen=True)
class Waited:
    """Seconds to ask one thing: of the published file, and computed when it is read."""

    kind: str
    name: str
    rows: int
    median: float
    worst: float
    peer: float

    @property
    def of_limit(self) -> float:
        """The median beside the limit."""
        return self.median / LIMIT

    @property
    def of_peer(self) -> float:
        """The median beside that of the peer."""
        return self.median / self.peer


def questions() -> dict[str, str]:
    """Return the questions of docs/queries.md, by title."""
    page = (PROJECT_ROOT / "docs" / "queries.md").read_text(encoding="utf-8")
    return {found["title"]: found["sql"] for found in SQL.finditer(page)}


def asked() -> Iterator[tuple[str, str, str]]:
    """Yield kind, name and SQL of everything asked."""
    for view in VIEWS:
        if view.schema in READ_FIRST:
            name = view.name if view.schema == "main" else f"{view.schema}.{view.name}"
            yield ("view", name, f"FROM {view.qualified}")
    for title, sql in questions().items():
        yield ("question", title, sql)


@contextmanager
def computed_when_read(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a file beside views of the same names that store nothing."""
    import duckdb

    with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
        connection.execute(f"ATTACH {quote_literal(str(path))} AS published (READ_ONLY)")
        tables = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() "
            "WHERE database_name = 'published' AND schema_name <> ?",
            [STORED],
        ).fetchall()
        for schema in {schema for schema, _ in tables} | {view.schema for view in VIEWS}:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quote_identifier(schema)}")
        for schema, table in tables:
            name = f"{quote_identifier(schema)}.{quote_identifier(table)}"
            connection.execute(f"CREATE VIEW {name} AS FROM published.{name}")
        macros = connection.execute(
            "SELECT schema_name, function_name FROM duckdb_functions() "
            "WHERE database_name = 'published' AND function_type = 'table_macro'"
        ).fetchall()
        for schema, macro in macros:
            connection.execute(
                f"CREATE MACRO {schema}.{macro}(day) AS TABLE FROM published.{schema}.{macro}(day)"
            )
        for view in VIEWS:
            connection.execute(view.statements()[0])
        yield connection


def waited(
    kind: str, name: str, ours: Callable[[], pl.DataFrame], peer: Callable[[], object], rounds: int
) -> Waited:
    """Ask both in turn, after one that is not counted."""
    rows = ours().height
    peer()
    times, others = [], []
    for _ in range(rounds):
        times.append(seconds(ours))
        others.append(seconds(peer))
    return Waited(kind, name, rows, median(times), max(times), median(others))


def measured(path: Path, rounds: int) -> Iterator[Waited]:
    """Yield how long everything takes, of a published file."""
    with open_read_only(path) as published, computed_when_read(path) as unstored:
        for kind, name, sql in asked():
            yield waited(
                kind, name, partial(answer, published, sql), partial(answer, unstored, sql), rounds
            )


def beside_polars(path: Path, flows: Path, rounds: int) -> Waited:
    """The newest complete figure of every total, beside Polars reading the Parquet for it."""
    sql = """
        SELECT destination_iso3, indicator, frequency, max(period_start) AS period_start
        FROM mart.totals WHERE NOT is_partial AND value IS NOT NULL GROUP BY ALL
    """
    with open_read_only(path) as published:
        return waited(
            "peer",
            "newest period of every total (peer: Polars on mart.flows)",
            partial(answer, published, sql),
            partial(_newest_by_polars, flows),
            rounds,
        )


def _newest_by_polars(flows: Path) -> pl.DataFrame:
    everything = (pl.col("place") == "all") & (pl.col("population_group") == "all")
    return (
        pl.scan_parquet(flows)
        .filter(everything & (pl.col("origin_iso3") == "total"))
        .filter(~pl.col("is_partial") & pl.col("value").is_not_null())
        .group_by("destination_iso3", "indicator", "frequency")
        .agg(pl.col("period_start").max())
        .collect()
    )


def store_seconds(path: Path) -> float:
    """Return seconds to compute all rows that an edition stores, each from those before it."""
    with computed_when_read(path) as connection:
        total = 0.0
        for view in VIEWS:
            if view.is_stored:
                total += _stored(connection, view)
        return total


def _stored(connection: duckdb.DuckDBPyConnection, view: View) -> float:
    connection.execute("CREATE SCHEMA IF NOT EXISTS kept")
    kept = f"kept.{view.schema}_{view.name}"
    spent = seconds(partial(connection.execute, f"CREATE TABLE {kept} AS {view.sql}"))
    connection.execute(f"CREATE OR REPLACE VIEW {view.qualified} AS FROM {kept}")
    return spent


def report(path: Path, flows: Path, rounds: int) -> dict[str, object]:
    """Measure everything; return what is written as JSON."""
    rows = [*measured(path, rounds), beside_polars(path, flows, rounds)]
    return {
        "measured_date": datetime.now(UTC).date().isoformat(),
        "code": measured_code(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("duckdb", "polars")},
        "load_average": os.getloadavg()[0],  # above 1, others were at work while this was measured
        "limit_seconds": LIMIT,
        "rounds": rounds,
        "file_bytes": path.stat().st_size,
        "store_seconds": store_seconds(path),
        "growth": growth(path, rounds),
        "rows": [{**asdict(r), "of_limit": r.of_limit, "of_peer": r.of_peer} for r in rows],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the arguments, measure, print; 1 where a median is over the limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.questions")
    parser.add_argument("--home", type=Path, help="a refreshed home")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the figures as JSON too")
    parser.add_argument("--rounds", type=int, default=21, help="how often each is asked")
    chosen = parser.parse_args(arguments)
    own = home(chosen.home)
    found = report(own.published, own.table("mart", "flows"), chosen.rounds)
    Console(width=max(Console().width, WIDEST)).print(_shown(found["rows"]))  # type: ignore[arg-type]
    print({name: value for name, value in found.items() if name != "rows"})
    if chosen.out:
        chosen.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return int(any(row["median"] > LIMIT for row in found["rows"]))  # type: ignore[attr-defined]


def _shown(rows: Sequence[dict[str, float]]) -> Table:
    table = Table("asked", "rows", "median ms", "worst ms", "of limit", "computed ms", "of that")
    for row in rows:
        table.add_row(
            str(row["name"]),
            f"{row['rows']:,}",
            f"{1000 * row['median']:.1f}",
            f"{1000 * row['worst']:.1f}",
            f"{row['of_limit']:.2f}",
            f"{1000 * row['peer']:.1f}",
            f"{row['of_peer']:.3f}",
        )
    return table


if __name__ == "__main__":
    sys.exit(main())
