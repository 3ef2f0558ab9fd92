"""Whatever publishers' bytes do to the process that reads them, the refresh gets a typed error."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fcm_migration import limited
from fcm_migration.config import PROJECT_ROOT
from fcm_migration.errors import FcmError, FetchError, LayoutError, UnsafeFileError
from fcm_migration.http import Request, Response
from fcm_migration.limited import reading
from fcm_migration.sources.base import ReleaseFile
from tests.limited.misbehaving import FILE, MISBEHAVING, PAGE, TIGHT
from tests.toy import TABLE, write_release

pytestmark = [
    pytest.mark.usefixtures("limited_process"),
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc"),
]


def _file(folder: Path, text: str) -> ReleaseFile:
    path = folder / "toy.csv"
    path.write_text(text)
    return ReleaseFile(path.name, path)


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("abort", "SIGABRT"),
        ("crash", "SIGSEGV"),
        ("eat", r"bytes of memory; .* expected|got [\d,]+ bytes of memory"),
        ("reserve", "MemoryError"),
        ("loop", "too much processor time"),
        ("recurse", "RecursionError"),
        ("write", "File too large"),
        ("open", "Too many open files"),
        ("mark", "beyond all measure"),
        ("exit", "gave no answer"),
        ("leave", "SystemExit"),
    ],
)
def test_a_file_that_kills_its_reader_is_refused(deed: str, said: str, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(FcmError, match=said) as caught:
        limited.read_release(MISBEHAVING, [_file(tmp_path, deed)], tmp_path / "tmp")
    assert time.monotonic() - begun < 60
    assert "toy: toy.csv" in str(caught.value)
    assert list((tmp_path / "tmp").iterdir()) == []
    if deed not in ("open", "recurse"):
        assert isinstance(caught.value, UnsafeFileError)
    release = write_release(tmp_path, "2024-01-15", [("2024-01", "Chad", "5")])
    good = limited.read_release(MISBEHAVING, [ReleaseFile(release.name, release)], tmp_path / "tmp")
    assert good.parsed.tables[TABLE.name].row(0) == (date(2024, 1, 1), "Chad", 5)
    assert good.parsed.layout == ("column month", "column origin", "column count")


def test_memory_and_limits_are_told(tmp_path: Path) -> None:
    with pytest.raises(UnsafeFileError) as caught:
        limited.read_release(MISBEHAVING, [_file(tmp_path, "eat")], tmp_path)
    assert caught.value.expected == "at most 200,000,000 bytes of memory and 1 s of processor time"
    assert reading.last_usage().resident_bytes < 2 * TIGHT.resident_bytes


def test_a_sleeping_reader_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fcm_migration.limited.watching._CLOCK_FACTOR", 0.2)
    monkeypatch.setattr("fcm_migration.limited.watching._CLOCK_SECONDS", 0)
    with pytest.raises(UnsafeFileError, match="s on the clock"):
        limited.read_release(MISBEHAVING, [_file(tmp_path, "sleep")], tmp_path)


def test_errors_keep_their_class_and_words(tmp_path: Path) -> None:
    with pytest.raises(LayoutError) as caught:
        limited.read_release(MISBEHAVING, [_file(tmp_path, "other,header\n")], tmp_path)
    assert str(caught.value) == (
        "toy.csv: another header; expected month,origin,count; got other,header"
    )


def test_an_unforeseen_error_is_one_of_layout(tmp_path: Path) -> None:
    text = "month,origin,count\n2024-01,Chad\n"
    with pytest.raises(LayoutError, match="the parser failed on this release: ValueError"):
        limited.read_release(MISBEHAVING, [_file(tmp_path, text)], tmp_path)


def test_the_process_inherits_nothing_it_does_not_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited.end()
    monkeypatch.setenv("FCM_SECRET_TOKEN", "s3cret")
    with (tmp_path / "open").open("w"), pytest.raises(LayoutError) as caught:
        limited.read_release(MISBEHAVING, [_file(tmp_path, "look around")], tmp_path)
    assert "TOKEN" not in str(caught.value.got)
    # standard streams, its channel, and the folder that is being listed
    assert len(str(caught.value.lacks).split(",")) <= 5


class Publisher:
    """Answers the requests of a fetch from texts."""

    def __init__(self, folder: Path, answers: dict[str, str]) -> None:
        self.folder, self.answers = folder, answers
        self.asked: list[Request] = []

    def get(self, request: Request) -> Response:
        self.asked.append(request)
        if request.url not in self.answers:
            raise FetchError("nothing there", outcome="gone", where=request.url)
        path = self.folder / f"{len(self.asked)}.bin"
        path.write_text(self.answers[request.url])
        now = datetime(2024, 1, 1, tzinfo=UTC)
        return Response(request.url, request.url, 200, now, {"etag": "x"}, path, "0", 1)


def test_a_fetch_asks_through_the_refresh(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path, {PAGE: "complain", FILE: "month,origin,count\n"})
    fetched = limited.fetch_release(MISBEHAVING, publisher.get, tmp_path / "tmp")
    (file,) = fetched.files
    assert file.name == "toy.csv"
    assert file.response.path.read_text() == "month,origin,count\n"
    assert file.response.headers == {"etag": "x"}
    assert fetched.notes == ("gone: https://toy.example/toy.csv.gone: nothing there",)
    assert isinstance(fetched.complaint, LayoutError)
    assert publisher.asked[-1] == Request(
        FILE, params=(("a", "1"),), expect="csv", min_bytes=2, csv_anchor="month"
    )


def test_a_page_that_kills_its_reader_is_refused(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path, {PAGE: "abort"})
    with pytest.raises(UnsafeFileError, match=r"toy: .* SIGABRT"):
        limited.fetch_release(MISBEHAVING, publisher.get, tmp_path / "tmp")


def test_a_reader_that_asks_for_nonsense_is_refused(tmp_path: Path) -> None:
    publisher = Publisher(tmp_path, {PAGE: "babble"})
    with pytest.raises(UnsafeFileError, match="asked for what makes no sense"):
        limited.fetch_release(MISBEHAVING, publisher.get, tmp_path / "tmp")


def test_an_error_of_the_download_arrives_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="nothing there") as caught:
        limited.fetch_release(MISBEHAVING, Publisher(tmp_path, {}).get, tmp_path / "tmp")
    assert caught.value.outcome == "gone"


def test_a_bug_in_the_download_is_not_hidden(tmp_path: Path) -> None:
    def get(_: Request) -> Response:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        limited.fetch_release(MISBEHAVING, get, tmp_path / "tmp")


def test_a_dead_server_is_replaced(tmp_path: Path) -> None:
    limited.look_at(MISBEHAVING, [_file(tmp_path, "")], tmp_path)
    server = reading._RUNNING.server
    assert server is not None
    os.kill(server._process.pid, signal.SIGKILL)
    server._process.wait()
    look = limited.look_at(
        MISBEHAVING, [replace(_file(tmp_path, ""), name="2024-01-15.csv")], tmp_path
    )
    assert look.printed == date(2024, 1, 15)


def test_a_fetch_begun_again_gives_the_files_it_asked_for_then(tmp_path: Path) -> None:
    """What the first try had downloaded was taken for answers to the second."""
    publisher = Publisher(tmp_path, {PAGE: "", FILE: "month,origin,count\n"})

    def get(request: Request) -> Response:
        response = publisher.get(request)
        server = reading._RUNNING.server
        if len(publisher.asked) == 1 and server is not None:
            os.kill(server._process.pid, signal.SIGKILL)
        return response

    (file,) = limited.fetch_release(MISBEHAVING, get, tmp_path / "tmp").files
    assert [request.url for request in publisher.asked].count(PAGE) == 2
    assert file.response.final_url == FILE


def test_a_source_that_no_module_declares_is_refused(tmp_path: Path) -> None:
    stray = replace(MISBEHAVING, title="other")
    with pytest.raises(FcmError, match="does not declare") as caught:
        limited.look_at(stray, [_file(tmp_path, "")], tmp_path)
    assert not isinstance(caught.value, UnsafeFileError)


READ = """
import sys
from pathlib import Path
from fcm_migration import limited
from fcm_migration.limited import reading
from fcm_migration.sources.base import ReleaseFile
from tests.limited.misbehaving import MISBEHAVING
path = Path(sys.argv[1])
limited.look_at(MISBEHAVING, [ReleaseFile(path.name, path)], path.parent)
print(reading._RUNNING.server._process.pid, flush=True)
object.__setattr__(MISBEHAVING.limits, "seconds", 60)
limited.read_release(MISBEHAVING, [ReleaseFile(path.name, path)], path.parent)
"""


def test_server_and_child_end_with_a_killed_refresh(tmp_path: Path) -> None:
    file = _file(tmp_path, "sleep")
    parent = subprocess.Popen(
        [sys.executable, "-c", READ, str(file.path)], stdout=subprocess.PIPE, cwd=PROJECT_ROOT
    )
    with parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        children = Path(f"/proc/{server}/task/{server}/children")
        while not (child := children.read_text().split()):
            time.sleep(0.01)
        parent.kill()
    deadline = time.monotonic() + 5
    left = [server, int(child[0])]
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if _is_running(pid)]
        time.sleep(0.02)
    assert left == []


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
