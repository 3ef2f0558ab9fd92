"""A read-only server leaves the schedules alone; a request to switch them is obeyed or refused.

Turning them on and off starts code servers: ``tests/system/test_switches.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from dagster_project.__main__ import _arguments
from dagster_project.serve import _make_ready, instance_of
from dagster_project.switches import running
from fcm_migration.config import Home

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def instance(home: Home) -> Iterator[dg.DagsterInstance]:
    with instance_of(home) as made:
        yield made


def test_a_read_only_server_changes_nothing(home: Home, instance: dg.DagsterInstance) -> None:
    assert _make_ready(home, read_only=True, service=False) == [
        "Read-only: no schedule runs, and nothing can be started."
    ]
    assert running(instance) == []


@pytest.mark.parametrize(
    "arguments", [["--schedules", "on", "--port", "3000"], ["--service", "--read-only"]]
)
def test_no_argument_goes_unheard(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["dagster_project", *arguments])
    with pytest.raises(SystemExit) as ended:
        _arguments()
    assert ended.value.code == 2
    assert arguments[0] in capsys.readouterr().err
