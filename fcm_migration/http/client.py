"""The client: one file at a time, paced per host, with retries; a complete body or an error."""

from __future__ import annotations

import logging
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import httpx
import stamina

from fcm_migration.errors import FetchError
from fcm_migration.http.cookies import host_only_cookies
from fcm_migration.http.guard import check_addresses, check_url, resolve
from fcm_migration.http.model import Request, Response
from fcm_migration.http.pace import Contacts, Deadline, Watchdog
from fcm_migration.http.transfer import AskedToWaitError, classify, refuse_status, save

# States name and purpose. No browser is imitated: some walls block exactly that, and publishers
# who refuse automated access are respected (their files come through the inbox).
DEFAULT_USER_AGENT = (
    "fcm-migration (collects published migration statistics for analysis; a few files a day)"
)
_LOG = logging.getLogger(__name__)
_MAX_REDIRECTS = 5
_KEPT_HEADERS = ("etag", "last-modified", "content-type", "date")
# Outcomes worth another try, and the most tries: without a network every try fails, and a body
# truncated three times is truncated at the publisher.
_TRIES = {
    "unreachable": 2,
    "connection_lost": 3,
    "truncated": 3,
    "timeout": 3,
    "rate_limited": 99,
    "server_error": 99,
}
_QUICK_RETRY_SECONDS = 0.2
# Time for a connection after a host was silent and none has answered in this refresh: probably
# there is no network, and further sources should cost little.
_OFFLINE_CONNECT_SECONDS = 2.0


def _log_retry(details: stamina.instrumentation.RetryDetails) -> None:
    _LOG.info("%s; next try in %.1f s", details.caused_by, details.wait_for)


# stamina's own hook prints to standard output where structlog happens to be installed.
stamina.instrumentation.set_on_retry_hooks([_log_retry])


