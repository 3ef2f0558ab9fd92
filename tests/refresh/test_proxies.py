"""Proxies of facilitation as a step of a refresh."""

from __future__ import annotations

from pathlib import Path

from fcm_migration import store
from fcm_migration.refresh.proxies import build_proxies
from fcm_migration.store import read_json
from fcm_migration.trends.facilitation.tables import FACILITATION
from tests.refresh.sparse import sparse_home


def test_the_step_writes_its_table_once(tmp_path: Path) -> None:
    context = sparse_home(tmp_path)
    first = build_proxies(context)
    path = context.home.table("trend", "facilitation_proxies")
    assert set(first) == {"trend.facilitation_proxies"}
    assert store.read(path, FACILITATION).is_empty()  # two origins, no boats, no regions
    written = path.stat().st_mtime_ns
    assert build_proxies(context) == first
    assert path.stat().st_mtime_ns == written
    path.unlink()
    assert build_proxies(context) == first
    stamp = context.home.root / "trend" / "facilitation_proxies.inputs.json"
    store.write_json(stamp, {**read_json(stamp), "version": 0})
    build_proxies(context)
    assert read_json(stamp)["version"] != 0
