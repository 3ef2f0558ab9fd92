"""Checks of downloaded bodies, of pages and of links."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fcm_migration.errors import FetchError
from fcm_migration.http import Link, Request, feed_addresses, resolve_links
from fcm_migration.http.body import check_body
from tests.workbook.writers import write_ods, write_xlsx, write_zip

URL = "https://publisher.example/file"
ANUBIS = b"""<!doctype html><html><head><title>Making sure you're not a bot!</title>
<link rel="stylesheet" href="/.within.website/x/xess/xess.min.css"></head></html>"""
AKAMAI = b"<HTML><HEAD>\n<TITLE>Access Denied</TITLE>\n</HEAD><BODY>Reference #18</BODY></HTML>"
RSS = b"""<?xml version="1.0"?><rss version="2.0"><channel><item>
<link>https://a.example/p?x=1&amp;y=2</link><guid>https://a.example/p?x=1&amp;y=2#top</guid></item>
<item><link><![CDATA[https://b.example/q.aspx]]></link></item></channel></rss>"""
ARTICLE = (
    b"<!-- saved --><?xml version='1.0'?><!DOCTYPE html><html><head><title>Small boats</title>"
    b"</head><body><p>The challenge of access denied to a captcha.</p></body></html>"
)


def outcome(tmp_path: Path, body: bytes, expect: str, **settings: object) -> str:
    path = tmp_path / "body"
    path.write_bytes(body)
    try:
        check_body(path, Request(URL, expect=expect, **settings))  # type: ignore[arg-type]
    except FetchError as error:
        return error.outcome
    return "accepted"


@pytest.mark.parametrize(
    ("body", "expect", "verdict"),
    [
        (b"", "csv", "empty"),
        (b"a,b\n1,2\n", "csv", "accepted"),
        (b"\xef\xbb\xbfa,b\n", "csv", "accepted"),
        (b"a\0b\0", "csv", "wrong_type"),
        (b"\x1f\x8b\x08", "csv", "wrong_type"),
        (b"%PDF-1.7", "xlsx", "wrong_type"),
        (b"PK\x03\x04 cut off", "xlsx", "truncated"),
        (b'{"a": [1, 2]}', "json", "accepted"),
        (b"\xef\xbb\xbf[1]\n", "json", "accepted"),
        (b'{"a": [1, 2', "json", "truncated"),
        (b'{"a": [{"b": 1}', "json", "wrong_type"),
        (b'"text"', "json", "wrong_type"),
        (b"<error/>", "json", "wrong_type"),
        (b"[" * 100_000, "json", "wrong_type"),
        (b'{"a": "\xff"}', "json", "wrong_type"),
        (b"plain text", "html", "wrong_type"),
        (RSS, "xml", "accepted"),
        (b"\xef\xbb\xbf<rss><a/></rss>\n", "xml", "accepted"),
        (b"<feed>\n</feed><!-- made by a machine -->", "xml", "accepted"),
        (RSS[:-8], "xml", "truncated"),
        (RSS[:60], "xml", "truncated"),
        (b"<rss></channel>", "xml", "truncated"),
        (b"{}", "xml", "wrong_type"),
        (b"<!doctype html><html></html>", "xml", "html_instead"),
        (ANUBIS, "xml", "challenge"),
        (ARTICLE, "html", "accepted"),
        (ARTICLE.replace(b"<!DOCTYPE html>", b""), "html", "accepted"),
        (ANUBIS, "html", "challenge"),
        (ANUBIS, "csv", "challenge"),
        (AKAMAI, "html", "challenge"),
        (AKAMAI, "xlsx", "challenge"),
        (b"\n\n<!DOCTYPE HTML><p>Moved", "json", "html_instead"),
    ],
)
def test_verdicts(body: bytes, expect: str, verdict: str, tmp_path: Path) -> None:
    assert outcome(tmp_path, body, expect) == verdict


def test_csv_anchor_must_stand_in_the_first_line(tmp_path: Path) -> None:
    assert outcome(tmp_path, b"Fiscal Year,Count\n", "csv", csv_anchor="Fiscal Year") == "accepted"
    assert outcome(tmp_path, b"Count\nFiscal Year\n", "csv", csv_anchor="Fiscal Y") == "wrong_type"


def test_size_below_the_least(tmp_path: Path) -> None:
    assert outcome(tmp_path, b"a,b\n", "csv", min_bytes=100) == "too_small"


def test_every_cut_of_a_workbook_is_noticed(tmp_path: Path) -> None:
    whole = write_ods(tmp_path / "a.ods", {"S": [["a", 1]] * 20}).read_bytes()
    assert outcome(tmp_path, whole, "ods") == "accepted"
    verdicts = {outcome(tmp_path, whole[:length], "ods") for length in range(4, len(whole), 7)}
    assert verdicts == {"truncated"}
    assert outcome(tmp_path, whole + b"tail", "ods") == "truncated"


def test_zip_of_another_kind(tmp_path: Path) -> None:
    other = write_zip(tmp_path / "a.zip", {"readme.txt": "text"}).read_bytes()
    assert outcome(tmp_path, other, "xlsx") == "wrong_type"
    workbook = write_xlsx(tmp_path / "a.xlsx", {"S": [[1]]}).read_bytes()
    assert outcome(tmp_path, workbook, "xlsx") == "accepted"
    assert outcome(tmp_path, workbook, "ods") == "wrong_type"


def test_links_are_absolute_in_order_and_only_http() -> None:
    page = """<html><body><a href="/media/1/data.ods">Small boats
      <b>time&nbsp;series</b></a> <a>none</a> <a href="">empty</a>
      <a href="mailto:a@b.example">mail</a> <a href="http://[::1">broken</a>
      <a href="//assets.example/x.csv?y=1#part">CSV &amp; more</a><a href="next">open"""
    assert resolve_links(page, "https://publisher.example/stats/") == [
        Link("Small boats time series", "https://publisher.example/media/1/data.ods"),
        Link("CSV & more", "https://assets.example/x.csv?y=1"),
        Link("open", "https://publisher.example/stats/next"),
    ]


def test_links_honour_the_base_of_the_page() -> None:
    page = '<base href="https://files.example/a/"><a href="b.xlsx">B</a>'
    assert resolve_links(page, URL) == [Link("B", "https://files.example/a/b.xlsx")]


def test_links_in_comments_and_scripts_do_not_count() -> None:
    page = """<!-- <a href="old.csv">old</a> --><SCRIPT>'<a href="x.csv">x</a>'</SCRIPT>
      <a class="b" data-href="no.csv" title="a > b" HREF='yes.csv'>yes</a><abbr>no</abbr>
      <style>a{}</style><a href=plain.csv>plain</a><!-- <a href="late.csv">late</a>"""
    assert [link.text for link in resolve_links(page, URL)] == ["yes", "plain"]
    assert resolve_links("\u0130<script></script><a href=a>t</a>", URL)[0].text == "t"


@pytest.mark.parametrize(
    "junk",
    [
        "",
        "<a href=",
        "<" * 500_000,
        "<a " * 200_000,
        '<a "' * 200_000,
        '<a ""' * 200_000,
        "<!--" * 200_000,
        "<a " + "href" * 200_000,
        "\0\ufffd<!--",
    ],
)
def test_links_of_junk_are_none_and_cost_little(junk: str) -> None:
    started = time.perf_counter()
    assert resolve_links(junk, URL) == []
    assert time.perf_counter() - started < 5


def test_addresses_of_a_feed() -> None:
    assert feed_addresses(RSS.decode()) == [
        "https://a.example/p?x=1&y=2",
        "https://b.example/q.aspx",
    ]


def test_a_feed_of_unfinished_tags_takes_little_time() -> None:
    started = time.monotonic()
    feed_addresses("<link>https://" * 20_000)
    assert time.monotonic() - started < 2.0
