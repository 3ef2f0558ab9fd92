"""Proxies of facilitation as a step of a refresh."""

from __future__ import annotations

from pathlib import Path

from fcm_migration import store
from fcm_migration.trends.facilitation.tables import FACILITATION
from tests.making import make
from tests.refresh.sparse import sparse_home


def test_the_step_writes_its_table(tmp_path: Path) -> None:
    context = sparse_home(tmp_path)
    first = make(context, "facilitation")
    path = context.home.table("trend", "facilitation_proxies")
    assert set(first) == {"trend.facilitation_proxies"}
    assert store.read(path, FACILITATION).is_empty()  # two origins, no boats, no regions
