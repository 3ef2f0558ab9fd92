"""Every way a server can misbehave ends in one typed outcome, and nothing is accepted or left."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from fcm_migration.errors import FetchError, UsageError
from fcm_migration.http import OUTCOMES, Client, Contacts, Request
from fcm_migration.http.guard import check_addresses
from fcm_migration.http.pace import Deadline
from fcm_migration.http.transfer import retry_after
from tests.fault_server import MODES, Exchange, FaultServer, Route
from tests.workbook.writers import Rows, write_ods, write_xlsx

CSV = b"country,month,persons\n" + b"Haiti,2025-01,12\n" * 4_000

# ok_until_close: a plain text that just ends cannot be told from one cut off; it is not believed.
FAILING = {
    "timeout": "timeout",
    "reset": "connection_lost",
    "slow_drip": "too_slow",
    "slow_drip_headers": "timeout",
    "truncated": "truncated",
    "truncated_chunked": "truncated",
    "truncated_gzip": "truncated",
    "truncated_until_close": "truncated",
    "ok_until_close": "truncated",
    "challenge": "challenge",
    "challenge_503": "challenge",
    "html_page": "html_instead",
    "401": "blocked",
    "403": "blocked",
    "404": "gone",
    "410": "gone",
    "418": "unexpected_status",
    "429": "rate_limited",
    "429_long": "rate_limited",
    "500": "server_error",
    "gzip_lie": "wrong_encoding",
    "gzip_trailing": "wrong_encoding",
    "odd_encoding": "wrong_encoding",
    "gzip_bomb": "too_large",
    "redirect_loop": "redirect_loop",
    "redirect_private": "redirect_refused",
    "redirect_metadata": "redirect_refused",
    "redirect_other_host": "redirect_refused",
    "redirect_file": "redirect_refused",
    "redirect_garbage": "redirect_refused",
    "redirect_credentials": "redirect_refused",
    "redirect_without_address": "unexpected_status",
    "304": "not_modified",
    "empty": "empty",
    "other_file_type": "wrong_type",
    "oversized": "too_large",
    "oversized_declared": "too_large",
}
WORKING = {
    "ok",
    "ok_chunked",
    "ok_gzip",
    "timeout_then_ok",
    "reset_then_ok",
    "truncated_then_ok",
    "429_then_ok",
    "429_soon_then_ok",
    "500_then_ok",
    "503_date_then_ok",
    "wrong_content_type",
}
# Hosts a hostile redirect may name and that are allowed by name, so that the address decides.
HOSTS = frozenset({"127.0.0.1", "10.0.0.1", "169.254.169.254"})


def a_client(directory: Path, **settings: object) -> Client:
    defaults: dict[str, object] = {
        "connect_seconds": 1.0,
        "read_seconds": 0.4,
        "total_seconds": 1.5,
        "attempts": 3,
        "min_interval_seconds": 0.0,
        "backoff_seconds": 0.02,
        "allowed_hosts": HOSTS,
        "allow_loopback": True,
    }
    return Client(download_dir=directory, **(defaults | settings))  # type: ignore[arg-type]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Client]:
    with a_client(tmp_path / "downloads") as client:
        yield client


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "downloads").iterdir())


def test_every_mode_is_tested() -> None:
    assert set(FAILING) | WORKING == set(MODES)
    assert set(FAILING.values()) <= set(OUTCOMES)


@pytest.mark.parametrize(("mode", "outcome"), FAILING.items())
def test_fault_has_its_outcome_and_leaves_nothing(
    mode: str, outcome: str, client: Client, tmp_path: Path
) -> None:
    started = time.monotonic()
    with FaultServer(CSV, mode=mode) as server, pytest.raises(FetchError) as caught:
        client.get(Request(server.url(), expect="csv", csv_anchor="country", max_bytes=5_000_000))
    assert caught.value.outcome == outcome, str(caught.value)
    assert caught.value.where is not None
    assert caught.value.where.startswith(server.url())
    assert files(tmp_path) == []
    assert time.monotonic() - started < 4


@pytest.mark.parametrize("mode", sorted(WORKING))
def test_good_body_arrives_whole(mode: str, tmp_path: Path) -> None:
    before = datetime.now(UTC)
    with (
        FaultServer(CSV, mode=mode) as server,
        a_client(tmp_path / "downloads", total_seconds=5.0) as client,
    ):
        answer = client.get(Request(server.url("/a.csv"), expect="csv", csv_anchor="country"))
    assert files(tmp_path) == [answer.path]
    assert answer.path.read_bytes() == CSV
    assert answer.sha256 == hashlib.sha256(CSV).hexdigest()
    assert answer.path.name == f"{answer.sha256}.csv"
    assert answer.size == len(CSV)
    assert answer.status == 200
    assert before <= answer.retrieved_at <= datetime.now(UTC)
    assert answer.retrieved_at.utcoffset() == timedelta(0)
    assert set(answer.headers) <= {"etag", "last-modified", "content-type", "date"}


def test_workbook_cut_off_by_an_orderly_end_is_truncated(client: Client, tmp_path: Path) -> None:
    body = write_xlsx(tmp_path / "a.xlsx", {"S": [["a", 1]] * 500}).read_bytes()
    with (
        FaultServer(body, mode="truncated_until_close") as server,
        pytest.raises(FetchError) as caught,
    ):
        client.get(Request(server.url(), expect="xlsx"))
    assert caught.value.outcome == "truncated"


def test_a_body_with_an_end_of_its_own_may_just_end(client: Client) -> None:
    with FaultServer(b'{"items": []}', mode="ok_until_close") as server:
        assert client.get(Request(server.url(), expect="json")).size == 13


def test_json_cut_off_by_an_orderly_end_is_truncated(client: Client) -> None:
    body = json.dumps({"items": [{"id": 1, "n": 2}] * 500}).encode()
    with (
        FaultServer(body, mode="truncated_until_close") as server,
        pytest.raises(FetchError) as caught,
    ):
        client.get(Request(server.url(), expect="json"))
    assert caught.value.outcome == "truncated"


def test_routes_and_parameters_and_honest_user_agent(client: Client) -> None:
    seen = {}

    def page(exchange: Exchange) -> bytes:
        seen.update(exchange.query)
        return b'{"page": 1}'

    with FaultServer(routes={"/api": page}) as server:
        answer = client.get(
            Request(server.url("/api"), params=(("page", "1"), ("a b", "é&")), expect="json")
        )
        with pytest.raises(FetchError) as caught:
            client.get(Request(server.url("/other"), expect="json"))
    assert seen == {"page": "1", "a b": "é&"}
    assert answer.final_url.endswith("?page=1&a+b=%C3%A9%26")
    assert caught.value.outcome == "gone"
    agent = server.requests[0].headers["User-Agent"]
    assert "fcm-migration" in agent
    assert "Mozilla" not in agent


def test_redirect_within_the_hosts_is_followed(client: Client) -> None:
    routes: dict[str, Route] = {
        "/old": lambda exchange: exchange.send(301, headers={"Location": "/new?x=1"}),
        "/new": b"country\n",
    }
    with FaultServer(routes=routes) as server:
        answer = client.get(Request(server.url("/old"), expect="csv"))
    assert answer.url == server.url("/old")
    assert answer.final_url == server.url("/new?x=1")


def test_failures_that_cannot_pass_are_not_repeated(client: Client) -> None:
    for mode in ("403", "404", "418", "html_page", "challenge_503", "gzip_lie", "empty"):
        with FaultServer(CSV, mode=mode) as server, pytest.raises(FetchError):
            client.get(Request(server.url(), expect="csv"))
        assert len(server.requests) == 1, mode


def test_failures_that_may_pass_are_repeated_as_often_as_told(client: Client) -> None:
    with FaultServer(CSV, mode="500") as server, pytest.raises(FetchError):
        client.get(Request(server.url(), expect="csv"))
    assert len(server.requests) == 3


def test_retry_after_is_waited_for(tmp_path: Path) -> None:
    started = time.monotonic()
    with (
        FaultServer(CSV, mode="429_then_ok") as server,
        a_client(tmp_path, total_seconds=5.0) as client,
    ):
        client.get(Request(server.url(), expect="csv"))
    assert 1.0 <= time.monotonic() - started < 3.0


def test_retry_after_beyond_the_budget_is_not_waited_for(client: Client) -> None:
    started = time.monotonic()
    with FaultServer(CSV, mode="429_long") as server, pytest.raises(FetchError):
        client.get(Request(server.url(), expect="csv"))
    assert time.monotonic() - started < 1.0
    assert len(server.requests) == 1


def test_deadline_ends_the_retries_with_the_last_failure(tmp_path: Path) -> None:
    started = time.monotonic()
    with (
        FaultServer(CSV, mode="500") as server,
        # long enough for a first answer on a busy machine, far shorter than fifty attempts
        a_client(tmp_path, attempts=50, total_seconds=2.0, backoff_seconds=0.1) as client,
        pytest.raises(FetchError) as caught,
    ):
        client.get(Request(server.url(), expect="csv"))
    assert caught.value.outcome == "server_error"
    assert time.monotonic() - started < 8.0


def test_requests_to_one_host_are_spaced(tmp_path: Path) -> None:
    started = time.monotonic()
    with (
        FaultServer(CSV) as server,
        a_client(tmp_path, min_interval_seconds=0.3) as client,
    ):
        for _ in range(3):
            client.get(Request(server.url(), expect="csv"))
    assert time.monotonic() - started >= 0.6


def test_offline_costs_little(tmp_path: Path) -> None:
    """Seven sources of two files each with nobody listening, at the settings of a real refresh."""
    with FaultServer() as server:
        url = server.url()
    started = time.monotonic()
    with Client(download_dir=tmp_path, allowed_hosts=HOSTS, allow_loopback=True) as client:
        for _ in range(14):
            with pytest.raises(FetchError) as caught:
                client.get(Request(url, expect="csv"))
            assert caught.value.outcome == "unreachable"
    assert time.monotonic() - started < 2.0


def test_the_sources_of_one_refresh_share_what_they_learn(tmp_path: Path) -> None:
    """Each has its own client; only the first waits before it tries a silent host again."""
    with FaultServer() as server:
        url = server.url()
    contacts, waits = Contacts(), []
    for _ in range(5):
        with a_client(tmp_path, contacts=contacts) as client:
            started = time.monotonic()
            with pytest.raises(FetchError):
                client.get(Request(url, expect="csv"))
            waits.append(time.monotonic() - started)
    assert contacts.some_host_silent
    assert waits[0] >= 0.2
    assert min(waits[1:]) < 0.2
    with FaultServer(CSV) as server:
        started = time.monotonic()
        for _ in range(3):
            with a_client(tmp_path, contacts=contacts, min_interval_seconds=0.3) as client:
                client.get(Request(server.url(), expect="csv"))
        assert time.monotonic() - started >= 0.6  # one host, whoever asks
    assert not contacts.some_host_silent


@pytest.mark.parametrize(("rate", "outcome"), [(400_000, None), (2_000, "too_slow")])
def test_a_large_body_has_time_as_long_as_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rate: int, outcome: str | None
) -> None:
    """The time for a request is over long before a whole body at this pace is here."""
    monkeypatch.setattr("fcm_migration.http.pace.LEAST_BYTES_PER_SECOND", 100_000)
    body = b"a,b\n" + b"1,2\n" * 150_000

    def paced(exchange: Exchange) -> None:
        exchange.send(200, b"", length=len(body))
        for start in range(0, len(body), rate // 20):
            exchange.write(body[start : start + rate // 20])
            time.sleep(0.05)

    with (
        FaultServer(routes={"/file": paced}) as server,
        a_client(tmp_path, total_seconds=0.5, attempts=1) as client,
    ):
        request = Request(server.url(), expect="csv")
        if outcome is None:
            assert client.get(request).size == len(body)
            return
        with pytest.raises(FetchError) as caught:
            client.get(request)
        assert caught.value.outcome == outcome


def test_no_body_may_take_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcm_migration.http.pace.LONGEST_SECONDS", 60.0)
    deadline = Deadline(10.0)
    assert deadline.left <= 10.0
    deadline.received(39_000_000)  # at the least rate: twenty minutes
    assert 50.0 < deadline.left <= 60.0
    deadline.received(0)
    assert deadline.left <= 10.0


def test_unknown_name_is_unreachable_soon(tmp_path: Path) -> None:
    started = time.monotonic()
    host = "no-such-host.invalid"
    with (
        Client(download_dir=tmp_path, allowed_hosts=frozenset({host})) as client,
        pytest.raises(FetchError) as caught,
    ):
        client.get(Request(f"https://{host}/a", expect="csv"))
    assert caught.value.outcome == "unreachable"
    assert time.monotonic() - started < 11


@pytest.mark.parametrize(
    "url",
    [
        "http://publisher.example/a.csv",
        "https://other.example/a.csv",
        "https://user@publisher.example/a.csv",
        "https://publisher.example:8443/a.csv",
        "ftp://publisher.example/a.csv",
        "file:///etc/passwd",
        "https://publisher.example\\@other.example/a.csv",
        "https://[::1",
        "https://127.0.0.1/a.csv",
        "https://10.1.2.3/a.csv",
        "https://169.254.169.254/a.csv",
        "https://[::ffff:10.1.2.3]/a.csv",
        "https://[fd00::1]/a.csv",
        "https://localhost/a.csv",
    ],
)
def test_address_outside_the_source_is_refused_before_anything_is_sent(
    url: str, tmp_path: Path
) -> None:
    hosts = frozenset(
        {"publisher.example", "127.0.0.1", "10.1.2.3", "169.254.169.254", "localhost"}
        | {"::ffff:10.1.2.3", "fd00::1"}
    )
    with (
        Client(download_dir=tmp_path, allowed_hosts=hosts) as client,
        pytest.raises(FetchError) as caught,
    ):
        client.get(Request(url, expect="csv"))
    assert caught.value.outcome == "redirect_refused"


PRIVATE = """
    0.1.2.3 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.0.0.8 192.88.99.1
    192.168.1.1 198.18.0.1 224.0.0.1 240.0.0.1 255.255.255.255
    :: ::1 ::10.1.2.3 ::ffff:10.1.2.3 ::ffff:0:10.1.2.3 64:ff9b::10.1.2.3 64:ff9b::169.254.169.254
    64:ff9b:1::808:808 100::1 2001:0:53aa:64c::1 2001:20::1 2001:db8::1 2002:a01:203::1
    2002:7f00:1::1 2606:4700::5efe:10.1.2.3 2606:4700::200:5efe:10.1.2.3 3fff::1 4000::1 5f00::1
    fc00::1 fd00:ec2::254 fe80::1%eth0 fec0::1 ff02::1
