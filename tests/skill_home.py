"""A published file of a few simulated scores: what the page on skill is tested on."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.catalog.model import Column, Table
from fcm_migration.forecast.coherence.tables import COHERENT
from fcm_migration.forecast.composition import MODELS
from fcm_migration.forecast.drivers import DRIVERS
from fcm_migration.forecast.nowcast.tables import NOWCAST_SCORES
from fcm_migration.forecast.tables import (
    ORIGIN_SCORES,
    POOL_SCORES,
    SCORES,
    TRACK_RECORD,
    UNFITTED_SCORES,
)
from fcm_migration.marts.splices import SPLICES_TABLE
from fcm_migration.marts.tables import SERIES_INDEX
from fcm_migration.metadata.tables import SOURCES
from fcm_migration.publish import publish

Rows = Sequence[Mapping[str, Any]]
NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)
AS_OF = date(2024, 5, 31)
MONTHLY, ANNUAL = "toy/asylum_claims/M", "toy_years/refugees/A"
LARGE, SMALL, SPARSE, YEARS = "toy/large", "toy/small", "toy/sparse", "toy_years/one"
EARLIER, LATER = "toy_earlier/large", "toy_later/large"
HORIZONS = (1, 2, 3, 4, 5, 6)
OTHERS = ("published", "seasonal_naive", "blend", "naive")
DEFAULTS = {"string": "x", "integer": 1, "number": 0.5, "boolean": False}


@dataclass(frozen=True)
class Scored:
    """The published file, and the frames it was made of by table name."""

    published: Path
    frames: dict[str, pl.DataFrame]


def filled(table: Table, rows: Rows) -> pl.DataFrame:
    """A frame of a declared table; what a row does not say gets a harmless value."""
    made = [{column.name: row.get(column.name, _default(column)) for column in table.columns}
            for row in rows]  # fmt: skip
    return pl.DataFrame(made, schema=polars_schema(table), orient="row")


def _default(column: Column) -> object:
    if column.nullable:
        return None
    if column.dtype == "date":
        return AS_OF
    return column.allowed[0] if column.allowed else DEFAULTS[column.dtype]


def month(number: int) -> date:
    """The first day of the number-th month from 2021 on."""
    return date(2021 + number // 12, number % 12 + 1, 1)


def scored_home(folder: Path, leave_out: Sequence[Table] = (), seed: int = 4) -> Scored:
    """Publish the simulated scores into ``folder``, without the tables left out."""
    rng = random.Random(seed)  # noqa: S311
    rows: dict[Table, Rows] = {
        SERIES_INDEX: _index(),
        SOURCES: [
            {"source_id": name, "publisher": f"Publisher of {name}"}
            for name in ("toy", "toy_years", "toy_earlier", "toy_later")
        ],
        SPLICES_TABLE: [
            {"series_id": LARGE, "earlier_series_id": EARLIER, "later_series_id": LATER}
        ],
        MODELS: _models(),
        POOL_SCORES: list(_pool_scores(rng)),
        ORIGIN_SCORES: list(_origin_scores(rng)),
        UNFITTED_SCORES: _unfitted_scores(random.Random(seed + 1)),  # noqa: S311
        SCORES: list(_scores(rng)),
        TRACK_RECORD: list(_track_record()),
        NOWCAST_SCORES: list(_nowcasts(rng)),
        COHERENT: list(_coherent()),
        DRIVERS: _drivers(),
    }
    frames = {table: filled(table, rows[table]) for table in rows if table not in leave_out}
    paths = {table: folder / "made" / f"{table.layer}.{table.name}.parquet" for table in frames}
    for table, frame in frames.items():
        store.write(frame, table, paths[table])
    publish(folder / "published", paths, views=(), now=NOW)
    return Scored(
        folder / "published" / "fcm_migration.duckdb",
        {table.name: frame for table, frame in frames.items()},
    )


def _index() -> Rows:
    monthly = {"source_id": "toy", "indicator": "asylum_claims", "frequency": "M"}
    yearly = {"source_id": "toy_years", "indicator": "refugees", "frequency": "A"}
    shared = {"destination_iso3": "GBR", "unit": "persons", "as_of_date": AS_OF}
    return [
        *({"series_id": name, **monthly, **shared} for name in (LARGE, SMALL, SPARSE)),
        {"series_id": YEARS, **yearly, **shared},
    ]


def _models() -> Rows:
    def row(name: str, horizon: int, naive: float, kind: str) -> dict[str, Any]:
        pool, frequency = (ANNUAL, "A") if name == YEARS else (MONTHLY, "M")
        shares = {column: 0.0 for column in MODELS.column_names if column.endswith("_share")}
        shares |= {"naive_share": naive, "blend_share": 1 - naive}
        return {
            "series_id": name, "horizon": horizon, "pool": pool, "frequency": frequency,
            "series_class": kind, "fallbacks": 2, "doubt": 0.25 if name == SMALL else 0.0, **shares,
        }  # fmt: skip

    monthly = [
        row(name, horizon, naive if horizon <= 3 else 1.0, kind)
        for name, naive, kind in ((LARGE, 0.1, "dense"), (SMALL, 0.4, "dense"),
                                  (SPARSE, 1.0, "sparse"))
        for horizon in range(1, 7)
    ]  # fmt: skip
    return [*monthly, row(YEARS, 1, 0.2, "dense")]


def _covers(rng: random.Random) -> dict[str, float]:
    return {f"coverage_{level}": rng.uniform(0.3, 1.0) for level in (50, 80, 95)}


def _pool_scores(rng: random.Random) -> Iterator[Mapping[str, Any]]:
    for pool, horizons in ((MONTHLY, HORIZONS), (ANNUAL, (1,))):
        for model in OTHERS:
            for horizon in horizons:
                shocked = ("shock",) if pool == MONTHLY and horizon > 3 else ()
                for window in ("all", "calm", *shocked):
                    yield {
                        "pool": pool, "scored_model": model, "horizon": horizon, "window": window,
                        "series": 2, "targets": rng.randrange(15, 90),
                        "relative_wis_mean": rng.uniform(0.6, 2.4),
                        "relative_mae_mean": rng.uniform(0.6, 1.4),
                        "relative_tail_mean": rng.uniform(0.6, 1.4), **_covers(rng),
                    }  # fmt: skip


def _unfitted_scores(rng: random.Random) -> Rows:
    return [
        {
            "pool": pool, "series_class": kind, "horizon": horizon, "series": rng.randrange(5, 20),
            "targets": rng.randrange(20, 90), "wis": rng.uniform(0.5, 40), **_covers(rng),
        }
        for pool, kind, horizon in (
            (MONTHLY, "sparse", 1), (MONTHLY, "sparse", 2), (ANNUAL, "too_short", 1),
        )
    ]  # fmt: skip


def _origin_scores(rng: random.Random) -> Iterator[Mapping[str, Any]]:
    for number in range(9):
        for horizon in HORIZONS:
            yield {
                "pool": MONTHLY, "origin_date": month(number), "horizon": horizon,
                "series": 1 + number % 2, "is_shock": number == 5,
                "relative_wis_mean": rng.uniform(0.6, 1.6), **_covers(rng),
            }  # fmt: skip
    yield {
        "pool": ANNUAL, "origin_date": date(2020, 1, 1), "horizon": 1, "series": 1,
        "relative_wis_mean": 0.9, **_covers(rng),
    }  # fmt: skip


def _scores(rng: random.Random) -> Iterator[Mapping[str, Any]]:
    for name in (LARGE, SMALL, SPARSE):
        for model in ("published", "naive"):
            for horizon in HORIZONS:
                yield {
                    "series_id": name, "scored_model": model, "horizon": horizon,
                    "origins": 11 if (name, horizon) == (SMALL, 2) else 24,
                    "relative_wis": None if horizon == 6 else rng.uniform(0.6, 1.9),
                    "wis": rng.uniform(5, 900), "mae": rng.uniform(5, 900), **_covers(rng),
                }  # fmt: skip


def _track_record() -> Iterator[Mapping[str, Any]]:
    """Of five backtests of a dense series 1, 3 and 4 lie inside; the others must not count."""
    ends = {f"lower_{level}": 50 - level // 4 for level in (50, 80, 95)}
    ends |= {f"upper_{level}": 50 + level // 4 for level in (50, 80, 95)}
    for number, came in enumerate((50, 35, 68, 28, 90)):
        shared = {"origin_date": month(number), "horizon": 1, "median": 50, **ends}
        for name, kind in ((LARGE, "backtest"), (LARGE, "published"), (SPARSE, "backtest")):
            value = came if (name, kind) == (LARGE, "backtest") else 50
            yield {"series_id": name, "record_kind": kind, "observed_value": value, **shared}


def _nowcasts(rng: random.Random) -> Iterator[Mapping[str, Any]]:
    known = (("early", "published", False), ("early", "pro_rata", True), ("late", "pro_rata", True))
    for stage, method, published in known:
        yield {
            "indicator": "small_boat_arrivals", "stage": stage, "nowcast_method": method,
            "cases": rng.randrange(20, 90), "relative_wis": rng.uniform(0.2, 1),
            "is_published": published, **_covers(rng),
        }  # fmt: skip


def _coherent() -> Iterator[Mapping[str, Any]]:
    nodes = (("whole", 100, 104), ("part", 60, 62), ("part", 40, 38), ("remainder", 7, 5))
    for number, (kind, base, value) in enumerate(nodes):
        yield {
            "hierarchy": MONTHLY, "whole_id": "node0", "dimension": "route", "horizon": 1,
            "node_id": f"node{number}", "node_kind": kind, "base_value": base, "value": value,
        }  # fmt: skip


def _drivers() -> Rows:
    shared = {
        "driver": "conflict events", "pool": MONTHLY, "origins_judged": "all",
        "measured_edition_id": "0" * 12,
    }  # fmt: skip
    figures = {"relative_wis": 0.983, "relative_wis_lower": 0.961, "relative_wis_upper": 1.012}
    return [
        {**shared, "horizon": 1, "series": 17, "origins": 23, **figures},
        {**shared, "horizon": 2, "series": 0, "origins": 0},
    ]
