"""Corridors as a step: made once, again when an input changes, complete without alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration import store
from fcm_migration.catalog.derive import empty, polars_schema
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.core.tables import latest_table
from fcm_migration.expectations import check_table
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.marts.reviewed import OVERLAPS, SERIES_BREAKS, read_reviewed
from fcm_migration.marts.tables import SERIES, SERIES_INDEX
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.steps.corridors import READ, STEP
from fcm_migration.sources.unhcr.asylum_decisions import SOURCE
from fcm_migration.trends.alerts.tables import ALERTS
from fcm_migration.trends.corridors.tables import CORRIDOR_PROTECTION, CORRIDORS, UPSTREAM
from tests.making import make
from tests.trends.doubling import doubling_alerts
from tests.trends.panels import marts, one

NOW = datetime(2025, 6, 1, tzinfo=UTC)
DECISIONS = latest_table(SOURCE.tables[0])
SEVERAL = [
    one("VEN", [30] * 24 + [90] * 12, first=date(2022, 1, 1)),
    one("total", [400] * 36, first=date(2022, 1, 1)),
    one(
        "VEN", [3, 4, 5], first=date(2022, 1, 1), source="unhcr_asylum_decisions",
        indicator="asylum_decisions_total", unit="persons", frequency="A",
    ),
]  # fmt: skip


def decisions() -> pl.DataFrame:
    """Two rows of UNHCR's, one of an origin nobody has reviewed."""
    row = {
        "year": 2024, "origin_name": "V", "origin_unhcr_code": "VEN", "origin_printed_iso3": "VEN",
        "asylum_name": "U", "asylum_unhcr_code": "USA", "asylum_printed_iso3": "USA",
        "procedure_type": "G", "decision_level": "EO", "persons_or_cases": "P",
        "recognized": 60, "other_protection": 0, "rejected": 40, "otherwise_closed": 9,
        "decisions": 109, "is_partial": False, "as_of_date": date(2025, 5, 1), "snapshot_id": "s",
        "obtained": "inbox",
    }  # fmt: skip
    other = {**row, "origin_unhcr_code": "???"}
    return pl.DataFrame([row, other], schema=polars_schema(DECISIONS))


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """A home with what the step reads: a doubled corridor, its alerts and decisions."""
    home = Home(tmp_path / "home")
    series, index = marts(SEVERAL)
    held = {
        SERIES: series,
        SERIES_INDEX: index,
        SERIES_BREAKS: empty(SERIES_BREAKS),
        OVERLAPS: read_reviewed(REFERENCE_DIR, "overlaps.csv"),
        ALERTS: doubling_alerts(series, index),
        QUANTILES: empty(QUANTILES),
        NOT_SHOWN: empty(NOT_SHOWN),
        NOWCAST: empty(NOWCAST),
        DECISIONS: decisions(),
    }
    assert set(READ) == set(held) - {DECISIONS}
    for table, frame in held.items():
        store.write(frame, table, home.table(table.layer, table.name))
    return Context(home, NOW, (SOURCE,), offline=True, reference_dir=REFERENCE_DIR)


def test_it_is_made_once_and_again_when_an_input_changes(context: Context) -> None:
    told: list[str] = []
    listening = replace(context, report=told.append)
    first = make(listening, "corridors")
    assert set(first) == {"trend.corridors", "trend.upstream", "trend.corridor_protection"}
    corridors = store.read(first["trend.corridors"].path, CORRIDORS)
    assert corridors.filter("is_newest").select("level", "alert_period").rows() == [
        (1080, date(2024, 4, 1))
    ]
    beside = store.read(first["trend.corridor_protection"].path, CORRIDOR_PROTECTION)
    rate = beside.filter(protection_measure="protection_rate")
    assert rate.select("figure", "decisions_on_substance", "rate").rows() == [(60, 100, 0.6)]
    assert make(listening, "corridors") == first
    assert told == ["rank the corridors"]

    first["trend.upstream"].path.unlink()
    assert make(listening, "corridors") == first
    assert told == ["rank the corridors"] * 2

    path = context.home.table("core", DECISIONS.name)
    store.write(decisions().with_columns(recognized=pl.lit(70, pl.Int64)), DECISIONS, path)
    assert make(listening, "corridors") != first
    assert told[2:] == [
        "rank the corridors: made again, changed: reads core.unhcr_asylum_decisions"
    ]


def test_without_alerts_and_decisions_it_is_whole(context: Context) -> None:
    path = context.home.table(ALERTS.layer, ALERTS.name)
    store.write(empty(ALERTS), ALERTS, path)
    made = make(replace(context, sources=()), "corridors")
    assert made["trend.upstream"].rows == 0
    assert store.read(made["trend.corridors"].path, CORRIDORS)["alert_period"].null_count() == 3
    beside = store.read(made["trend.corridor_protection"].path, CORRIDOR_PROTECTION)
    assert beside.is_empty()  # no corridor of the five has a figure


def test_what_is_made_holds_to_its_suites(context: Context) -> None:
    made = make(context, "corridors")
    assert STEP.makes == (CORRIDORS, UPSTREAM, CORRIDOR_PROTECTION)
    for table in STEP.makes:
        frame = store.read(made[table.full_name].path, table)
        results = check_table(table, frame, suites_dir=SUITES_DIR, today=NOW.date())
        assert [item.expectation for item in results if not item.success] == []
