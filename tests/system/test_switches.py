"""Schedules are off until somebody turns them on, and what a person stopped stays stopped."""

from __future__ import annotations

import dagster as dg
import pytest
from dagster._core.remote_representation.external import RemoteSchedule

from dagster_project import switches
from dagster_project.serve import _make_ready
from dagster_project.switches import running, switch, words
from fcm_migration.config import Home

pytestmark = pytest.mark.system

STOPPED = "uk_small_boats_cadence"


def test_a_service_turns_on_what_nobody_has_switched(
    empty_home: Home, instance: dg.DagsterInstance
) -> None:
    """A server for a person leaves all as it was, and says how to turn them on."""
    (said,) = _make_ready(empty_home, read_only=False, service=False)
    assert "schedules and sensors are off: nothing is fetched until you start a run" in said
    assert "python -m dagster_project --schedules on" in said
    assert running(instance) == []
    with switches._loaded(instance) as known:
        (schedule,) = [each for each in known if each.name == STOPPED]
        assert isinstance(schedule, RemoteSchedule)
        instance.start_schedule(schedule)
        instance.stop_schedule(schedule.get_remote_origin_id(), schedule.selector_id, schedule)
        every = sorted(each.name for each in known)
    turned_on, said = _make_ready(empty_home, read_only=False, service=True)
    assert STOPPED not in turned_on
    assert running(instance) == [name for name in every if name != STOPPED]
    assert said.startswith(f"{len(every) - 1} of {len(every)} schedules and sensors are on")
    assert _make_ready(empty_home, read_only=False, service=True) == [said]  # and no more than that


def test_all_are_turned_on_and_off_at_a_word(instance: dg.DagsterInstance) -> None:
    every = switch(instance, "on")
    assert sorted(every) == running(instance)
    assert sorted(switch(instance, "off")) == sorted(every)
    assert running(instance) == []
    assert words(instance).startswith(f"All {len(every)} schedules and sensors are off")
