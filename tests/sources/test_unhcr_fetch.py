"""UNHCR: requests to the API, and the check of each answer against its request."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.http import Client, Request
from fcm_migration.sources.base import ReleaseFile, Source
from tests.fault_server import Exchange, FaultServer
from tests.sources.fake_get import FakeGet, through
from tests.sources.unhcr_pages import (
    ALL,
    APPLICATIONS,
    DEMOGRAPHICS,
    ENDPOINT,
    Page,
    bodies,
    hold,
    pages,
)

by_source = pytest.mark.parametrize("source", ALL, ids=lambda source: source.source_id)


def number(request: Request) -> int:
    """The page a request asks for."""
    return int(dict(request.params)["page"])


def api(folder: Path, answers: Sequence[bytes | Page]) -> FakeGet:
    """The API in small: one answer after the other, then 404."""

    def answer(request: Request) -> bytes | None:
        if number(request) > len(answers):
            return None
        page = answers[number(request) - 1]
        return page if isinstance(page, bytes) else json.dumps(page).encode()

    return FakeGet(folder, answer)


@by_source
def test_every_page_is_asked_for_with_both_bounds_and_iso_codes(
    tmp_path: Path, source: Source
) -> None:
    get = api(tmp_path, bodies(source))
    before = datetime.now(UTC).year
    fetched = source.fetch(get)
    endpoint, first = ENDPOINT[source]
    count = len(bodies(source))
    assert [number(request) for request in get.requests] == list(range(1, count + 1))
    for request in get.requests:
        assert request.url == f"https://api.unhcr.org/population/v1/{endpoint}/"
        assert request.expect == "json"
        asked = dict(request.params)
        assert len(asked) == len(request.params)
        assert before <= int(asked.pop("yearTo")) <= datetime.now(UTC).year
        del asked["page"]
        shown = [asked.pop(name) for name in list(asked) if name.endswith("_show")]
        assert shown == (["1"] * 4 if source is DEMOGRAPHICS else [])
        assert asked == {
            "yearFrom": first,
            "coo_all": "true",
            "coa_all": "true",
            "cf_type": "ISO",
            "limit": "10000",
        }
    assert [file.name for file in fetched.files] == [
        f"page-{page:03d}.json" for page in range(1, count + 1)
    ]
    assert [file.response.path.read_bytes() for file in fetched.files] == bodies(source)
    assert fetched.as_of is None


def changed(which: int, /, **fields: object) -> list[Page]:
    """The applications' pages with some fields of one page written over."""
    answers = pages(APPLICATIONS)
    answers[which - 1] |= fields
    return answers


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        (changed(2, maxPages=3), "page 2: the pages do not fit.*page 2 of 2.*got page 2 of 3"),
        (changed(2, page=1), "page 2: the pages do not fit.*got page 1 of 2"),
        (changed(1, page=2), "page 1: the pages do not fit.*run the refresh again"),
        (changed(1, maxPages=0, items=[]), "page 1: the pages do not fit.*got page 1 of 0"),
        (changed(1, maxPages=61), "at most 60; got page 1 of 61"),
        (changed(2, items=[]), "page 2: the API answered without rows"),
        (changed(1, maxPages="2"), r"envelope.*got \['items', 'maxPages', 'page', 'short-url'"),
        (changed(1, maxPages=None), "not the API's envelope"),
        (changed(1, items={"year": 2000}), "not the API's envelope"),
        (changed(1, items=[2000]), "items that are no rows"),
        ([b"[]"], "page 1: not the API's envelope.*got list"),
        ([b'{"error": "maintenance"}'], r"not the API's envelope.*got \['error'\]"),
        ([bodies(APPLICATIONS)[0][:-200]], "page 1: not JSON"),
        ([b"[" * 100_000], "page 1: not JSON"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(
    tmp_path: Path, answers: list[bytes | Page], words: str
) -> None:
    with pytest.raises(LayoutError, match=words):
        APPLICATIONS.fetch(api(tmp_path, answers))


def test_a_page_that_cannot_be_had_ends_the_download(tmp_path: Path) -> None:
    get = api(tmp_path, bodies(APPLICATIONS)[:1])
    with pytest.raises(FetchError, match="404"):
        APPLICATIONS.fetch(get)
    assert [number(request) for request in get.requests] == [1, 2]


def test_through_the_real_client(tmp_path: Path) -> None:
    """The query as it arrives at a server, one failing page, and the pages read again."""
    answers = bodies(APPLICATIONS)

    def page(exchange: Exchange) -> bytes:
        return answers[int(exchange.query["page"]) - 1]

    with (
        FaultServer(
            routes={"/population/v1/asylum-applications/": page}, mode="500_then_ok"
        ) as server,
        Client(
            download_dir=tmp_path,
            allowed_hosts=frozenset({server.host}),
            min_interval_seconds=0,
            backoff_seconds=0.01,
            allow_loopback=True,
        ) as client,
    ):
        fetched = APPLICATIONS.fetch(through(client, server))
        asked = [exchange.query for exchange in server.requests]
    assert [query["page"] for query in asked] == ["1", "1", "2"]
    assert {query["cf_type"] for query in asked} == {"ISO"}
    assert {query["yearFrom"] for query in asked} == {"2000"}
    assert {query["yearTo"] for query in asked} == {str(datetime.now(UTC).year)}
    files = [ReleaseFile(file.name, file.response.path) for file in fetched.files]
    assert hold(APPLICATIONS, APPLICATIONS.parse(files)).height == 19
