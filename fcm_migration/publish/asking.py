"""One question to a connection, within limits of time and size, and interruptible at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

import polars as pl

from fcm_migration.errors import EditionError, FcmError, LimitError, UsageError

if TYPE_CHECKING:
    import duckdb

LARGEST = 4_000_000_000  # bytes of an answer in memory
BATCH_ROWS = 100_000
LOOK_SECONDS = 0.2  # a signal that another thread received wakes no thread that waits
STOP_SECONDS = 0.7  # DuckDB stops within some hundredths of a second; then this process goes on
THREAD = "fcm question"  # the command line ends past it if DuckDB does not stop
R = TypeVar("R")


def answer(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    *,
    remedy: str = "",
    seconds: float | None = None,
) -> pl.DataFrame:
    """Return the answer to one statement that reads.

    Args:
        connection: a hardened connection; nobody else may use it meanwhile.
        sql: the statement.
        remedy: what to do if DuckDB refuses it.
        seconds: how long it may take; None for no limit.

    Raises:
        UsageError: it is not one, or DuckDB refuses it; the message says why.
        LimitError: it takes too long, or needs too much space.
        EditionError: the file is damaged where the question reads it.
    """
    try:
        with typed_errors(remedy):
            return stoppable(lambda: _answer(connection, sql), connection.interrupt, seconds)
    except pl.exceptions.PolarsError as error:  # an INTERVAL, for one
        raise UsageError(
            "a column of the answer has a type that Polars does not know",
            got=str(error).partition("\n")[0],
            remedy="cast it, for example with CAST(x AS VARCHAR)",
        ) from error


@contextmanager
def typed_errors(remedy: str = "") -> Iterator[None]:
    """Turn an error of DuckDB inside the block into a typed one.

    Args:
        remedy: what to do if DuckDB refuses the question.
    """
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise _of_duckdb(error, remedy) from error


def _of_duckdb(error: duckdb.Error, remedy: str) -> FcmError:
    """Return the typed error that one of DuckDB's amounts to."""
    import duckdb

    first_line = str(error).partition("\n")[0]
    if isinstance(error, duckdb.OutOfMemoryException):
        return LimitError(
            "the question needs more memory and temporary space than it may have",
            got=first_line,
            remedy="ask for fewer rows or columns, or sum up before sorting and joining",
        )
    if "Corrupt database" in str(error):  # DuckDB compares every block it reads
        return EditionError(
            "the published file is damaged",
            got=first_line,
            remedy="run `fcm refresh`, which publishes anew, or `fcm rollback EDITION`",
        )
    return UsageError("DuckDB refuses the question", got=str(error), remedy=remedy or None)


def _answer(connection: duckdb.DuckDBPyConnection, sql: str) -> pl.DataFrame:
    import duckdb
    import pyarrow as pa

    statements = connection.extract_statements(sql)
    reads = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
    if len(statements) != 1 or statements[0].type not in reads:
        raise UsageError(
            "one statement that reads is answered at a time",
            expected="SELECT, WITH, DESCRIBE, SUMMARIZE, FROM or EXPLAIN",
            got=f"{len(statements)} statement(s) of type {[s.type.name for s in statements][:3]}",
        )
    # .sql, not .execute: DuckDB 2 hands frames out of relations only
    relation = connection.sql(statements[0].query)
    batches, size = [], 0
    with relation.to_arrow_reader(BATCH_ROWS) as reader:  # closed: else nothing else can be asked
        for batch in reader:
            size += batch.nbytes
            if size > LARGEST:
                raise LimitError(
                    "the answer is too large",
                    expected=f"at most {LARGEST / 1e9:.0f} GB",
                    remedy="ask for fewer rows or columns, or for sums",
                )
            batches.append(batch)
        table = pa.Table.from_batches(batches, reader.schema)
    if len(set(table.column_names)) < table.num_columns:  # DuckDB tells them apart in frames alone
        table = table.rename_columns(relation.limit(0).pl().columns)
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError(f"a table gave a {type(frame).__name__}")
    return frame


@contextmanager
def closing(connection: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Close a connection at the end of the block, unless a question still runs on it."""
    import duckdb

    try:
        yield connection
    finally:
        with suppress(duckdb.Error):
            connection.close()


def stoppable(do: Callable[[], R], stop: Callable[[], None], seconds: float | None) -> R:
    """Return a function's result; call ``stop`` if it takes too long or a signal arrives.

    The function runs in a thread: Python handles a signal such as Ctrl-C between two of its own
    instructions, and a library would keep the main thread away from them for minutes.
    """
    given: list[R] = []
    failed: list[BaseException] = []
    done = threading.Event()  # not Thread.join: interrupted once, it takes the thread for ended

    def run() -> None:
        try:
            given.append(do())
        except BaseException as error:  # raised again by the thread that waits
            failed.append(error)
        finally:
            done.set()

    threading.Thread(target=run, name=THREAD, daemon=True).start()
    try:
        in_time = _waited(done, seconds)
    except BaseException:
        stop()
        done.wait(STOP_SECONDS)
        raise
    if not in_time:
        stop()
        done.wait(STOP_SECONDS)
        raise LimitError(
            "the question takes too long",
            expected=f"at most {seconds:g} s",
            remedy="ask for less, or give it more time: fcm query --timeout SECONDS, "
            "connect(timeout=SECONDS)",
        )
    if failed:
        raise failed[0]
    return given[0]


def _waited(done: threading.Event, seconds: float | None) -> bool:
    """Wait for the event, looking up for signals meanwhile; return whether it came in time."""
    end = None if seconds is None else time.monotonic() + seconds
    while True:
        left = LOOK_SECONDS if end is None else end - time.monotonic()
        if done.wait(max(0, min(left, LOOK_SECONDS))):
            return True
        if end is not None and time.monotonic() >= end:
            return False
