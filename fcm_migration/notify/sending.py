"""Sending notifications: every channel is given the episodes it has not sent yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from fcm_migration.config import Home
from fcm_migration.errors import FcmError
from fcm_migration.notify.channels import deliver
from fcm_migration.notify.due import Memory, enlist, newest_periods, read_memory, write_memory
from fcm_migration.notify.settings import Channel, Settings, exposed, read_settings

SETTINGS_NAME, MEMORY_NAME = "notify.toml", "notified.json"
SETTINGS = "settings"


@dataclass(frozen=True)
class Outcome:
    """The result of one channel.

    Attributes:
        channel: its name; "settings" where these could not be read, or others can read them.
        told: episodes sent now.
        due: episodes still to be sent, at the next call.
        error: reason of a failure, without any secret; empty on success.
    """

    channel: str
    told: int
    due: int
    error: str = ""

    @property
    def words(self) -> str:
        """Return the outcome as one line."""
        if self.channel == SETTINGS:
            return f"{self.channel}: {self.error}"
        rest = f", {self.due} still to tell" if self.due else ""
        problem = f": {self.error}" if self.error else ""
        return f"{self.channel}: {self.told} told{rest}{problem}"


def notify_opened(home: Home, alerts: pl.DataFrame, now: datetime) -> list[Outcome]:
    """Send notifications of the episodes that opened; call it after an edition is published.

    Args:
        home: of the published edition; settings, memory and ``mart.series_index`` are read there.
        alerts: rows of ``trend.alerts``.
        now: time of the call, with its zone.

    Returns:
        one outcome per channel; none where notifications are off.
    """
    outcomes: list[Outcome] = []
    try:
        if warning := exposed(home.root / SETTINGS_NAME):
            outcomes.append(Outcome(SETTINGS, 0, 0, warning))
        settings = settings_of(home)
        if settings is None:
            return []
        memory = read_memory(home.root / MEMORY_NAME)
        memory = enlist(memory, alerts, newest_periods(home), settings, now)
        keep = _keeper(home)
        keep(memory)  # before sending: what a crash interrupts is sent at the next call
        for channel in settings.channels:
            memory, outcome = _told(channel, memory, alerts, now, keep)
            outcomes.append(outcome)
    except FcmError as error:
        outcomes.append(Outcome(SETTINGS, 0, 0, str(error)))
    except OSError as error:
        what = f"{MEMORY_NAME} cannot be kept: {error.strerror or type(error).__name__}"
        outcomes.append(Outcome(SETTINGS, 0, 0, what))
    except Exception as error:
        # an edition is published by now: nothing here may end the refresh
        outcomes.append(Outcome(SETTINGS, 0, 0, f"a fault of the program: {type(error).__name__}"))
    return outcomes


def settings_of(home: Home) -> Settings | None:
    """Return the home's settings; None where notifications are off.

    Raises:
        UsageError: they cannot be read, or have an unknown key or value.
        OSError: the home itself cannot be read.
    """
    path = home.root / SETTINGS_NAME
    return read_settings(path) if path.exists() else None


def _keeper(home: Home) -> Callable[[Memory], None]:
    return lambda memory: write_memory(memory, home.root / MEMORY_NAME)


def _told(
    channel: Channel, memory: Memory, alerts: pl.DataFrame, now: datetime,
    keep: Callable[[Memory], None],
) -> tuple[Memory, Outcome]:  # fmt: skip
    """Send one channel its due messages, recording each as soon as it is delivered."""
    memory = memory.without_withdrawn(channel.key, set(alerts.get_column("alert_id")))
    due = [episode.alert_id for episode in memory.due(channel.key)]
    rows = alerts.filter(pl.col("alert_id").is_in(due)).sort("score", "alert_id", descending=True)
    count, problem = 0, ""
    try:
        for told in deliver(channel, rows.to_dicts(), now):
            memory = memory.with_told(channel.key, told, now)
            count += len(told)
            keep(memory)
    except FcmError as error:
        problem = str(error)
    return memory, Outcome(channel.key, count, len(due) - count, problem)