class Client:
    """Download files; one client per source, used as a context manager.

    Args:
        download_dir: where complete bodies are put.
        allowed_hosts: the only hosts that may be touched, redirects included.
        attempts: tries per request, for temporary failures.
        total_seconds: time for one request with its retries, waits and redirects; a body that
            keeps coming has longer (see :class:`~fcm_migration.http.pace.Deadline`).
        min_interval_seconds: least time between two requests to one host.
        backoff_seconds: first wait after a failure; it doubles, with jitter, up to ten times that.
        proxy: address of an outgoing proxy. The proxy resolves names, so private addresses
            cannot be detected; the list of hosts still applies.
        ca_file: certificates to trust instead of the usual ones.
        allow_loopback: for tests only: plain http to this machine.
        contacts: what the clients of one refresh share; by default nothing is shared.

    """

    def __init__(
        self,
        *,
        download_dir: Path,
        allowed_hosts: frozenset[str],
        user_agent: str = DEFAULT_USER_AGENT,
        connect_seconds: float = 5.0,
        read_seconds: float = 30.0,
        attempts: int = 5,
        total_seconds: float = 120.0,
        min_interval_seconds: float = 1.0,
        backoff_seconds: float = 1.0,
        proxy: str | None = None,
        ca_file: Path | None = None,
        allow_loopback: bool = False,
        contacts: Contacts | None = None,
    ) -> None:
        download_dir.mkdir(parents=True, exist_ok=True)
        self._directory = download_dir
        self._hosts = allowed_hosts
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._attempts, self._total_seconds = attempts, total_seconds
        self._interval, self._backoff = min_interval_seconds, backoff_seconds
        self._proxied, self._loopback = proxy is not None, allow_loopback
        self._contacts = contacts or Contacts()
        # The environment is not consulted (trust_env): what a run needs is in its configuration.
        # No connection is kept: requests to one host are a second apart and few, and the watchdog
        # has to know the socket of each.
        self._http = httpx.Client(
            headers={"User-Agent": user_agent, "Accept": "*/*", "Accept-Encoding": "gzip"},
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            cookies=host_only_cookies(),
            proxy=proxy,
            trust_env=False,
            verify=True if ca_file is None else ssl.create_default_context(cafile=ca_file),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def get(self, request: Request) -> Response:
        """Bring one complete body to disk; raise FetchError with one of OUTCOMES otherwise."""
        deadline = Deadline(self._total_seconds)
        last: FetchError | None = None
        attempts = stamina.retry_context(
            on=self._worth_repeating(deadline),
            attempts=self._attempts,
            timeout=self._total_seconds,
            wait_initial=self._backoff,
            wait_max=self._backoff * 10,
            wait_jitter=self._backoff,
        )
        for attempt in attempts:
            with attempt:
                if last is not None and deadline.has_passed:
                    raise last
                try:
                    return self._attempt(request, deadline)
                except FetchError as error:
                    last = error
                    raise
        raise AssertionError("stamina ends with an answer or an error")

    def _worth_repeating(self, deadline: Deadline) -> Callable[[Exception], bool | float]:
        """Return False to give up after a failure, True to back off, or the seconds to wait."""
        failures: Counter[str] = Counter()

        def decide(error: Exception) -> bool | float:
            if not isinstance(error, FetchError) or error.outcome not in _TRIES:
                return False
            failures[error.outcome] += 1
            left = deadline.left
            tries = _TRIES[error.outcome]
            if error.outcome == "unreachable":
                tries = 1 if self._contacts.some_host_silent else tries
                if failures[error.outcome] >= tries:
                    self._contacts.some_host_silent = True
                    return False
                return _QUICK_RETRY_SECONDS
            if left <= 0 or failures[error.outcome] >= tries:
                return False
            wait = error.wait if isinstance(error, AskedToWaitError) else None
            if wait is None:
                return True
            return wait if wait < left else False

        return decide

    def _attempt(self, request: Request, deadline: Deadline) -> Response:
        """Follow redirects to one answer, each hop checked as if it were the first."""
        url = request.url
        if request.params:
            url += ("&" if "?" in url else "?") + urlencode(request.params)
        for _ in range(_MAX_REDIRECTS + 1):
            self._admit(url, deadline, origin=request.url)
            with self._exchange(url, deadline) as answer:
                if answer.has_redirect_location:
                    url = str(httpx.URL(url).join(answer.headers["location"]))
                    continue
                refuse_status(answer, url)
                path, sha256, size = save(answer, request, self._directory, deadline)
                return Response(
                    url=request.url,
                    final_url=url,
                    status=answer.status_code,
                    retrieved_at=datetime.now(UTC),
                    headers={k: answer.headers[k] for k in _KEPT_HEADERS if k in answer.headers},
                    path=path,
                    sha256=sha256,
                    size=size,
                )
        raise FetchError(
            f"more than {_MAX_REDIRECTS} redirects", outcome="redirect_loop", where=request.url
        )

    def _admit(self, url: str, deadline: Deadline, *, origin: str) -> None:
        """Check the address, then wait until the host may be contacted again."""
        try:
            host, port = check_url(url, allowed_hosts=self._hosts, allow_loopback=self._loopback)
            if not self._proxied:
                found = resolve(url, host, port, seconds=self._connect_limit())
                check_addresses(url, found, allow_loopback=self._loopback)
        except FetchError as error:
            if url.startswith(origin):
                raise
            raise FetchError(
                f"redirected to {url}: {error.what}",
                outcome=error.outcome,
                where=origin,
                expected=error.expected,
                got=error.got,
            ) from error
        due = self._contacts.last.get(host, float("-inf")) + self._interval
        time.sleep(max(0.0, min(due, deadline.at) - time.monotonic()))

    @contextmanager
    def _exchange(self, url: str, deadline: Deadline) -> Iterator[httpx.Response]:
        """Send one request; it ends at the deadline in any case."""
        deadline.received(0)
        left = max(0.001, deadline.left)
        read = min(self._read_seconds, left)
        wire = _Wire(url, peer_known=not self._proxied, allow_loopback=self._loopback)
        watchdog = Watchdog(deadline, wire.cut)
        in_body = False
        try:
            with self._http.stream(
                "GET",
                url,
                timeout=httpx.Timeout(read, connect=min(self._connect_limit(), left)),
                extensions={"trace": wire.trace},
            ) as answer:
                self._contacts.some_host_silent, in_body = False, True
                yield answer
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise classify(error, url, in_body=in_body, deadline=deadline) from error
        finally:
            watchdog.cancel()
            if wire.connected:
                self._contacts.last[httpx.URL(url).host] = time.monotonic()

    def _connect_limit(self) -> float:
        if self._contacts.some_host_silent:
            return min(self._connect_seconds, _OFFLINE_CONNECT_SECONDS)
        return self._connect_seconds


class _Wire:
    """One connection being made: checks the peer's address and can cut the connection."""

    def __init__(self, url: str, *, peer_known: bool, allow_loopback: bool) -> None:
        self.connected = False
        self._url, self._peer_known, self._loopback = url, peer_known, allow_loopback
        self._socket: socket.socket | None = None

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Receive httpcore's events; check the peer before the request is sent.

        The name was resolved and checked before, but httpcore resolves it again: only the peer's
        address proves that both resolutions agree.
        """
        if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            return
        stream = info["return_value"]
        self._socket = stream.get_extra_info("socket")
        self.connected = True
        if self._peer_known and event.startswith("connection.connect_tcp"):
            peer = str(stream.get_extra_info("server_addr")[0])
            try:
                check_addresses(self._url, [peer], allow_loopback=self._loopback)
            except FetchError:
                stream.close()
                raise

    def cut(self) -> None:
        """End the connection from another thread; httpcore's read then fails at once.

        Its own timeout starts anew with each byte, so a header sent drop by drop would pass it.
        """
        if self._socket is not None:
            try:
                # The plain socket's method: TLS's own would swap state under the reading thread.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
            except OSError:
                return
