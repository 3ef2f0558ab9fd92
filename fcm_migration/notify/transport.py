"""Delivery of messages by web hook and e-mail, within a limit of time.

Error messages name only the kind of failure: servers' answers, addresses of web hooks and user
names are not repeated. Messages leave this machine only over TLS with a verified certificate.
"""

from __future__ import annotations

import json
import logging
import smtplib
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from fcm_migration.errors import FcmError
from fcm_migration.notify.settings import LOCAL, Email, Webhook

USER_AGENT = "fcm-migration"
# A server that sends a byte now and then could keep a connection open for ever.
PATIENCE = 3.0  # all steps together, in multiples of the timeout of one
_LOG = logging.getLogger(__name__)


class NotifyError(FcmError):
    """A channel did not accept a message; it is sent again at the next call."""


def post(channel: Webhook, body: Mapping[str, Any], *, key: str) -> None:
    """Send JSON to a web hook, which can tell a repetition by its key.

    Raises:
        NotifyError: it was not accepted.
    """
    _within(channel, lambda: _post(channel, body, key))


def mail(channel: Email, message: EmailMessage) -> None:
    """Send an e-mail.

    Raises:
        NotifyError: the server did not accept it.
    """
    _within(channel, lambda: _mail(channel, message))


def letter(channel: Email, subject: str, text: str, now: datetime) -> EmailMessage:
    """Return an e-mail in plain text to the recipients of a channel."""
    made = EmailMessage()
    made["From"], made["To"] = channel.sender, ", ".join(channel.recipients)
    made["Date"] = format_datetime(now)
    made["Subject"] = subject
    made.set_content(text)
    return made


def _post(channel: Webhook, body: Mapping[str, Any], key: str) -> None:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": USER_AGENT,
        "Idempotency-Key": key,
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


def _mail(channel: Email, message: EmailMessage) -> None:
    try:
        with _connected(channel) as server:
            if channel.user:
                server.login(channel.user, channel.password)
            refused = server.send_message(message)
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
