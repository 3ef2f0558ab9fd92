"""Read-only, hardened access to the published file, for notebooks and for the command line.

A connection can read the file's tables and nothing else: no other files, no network, no
extensions, no settings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from fcm_migration.catalog.derive import quote_identifier, quote_literal
from fcm_migration.config import home as find_home
from fcm_migration.errors import EditionError
from fcm_migration.machine import require_address_space
from fcm_migration.publish.asking import answer
from fcm_migration.publish.spill import ODD, spill_settings
from fcm_migration.publish.views import as_of_select

if TYPE_CHECKING:
    import duckdb
    import polars as pl

MEMORY = "2GB"
ADDRESS_SPACE = 2_000_000_000  # bytes that DuckDB and Polars reserve, most of them never touched
HARDENED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "memory_limit": MEMORY,
    "lock_configuration": "true",
}
# how DuckDB says that another process holds its lock, and which
HELD = re.compile(
    r"Could not set lock on file(?:.*?Conflicting lock is held in (?P<holder>.+?\(PID \d+\)))?",
    re.DOTALL,
)
SEEN = ("first_seen_date", "last_seen_date")  # the last columns of every history


def open_read_only(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file read-only and hardened.

    Raises:
        EditionError: the file does not exist or cannot be read.
    """
    import duckdb

    require_address_space(ADDRESS_SPACE)
    if not path.exists():
        raise EditionError("nothing is published", where=str(path), remedy="run: fcm refresh")
    try:
        if ODD in str(path):
            return _attached(path)
        return duckdb.connect(str(path), read_only=True, config=HARDENED | spill_settings())
    except duckdb.Error as error:
        if found := HELD.search(str(error)):
            raise _in_use(path, found.group("holder")) from error
        raise EditionError(
            "the published file cannot be opened",
            where=str(path),
            got=str(error),
            remedy="run: fcm verify",
        ) from error


def _attached(path: Path) -> duckdb.DuckDBPyConnection:
    """Attach a file to an empty database and harden that, whatever characters the path has."""
    import duckdb

    connection = duckdb.connect(":memory:", config={"memory_limit": MEMORY, **spill_settings()})
    name = quote_identifier(path.stem)
    connection.execute(f"ATTACH {quote_literal(str(path))} AS {name} (READ_ONLY)")
    connection.execute(f"USE {name}")
    harden(connection)
    return connection


def harden(connection: duckdb.DuckDBPyConnection) -> None:
    """Keep a connection from every file but those attached already, and from other settings."""
    for setting, value in HARDENED.items():
        connection.execute(f"SET {setting} = {quote_literal(str(value))}")


def _in_use(path: Path, holder: str | None) -> EditionError:
    """Return the error for a file that another program holds open for writing, with the remedy."""
    return EditionError(
        "somebody has the published file open for writing, and until that is closed nobody else "
        "can read it",
        where=str(path),
        got=f"opened for writing by {holder}" if holder else None,
        remedy="close it in that program and open the file read-only there: `duckdb -readonly`, "
        "`duckdb.connect(path, read_only=True)`, access_mode=READ_ONLY in DBeaver and other "
        "clients; then run `fcm verify`, which finds whether anything was changed",
    )


@dataclass(frozen=True)
class EditionNote:
    """Which edition a connection reads."""

    edition_id: str
    sequence: int
    published_at: datetime


