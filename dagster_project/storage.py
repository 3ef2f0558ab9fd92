"""Where Dagster keeps its runs, events and schedules: SQLite files, or a PostgreSQL database.

SQLite needs nothing and suits one machine. PostgreSQL suits servers that run for years and several
machines; it is chosen by the environment of the server, ``FCM_DAGSTER_POSTGRES=postgresql+psycopg2://...``.
The configuration in DAGSTER_HOME names that variable, never what is in it, so a password is written
to no file and stands on no command line.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from fcm_migration import store
from fcm_migration.config import Home
from fcm_migration.errors import FcmError, UsageError

VARIABLE = "FCM_DAGSTER_POSTGRES"
TEMPLATE = Path(__file__).with_name("dagster.yaml")
NAMED = f"env: {VARIABLE}"
POSTGRES = f"""\
storage:
  postgres:
    postgres_url:
      {NAMED}
"""
# named, because SQLAlchemy would otherwise take another one than dagster-postgres is written for
DRIVER = "postgresql+psycopg2"
EXAMPLE = f"{DRIVER}://fcm@localhost/fcm_dagster"
CONNECT_SECONDS = 10


class DatabaseError(FcmError):
    """The PostgreSQL database cannot be used now; whoever starts the server may try again."""

    exit_code = 11


def configure(home: Home, environment: Mapping[str, str] = os.environ) -> None:
    """Write dagster.yaml of a home for the storage that the environment chooses.

    Raises:
        UsageError: the address is none, its driver is not installed, or it is not given although
            the home's runs are in PostgreSQL.
        DatabaseError: the database does not answer.
    """
    path = home.dagster_home / "dagster.yaml"
    address = environment.get(VARIABLE, "")
    text = TEMPLATE.read_text(encoding="utf-8")
    if address:
        _check(address)
        text = f"{text}{POSTGRES}"
    elif path.is_file() and NAMED in path.read_text(encoding="utf-8"):
        raise UsageError(
            "Dagster's runs of this home are in PostgreSQL, and the address is not given",
            where=str(path),
            expected=f"{VARIABLE} in the environment, as the service has it",
            remedy=f"set {VARIABLE}; or remove {path} to begin anew with SQLite files",
        )
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        store.write_atomically(path, lambda part: part.write_text(text, encoding="utf-8"))


def _check(address: str) -> None:
    """Make sure that the database answers."""
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError
    from sqlalchemy.pool import NullPool

    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        raise _no_address("something else") from None  # the message would repeat the password
    # a password may also stand among the options, or end at an "@" of its own
    shown = url.set(query={}).render_as_string(hide_password=True)
    if "@" in f"{url.host}{url.database}":
        raise _no_address('one with a second "@": write %40 in a password') from None
    if url.drivername != DRIVER or not url.database:
        raise _no_address(shown)
    if find_spec("dagster_postgres") is None:
        raise UsageError(
            "PostgreSQL as Dagster's storage needs a package that is not installed",
            where=VARIABLE,
            remedy="pip install 'fcm-migration[postgres]', in the versions of the lock file",
        )
    waiting = {"connect_timeout": CONNECT_SECONDS}
    engine = create_engine(address, poolclass=NullPool, connect_args=waiting)
    try:
        engine.connect().close()
    except (ProgrammingError, ValueError):  # psycopg2 does not understand the address
        raise _no_address(shown) from None
    except OperationalError as error:
        raise DatabaseError(
            "Dagster's database cannot be used",
            where=shown,
            got=" ".join(str(error.orig).split()),
            remedy=f"start PostgreSQL, and see that the role of {VARIABLE} may open that database",
        ) from None


def _no_address(got: str) -> UsageError:
    return UsageError(
        "not the address of a PostgreSQL database", where=VARIABLE, expected=EXAMPLE, got=got
    )
