"""The resource takes the home's lock, and waits for it where another refresh has it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project import resources
from dagster_project.resources import FcmHome, Server
from fcm_migration.archive.lock import held_by, refresh_lock
from fcm_migration.config import Home


def test_it_waits_for_the_lock_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """It used to fail, three times in 21 seconds, and what was scheduled did not happen."""
    monkeypatch.setattr(resources, "take_fingerprints", lambda _sources: None)
    held, asked = threading.Event(), threading.Event()
    ended: list[float] = []

    def hold() -> None:
        with refresh_lock(tmp_path, holder="somebody else"):
            held.set()
            assert asked.wait(timeout=60)
            time.sleep(1.2)  # longer than the first look
            ended.append(time.monotonic())

    def asking(*given: Any, **named: Any) -> Any:
        asked.set()
        return refresh_lock(*given, **named)

    monkeypatch.setattr(resources, "refresh_lock", asking)
    server = dg.ResourceDefinition.hardcoded_resource(Server(Home(tmp_path)))
    with ThreadPoolExecutor() as threads:
        threads.submit(hold)
        assert held.wait(timeout=10)
        with dg.build_resources({"fcm": FcmHome(server=server)}):
            assert time.monotonic() >= ended[0]
            assert str(held_by(tmp_path)).startswith("dagster run ")
    assert held_by(tmp_path) is None
    log = capfd.readouterr().err
    assert "another refresh is running: somebody else (pid " in log
    assert "Waiting for it to end, at most 30 minutes." in log
    assert "the other refresh ended after " in log
