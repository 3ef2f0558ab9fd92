"""A job that failed is told to every channel, once, and nothing of it can act on its reader."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fcm_migration.config import Home
from fcm_migration.notify import SETTINGS_NAME, Failure, notify_failure
from fcm_migration.notify.failures import payload, text

NOW = datetime(2026, 8, 1, 4, tzinfo=UTC)
FAILURE = Failure("maintenance", "1234", "step prune: \u202eOSError\n\x1b[31m", NOW, "/data")


def test_a_channel_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / SETTINGS_NAME).write_text("[log]\n")
    (outcome,) = notify_failure(Home(tmp_path), FAILURE, NOW)
    assert (outcome.told, outcome.error) == (1, "")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.message.startswith("a job failed: maintenance, run 1234 (home /data): step prune")
    assert "\x1b" not in record.message
    assert "\u202e" not in record.message


@pytest.mark.parametrize("settings", [None, "[log]\n[refresh]\ntell = false\n"])
def test_nobody_is_told_where_that_is_off(tmp_path: Path, settings: str | None) -> None:
    if settings is not None:
        (tmp_path / SETTINGS_NAME).write_text(settings)
    assert notify_failure(Home(tmp_path), FAILURE, NOW) == []


def test_settings_that_cannot_be_read_are_an_outcome(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_NAME).write_text("[webhook\nsecret")
    (outcome,) = notify_failure(Home(tmp_path), FAILURE, NOW)
    assert outcome.channel == "settings"
    assert "secret" not in outcome.words


def test_what_a_web_hook_and_a_letter_say() -> None:
    made = payload(FAILURE, NOW)
    assert made["event"] == "job_failed"
    assert (made["job"], made["run"], made["home"]) == ("maintenance", "1234", "/data")
    assert made["since"] == "2026-08-01T04:00:00+00:00"
    assert str(made["detail"]).isprintable()
    assert text(FAILURE).startswith("The job maintenance failed.\n\nstep prune: ")
