"""One exchange: the meaning of a status, and a body saved to disk within its limits."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx

from fcm_migration.errors import FetchError
from fcm_migration.http.body import check_body, is_challenge, is_html
from fcm_migration.http.model import Request
from fcm_migration.http.pace import Deadline

_PEEK = 65_536
_INFLATED_PIECE = 1 << 20
# Kinds without an end mark: half of such a file looks like a complete one.
_ENDLESS = frozenset({"csv", "html"})


class AskedToWaitError(FetchError):
    """A failure the server declares temporary; ``wait`` is its Retry-After."""

    def __init__(self, what: str, *, outcome: str, wait: float | None, **context: object) -> None:
        super().__init__(what, outcome=outcome, **context)
        self.wait = wait


def classify(error: Exception, url: str, *, in_body: bool, deadline: Deadline) -> FetchError:
    """Return the outcome of an exchange that httpx aborted."""
    cause = f"{type(error).__name__}: {error}"
    if deadline.has_passed:
        outcome = "too_slow" if in_body else "timeout"
        return FetchError(
            "no complete answer within the time", outcome=outcome, where=url, got=cause
        )
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
        return FetchError("no connection", outcome="unreachable", where=url, got=cause)
    if isinstance(error, httpx.TimeoutException):
        return FetchError("the publisher went silent", outcome="timeout", where=url, got=cause)
    # httpx reads the target of a redirect even when told not to follow it, and blames the protocol.
    bad_target = str(error).startswith("Invalid URL in location header")
    if bad_target or isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return FetchError("not a valid address", outcome="redirect_refused", where=url, got=cause)
    if in_body:
        return FetchError(
            "the connection ended within the body", outcome="truncated", where=url, got=cause
        )
    return FetchError(
        "the connection ended before an answer", outcome="connection_lost", where=url, got=cause
    )


def refuse_status(answer: httpx.Response, url: str) -> None:
    """Raise FetchError unless the answer is a plain 200 without the headers of a bot wall."""
    status = answer.status_code
    challenged = answer.headers.get("cf-mitigated", "").lower() == "challenge"
    if status == httpx.codes.OK and not challenged:
        return
    start = _peek(answer)
    challenged = challenged or (is_html(start) and is_challenge(start, wanted_html=True))
    got = f"status {status}"
    if status in (401, 403, 407, 451) or challenged:
        raise FetchError(
            "the publisher refuses automated access",
            outcome="challenge" if challenged else "blocked",
            where=url,
            got=got,
            remedy="download the file by hand and put it into the inbox",
        )
    if status == httpx.codes.NOT_MODIFIED:
        raise FetchError("not modified since when?", outcome="not_modified", where=url, got=got)
    if status in (404, 410):
        raise FetchError("nothing at this address", outcome="gone", where=url, got=got)
    wait = retry_after(answer.headers.get("retry-after"))
    if status == httpx.codes.TOO_MANY_REQUESTS:
        raise AskedToWaitError(
            "the publisher asks for fewer requests",
            outcome="rate_limited",
            wait=wait,
            where=url,
            got=got,
        )
    if status in (408, 425) or status >= 500:
        raise AskedToWaitError(
            "the publisher's server failed", outcome="server_error", wait=wait, where=url, got=got
        )
    raise FetchError("an unexpected answer", outcome="unexpected_status", where=url, got=got)


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After header (seconds or an HTTP date); None if not given."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def save(
    answer: httpx.Response, request: Request, directory: Path, deadline: Deadline
) -> tuple[Path, str, int]:
    """Stream the body to ``directory``, check it, and name it by its sha256.

    The final name appears only for a complete, accepted and fsynced body; any failure leaves
    nothing behind.
    """
    descriptor, name = tempfile.mkstemp(prefix="fetch-", suffix=".part", dir=directory)
    part = Path(name)
    digest, size = hashlib.sha256(), 0
    try:
        with os.fdopen(descriptor, "wb") as handle:
            for piece in _within(answer, request, deadline):
                digest.update(piece)
                size += handle.write(piece)
            handle.flush()
            if size:
                _refuse_endless(answer, request)
            check_body(part, request)
            os.fsync(handle.fileno())
        target = directory / f"{digest.hexdigest()}.{request.expect}"
        part.replace(target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync_directory(directory)
    return target, digest.hexdigest(), size


def _within(answer: httpx.Response, request: Request, deadline: Deadline) -> Iterator[bytes]:
    """Yield the decoded body in pieces; raise when it exceeds its size or time."""
    declared = answer.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > request.max_bytes:
        raise _too_large(request, f"{int(declared):,} bytes declared")
    size = 0
    for piece in _decoded(answer, request):
        size += len(piece)
        if size > request.max_bytes:
            raise _too_large(request, "more")
        deadline.received(answer.num_bytes_downloaded)
        if deadline.has_passed:
            raise FetchError(
                "the body came too slowly",
                outcome="too_slow",
                where=request.url,
                got=f"{size:,} bytes",
            )
        yield piece


def _decoded(answer: httpx.Response, request: Request) -> Iterator[bytes]:
    """Yield the pieces with gzip undone, the only encoding requested.

    httpx could do it, but it neither limits the inflated size of a piece nor notices a truncated
    gzip stream.
    """
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        yield from answer.iter_raw()
        return
    if encoding not in ("gzip", "x-gzip"):
        raise _bad_encoding(request, f"content-encoding {encoding!r}")
    inflater, received = zlib.decompressobj(31), 0
    for received_piece in answer.iter_raw():
        packed = received_piece
        received += len(packed)
        while packed and not inflater.eof:
            try:
                yield inflater.decompress(packed, _INFLATED_PIECE)
            except zlib.error as error:
                raise _bad_encoding(request, f"declared gzip, but {error}") from None
            packed = inflater.unconsumed_tail
        if inflater.unused_data or (inflater.eof and packed):
            raise _bad_encoding(request, "bytes after the end of the gzip stream")
    if received and not inflater.eof:
        raise FetchError("the gzip stream stops early", outcome="truncated", where=request.url)


def _refuse_endless(answer: httpx.Response, request: Request) -> None:
    """Refuse a text whose complete length is unknown: a truncated one would look complete."""
    names = ("content-length", "transfer-encoding", "content-encoding")
    told = any(answer.headers.get(name, "").strip() not in ("", "identity") for name in names)
    if request.expect in _ENDLESS and not told:
        raise FetchError(
            "a text that does not show whether it is complete",
            outcome="truncated",
            where=request.url,
            expected="a Content-Length, chunks or gzip",
        )


def _peek(answer: httpx.Response) -> bytes:
    """Return the beginning of a refusal's body, as far as it arrives, to find the reason."""
    start = b""
    try:
        for piece in answer.iter_raw():
            start += piece
            if len(start) >= _PEEK:
                break
    except httpx.HTTPError:
        return start
    try:
        return zlib.decompressobj(47).decompress(start, _PEEK)
    except zlib.error:
        return start[:_PEEK]


def _too_large(request: Request, got: str) -> FetchError:
    return FetchError(
        "a body too large",
        outcome="too_large",
        where=request.url,
        expected=f"at most {request.max_bytes:,} bytes",
        got=got,
    )


def _bad_encoding(request: Request, got: str) -> FetchError:
    return FetchError(
        "a body that is not encoded as it claims",
        outcome="wrong_encoding",
        where=request.url,
        got=got,
    )


def _sync_directory(directory: Path) -> None:
    """Make the new name durable; where directories cannot be opened (Windows) the system does."""
    try:
        descriptor = os.open(directory, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
