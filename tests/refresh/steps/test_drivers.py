"""The record of drivers as a step of a refresh: the reviewed file, published as it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from fcm_migration import store
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR
from fcm_migration.errors import UsageError
from fcm_migration.expectations import check_table
from fcm_migration.forecast.drivers import DRIVERS, RECORD_FILE
from fcm_migration.refresh.context import Context
from tests.making import make

RECORD = REFERENCE_DIR / RECORD_FILE


def test_the_reviewed_record_is_published_as_it_is(own_home: Context, tmp_path: Path) -> None:
    (tmp_path / RECORD_FILE).write_bytes(RECORD.read_bytes())
    context = replace(own_home, reference_dir=tmp_path)
    stored = make(context, "drivers")[DRIVERS.full_name]
    made = store.read(stored.path, DRIVERS)
    assert made.equals(read_declared(RECORD, DRIVERS))
    (tmp_path / RECORD_FILE).unlink()
    with pytest.raises(UsageError, match="missing"):
        make(context, "drivers")


def test_the_record_in_the_project_passes_its_suite() -> None:
    record = read_declared(RECORD, DRIVERS)
    results = check_table(DRIVERS, record, suites_dir=SUITES_DIR, today=date(2026, 12, 31))
    assert [result.expectation for result in results if not result.success] == []
    assert record["measured_edition_id"].n_unique() == 1
    assert record.height >= 60
