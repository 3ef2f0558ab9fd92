"""The same inputs give the same figures on whichever day they are read.

Ages, what is current and what is over are computed in views, from the edition's own date.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from fcm_migration import store
from fcm_migration.config import Home
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.make import dependencies, inputs_of
from fcm_migration.refresh.registry import STEPS
from fcm_migration.refresh.run import refresh
from fcm_migration.refresh.step import Step
from fcm_migration.refresh.tables import warehouse_tables
from tests.bundled import bundled_context
from tests.toy_home import give, toy_context

DAYS = (1, 31)


def contents(context: Context) -> dict[str, str]:
    """The content of every stored table but those about the edition and its making."""
    return {
        name: store.facts(context.home.table(table.layer, table.name)).content_hash
        for name, table in warehouse_tables(context.sources).items()
        if table.layer != "meta"
    }


def made(root: Path, later: int) -> dict[str, str]:
    """Refresh a toy home so many days after the release came."""
    context = toy_context(root)
    give(context, "2024-03-01")
    context = replace(context, now=context.now + timedelta(days=later))
    refresh(context)
    return contents(context)


def test_refreshes_a_day_apart_store_the_same(tmp_path: Path) -> None:
    first, second = (made(tmp_path / str(later), later) for later in (0, 1))
    assert len(first) > 10
    assert second == first


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_no_step_is_given_the_day(bundled_home: Home, step: Step) -> None:
    """What a step is made of is the same a day and a month later, so its tables are."""
    context = bundled_context(bundled_home)
    before = dependencies(step, inputs_of(context, step))
    for days in DAYS:
        later = replace(context, now=context.now + timedelta(days=days))
        assert dependencies(step, inputs_of(later, step)) == before
