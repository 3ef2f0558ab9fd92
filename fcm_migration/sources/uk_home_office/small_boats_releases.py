"""Finding the newest small-boats workbook: GOV.UK gives every release an address of its own."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from urllib.parse import unquote

from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.http import Request, resolve_links
from fcm_migration.sources.base import Fetched, FetchedFile, Get

PAGE = "government/publications/migrants-detected-crossing-the-english-channel-in-small-boats"
LANDING = f"https://www.gov.uk/{PAGE}"
CONTENT_API = f"https://www.gov.uk/api/content/{PAGE}"
NAME = re.compile(
    r"(?P<day>\d{1,2})_(?P<month>[A-Z][a-z]+)_(?P<year>\d{4})_Small_boats_-_time_series"
    r"(?:_v(?P<again>\d+))?\.ods$"
)


def fetch(get: Get) -> Fetched:
    """Find the newest workbook by GOV.UK's content API or, failing that, the landing page.

    Raises:
        LayoutError: no workbook is named, or two of the newest release.
        FetchError: a page or the workbook cannot be had.
    """
    urls = _from_content_api(get)
    if not any(name_key(url) for url in urls):
        page = get(Request(LANDING, expect="html"))
        urls = {
            link.href
            for link in resolve_links(page.path.read_text(errors="replace"), page.final_url)
        }
    found = sorted((key, url) for url in urls if (key := name_key(url)) is not None)
    if not found:
        raise LayoutError(
            "neither the content API nor the landing page names a time series workbook",
            where=LANDING,
            expected="..._Small_boats_-_time_series.ods",
            got=f"none among {len(urls)} addresses",
            remedy="obtain the workbook by hand and run: fcm ingest uk_small_boats FILE",
        )
    (day, again), url = found[-1]
    if same := [other for key, other in found if key == (day, again) and other != url]:
        raise LayoutError(
            "the newest release stands at several addresses", where=LANDING, got=[*same, url]
        )
    response = get(Request(url, expect="ods", min_bytes=20_000))
    return Fetched((FetchedFile(unquote(url.rsplit("/", 1)[-1]), response),), as_of=day)


def _from_content_api(get: Get) -> set[str]:
    """Return the asset addresses the content API names; none if the document is gone."""
    try:
        api = get(Request(CONTENT_API, expect="json"))
    except FetchError as error:
        if error.outcome in {"gone", "html_instead", "wrong_type"}:
            return set()
        raise
    return set(_strings(json.loads(api.path.read_bytes())))


def _strings(value: object) -> list[str]:
    """Return every asset address anywhere in the API's answer (attachments move between keys)."""
    if isinstance(value, str):
        return re.findall(r"https://assets\.publishing\.service\.gov\.uk/[^\s\"'<>]+", value)
    if isinstance(value, dict):
        value = list(value.values())
    return [text for item in value for text in _strings(item)] if isinstance(value, list) else []


def name_key(name: str) -> tuple[date, int] | None:
    """Return release date and re-issue number in a file's name."""
    match = NAME.search(unquote(name))
    if match is None:
        return None
    try:
        text = f"{match['day']} {match['month']} {match['year']}"
        day = datetime.strptime(text, "%d %B %Y").date()  # noqa: DTZ007
    except ValueError:
        return None
    return day, int(match["again"] or 1)