"""
PUBLIC = """
    93.184.215.14 2606:4700::1 ::ffff:93.184.215.14 64:ff9b::93.184.215.14 2002:5db8:d70e::1
"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_an_address_of_a_private_network_is_known_in_every_form(address: str) -> None:
    with pytest.raises(FetchError, match="private network"):
        check_addresses("https://a.example", [address], allow_loopback=False)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_a_public_address_is_let_through_in_every_form(address: str) -> None:
    check_addresses("https://a.example", [address], allow_loopback=False)


def test_a_cookie_goes_back_to_the_host_that_set_it_alone(tmp_path: Path) -> None:
    """Some walls redirect until their cookie comes back; a neighbour has no business with it."""
    first, second = "one.publisher.example", "two.publisher.example"

    def wall(exchange: Exchange) -> bytes | None:
        if exchange.headers["Host"] == second or "Cookie" in exchange.headers:
            return CSV
        cookies = {"Set-Cookie": "wall=1; Domain=publisher.example; Path=/"}
        exchange.send(302, b"", {"Location": f"http://{first}/a.csv", **cookies})
        return None

    with (
        FaultServer(routes={"/a.csv": wall}) as server,
        a_client(
            tmp_path, allowed_hosts=frozenset({first, second}), proxy=server.url("")
        ) as client,
    ):
        for host in (first, second, first):
            client.get(Request(f"http://{host}/a.csv", expect="csv"))
    sent = [(asked.headers["Host"], asked.headers.get("Cookie")) for asked in server.requests]
    assert sent == [(first, None), (first, "wall=1"), (second, None), (first, "wall=1")]


