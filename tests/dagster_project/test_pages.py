"""The folder of reports over HTTP: what it holds can be read, and nothing else can be reached."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from dagster_project.guard import Guard, served_origins
from dagster_project.pages import CHUNK, POLICY, Pages, link
from fcm_migration.config import Home

HERE = "localhost:3000"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with a brief, a site of two pages, and what lies beside them."""
    made = Home(tmp_path / "home")
    site = made.reports / "site"
    (site / "downloads").mkdir(parents=True)
    (made.reports / "brief_CAN.html").write_text("<h1>Canada</h1>")
    (site / "index.html").write_text("<h1>Site</h1>")
    (site / "downloads" / "flows.csv").write_text("a,b\n")
    (site / "downloads" / "SHA256SUMS").write_text("0\n")
    (made.reports / ".hidden.html").write_text("hidden")
    (made.root / "notify.toml").write_text("secret")
    (made.root / "reports-old").mkdir()
    (made.root / "reports-old" / "page.html").write_text("old")
    return made


async def dagster(_scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b"Dagster"})


def ask(home: Home, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
    """Return status, headers and body of an answer, through the guard."""
    given = {"host": HERE, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    answer: list[Any] = []

    async def send(message: Any) -> None:
        answer.append(message)

    guard = Guard(Pages(dagster, home.reports), served_origins(3000))
    asyncio.run(guard(scope, lambda: asyncio.sleep(0), send))  # type: ignore[arg-type, return-value]
    body = b"".join(message.get("body", b"") for message in answer[1:])
    return answer[0]["status"], answer[0]["headers"], body


def header(headers: Any, name: str) -> list[str]:
    return [value.decode() for key, value in headers if key.decode() == name]


def test_a_brief_is_read_under_its_own_policy(home: Home) -> None:
    address = link(home, home.reports / "brief_CAN.html")
    status, headers, body = ask(home, address)
    assert (status, body) == (200, b"<h1>Canada</h1>")
    assert header(headers, "content-type") == ["text/html; charset=utf-8"]
    assert header(headers, "content-length") == ["15"]
    assert POLICY in header(headers, "content-security-policy")
    assert header(headers, "x-content-type-options") == ["nosniff"]
    assert "allow-same-origin" not in POLICY  # or a script of a page could drive Dagster
    assert "default-src 'none'" in POLICY
    assert "connect-src" not in POLICY


def test_head_gives_the_headers_alone(home: Home) -> None:
    status, headers, body = ask(home, "/reports/brief_CAN.html", "HEAD")
    assert (status, header(headers, "content-length"), body) == (200, ["15"], b"")


def test_a_folder_s_address_gives_its_first_page_and_no_list(home: Home) -> None:
    assert ask(home, "/reports/site/")[2] == b"<h1>Site</h1>"
    for path in ("/reports/", "/reports", "/reports/site", "/reports/site/downloads/"):
        assert ask(home, path)[0] == 404, path


@pytest.mark.parametrize("name", ["flows.csv", "SHA256SUMS"])
def test_a_download_is_saved_and_not_shown(name: str, home: Home) -> None:
    status, headers, _ = ask(home, f"/reports/site/downloads/{name}")
    assert status == 200
    assert header(headers, "content-disposition") == ["attachment"]
    assert header(headers, "content-type") == ["application/octet-stream"]


@pytest.mark.parametrize(
    "path",
    ["../notify.toml", "site/../../notify.toml", "./brief_CAN.html", "//brief_CAN.html",
     ".hidden.html", "site/..", "..", "brief_CAN.html/", "brief_CAN.html/x", "brief_CAN.html\0",
     "..\\notify.toml", "/etc/passwd", "a" * 300, "/".join("abcdefghij"), "%2e%2e/notify.toml",
     "brief_ZZZ.html", "~root", "site:downloads"],
)  # fmt: skip
def test_nothing_else_can_be_named(path: str, home: Home) -> None:
    status, _, body = ask(home, f"/reports/{path}")
    assert status == 404
    assert b"secret" not in body
    assert b"hidden" not in body


def test_a_name_that_only_begins_alike_is_dagster_s(home: Home) -> None:
    for path in ("/reports-old/page.html", "/reportsx", "/runs", "/"):
        assert ask(home, path)[0] == 299


def test_no_link_is_followed(home: Home, tmp_path: Path) -> None:
    secret = tmp_path / "secret.html"
    secret.write_text("secret")
    (home.reports / "link.html").symlink_to(secret)
    os.link(secret, home.reports / "hard.html")
    (home.reports / "folder").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(home.reports / "pipe.html")
    for name in ("link.html", "hard.html", "folder/secret.html", "pipe.html"):
        assert ask(home, f"/reports/{name}")[0] == 404, name
    home.reports.rename(home.root / "moved")
    home.reports.symlink_to(home.root / "moved", target_is_directory=True)
    assert ask(home, "/reports/brief_CAN.html")[0] == 404


def test_a_home_without_reports_answers_in_words(tmp_path: Path) -> None:
    status, _, body = ask(Home(tmp_path), "/reports/brief_CAN.html")
    assert status == 404
    assert body.startswith(b"There is no such page: ")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_but_reading(method: str, home: Home) -> None:
    assert ask(home, "/reports/brief_CAN.html", method)[0] == 405
    assert (home.reports / "brief_CAN.html").exists()


def test_the_guard_stands_before_the_pages_too(home: Home) -> None:
    assert ask(home, "/reports/brief_CAN.html", host="evil.example")[0] == 421
    other = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors", "sec_fetch_dest": "image"}
    assert ask(home, "/reports/brief_CAN.html", **other)[0] == 403


def test_a_large_file_comes_whole(home: Home) -> None:
    body = os.urandom(2 * CHUNK + 7)
    (home.reports / "large.bin").write_bytes(body)
    assert ask(home, "/reports/large.bin")[2] == body
