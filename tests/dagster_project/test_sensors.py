"""Sensors: a file is taken once and only when complete; what fails is told, and nothing raises."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project.definitions import build
from dagster_project.resources import FcmHome, this_server
from dagster_project.sensors import FAILED, INBOX, REPORTED
from fcm_migration.archive.lock import refresh_lock
from fcm_migration.notify import SETTINGS_NAME
from fcm_migration.refresh import journal
from fcm_migration.refresh.arrivals import SETTLED_SECONDS
from fcm_migration.refresh.context import Context
from tests.dagster_project.toy_definitions import run
from tests.toy import TOY
from tests.toy_home import toy_context

NOW = datetime.now(UTC)


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def library(tmp_path: Path) -> Context:
    context = replace(toy_context(tmp_path), now=NOW)
    (context.home.inbox / "toy").mkdir(parents=True)
    return context


def sensor(library: Context, name: str) -> dg.SensorDefinition:
    made = build((TOY,), FcmHome(server=this_server), lambda: library)
    (found,) = [each for each in made.sensors or [] if each.name == name]
    return found


def tick(
    library: Context, instance: dg.DagsterInstance, cursor: str | None, name: str = INBOX
) -> tuple[list[dg.RunRequest], str, str | None]:
    """One look: the runs asked for, why there are none, and the note for the next look."""
    context = dg.build_sensor_context(instance, cursor=cursor)
    made = sensor(library, name).evaluate_tick(context)
    return list(made.run_requests or []), made.skip_message or "", made.cursor


def put(library: Context, name: str, text: str, *, age: float = 60, source: str = "toy") -> Path:
    path = library.home.inbox / source / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    moment = NOW.timestamp() - age
    os.utime(path, (moment, moment))
    return path


def test_a_file_starts_the_run_of_its_source_once(
    library: Context, instance: dg.DagsterInstance
) -> None:
    assert tick(library, instance, None)[1] == "no new file in the inbox"
    put(library, "toy_2024-01-15.csv", "month,origin,count\n")
    runs, why, cursor = tick(library, instance, None)
    assert (runs, "not yet looked at twice: toy/toy_2024-01-15.csv" in why) == ([], True)
    (asked,), _, cursor = tick(library, instance, cursor)
    assert asked.job_name == "refresh_toy"
    assert asked.run_key is not None
    assert asked.run_key.startswith("toy-")
    assert asked.tags["inbox"] == "toy_2024-01-15.csv"
    runs, why, cursor = tick(library, instance, cursor)
    assert (runs, why) == ([], "a run has been started for every file that waits")


def test_the_same_content_has_the_same_key_under_any_name(
    library: Context, instance: dg.DagsterInstance
) -> None:
    keys = set()
    for name in ("a.csv", "b.csv"):
        path = put(library, name, "the same")
        _, _, cursor = tick(library, instance, None)
        (asked,), _, _ = tick(library, instance, cursor)
        keys.add(asked.run_key)
        path.unlink()
    put(library, "a.csv", "another")
    _, _, cursor = tick(library, instance, None)
    (asked,), _, _ = tick(library, instance, cursor)
    assert len(keys) == 1
    assert asked.run_key not in keys


def test_a_file_that_is_being_written_is_left_alone(
    library: Context, instance: dg.DagsterInstance
) -> None:
    put(library, "a.csv", "half")
    _, _, cursor = tick(library, instance, None)
    put(library, "a.csv", "half and more")  # grown between two looks
    runs, _, cursor = tick(library, instance, cursor)
    assert runs == []
    assert tick(library, instance, cursor)[0] != []
    put(library, "a.csv", "written just now", age=SETTLED_SECONDS / 2)
    for _ in range(3):
        runs, why, cursor = tick(library, instance, cursor)
        assert runs == []
        assert "still being written" in why


def test_what_nobody_takes_is_said_once(library: Context, instance: dg.DagsterInstance) -> None:
    put(library, "report.csv", "x", source="nobody")
    (library.home.inbox / "loose.csv").write_text("x")
    (library.home.inbox / "toy" / "link.csv").symlink_to("/etc/passwd")
    (library.home.inbox / "empty").mkdir()
    runs, why, cursor = tick(library, instance, None)
    assert runs == []
    assert "nobody: no source takes it" in why
    assert "loose.csv: no source takes it" in why
    assert "link.csv" in why
    assert "a link" in why
    assert "empty:" not in why
    assert tick(library, instance, cursor)[1] == "no new file in the inbox"
    put(library, "new.csv", "x", source="someone")
    why = tick(library, instance, cursor)[1]
    assert "someone: no source takes it" in why
    assert "nobody" not in why


def test_a_link_is_never_followed_nor_read(
    library: Context, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("secret")
    (library.home.inbox / "toy" / "a.csv").symlink_to(secret)
    os.link(secret, library.home.inbox / "toy" / "b.csv")
    os.mkfifo(library.home.inbox / "toy" / "c.csv")
    cursor: str | None = None
    for _ in range(3):
        runs, _, cursor = tick(library, instance, cursor)
        assert runs == []


@pytest.mark.parametrize("cursor", ["", "no JSON", "[]", '{"states": 1}', '{"states": {}}'])
def test_a_damaged_cursor_is_begun_anew(
    cursor: str, library: Context, instance: dg.DagsterInstance
) -> None:
    put(library, "a.csv", "x")
    _, _, after = tick(library, instance, cursor)
    assert len(tick(library, instance, after)[0]) == 1


def test_the_cursor_forgets_what_has_gone(library: Context, instance: dg.DagsterInstance) -> None:
    path = put(library, "a.csv", "x")
    _, _, cursor = tick(library, instance, None)
    _, _, cursor = tick(library, instance, cursor)
    path.unlink()
    _, _, cursor = tick(library, instance, cursor)
    assert json.loads(cursor or "") == {"states": {}, "asked": {}, "said": []}


@pytest.mark.slow
def test_a_refresh_of_the_command_line_is_reported(
    own_home: Context, instance: dg.DagsterInstance
) -> None:
    with refresh_lock(own_home.home.root, holder="fcm refresh"):
        _, why, cursor = tick(own_home, instance, None, REPORTED)
    assert why == "fcm refresh is running: what it makes is reported then"
    (pages,), _, cursor = tick(own_home, instance, cursor, REPORTED)
    assert pages.tags["reported"].startswith("Reported to Dagster, as made by `fcm refresh`: ")
    assert (pages.run_key or "").startswith("pages of ")
    _, why, cursor = tick(own_home, instance, cursor, REPORTED)
    assert why == "no refresh has ended since the last look"
    assert instance.get_latest_materialization_event(dg.AssetKey(["mart", "flows"])) is not None

    (again,), _, _ = tick(own_home, instance, None, REPORTED)
    assert again.run_key == pages.run_key  # they are not written yet, and asked for once
    assert run(own_home, instance, "published/briefs", "published/site").success
    runs, why, _ = tick(own_home, instance, None, REPORTED)
    assert (runs, why) == ([], "Dagster knows everything that stands in the home")


@dg.op
def fails() -> None:
    raise ValueError("password=hunter2")


@dg.job(name="refresh_toy")
def refresh_toy() -> None:
    fails()


@dg.job(name="maintenance")
def maintenance() -> None:
    fails()


def failed(job: dg.JobDefinition, library: Context, instance: dg.DagsterInstance) -> Any:
    """Let a job fail, and give the failure to the sensor."""
    result = job.execute_in_process(instance=instance, raise_on_error=False)
    (event,) = [e for e in result.all_events if e.event_type_value == "PIPELINE_FAILURE"]
    context = dg.build_run_status_sensor_context(
        FAILED, event, instance, result.dagster_run
    ).for_run_failure()
    return sensor(library, FAILED)(context)


@pytest.mark.parametrize("job", [refresh_toy, maintenance], ids=lambda job: job.name)
def test_a_failed_run_is_told_without_what_its_error_repeats(
    job: dg.JobDefinition,
    library: Context,
    instance: dg.DagsterInstance,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (library.home.root / SETTINGS_NAME).write_text('[log]\nlevel = "warning"\n')
    library = replace(library, now=datetime.now(UTC) + timedelta(seconds=1))
    failed(job, library, instance)
    (told,) = [r.message for r in caplog.records if r.name.startswith("fcm_migration.notify")]
    assert "step fails: ValueError" in told
    assert job.name in told
    assert "hunter2" not in told


def test_a_refresh_that_failed_is_told_once(
    library: Context, instance: dg.DagsterInstance, caplog: pytest.LogCaptureFixture
) -> None:
    """The run itself, or the sensor: whoever comes first."""
    (library.home.root / SETTINGS_NAME).write_text('[log]\nlevel = "warning"\n')
    failed(refresh_toy, library, instance)
    failed(refresh_toy, library, instance)
    assert len([r for r in caplog.records if r.name.startswith("fcm_migration.notify")]) == 1


def test_a_failure_that_is_seen_late_is_not_told_after_a_refresh_that_went_well(
    library: Context, instance: dg.DagsterInstance, caplog: pytest.LogCaptureFixture
) -> None:
    (library.home.root / SETTINGS_NAME).write_text('[log]\nlevel = "warning"\n')
    later = datetime.now(UTC) + timedelta(hours=1)
    journal.end(library.home, journal.begin(library.home, later, "fcm refresh"), "done")
    failed(refresh_toy, library, instance)
    assert [r for r in caplog.records if r.name.startswith("fcm_migration.notify")] == []


def test_a_channel_that_fails_is_logged_and_no_secret_is(
    library: Context, instance: dg.DagsterInstance, caplog: pytest.LogCaptureFixture
) -> None:
    address = "http://127.0.0.1:9/a-secret-path"  # nothing answers there
    settings = f'[[webhook]]\nname = "team"\nurl = "{address}"\ntoken = "s3cret"\n'
    (library.home.root / SETTINGS_NAME).write_text(settings)
    before = time.monotonic()
    for job in (refresh_toy, maintenance):
        failed(job, library, instance)
    assert time.monotonic() - before < 60
    logged = "\n".join(record.getMessage() for record in caplog.records)
    warned = [
        r for r in caplog.records if r.levelno == logging.WARNING and "webhook team" in r.message
    ]
    assert len(warned) == 2
    assert "s3cret" not in logged
    assert "a-secret-path" not in logged


def test_settings_that_cannot_be_read_are_logged(
    library: Context, instance: dg.DagsterInstance, caplog: pytest.LogCaptureFixture
) -> None:
    (library.home.root / SETTINGS_NAME).write_text("[webhook\nurl = s3cret")
    for job in (refresh_toy, maintenance):
        failed(job, library, instance)
    assert len([r for r in caplog.records if "settings: " in r.message]) == 2
    assert "s3cret" not in caplog.text
