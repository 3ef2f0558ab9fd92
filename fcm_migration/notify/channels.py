"""Alerts as messages: a line in the log, a POST of JSON, an e-mail in plain text."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from fcm_migration.notify.settings import Channel, Email, Log
from fcm_migration.notify.transport import letter, mail, post
from fcm_migration.periods import period_name
from fcm_migration.printable import printable

Row = Mapping[str, Any]
PAYLOAD = (
    "alert_id",
    "tier",
    "score",
    "kind",
    "direction",
    "series_id",
    "source_id",
    "indicator",
    "unit",
    "destination_iso3",
    "origin_iso3",
    "route",
    "place",
    "frequency",
    "period",
    "public_from",
    "episode_start",
    "observed",
    "expected",
    "bound",
    "revised_until",
    "newer_period",
    "newer_value",
    "newer_is_partial",
    "headline",
    "explanation",
)
_LOG = logging.getLogger(__name__)


def deliver(channel: Channel, rows: Sequence[Row], now: datetime) -> Iterator[tuple[str, ...]]:
    """Send alerts; yield the alert_id of each one delivered.

    Args:
        channel: where to send them.
        rows: rows of ``trend.alerts``.
        now: time of the call.

    Raises:
        NotifyError: the channel failed; the alerts delivered before were yielded.
    """
    if isinstance(channel, Email):
        if rows:
            mail(channel, message(channel, rows, now))
            yield tuple(row["alert_id"] for row in rows)
        return
    for row in rows:
        if isinstance(channel, Log):
            _LOG.log(logging.getLevelNamesMapping()[channel.level.upper()], "%s", line(row))
        else:
            post(channel, payload(row), key=str(row["alert_id"]))
        yield (row["alert_id"],)


def payload(row: Row) -> dict[str, Any]:
    """Return an alert as JSON: dates in ISO 8601, the unit beside the figures."""
    return {
        name: row[name].isoformat() if hasattr(row[name], "isoformat") else row[name]
        for name in PAYLOAD
    }


def line(row: Row) -> str:
    """Return an alert as one line."""
    return printable(f"alert {row['alert_id']}: {' '.join(row['explanation'].split())}")


def message(channel: Email, rows: Sequence[Row], now: datetime) -> EmailMessage:
    """Return one e-mail with every alert, highest score first."""
    first, number = rows[0], len(rows)
    what = "1 alert" if number == 1 else f"{number} alerts"
    subject = f"{what}: {_title(first)}" + (" and others" if number > 1 else "")
    parts = [
        f"{textwrap.fill(row['headline'], 76)}\n\n{textwrap.fill(row['explanation'], 76)}"
        f"\n\nalert_id {row['alert_id']}"
        for row in rows
    ]
    rule = f"\n\n{'-' * 76}\n\n"
    return letter(channel, subject, rule.join(parts) + "\n", now)


def _title(row: Row) -> str:
    origin = "all origins" if row["origin_iso3"] == "total" else row["origin_iso3"]
    return (
        f"{origin} to {row['destination_iso3']}, {row['indicator'].replace('_', ' ')}, "
        f"{period_name(row['period'], row['frequency'])} ({row['tier']}, score {row['score']:.0f})"
    )
