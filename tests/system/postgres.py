"""A PostgreSQL server of its own, from the system's packages, in a throw-away folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROLE, DATABASE, PASSWORD = "fcm", "fcm_dagster", "not-a-secret-but-not-to-be-seen"
# what a server needs of the environment; it must not get the tests' own
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def program(name: str) -> Path:
    """Return a program of PostgreSQL's server; skip, visibly, where it is not installed."""
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / name).exists():
            return folder / name
    found = shutil.which(name)
    if found is None:
        pytest.skip("no PostgreSQL server is installed (Debian's package postgresql)")
    return Path(found).resolve()


class Postgres:
    """The server; ``url`` is the address of its one database, with the password."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "data"
        self.url = f"postgresql+psycopg2://{ROLE}:{PASSWORD}@/{DATABASE}?host={folder}"
        # PostgreSQL refuses to run as root
        self.user = pwd.getpwnam("nobody") if os.getuid() == 0 else None

    def run(self, name: str, *arguments: str) -> None:
        """Run a program of the server to its end, as an ordinary user."""
        who = {"user": self.user.pw_uid, "group": self.user.pw_gid} if self.user else {}
        done = subprocess.run(
            [program(name), *arguments],
            cwd=self.folder,
            env=ENVIRONMENT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
            extra_groups=[] if self.user else None,
            **who,  # type: ignore[arg-type]
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"

    def start(self) -> None:
        """Start the server; it listens on a socket in its folder, and on no network."""
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        log = str(self.folder / "log")
        self.run("pg_ctl", "start", "-w", "-D", str(self.data), "-l", log, "-o", options)

    def stop(self) -> None:
        """Stop the server at once, as a crash does."""
        self.run("pg_ctl", "stop", "-m", "immediate", "-D", str(self.data))


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run a server with one empty database for as long as a test needs it."""
    program("initdb")
    with tempfile.TemporaryDirectory(prefix="pg") as name:  # a socket's path must be short
        server = Postgres(Path(name))
        secret = server.folder / "password"
        secret.write_text(PASSWORD)
        if server.user is not None:
            for path in (server.folder, secret):
                os.chown(path, server.user.pw_uid, server.user.pw_gid)
        server.run(
            "initdb", "-D", str(server.data), "-U", ROLE, "-A", "scram-sha-256",
            "--pwfile", str(secret), "--no-sync", "-E", "UTF8", "--locale", "C",
        )  # fmt: skip
        server.start()
        try:
            _create_database(server)
            yield server
        finally:
            server.stop()


def _create_database(server: Postgres) -> None:
    import psycopg2

    connection = psycopg2.connect(
        host=str(server.folder), user=ROLE, password=PASSWORD, dbname="postgres"
    )
    try:
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {DATABASE}")
    finally:
        connection.close()
