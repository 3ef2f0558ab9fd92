"""Requests, responses and the names of possible outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from fcm_migration.errors import UsageError

KINDS = frozenset({"xlsx", "ods", "zip", "csv", "json", "html", "xml"})

# The closed set of outcomes of a failed request; FetchError.outcome is always one of these.
OUTCOMES: Mapping[str, str] = MappingProxyType(
    {
        "unreachable": "no name, no route, no connection or no valid certificate",
        "connection_lost": "the connection was made and ended before any answer",
        "timeout": "the publisher went silent",
        "too_slow": "the body was still coming when the time was up",
        "truncated": "the body ended before it was complete",
        "blocked": "the publisher refuses automated access (401, 403, 407 or 451)",
        "challenge": "a bot wall sent its challenge page instead",
        "gone": "there is nothing at this address any more (404 or 410)",
        "rate_limited": "the publisher asks for fewer requests (429), still after waiting",
        "server_error": "the publisher's server failed (408, 425 or 5xx), again and again",
        "unexpected_status": "an answer that fits no request of ours (other 3xx and 4xx)",
        "not_modified": "the server answered 'nothing new' (304) to a request without conditions",
        "redirect_refused": "the address leads outside what this source may touch",
        "redirect_loop": "redirects without an end",
        "html_instead": "a web page where a data file was expected",
        "wrong_type": "a file of another kind or character set than expected",
        "wrong_encoding": "a body that is not compressed as it claims",
        "empty": "no bytes at all",
        "too_small": "fewer bytes than this file ever had",
        "too_large": "more bytes than this file may have",
    }
)
# Outcomes that mean there is no such file; whatever else failed may work tomorrow.
ABSENT = frozenset({"gone", "html_instead", "wrong_type", "empty"})


@dataclass(frozen=True)
class Request:
    """One file to download.

    Attributes:
        url: address without credentials.
        params: query parameters added to the address, in order.
        expect: what the body must be: xlsx, ods, zip, csv (any delimiter), json, html or xml.
        min_bytes: bodies below this are refused as too small.
        max_bytes: bodies above this are refused while they arrive, also when decompressed.
        csv_anchor: text the first line of a csv must contain.

    """

    url: str
    _: KW_ONLY
    params: tuple[tuple[str, str], ...] = ()
    expect: str
    min_bytes: int = 1
    max_bytes: int = 50_000_000
    csv_anchor: str | None = None

    def __post_init__(self) -> None:
        if self.expect not in KINDS:
            raise UsageError(
                "unknown kind of body", where=self.url, expected=sorted(KINDS), got=self.expect
            )


@dataclass(frozen=True)
class Response:
    """One complete body on disk, named by its sha256, and the facts of its arrival.

    ``headers`` keeps only what provenance needs: etag, last-modified, content-type, date.
    """

    url: str
    final_url: str
    status: int
    retrieved_at: datetime
    headers: Mapping[str, str]
    path: Path
    sha256: str
    size: int
