"""Serve the UI, its daemon, or both on this machine. Nothing about assets belongs here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import dagster as dg

from dagster_project.guard import LOOPBACK, served_origins
from dagster_project.recovery import close_dead_runs
from dagster_project.reporting import report
from dagster_project.resources import SCHEDULER_VARIABLE
from dagster_project.sensors import this_home
from dagster_project.storage import configure
from dagster_project.switches import switch, words
from dagster_project.web import WORKSPACE, require_login
from fcm_migration.config import Home
from fcm_migration.errors import FcmError
from fcm_migration.processes import launched
from fcm_migration.refresh.context import Context

Part = Literal["ui", "daemon"]
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104  # where they answer here


def prepare(home: Home, scheduler: str | None = None) -> dict[str, str]:
    """Lay out DAGSTER_HOME and return the environment for Dagster's processes."""
    home.dagster_home.mkdir(parents=True, exist_ok=True)
    configure(home)
    return environment_of(home, scheduler)


def environment_of(home: Home, scheduler: str | None = None) -> dict[str, str]:
    """Return the environment for Dagster's processes.

    It says which home runs work in and which scheduler fits: no run can choose another.
    """
    settings = {"DAGSTER_HOME": str(home.dagster_home), "FCM_HOME": str(home.root)}
    if scheduler is not None:
        settings[SCHEDULER_VARIABLE] = scheduler
    return {**os.environ, **settings, "DAGSTER_DISABLE_TELEMETRY": "yes"}


def serve(
    home: Home,
    *,
    host: str = "127.0.0.1",
    port: int = 3000,
    read_only: bool = False,
    behind_proxy: Sequence[str] = (),
    service: bool = False,
    scheduler: str | None = None,
    only: Part | None = None,
) -> int:
    """Run webserver and daemon until interrupted; return the exit code.

    Args:
        home: the working home.
        host: address to serve on.
        port: port to serve on.
        read_only: nothing can be started, and no daemon runs.
        behind_proxy: public names of the proxy that asks for a login and stands before the server.
        service: it runs unattended: schedules that nobody has ever switched are turned on, and
            runs that ended with the last server are started again.
        scheduler: address of the Dask scheduler whose workers fit in every run.
        only: the part to run; None runs both. Runs that died are the daemon's affair.

    Raises:
        UsageError: the host is not this machine and no proxy with a login is vouched for, or the
            name of the proxy is none.
    """
    require_login(host, behind_proxy)
    origins = served_origins(port, behind_proxy)
    said = _make_ready(home, read_only=read_only, service=service, only=only)
    environment = environment_of(home, scheduler)
    commands = _commands(host, port, behind_proxy, read_only=read_only)
    wanted = [command for part, command in commands.items() if only in (None, part)]
    children = [_start(command, environment) for command in wanted]

    def announce() -> None:
        if only == "daemon":
            _say([*said, "The daemon runs, without a UI (Ctrl-C ends it)"])
        else:
            _announce(host, port, origins, children, said)
        if not read_only and only != "ui":
            # takes seconds on a new home, one event after another, which nobody need wait for
            threading.Thread(target=_report_aside, args=[home], daemon=True).start()

    return _watch(children, announce)


def _watch(children: list[subprocess.Popen[bytes]], announce: Callable[[], None]) -> int:
    """Wait until one of the servers ends or this process is told to; end the others."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        announce()
        while all(child.poll() is None for child in children):
            time.sleep(0.5)
        return next(child.returncode for child in children if child.poll() is not None)
    except KeyboardInterrupt:
        return 0
    finally:
        # make passes on a signal the group has had already: the second must not cut this short
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        _end(children)


def _commands(
    host: str, port: int, public: Sequence[str], *, read_only: bool
) -> dict[Part, list[str]]:
    """Return the commands of the webserver and, where something may be started, of the daemon."""
    names = [word for name in public for word in ("--behind-proxy", name)]
    web = ["-m", "dagster_project.web", "--host", host, "--port", str(port), *names]
    if read_only:
        return {"ui": [*web, "--read-only"]}
    # a program that Dagster installs beside this Python
    daemon = [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", str(WORKSPACE)]
    return {"ui": web, "daemon": daemon}


def _start(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start a Python program in a session of its own; it ends with this server."""
    return subprocess.Popen(launched(command), env=environment, start_new_session=True)  # noqa: S603


@contextmanager
def instance_of(home: Home) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's instance of a home; its tables are made where there are none yet."""
    prepare(home)
    with dg.DagsterInstance.from_config(str(home.dagster_home)) as instance:
        yield instance


def _make_ready(
    home: Home, *, read_only: bool, service: bool, only: Part | None = None
) -> list[str]:
    """Set Dagster's storage in order before anything is served; return what to tell about it.

    Its tables are made here because webserver and daemon start at once and would both make them:
    on a new home one of the two otherwise dies now and then.
    """
    with instance_of(home) as instance:
        if read_only:
            return ["Read-only: no schedule runs, and nothing can be started."]
        if only == "ui":
            return [words(instance)]
        told = close_dead_runs(instance, home.root, again=service)
        if service and (changed := switch(instance, "untouched-on")):
            told.append(f"Turned on: {', '.join(changed)}.")
        return [*told, words(instance)]


def _report_aside(home: Home) -> None:
    with instance_of(home) as instance:
        if words := reported(instance, replace(this_home(), home=home)):
            _say([words])


def reported(instance: dg.DagsterInstance, context: Context) -> str:
    """Report what `fcm refresh` has made; whatever the home is like, the server goes on."""
    from sqlalchemy.exc import SQLAlchemyError

    try:
        return report(instance, context).words
    except (FcmError, OSError, SQLAlchemyError) as error:
        return f"What lies in the home could not be reported to Dagster: {error}"


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _announce(
    host: str,
    port: int,
    origins: dict[str, str],
    children: list[subprocess.Popen[bytes]],
    said: list[str],
) -> None:
    """Say where the UI is once it answers, and what was done before."""
    here = EVERYWHERE.get(host, f"[{host}]" if ":" in host else host)
    hosts = list(origins)  # this machine's own names, then those of a proxy
    asked = urllib.request.Request(f"http://{here}:{port}/server_info", headers={"Host": hosts[0]})
    behind_proxy = len(set(origins.values())) > len(LOOPBACK)
    url = origins[hosts[-1]] if behind_proxy else f"http://{here}:{port}"
    while all(child.poll() is None for child in children):
        try:
            with urllib.request.urlopen(asked, timeout=2):  # noqa: S310
                _say([*said, f"The UI is at {url} (Ctrl-C ends it)"])
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)


def _say(lines: Sequence[str]) -> None:
    sys.stderr.write("\n".join(["", *lines]) + "\n")
    sys.stderr.flush()


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    """Ask all of them to end, then see that they do."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(timeout=20)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
