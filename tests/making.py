"""Steps of a refresh by name, for tests that need a part of it."""

from __future__ import annotations

from datetime import date

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.model import Table
from fcm_migration.config import Home
from fcm_migration.core.reading import release_dates
from fcm_migration.core.tables import history_table
from fcm_migration.core.vintages import rows_as_of
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import inputs_of, make_step
from fcm_migration.refresh.registry import STEPS
from fcm_migration.refresh.step import Inputs, Step
from fcm_migration.sources.base import Source
from fcm_migration.store import Stored

BY_NAME = {step.name: step for step in STEPS}


def step(name: str) -> Step:
    """Return a step of the registry."""
    return BY_NAME[name]


def make(context: Context, *names: str) -> dict[str, Stored]:
    """Make steps in order; return what is stored of all of them, by full name of the table."""
    stored: dict[str, Stored] = {}
    for name in names:
        stored |= make_step(context, step(name))
    return stored


def inputs(context: Context, name: str) -> Inputs:
    """Return what a step is made of."""
    return inputs_of(context, step(name))


def read_as_of(home: Home, source: Source, table: Table, day: date) -> pl.DataFrame:
    """Return what stood published in one core table on a day, without provenance columns."""
    declared = history_table(table)
    history = store.read(home.table(declared.layer, declared.name), declared)
    return rows_as_of(history, release_dates(home, source), day)
