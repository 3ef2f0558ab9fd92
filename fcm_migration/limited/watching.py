"""The limited processes as a refresh sees them: started when needed, watched, ended."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from fcm_migration.errors import FcmError
from fcm_migration.limited.model import NOTHING, Death, Usage
from fcm_migration.limited.server import EXITED, LAST_WORDS, READY, REAP
from fcm_migration.sources.base import Limits

Serve = Callable[[bytes], bytes]
# A child gets these of the environment, and nothing else: no token of anybody's.
_KEPT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "SYSTEMROOT", "LD_LIBRARY_PATH")
# One thread each and an allocator without threads of its own: little to copy, nothing to wait for.
_FRUGAL = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "RUST_BACKTRACE": "0",
    "_RJEM_MALLOC_CONF": "background_thread:false",
}
_BOOT = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from fcm_migration.limited.server import start; start(sys.argv[2:])"
)
_START_SECONDS = 60
_LOOK_SECONDS = 0.005
# A busy machine gives a child a small part of its time only, which is no fault of the file.
_CLOCK_SECONDS = 60
_CLOCK_FACTOR = 6


class Gone(Exception):  # noqa: N818 (a state that is handled, not an error that is shown)
    """The server is not there any more."""


class Server:
    """The process that forks a limited child for each task."""

    def __init__(self) -> None:
        self.usage = NOTHING
        self._control, there = socket.socketpair()
        with there:
            self._process = subprocess.Popen(  # noqa: S603 (fixed program, our own arguments)
                [sys.executable, "-I", "-c", _BOOT, *_arguments(there.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=[there.fileno()],
                env={name: os.environ[name] for name in _KEPT if name in os.environ} | _FRUGAL,
                start_new_session=True,  # Ctrl-C reaches the refresh, which decides
            )
        atexit.register(self.close)
        self._control.settimeout(_START_SECONDS)
        try:
            ready = self._line() == READY.strip()
        except Gone:
            ready = False
        if not ready:
            raise self._no_start()
        self._control.settimeout(None)

    def _no_start(self) -> FcmError:
        self._process.kill()
        _, said = self._process.communicate()
        self.close()
        lines = said.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"]
        return FcmError(
            "the process that reads publishers' files cannot start",
            got=lines[-1][:300],
            remedy="free memory or raise its limit (`ulimit -v`); if a library is missing, install "
            "the environment again",
        )

    def run(self, folder: Path, limits: Limits, serve: Serve) -> Death | None:
        """Carry out the order that lies in a folder; return how the child died, if it did.

        Args:
            folder: where the order lies and the answer is left.
            limits: what the child may take.
            serve: answers what the child asks for meanwhile.

        Raises:
            Gone: the server died; nothing is known of the task.
        """
        begun = time.monotonic()
        here, there = socket.socketpair()
        with here:
            with there:
                self._send(os.fsencode(folder) + b"\n", there)
            why = self._watch(int(self._line()), here, limits, serve)
            self._send(REAP)
            code, peak, processor = self._line().split()
        usage = Usage(int(peak), float(processor), time.monotonic() - begun)
        self.usage = usage
        status = int(code)
        return Death(why, status, _last_words(folder), usage) if why or status else None

    def _watch(self, pid: int, channel: socket.socket, limits: Limits, serve: Serve) -> str | None:
        """Wait for the child's end; return why it was ended, if it was."""
        why, heard = None, b""
        open_ends = [self._control, channel]
        left = float(_on_the_clock(limits))
        before = time.monotonic()
        while True:
            ready, _, _ = select.select(open_ends, [], [], _LOOK_SECONDS)
            left -= time.monotonic() - before
            if self._control in ready and self._line() == EXITED.strip():
                return why
            if why is None and channel in ready:
                more = _asked(channel)
                heard += more
                if not more:
                    open_ends.remove(channel)
                elif more.endswith(b"\n"):
                    _answer(channel, serve(heard))
                    heard = b""
            before = time.monotonic()
            if why is None:
                why = _beyond(pid, limits, left, len(heard))
                if why:
                    os.kill(pid, signal.SIGKILL)

    def _send(self, line: bytes, *ends: socket.socket) -> None:
        try:
            socket.send_fds(self._control, [line], [end.fileno() for end in ends])
        except OSError as error:
            raise Gone from error

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            try:
                more = self._control.recv(1)
            except OSError as error:
                raise Gone from error
            if not more:
                raise Gone
            line += more
        return line[:-1]

    def close(self) -> None:
        """End the server and whatever child it has."""
        atexit.unregister(self.close)
        self._control.close()
        self._process.kill()  # a child that is at work ends with it
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()


def _arguments(descriptor: int) -> list[str]:
    path = [entry or str(Path.cwd()) for entry in sys.path]
    return [json.dumps(path), str(os.getpid()), str(descriptor)]


def _asked(channel: socket.socket) -> bytes:
    """Return the next bytes a child sends; none if it has died."""
    try:
        return channel.recv(1 << 16)
    except ConnectionResetError:
        return b""


def _answer(channel: socket.socket, answer: bytes) -> None:
    try:
        channel.sendall(answer)
    except OSError:
        return  # the child has died meanwhile; its end is noticed next


def _beyond(pid: int, limits: Limits, left: float, heard: int) -> str | None:
    """Return which limit a child is beyond, in words; None if it is beyond none."""
    if (resident := resident_bytes(pid)) > limits.resident_bytes:
        return f"{resident:,} bytes of memory"
    if left < 0:
        return f"{_on_the_clock(limits)} s on the clock"
    return "a request without an end" if heard > 1 << 16 else None


def _on_the_clock(limits: Limits) -> int:
    return _CLOCK_SECONDS + limits.seconds * _CLOCK_FACTOR


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process; 0 where the system does not say (not Linux)."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 (read 200 times a second)
            return int(file.read().split()[1]) * _PAGE
    except (OSError, IndexError):
        return 0


_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096


def _last_words(folder: Path) -> str:
    """Return the first line a dying library printed: Rust prints the cause first."""
    try:
        with (folder / LAST_WORDS).open("rb") as file:
            lines = file.read(4096).decode("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return next((line[:300] for line in lines if line.strip()), "")
