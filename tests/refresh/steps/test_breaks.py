"""Breaks as a step of a refresh."""

from __future__ import annotations

from pathlib import Path

from fcm_migration import store
from fcm_migration.trends.breaks.tables import BREAKS_FOUND
from tests.making import make
from tests.refresh.sparse import sparse_home


def test_the_step_writes_its_table(tmp_path: Path) -> None:
    context = sparse_home(tmp_path)
    first = make(context, "breaks")
    path = context.home.table("trend", "breaks")
    assert set(first) == {"trend.breaks"}
    assert store.read(path, BREAKS_FOUND).is_empty()  # nothing so small has a level
