"""Cost of the figures by origin as they grow: to store with an edition, and to read."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.measure import seconds
from fcm_migration.catalog.derive import quote_literal
from fcm_migration.publish.asking import answer
from fcm_migration.publish.figures import FIGURES

SIZES = (1, 2, 4)


def growth(path: Path, rounds: int, sizes: Sequence[int] = SIZES) -> dict[str, object]:
    """Return seconds to store and to read the figures by origin, of so many times the figures."""
    import duckdb

    (by_origin,) = (sql for name, _, sql in FIGURES if name == "by_origin_and_route")
    question = """
        SELECT origin_iso3, sum(value)::BIGINT AS value FROM kept
        WHERE is_whole AND destination_iso3 = 'GBR' AND frequency = 'Q' GROUP BY ALL
    """
    stored, read = [], []
    for size in sizes:
        with duckdb.connect(config={"memory_limit": "2GB"}) as connection:
            connection.execute(f"ATTACH {quote_literal(str(path))} AS published (READ_ONLY)")
            connection.execute("CREATE SCHEMA mart; CREATE SCHEMA meta")
            for table in ("indicators", "overlaps"):
                connection.execute(f"CREATE TABLE meta.{table} AS FROM published.meta.{table}")
            # copies are figures of other indicators, as more sources would bring them
            connection.execute(
                "CREATE TABLE mart.flows AS SELECT * REPLACE (indicator || CASE n WHEN 0 THEN '' "  # noqa: S608
                "ELSE '_' || n END AS indicator) FROM published.mart.flows "
                f"CROSS JOIN range({size}) copies(n)"
            )
            make = partial(connection.execute, f"CREATE OR REPLACE TABLE kept AS {by_origin}")
            stored.append(median(seconds(make) for _ in range(3)))
            read.append(
                median(seconds(partial(answer, connection, question)) for _ in range(rounds))
            )
    return {
        "sizes": list(sizes),
        "store_seconds": stored,
        "read_seconds": read,
        "store_exponent": _exponent(sizes, stored),
        "read_exponent": _exponent(sizes, read),
    }


def _exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])
