"""Printing for people: every text of this project reaches a terminal through here.

Labels, file names and messages come from publishers and people. By default rich reads ``[red]`` as
a style, replaces ``:x:`` by a picture and colours numbers, and a terminal obeys escape sequences
and marks that turn the direction of text. Here they appear as they stand, or written out.
"""

from __future__ import annotations

import sys
import traceback
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from fcm_migration.printable import printable

if TYPE_CHECKING:
    from rich.console import Console


def console(
    *, file: TextIO | None = None, stderr: bool = False, pipe_width: int | None = None
) -> Console:
    """Return a console that prints every text unchanged.

    Args:
        file: where to print; None for standard output (or standard error).
        stderr: print to standard error.
        pipe_width: columns where the output is no terminal; None leaves the choice to rich.
    """
    from rich.console import Console
    from rich.text import Text

    class Plain(Console):
        """A console that no text can steer: this is how strings reach it, cells included."""

        def render_str(self, text: str, *args: object, **options: object) -> Text:
            return super().render_str(printable(text), *args, **options)  # type: ignore[arg-type]

    made = Plain(file=file, stderr=stderr, markup=False, emoji=False, highlight=False)
    if pipe_width is not None and not made.is_terminal:
        made.width = pipe_width
    return made


def say(text: str, *, error: bool = False, end: str = "\n") -> None:
    """Print a text for people to standard output or standard error."""
    file = sys.stderr if error else sys.stdout
    file.write(f"{printable(text)}{end}")
    file.flush()


def write_for_programs(text: str, file: TextIO) -> None:
    """Write a text for programs unchanged; on a terminal, escape what could act on it."""
    file.write(printable(text) if file.isatty() else text)


def show_exception(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Print an error that nobody expected; its message may quote a file or a publisher."""
    say("".join(traceback.format_exception(kind, error, trace)), error=True, end="")