class Connection:
    """A notebook's connection to the published edition; see :func:`connect`."""

    def __init__(self, published: Path, timeout: float | None = None) -> None:
        self._published, self._timeout = published, timeout
        self._open()

    def _open(self) -> None:
        # DuckDB keeps one instance per path in a process, and with it the replaced file: the
        # edition's own path never changes its bytes, so a new edition is always a new instance.
        while True:
            path = _edition_path(self._published)
            try:
                self._inode = path.stat().st_ino if path.exists() else 0
                self._connection = open_read_only(path)
            except (EditionError, FileNotFoundError):
                if path != self._published and not path.exists():
                    continue  # superseded and pruned since it was found: a newer one is in place
                raise
            return

    def sql(self, query: str) -> pl.DataFrame:
        """Run one question and return its answer as a Polars frame.

        Raises:
            UsageError: DuckDB refuses the question; its message says why.
            LimitError: it takes too long, or needs too much space.
        """
        return answer(self._connection, query, seconds=self._timeout)

    @property
    def edition(self) -> EditionNote:
        """Return the edition this connection reads."""
        row = self.sql("SELECT edition_id, sequence, published_at FROM meta.edition").row(0)
        return EditionNote(row[0], row[1], row[2].replace(tzinfo=UTC))

    @property
    def is_newest(self) -> bool:
        """Return whether no newer file has been published since this connection was opened."""
        return self._published.stat().st_ino == self._inode

    def refresh(self) -> bool:
        """Move to the newest edition; return whether there was one."""
        if self.is_newest:
            return False
        self._connection.close()
        self._open()
        return True

    def close(self) -> None:
        """Close the connection to the file."""
        self._connection.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def connect(home: str | Path | None = None, *, timeout: float | None = None) -> Connection:
    """Open the published edition, read-only.

    What a question cannot hold in memory is written to the user's cache folder, up to a quota, and
    removed when the process ends.

    Args:
        home: working home; by default ``FCM_HOME``, else ``data/`` of the checkout.
        timeout: seconds that a question may take; by default there is no limit.

    Raises:
        EditionError: nothing is published, or the file is damaged.

    Example:
        >>> import fcm_migration
        >>> with fcm_migration.connect() as fcm:
        ...     fcm.sql("SELECT source_id, as_of_date FROM meta.sources")
    """
    return Connection(find_home(None if home is None else Path(home)).published, timeout)


def _edition_path(published: Path) -> Path:
    """Return the edition file that is the published one, or the published path itself."""
    if published.exists():
        for path in sorted((published.parent / "editions").glob("*.duckdb"), reverse=True):
            try:
                if path.samefile(published):
                    return path
            except FileNotFoundError:  # pruned between the listing and the look
                continue
    return published


def open_as_of(published: Path, day: date) -> duckdb.DuckDBPyConnection:
    """Open the published file so that each core table shows what stood published on ``day``.

    Only schemas core and meta are there: marts and forecasts are made of the newest releases.

    Raises:
        EditionError: nothing is published, the file is damaged, or an older version wrote it.
    """
    import duckdb

    with open_read_only(published) as file:  # typed errors for what cannot be opened
        tables = file.execute(
            "SELECT t.table_name, t.source_id, list(c.column_name ORDER BY c.position) "
            "FROM meta.tables t JOIN meta.columns c USING (schema_name, table_name) "
            "WHERE t.schema_name = 'history' GROUP BY ALL"
        ).fetchall()
        others = file.execute(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'meta' "
            "UNION SELECT view_name FROM duckdb_views() WHERE schema_name = 'meta'"
        ).fetchall()
    if not tables:
        raise EditionError(
            "an older version published this edition, without a schema history",
            where=str(published),
            remedy="run `fcm refresh`, or ask its core.<table>_as_of(day)",
        )
    connection = duckdb.connect(":memory:", config={"memory_limit": MEMORY, **spill_settings()})
    connection.execute(f"ATTACH {quote_literal(str(published))} AS fcm (READ_ONLY)")
    connection.execute("CREATE SCHEMA core")
    connection.execute("CREATE SCHEMA meta")
    moment = f"DATE {quote_literal(day.isoformat())}"
    for name, source_id, columns in tables:
        select = as_of_select(name, columns[: -len(SEEN)], source_id, moment, "fcm")
        connection.execute(f"CREATE VIEW core.{quote_identifier(name)} AS {select}")
    for (name,) in others:
        quoted = quote_identifier(name)
        connection.execute(f"CREATE VIEW meta.{quoted} AS SELECT * FROM fcm.meta.{quoted}")  # noqa: S608
    harden(connection)
    return connection
