"""Delivery of messages: a line in the log, a POST of JSON, an e-mail in plain text.

Error messages name only the kind of failure: servers' answers, addresses of web hooks and user
names are not repeated. Messages leave this machine only over TLS with a verified certificate.
"""

from __future__ import annotations

import json
import logging
import smtplib
import ssl
import textwrap
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from fcm_migration.errors import FcmError
from fcm_migration.notify.settings import LOCAL, Channel, Email, Log, Webhook
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
    "explanation",
)
USER_AGENT = "fcm-migration"
# A server that sends a byte now and then could keep a connection open for ever.
PATIENCE = 3.0  # all steps together, in multiples of the timeout of one
_LOG = logging.getLogger(__name__)


class NotifyError(FcmError):
    """A channel did not accept a message; it is sent again at the next call."""


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
            _within(channel, lambda: _mail(channel, message(channel, rows, now)))
            yield tuple(row["alert_id"] for row in rows)
        return
    for row in rows:
        if isinstance(channel, Log):
            _LOG.log(logging.getLevelNamesMapping()[channel.level.upper()], "%s", line(row))
        else:
            _within(channel, lambda row=row: _post(channel, payload(row)))  # type: ignore[misc]
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
    mail = EmailMessage()
    mail["From"], mail["To"] = channel.sender, ", ".join(channel.recipients)
    mail["Date"] = format_datetime(now)
    mail["Subject"] = f"{what}: {_title(first)}" + (" and others" if number > 1 else "")
    parts = [
        f"{_title(row)}\n\n{textwrap.fill(row['explanation'], 76)}\n\nalert_id {row['alert_id']}"
        for row in rows
    ]
    rule = f"\n\n{'-' * 76}\n\n"
    mail.set_content(rule.join(parts) + "\n")
    return mail


def _title(row: Row) -> str:
    origin = "all origins" if row["origin_iso3"] == "total" else row["origin_iso3"]
    return (
        f"{origin} to {row['destination_iso3']}, {row['indicator'].replace('_', ' ')}, "
        f"{period_name(row['period'], row['frequency'])} ({row['tier']}, score {row['score']:.0f})"
    )


def _post(channel: Webhook, body: Mapping[str, Any]) -> None:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": USER_AGENT,
        "Idempotency-Key": str(body["alert_id"]),
    }
    if channel.token:
        headers["Authorization"] = f"Bearer {channel.token}"
    data = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
    # the settings allow only https, and http on this machine
    request = urllib.request.Request(channel.url, data, headers, method="POST")  # noqa: S310
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if urlsplit(channel.url).hostname in LOCAL:
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        opener = urllib.request.build_opener(*handlers)
        with opener.open(request, timeout=channel.timeout_seconds):
            return
    except urllib.error.HTTPError as error:
        error.close()
        raise NotifyError("the server refused it", where=channel.key, got=error.code) from None
    except (OSError, HTTPException, ValueError) as error:
        raise _unreachable(channel, error) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuse redirects: they would send the token elsewhere, and the message without its body."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _mail(channel: Email, mail: EmailMessage) -> None:
    try:
        with _connected(channel) as server:
            if channel.user:
                server.login(channel.user, channel.password)
            refused = server.send_message(mail)
    except smtplib.SMTPResponseException as error:
        what = "the mail server refused it"
        raise NotifyError(what, where=channel.key, got=error.smtp_code) from None
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise _unreachable(channel, error) from None
    if refused:
        # the other recipients have it: sending again would notify them twice
        _LOG.warning("%s: %d of %d recipients were refused", channel.key, len(refused),
                     len(channel.recipients))  # fmt: skip


def _connected(channel: Email) -> smtplib.SMTP:
    seconds = channel.timeout_seconds
    if channel.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(channel.host, channel.port, timeout=seconds, context=context)
    server = smtplib.SMTP(channel.host, channel.port, timeout=seconds)
    if channel.security == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def _unreachable(channel: Webhook | Email, error: Exception) -> NotifyError:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    kind = "it took too long" if isinstance(cause, TimeoutError) else type(cause).__name__
    return NotifyError("it could not be reached", where=channel.key, got=kind)


def _within(channel: Webhook | Email, send: Callable[[], None]) -> None:
    """Send in a thread that is abandoned when all steps together take too long."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            send()
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(PATIENCE * channel.timeout_seconds)
    if thread.is_alive():
        raise NotifyError("it could not be reached", where=channel.key, got="it took too long")
    if raised and isinstance(raised[0], NotifyError):
        raise raised[0]
    if raised:
        raise _unreachable(channel, raised[0]) from None
