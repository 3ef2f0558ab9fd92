"""Checks that a body is what was requested, by its bytes: content types are often wrong.

Publishers send data as text/html and block pages with status 200, so neither is trusted.
"""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path

from fcm_migration.errors import FetchError
from fcm_migration.http.model import Request

_HEAD = 65_536
_EOCD_REACH = 65_557
# JSON may take twenty times its size once decoded. A larger body is held to its two ends here; its
# parser decodes it, within the limits of its source.
_JSON_DECODED = 4_000_000
# Markers that only bot walls carry (Cloudflare, Anubis, Incapsula, Akamai).
_WALL = (b"_cf_chl_opt", b"within.website", b"_incapsula_resource", b"errors.edgesuite.net")
# Words of a block page in place of a data file. A requested page may use them in its text, so
# there they count only in the title.
_WALL_WORDS = (
    b"just a moment",
    b"challenge",
    b"access denied",
    b"attention required",
    b"not a bot",
    b"anubis",
    b"are you a robot",
    b"captcha",
    b"request unsuccessful",
)
_XML_END = re.compile(rb"</([A-Za-z][\w:.-]{0,50})\s*>\s*(?:<!--[^<>]{0,2000}-->\s*)?$")
_OTHER_FILES = {b"PK\x03\x04": "a ZIP file", b"%PDF": "a PDF", b"\x1f\x8b": "a gzip file"}


def check_body(path: Path, request: Request) -> None:
    """Raise FetchError unless the complete file at ``path`` is what the request expects."""
    size = path.stat().st_size
    if size == 0:
        raise _bad("an empty body", "empty", request)
    with path.open("rb") as handle:
        head = handle.read(_HEAD)
    if is_html(head):
        if is_challenge(head, wanted_html=request.expect == "html"):
            raise _bad(
                "a page that refuses automated access",
                "challenge",
                request,
                remedy="download the file by hand and put it into the inbox",
            )
        if request.expect != "html":
            raise _bad("a web page instead of the file", "html_instead", request, got=head[:120])
    elif request.expect == "html":
        raise _bad("not a web page", "wrong_type", request, got=head[:40])
    elif request.expect in ("xlsx", "ods", "zip"):
        _check_zip(path, size, head, request)
    elif request.expect == "json":
        _check_json(path, head, request)
    elif request.expect == "xml":
        _check_xml(path, head, size, request)
    else:
        _check_csv(head, request)
    if size < request.min_bytes:
        raise _bad("a body too small", "too_small", request, expected=request.min_bytes, got=size)


def is_html(head: bytes) -> bool:
    """Return whether this begins a web page (after a byte order mark, comments, an XML line)."""
    start = head[:2048].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html")) or (
        start.startswith(b"<") and b"<html" in start
    )


def is_challenge(head: bytes, *, wanted_html: bool) -> bool:
    """Return whether the page is that of a bot wall."""
    text = head.lower()
    if any(mark in text for mark in _WALL):
        return True
    title = text.partition(b"<title")[2].partition(b"</title")[0]
    return any(word in (title if wanted_html else text) for word in _WALL_WORDS)


def _bad(what: str, outcome: str, request: Request, **context: object) -> FetchError:
    return FetchError(what, outcome=outcome, where=request.url, **context)


def _check_zip(path: Path, size: int, head: bytes, request: Request) -> None:
    """Refuse a ZIP container without its directory at the very end or the members of its kind."""
    if not head.startswith(b"PK\x03\x04"):
        raise _bad(f"not an {request.expect} file", "wrong_type", request, got=head[:16])
    with path.open("rb") as handle:
        handle.seek(max(0, size - _EOCD_REACH))
        tail = handle.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or len(tail) < at + 22:
            raise _bad("the ZIP container has no end", "truncated", request, got=f"{size} bytes")
        length, start, comment = struct.unpack_from("<IIH", tail, at + 12)
        whole = start + length <= size - len(tail) + at and len(tail) == at + 22 + comment
        if not whole:
            raise _bad("the ZIP container is incomplete", "truncated", request, got=f"{size} bytes")
        handle.seek(start)
        directory = handle.read(length)
    members = {
        "xlsx": (b"[Content_Types].xml", b"xl/"),
        "ods": (b"mimetype", b"content.xml"),
        "zip": (),
    }[request.expect]
    if not all(member in directory for member in members):
        raise _bad(f"a ZIP file, but not {request.expect}", "wrong_type", request)


def _check_json(path: Path, head: bytes, request: Request) -> None:
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] not in (b"{", b"["):
        raise _bad("not JSON", "wrong_type", request, got=head[:40])
    if path.stat().st_size > _JSON_DECODED:
        _check_json_end(path, request)
        return
    text = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        # A truncated document fails at its very end; any other failure means it is no JSON.
        at_end = isinstance(error, json.JSONDecodeError) and text.rstrip()[-1:] not in (b"}", b"]")
        outcome = "truncated" if at_end else "wrong_type"
        raise _bad("the JSON is incomplete or broken", outcome, request, got=str(error)) from None


def _check_json_end(path: Path, request: Request) -> None:
    with path.open("rb") as handle:
        handle.seek(-1_024, 2)
        tail = handle.read().rstrip()
    if tail[-1:] not in (b"}", b"]"):
        raise _bad("the JSON is incomplete", "truncated", request, got=tail[-40:])


def _check_xml(path: Path, head: bytes, size: int, request: Request) -> None:
    """Refuse a body that does not begin with a tag, or does not close its first element."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    element = re.match(rb"(?:<[?!][^<>]{0,2000}>\s*){0,20}<([A-Za-z][\w:.-]{0,50})[\s>]", start)
    if element is None:
        raise _bad("not XML", "wrong_type", request, got=head[:40])
    with path.open("rb") as handle:
        handle.seek(max(0, size - 4_096))
        closed = _XML_END.search(handle.read())
    if closed is None or closed[1] != element[1]:
        raise _bad("the XML is incomplete", "truncated", request, got=f"{size} bytes")


def _check_csv(head: bytes, request: Request) -> None:
    for magic, name in _OTHER_FILES.items():
        if head.startswith(magic):
            raise _bad(f"{name} instead of delimited text", "wrong_type", request)
    if b"\0" in head:
        raise _bad("binary data instead of delimited text", "wrong_type", request, got=head[:16])
    first = head.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    anchor = request.csv_anchor
    if anchor is not None and anchor not in first.decode("utf-8", "replace"):
        raise _bad(
            "the first line is not the expected header",
            "wrong_type",
            request,
            expected=f"a line with {anchor!r}",
            got=first[:200],
        )
