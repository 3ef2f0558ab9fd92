"""The entry point: runs a command and turns a typed error into a sentence and an exit code."""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from fcm_migration.cli import (  # noqa: F401  (they add their commands)
    alerts,
    exporting,
    keeping,
    making,
    reading,
    refreshing,
)
from fcm_migration.cli.app import cli
from fcm_migration.console import say, show_exception
from fcm_migration.errors import DiskError, FcmError, UsageError
from fcm_migration.processes import Ended, ending_soon, sentence, with_utf8

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context

QUESTION = "fcm question"  # the thread in which publish/asking.py waits for DuckDB


def main(argv: Sequence[str] | None = None, *, given: Context | None = None) -> None:
    """Run the command line; a typed error becomes one sentence and its exit code.

    ``given`` stands in for this checkout's own home, sources and reference data.
    """
    sys.excepthook = show_exception
    if argv is None:
        with_utf8()
    try:
        with ending_soon(_hurry):
            cli.main(argv, standalone_mode=False, obj=given)
            _flush()
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)  # it quotes arguments, such as names of files
        say(told.getvalue(), error=True, end="")
        sys.exit(2)
    except Ended as error:
        say(sentence(error.number), error=True)
        _leave_now(error.exit_code)  # Python takes seconds to unload all its libraries
    except FcmError as error:
        _end(f"fcm: {error}", error.exit_code)
    except UnicodeEncodeError as error:
        _end(f"fcm: {_no_letters(error)}", UsageError.exit_code)
    except BrokenPipeError:
        _let_go_of_output()  # the reader of the pipe has closed it, which is no error


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _let_go_of_output()
        raise DiskError(
            "standard output cannot be written to",
            got=error.strerror,
            remedy="make room there, or write to a file elsewhere with --out",
        ) from error


def _let_go_of_output() -> None:
    """See that the flush at the interpreter's end cannot fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _no_letters(error: UnicodeEncodeError) -> UsageError:
    return UsageError(
        "standard output cannot show every letter of this",
        got=f"encoding {error.encoding}",
        remedy="set PYTHONIOENCODING=utf-8, or write to a file with --out",
    )


def _end(words: str, code: int) -> NoReturn:
    """Print a last line and exit at once, even if a library does not stop."""
    say(words, error=True)
    if any(thread.name == QUESTION and thread.is_alive() for thread in threading.enumerate()):
        _leave_now(code)
    sys.exit(code)


def _leave_now(code: int) -> NoReturn:
    _leave_temporary_files()
    sys.stderr.flush()
    os._exit(code)


def _hurry(number: int) -> None:
    """Say the line of a command that a signal ended while a library was busy."""
    os.write(2, f"{sentence(number)}\n".encode())
    _leave_temporary_files()


def _leave_temporary_files() -> None:
    if (spill := sys.modules.get("fcm_migration.publish.spill")) is not None:
        spill.leave()