def test_peer_is_checked_when_the_name_changes_its_mind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the check saw a public address, the connection leads into the network."""
    monkeypatch.setattr("fcm_migration.http.client.resolve", lambda *_, **__: ["93.184.215.14"])

    def strict(url: str, addresses: list[str], *, allow_loopback: bool) -> None:
        check_addresses(url, addresses, allow_loopback=False)

    monkeypatch.setattr("fcm_migration.http.client.check_addresses", strict)
    with (
        FaultServer(CSV) as server,
        a_client(tmp_path) as client,
        pytest.raises(FetchError) as caught,
    ):
        client.get(Request(server.url(), expect="csv"))
    assert caught.value.outcome == "redirect_refused"
    assert server.requests == []


def test_proxy_is_used_and_may_lie_in_the_network(tmp_path: Path) -> None:
    with (
        FaultServer(CSV) as server,
        Client(
            download_dir=tmp_path,
            allowed_hosts=frozenset({"publisher.example"}),
            proxy=server.url(""),
            min_interval_seconds=0,
            allow_loopback=True,
        ) as client,
    ):
        client.get(Request("http://publisher.example/a.csv", expect="csv"))
    assert server.requests[0].headers["Host"] == "publisher.example"


def test_same_content_twice_is_one_file(client: Client, tmp_path: Path) -> None:
    with FaultServer(CSV) as server:
        first = client.get(Request(server.url("/a"), expect="csv"))
        second = client.get(Request(server.url("/b"), expect="csv"))
    assert first.path == second.path
    assert files(tmp_path) == [first.path]


def test_interrupted_download_leaves_no_part(client: Client, tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with FaultServer(CSV) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr("fcm_migration.http.transfer.check_body", interrupt)
        with pytest.raises(KeyboardInterrupt):
            client.get(Request(server.url(), expect="csv"))
    assert files(tmp_path) == []


def test_workbooks_are_accepted_by_kind(client: Client, tmp_path: Path) -> None:
    rows: Rows = [["Country", "Persons"], ["Haiti", 12]]
    xlsx = write_xlsx(tmp_path / "a.xlsx", {"S": rows}).read_bytes()
    ods = write_ods(tmp_path / "a.ods", {"S": rows}).read_bytes()
    with FaultServer(routes={"/x": xlsx, "/o": ods}) as server:
        assert client.get(Request(server.url("/x"), expect="xlsx")).path.suffix == ".xlsx"
        assert client.get(Request(server.url("/o"), expect="ods")).path.suffix == ".ods"
        for path, expect in (("/x", "ods"), ("/o", "xlsx"), ("/x", "csv"), ("/x", "json")):
            with pytest.raises(FetchError) as caught:
                client.get(Request(server.url(path), expect=expect))
            assert caught.value.outcome == "wrong_type"


def test_retry_after_reads_seconds_and_dates() -> None:
    assert retry_after(None) is None
    assert retry_after("120") == 120
    assert retry_after("soon") is None
    assert retry_after("-5") is None
    in_a_minute = datetime.now(UTC) + timedelta(seconds=60)
    assert retry_after(format_datetime(in_a_minute, usegmt=True)) == pytest.approx(60, abs=2)
    assert retry_after("Mon, 23 Nov 2020 08:00:00 GMT") == 0


def test_unknown_kind_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        Request("https://publisher.example/a", expect="pdf")
