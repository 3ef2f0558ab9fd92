"""Breaks as a step of a refresh."""

from __future__ import annotations

from pathlib import Path

from fcm_migration import store
from fcm_migration.refresh.trend_breaks import build_trend_breaks
from fcm_migration.store import read_json
from fcm_migration.trends.breaks.tables import BREAKS_FOUND
from tests.refresh.sparse import sparse_home


def test_the_step_writes_its_table_once(tmp_path: Path) -> None:
    context = sparse_home(tmp_path)
    first = build_trend_breaks(context)
    path = context.home.table("trend", "breaks")
    assert set(first) == {"trend.breaks"}
    assert store.read(path, BREAKS_FOUND).is_empty()  # nothing so small has a level
    written = path.stat().st_mtime_ns
    assert build_trend_breaks(context) == first
    assert path.stat().st_mtime_ns == written
    path.unlink()
    assert build_trend_breaks(context) == first
    stamp = context.home.root / "trend" / "breaks.inputs.json"
    store.write_json(stamp, {**read_json(stamp), "version": 0})
    build_trend_breaks(context)
    assert read_json(stamp)["version"] != 0
