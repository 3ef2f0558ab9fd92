"""Ending the server ends all of it, however often it is told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.system


def processes(marker: str) -> list[int]:
    """Processes whose environment names the marker (Linux)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(int(path.parent.name))
        except OSError:
            continue  # it has just ended
    return [pid for pid in found if pid != os.getpid()]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc to see what still runs")
def test_two_signals_end_webserver_and_daemon(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "dagster_project", "--port", str(port)]
    environment = {**os.environ, "FCM_HOME": str(tmp_path)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        said = [""]
        while "The UI is at" not in said[-1]:
            assert server.poll() is None, "".join(said)
            said.append(server.stderr.readline())
        assert len(processes(str(tmp_path))) >= 3
        server.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        server.send_signal(signal.SIGTERM)
        server.stderr.read()
        assert server.wait(timeout=60) == 0
    # a code server ends by itself once nobody asks it any more
    until = time.monotonic() + 40
    while processes(str(tmp_path)) and time.monotonic() < until:
        time.sleep(0.5)
    assert processes(str(tmp_path)) == []
