"""One refresh at a time, across processes; a dead holder holds nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from fcm_migration.archive.lock import held_by, refresh_lock
from fcm_migration.errors import BusyError

HOLD = """
import sys
from pathlib import Path
from fcm_migration.archive.lock import refresh_lock
with refresh_lock(Path(sys.argv[1]), holder="the other one"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(root: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock until it is told to end, or killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


def test_a_busy_home_names_its_holder_and_a_killed_holder_lets_go(tmp_path: Path) -> None:
    with other_process(tmp_path) as process:
        said = rf"another refresh is running.*the other one \(pid {process.pid}\) since 20"
        with pytest.raises(BusyError, match=said), refresh_lock(tmp_path, holder="me"):
            pytest.fail("two hold the lock")
        process.kill()
        process.wait()
        assert (tmp_path / "refresh.holder.json").exists()
        with refresh_lock(tmp_path, holder="me"):
            assert '"me"' in (tmp_path / "refresh.holder.json").read_text()
    assert not (tmp_path / "refresh.holder.json").exists()


def test_a_holder_without_a_note_is_still_a_holder(tmp_path: Path) -> None:
    with other_process(tmp_path):
        (tmp_path / "refresh.holder.json").write_text("{")
        with (
            pytest.raises(BusyError, match="a holder that left no note"),
            refresh_lock(tmp_path, holder="me"),
        ):
            pytest.fail("two hold the lock")


@pytest.mark.parametrize("stale", [None, '{"holder": "dead", "pid": 4194305, "since": "2024"}'])
def test_the_note_of_a_holder_that_has_just_begun_is_waited_for(
    tmp_path: Path, stale: str | None
) -> None:
    """The lock is taken before the note is written; a killed holder left one of its own."""
    note = tmp_path / "refresh.holder.json"
    if stale is not None:
        note.write_text(stale)
    fresh = json.dumps({"holder": "the new one", "pid": os.getpid(), "since": "now"})
    with FileLock(tmp_path / "refresh.lock"):
        writing = threading.Timer(0.1, note.write_text, [fresh])
        writing.start()
        with (
            pytest.raises(BusyError, match=rf"the new one \(pid {os.getpid()}\)"),
            refresh_lock(tmp_path, holder="me"),
        ):
            pytest.fail("two hold the lock")
        writing.join()


@pytest.mark.parametrize("stale", [None, '{"holder": "dead", "pid": 4194305, "since": "2024"}'])
def test_a_lock_whose_unnamed_holder_ends_meanwhile_is_taken(
    tmp_path: Path, stale: str | None
) -> None:
    """Nobody is told of a refresh without a name that is over before the name could be read."""
    if stale is not None:
        (tmp_path / "refresh.holder.json").write_text(stale)
    ending = FileLock(tmp_path / "refresh.lock", thread_local=False)
    ending.acquire()
    release = threading.Timer(0.1, ending.release)
    release.start()
    with refresh_lock(tmp_path, holder="me"):
        assert '"me"' in (tmp_path / "refresh.holder.json").read_text()
    release.join()


def test_the_lock_is_given_back_when_the_work_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), refresh_lock(tmp_path, holder="me"):
        1 / 0  # noqa: B018
    with refresh_lock(tmp_path, holder="me"):
        assert (tmp_path / "refresh.holder.json").exists()


def test_a_refresh_that_may_wait_begins_when_the_other_ends(tmp_path: Path) -> None:
    """It says once whom it waits for, and that the wait is over."""
    told: list[str] = []

    def told_of(message: str) -> None:
        told.append(message)
        process.kill()  # only once the wait has begun

    with (
        other_process(tmp_path) as process,
        refresh_lock(tmp_path, holder="me", wait_seconds=60, report=told_of),
    ):
        assert '"me"' in (tmp_path / "refresh.holder.json").read_text()
    waiting = rf"another refresh is running: the other one \(pid {process.pid}\) since 20.*Z?\. "
    assert re.fullmatch(waiting + "Waiting for it to end, at most 60 seconds.", told[0])
    assert told[1].startswith("the other refresh ended after ")
    assert len(told) == 2


def test_a_wait_has_an_end(tmp_path: Path) -> None:
    told: list[str] = []
    said = "another refresh is running; 1 seconds were waited.*the other one"
    with (
        other_process(tmp_path),
        pytest.raises(BusyError, match=said),
        refresh_lock(tmp_path, holder="me", wait_seconds=0.6, report=told.append),
    ):
        pytest.fail("two hold the lock")
    assert len(told) == 1


def test_an_interrupt_ends_the_wait(tmp_path: Path) -> None:
    def interrupt(_message: str) -> None:
        raise KeyboardInterrupt

    with (
        other_process(tmp_path),
        pytest.raises(KeyboardInterrupt),
        refresh_lock(tmp_path, holder="me", wait_seconds=60, report=interrupt),
    ):
        pytest.fail("two hold the lock")
    with refresh_lock(tmp_path, holder="me"):
        pass


@pytest.mark.parametrize("note", ["[]", '{"pid": 1}', '"x"', ""])
def test_a_damaged_note_is_no_note(tmp_path: Path, note: str) -> None:
    with refresh_lock(tmp_path, holder="me"):
        (tmp_path / "refresh.holder.json").write_text(note)
        assert held_by(tmp_path) == "a holder that left no note"


def test_a_link_in_the_place_of_the_note_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "of_somebody"
    other.write_text("theirs")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "refresh.holder.json").symlink_to(other)
    with refresh_lock(tmp_path / "home", holder="me"):
        assert "me" in str(held_by(tmp_path / "home"))
    assert other.read_text() == "theirs"
