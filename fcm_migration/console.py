"""Printing for people: every rich console of this project, so that texts appear as they stand.

By default rich reads ``[red]`` as a style, replaces ``:x:`` by a picture and colours numbers.
Labels, file names and messages here come from publishers and people; none of them is markup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console


def console(
    *, file: TextIO | None = None, stderr: bool = False, pipe_width: int | None = None
) -> Console:
    """Return a console that prints every text as it stands.

    Args:
        file: where to print; None for standard output (or standard error).
        stderr: print to standard error.
        pipe_width: columns where the output is no terminal; None leaves the choice to rich.
    """
    from rich.console import Console

    made = Console(file=file, stderr=stderr, markup=False, emoji=False, highlight=False)
    if pipe_width is not None and not made.is_terminal:
        made.width = pipe_width
    return made
