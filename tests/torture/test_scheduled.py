"""The campaign of scheduled runs, small: few runs are kept, so the plateau comes early."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dagster_project import maintenance, pruning
from tests.torture import scheduled

pytestmark = [
    pytest.mark.torture,
    # Dagster's own call, where it fills in a nested resource of a run that another process launched
    pytest.mark.filterwarnings("ignore:InitResourceContext.dagster_run:DeprecationWarning"),
]


def test_every_run_succeeds_and_the_storage_stops_growing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(pruning.RETENTION, runs=2, checks=3)
    monkeypatch.setattr(maintenance, "RETENTION", few)
    with scheduled.silenced():
        found = scheduled.campaign(tmp_path, 20, hours=8)
    assert set(found.ended) == {"SUCCESS"}
    assert found.runs >= 20
    assert found.breaches == []
    # so a plateau was seen
    full = found.full(hours=8)
    assert len([runs for runs, _ in found.after_maintenance if runs >= full]) >= 2
