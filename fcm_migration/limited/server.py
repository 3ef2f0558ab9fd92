"""The process that forks a child for each task: libraries loaded, nothing else held.

Loading the libraries takes half a second, a fork some hundredths. A process that computes with
Polars must not be forked, since the locks of its threads are copied as they stand; this one
computes nothing. It ends with the refresh that started it, and its children end with it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path

from fcm_migration.processes import end_with_parent

READY, EXITED, REAP = b"ready\n", b"exited\n", b"reap\n"
ORDER, LAST_WORDS = "order.json", "stderr.txt"


def serve(parent: int, descriptor: int) -> None:
    """Fork a child for each folder named on the channel until the channel is closed."""
    end_with_parent(parent, signal.SIGKILL)
    from fcm_migration.limited import child

    _load_libraries()
    control = socket.socket(fileno=descriptor)
    gc.freeze()
    control.sendall(READY)
    while True:
        line, channel = _order(control)
        if channel is None:
            return
        folder = Path(os.fsdecode(line))
        order = json.loads((folder / ORDER).read_bytes())
        __import__(order["module"])
        server, pid = os.getpid(), os.fork()
        if pid == 0:
            try:
                if not _become(folder, control, server):
                    os._exit(child.EXIT_DISK)
                child.carry_out(folder, order, channel)
                os._exit(0)
            finally:
                os._exit(1)
        channel.close()
        control.sendall(f"{pid}\n".encode())
        # The process stays on record until the refresh has let go of its number.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        control.sendall(EXITED)
        if _line(control) != REAP.strip():
            return
        _, status, used = os.wait4(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        peak = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        control.sendall(f"{code} {peak} {used.ru_utime + used.ru_stime:.3f}\n".encode())


def _load_libraries() -> None:
    """Load the libraries that readers import inside functions, so that no child has to."""
    import fastexcel  # noqa: F401
    import polars  # noqa: ICN001, F401
    import pyarrow.compute  # noqa: F401
    import selectolax.lexbor  # noqa: F401


def _become(folder: Path, control: socket.socket, server: int) -> bool:
    """Make a forked process a child of its own: it ends with the server and holds one channel.

    Return whether the disk has room for its last words.
    """
    control.close()
    end_with_parent(server, signal.SIGKILL)
    try:
        words = os.open(folder / LAST_WORDS, os.O_WRONLY | os.O_CREAT, 0o600)
    except OSError:
        return False
    os.dup2(words, 2)
    os.close(words)
    return True


def _order(control: socket.socket) -> tuple[bytes, socket.socket | None]:
    """Return the folder of the next task and its channel; no channel at the end."""
    line, handles, _, _ = socket.recv_fds(control, 4096, 1)
    if not line or not handles:
        return b"", None
    while not line.endswith(b"\n"):
        more = control.recv(4096)
        if not more:
            return b"", None
        line += more
    return line[:-1], socket.socket(fileno=handles[0])


def _line(control: socket.socket) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        more = control.recv(1)
        if not more:
            return b""
        line += more
    return line[:-1]


def start(arguments: list[str]) -> None:
    """Run as the program that :mod:`fcm_migration.limited.watching` starts."""
    serve(int(arguments[0]), int(arguments[1]))
