"""Trying the drivers as a step of a refresh."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.catalog.derive import polars_schema
from fcm_migration.config import SUITES_DIR, Home
from fcm_migration.expectations import check_table
from fcm_migration.forecast.drivers_tables import DRIVERS
from fcm_migration.forecast.tables import TRACK_RECORD
from fcm_migration.marts.tables import FLOWS, SERIES_INDEX
from fcm_migration.refresh.context import Context
from tests.forecast.test_drivers import POOL, simulate
from tests.making import make


def track_record(base: pl.DataFrame) -> pl.DataFrame:
    return base.select(
        "series_id", "origin_date", "horizon", "target_period",
        record_kind=pl.lit("backtest"), made_date=pl.lit(None, dtype=pl.Date),
        model=pl.lit("blend"), is_shock=pl.lit(value=False), as_of_date=date(2026, 1, 1),
        observed_value="observed",
        **{name: pl.col(name) for name in base.columns if name.startswith(("low", "med", "up"))},
    ).select(TRACK_RECORD.column_names)  # fmt: skip


def filled(schema: pl.Schema, rows: int, **known: Any) -> pl.DataFrame:
    """A frame of these columns; those not named are empty strings, zeros, false, or a day."""
    plain = {pl.String(): "", pl.Int64(): 1, pl.Float64(): 1.0, pl.Boolean(): False}
    return pl.DataFrame({"n": range(rows)}).select(
        **{
            name: pl.Series(known[name], dtype=kind)
            if isinstance(known.get(name), list)
            else pl.lit(known.get(name, plain.get(kind, date(2026, 1, 1))), dtype=kind)
            for name, kind in schema.items()
        }
    )


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A home with a simulated track record and drivers: one that leads, one that is noise."""
    base, leads = simulate(1, strength=0.6)
    noise = simulate(2, strength=0.0)[1]
    home = Home(tmp_path / "home")
    source, indicator, frequency = POOL.split("/")
    origins = sorted(set(base["origin_iso3"]))
    index = filled(
        polars_schema(SERIES_INDEX), len(origins), series_id=origins, origin_iso3=origins,
        source_id=source, indicator=indicator, frequency=frequency, unit="persons",
        destination_iso3="USA", origin_class="country", route="all", place="all",
        population_group="all",
    )  # fmt: skip
    flows = [
        filled(
            polars_schema(FLOWS), panel.height, origin_iso3=panel["origin_iso3"].to_list(),
            period_start=panel["period_start"].to_list(), value=panel["value"].to_list(),
            source_id=name, indicator=measure, frequency="M", unit="events",
            destination_iso3="none", origin_class="country", route="all", place="all",
            population_group="all", obtained="bundled",
        )
        for name, measure, panel in (
            ("frontex_ibc", "eu_border_detections", leads), ("ucdp_ged", "conflict_deaths", noise)
        )
    ]  # fmt: skip
    for frame, table in (
        (track_record(base), TRACK_RECORD), (index, SERIES_INDEX), (pl.concat(flows), FLOWS)
    ):  # fmt: skip
        store.write(frame, table, home.table(table.layer, table.name))
    return Context(home, datetime(2026, 1, 1, tzinfo=UTC), (), offline=True)


def test_it_is_made_once_and_again_when_an_input_changes(context: Context) -> None:
    told: list[str] = []
    listening = replace(context, report=told.append)
    first = make(listening, "drivers")
    made = store.read(first.path, DRIVERS)
    verdicts = made.filter((pl.col("horizon") == 1) & (pl.col("origins_judged") == "all"))
    # detections lag two months, so the simulated lead of one month is known too late to help
    assert dict(verdicts.select("driver", "has_skill").iter_rows()) == {
        "frontex_detections": False,
        "ucdp_deaths": False,
    }
    assert make(listening, "drivers") == first
    assert len(told) == 1, "unchanged inputs cost nothing"
    first.path.unlink()
    assert make(listening, "drivers") == first
    assert len(told) == 2
    path = context.home.table("forecast", "track_record")
    store.write(store.read(path, TRACK_RECORD).head(400), TRACK_RECORD, path)
    assert make(listening, "drivers") != first
    assert len(told) == 3


def test_a_home_without_drivers_has_a_table_without_rows(context: Context) -> None:
    path = context.home.table("mart", "flows")
    store.write(store.read(path, FLOWS).clear(), FLOWS, path)
    assert make(context, "drivers").rows == 0


def test_the_suite_refuses_a_driver_that_has_skill_without_reason(context: Context) -> None:
    made = store.read(make(context, "drivers").path, DRIVERS)

    def failed(frame: pl.DataFrame) -> set[str]:
        results = check_table(DRIVERS, frame, suites_dir=SUITES_DIR, today=date(2026, 1, 1))
        return {result.reason for result in results if not result.success}

    assert failed(made) == set()
    assert failed(made.clear()) == set()
    one = made.with_columns(
        has_skill=pl.lit(value=True), p_value=pl.lit(0.2), relative_wis=pl.lit(1.01)
    )
    assert {reason[:17] for reason in failed(one)} == {"The declared rule", "A driver that ear"}
