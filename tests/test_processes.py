"""Children end with their parent, and a process ends soon when it is asked to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fcm_migration.processes import Ended, ending_soon, in_processes, sentence

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
BUSY = """
import os, sys, time
from pathlib import Path
from fcm_migration.processes import Ended, ending_soon, in_processes

def work(folder):
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(60)

if __name__ == "__main__":
    try:
        with ending_soon(lambda number: None):
            in_processes(work, [sys.argv[1]] * 3, 2)
    except Ended as ended:
        sys.exit(ended.exit_code)
"""
IN_A_LIBRARY = """
import hashlib, sys
from fcm_migration import processes

processes.GRACE_SECONDS = 0.2
with processes.ending_soon(lambda number: print("last words", number, flush=True)):
    try:
        print("begun", flush=True)
        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 10**9)
    finally:  # should the signal have come just before
        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 10**9)
"""


def double(number: int) -> int:
    return 2 * number


def fail(number: int) -> int:
    raise ValueError(number)


def alive(pid: int) -> bool:
    """Whether a process runs; one that is only waiting to be looked at has ended."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def wait_until_gone(pids: list[int], seconds: float = 5) -> None:
    until = time.monotonic() + seconds
    while any(map(alive, pids)):
        assert time.monotonic() < until, f"still there: {pids}"
        time.sleep(0.02)


def test_results_come_in_order_and_an_error_is_raised_here() -> None:
    assert in_processes(double, [1, 2, 3], 2) == [2, 4, 6]
    with pytest.raises(ValueError, match="1"):
        in_processes(fail, [1, 2], 1)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGKILL, -9), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.torture)],
)
def test_workers_end_with_their_parent(tmp_path: Path, number: int, code: int) -> None:
    """They went on for minutes after the parent was killed."""
    script, pids = tmp_path / "busy.py", tmp_path / "pids"
    script.write_text(BUSY)
    pids.mkdir()
    command = [sys.executable, str(script), str(pids)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as parent:
        until = time.monotonic() + 60
        while len(found := list(pids.iterdir())) < 2:
            assert time.monotonic() < until
            time.sleep(0.02)
        parent.send_signal(number)
        assert parent.wait(timeout=10) == code
    wait_until_gone([int(path.name) for path in found])


@pytest.mark.parametrize(
    "script", ["child.py", pytest.param("-m child", marks=pytest.mark.torture)]
)
def test_a_launched_program_ends_with_this_one(tmp_path: Path, script: str) -> None:
    (tmp_path / "child.py").write_text(
        "import os, sys, time; print(os.getpid(), *sys.argv[1:], flush=True); time.sleep(60)"
    )
    starter = (
        "import subprocess, sys; from fcm_migration.processes import launched; "
        f"subprocess.Popen(launched({[*script.split(), 'a']})); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", starter],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as parent:
        assert parent.stdout is not None
        pid, argument = parent.stdout.readline().split()
        assert argument == "a"
        parent.kill()
    wait_until_gone([int(pid)])


def test_a_process_busy_in_a_library_is_ended_after_a_while() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", IN_A_LIBRARY], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 143  # the library alone would take minutes
        assert process.stdout.read() == "last words 15\n"


def test_a_signal_ends_the_block_and_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    said: list[int] = []
    with pytest.raises(Ended) as raised, ending_soon(said.append):  # noqa: PT012
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    assert (raised.value.exit_code, said) == (143, [])
    assert signal.getsignal(signal.SIGTERM) == before
    assert "interrupted" in sentence(signal.SIGINT)
    assert "SIGTERM" in sentence(signal.SIGTERM)
