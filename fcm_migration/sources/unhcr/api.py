"""UNHCR's population API and its release files: asked page by page, read as text.

The API never errors: a bound it does not like is ignored and everything is returned with status
200, so each answer is held against what was asked.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import polars as pl

from fcm_migration.errors import LayoutError
from fcm_migration.http import Request
from fcm_migration.sources.base import Fetched, FetchedFile, Get, ReleaseFile, only_file

API = "https://api.unhcr.org/population/v1"
PAGE_SIZE = 10_000
MOST_PAGES = 60
Params = tuple[tuple[str, str], ...]
# No-break spaces, which some names of places are written with; a plain space means the same.
WIDE = "\u00a0\u2007\u202f"
_NARROWED = str.maketrans(dict.fromkeys(WIDE, " "))
# All pairs of origin and destination, in ISO codes; without them the API sums or misreads.
PAIRS: Params = (("coo_all", "true"), ("coa_all", "true"), ("cf_type", "ISO"))


def fetcher(endpoint: str, first_year: int, extra: Params = ()) -> Callable[[Get], Fetched]:
    """Return the fetch function of one endpoint: every origin and destination, page by page.

    ``extra`` are parameters of this endpoint alone, such as the columns it leaves out unasked.
    """

    def fetch(get: Get) -> Fetched:
        years = (("yearFrom", str(first_year)), ("yearTo", str(datetime.now(UTC).year)))
        return fetch_pages(get, endpoint, (*years, *PAIRS, *extra))

    return fetch


def fetch_pages(get: Get, endpoint: str, params: Params) -> Fetched:
    """Get every page of one query, each held to what was asked."""
    files: list[FetchedFile] = []
    pages = 1
    while len(files) < pages:
        number = len(files) + 1
        paging = (("limit", str(PAGE_SIZE)), ("page", str(number)))
        response = get(Request(f"{API}/{endpoint}/", params=(*params, *paging), expect="json"))
        page = envelope(response.path.read_bytes(), f"{endpoint} page {number}")
        hold_to_request(page, endpoint, number, pages if number > 1 else page["maxPages"])
        pages = page["maxPages"]
        files.append(FetchedFile(f"page-{number:03d}.json", response))
    return Fetched(tuple(files))


def envelope(body: bytes, where: str) -> dict[str, Any]:
    """Decode one answer of the API; LayoutError unless it is a page of rows."""
    try:
        page = json.loads(body, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise LayoutError("not JSON", where=where, got=str(error)) from None
    kinds = {"page": int, "maxPages": int, "items": list}
    if not isinstance(page, dict) or not all(
        isinstance(page.get(key), kind) for key, kind in kinds.items()
    ):
        raise LayoutError(
            "not the API's envelope",
            where=where,
            expected="whole numbers page and maxPages, and a list of items",
            got=sorted(page) if isinstance(page, dict) else type(page).__name__,
        )
    if not all(isinstance(item, dict) for item in page["items"]):
        raise LayoutError("items that are no rows", where=where, expected="objects")
    return page


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object's items; refuse a repeated key, which would hide one of its values."""
    items = dict(pairs)
    if len(items) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"keys stand twice: {sorted(k for k in items if keys.count(k) > 1)[:5]}")
    return items


def hold_to_request(page: dict[str, Any], endpoint: str, number: int, pages: int) -> None:
    """Refuse a page that is not the one asked for, or that holds nothing."""
    where = f"{endpoint} page {number}"
    if page["page"] != number or page["maxPages"] != pages or not 1 <= pages <= MOST_PAGES:
        raise LayoutError(
            "the pages do not fit together (the data changed meanwhile, or paging was ignored)",
            where=where,
            expected=f"page {number} of {pages}, at most {MOST_PAGES}",
            got=f"page {page['page']} of {page['maxPages']}",
            remedy="run the refresh again",
        )
    if not page["items"]:
        raise LayoutError("the API answered without rows", where=where, expected="rows")


def read_parquet(files: Sequence[ReleaseFile]) -> pl.DataFrame:
    """Read a release file as text, whole numbers kept as decimals without their ".0"."""
    raw = pl.read_parquet(only_file(files).path, glob=False)
    whole = [
        column.name
        for column in raw.get_columns()
        if column.dtype.is_float() and (column.is_finite() & (column == column.round())).all()
    ]
    raw = raw.with_columns(pl.col(whole).cast(pl.Int64))
    texts = pl.all().cast(pl.String).str.normalize("NFC").str.replace_all(f"[{WIDE}]", " ")
    return raw.with_columns(texts.str.strip_chars())


def read_pages(files: Sequence[ReleaseFile]) -> pl.DataFrame:
    """Read the pages of one query as text; one page at a time, since decoded rows are large."""
    frames: list[pl.DataFrame] = []
    for number, file in enumerate(files, start=1):
        page = envelope(file.path.read_bytes(), file.name)
        hold_to_request(page, file.name, number, len(files))
        columns = frames[0].columns if frames else list(page["items"][0])
        frames.append(as_text(page["items"], columns, files[0].name))
    return pl.concat(frames)


def as_text(rows: Sequence[dict[str, Any]], columns: Sequence[str], where: str) -> pl.DataFrame:
    """Return every value as text, stripped, without no-break spaces.

    All rows have the same columns.
    """
    if any(list(row) != columns for row in rows):
        raise LayoutError("rows of different columns", where=where, expected=columns)
    return pl.DataFrame(
        {
            column: [None if row[column] is None else _text(row[column]) for row in rows]
            for column in columns
        },
        schema_overrides=dict.fromkeys(columns, pl.String),
    )


def _text(value: object) -> str:
    return unicodedata.normalize("NFC", str(value)).translate(_NARROWED).strip()
