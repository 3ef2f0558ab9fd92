"""The entry point: runs a command and turns a typed error into a sentence and an exit code."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from fcm_migration.cli import (  # noqa: F401  (they add their commands)
    alerts,
    keeping,
    making,
    reading,
    refreshing,
)
from fcm_migration.cli.app import cli
from fcm_migration.console import say, show_exception
from fcm_migration.errors import FcmError

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context


def main(argv: Sequence[str] | None = None, *, given: Context | None = None) -> None:
    """Run the command line; a typed error becomes one sentence and its exit code.

    ``given`` stands in for this checkout's own home, sources and reference data.
    """
    sys.excepthook = show_exception
    try:
        cli.main(argv, standalone_mode=False, obj=given)
        sys.stdout.flush()
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)  # it quotes arguments, such as names of files
        say(told.getvalue(), error=True, end="")
        sys.exit(2)
    except click.exceptions.Abort:
        sys.exit(130)
    except FcmError as error:
        say(f"fcm: {error}", error=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # the reader of the pipe has closed it, which is no error; the flush at exit must not fail
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
