"""What people read on a terminal and in a pipe is the text itself."""

from __future__ import annotations

import io

import pytest
from rich.table import Table

from fcm_migration.console import console, say, show_exception, write_for_programs

TEXT = ":x: [red]label[/red] 12 :warning:"


def test_texts_are_neither_styles_nor_pictures() -> None:
    """In lines, in cells, in headers and in titles."""
    file = io.StringIO()
    made = console(file=file, pipe_width=120)
    grid = Table(TEXT, title=TEXT, box=None)
    grid.add_row(TEXT)
    made.print(grid)
    made.print(TEXT)
    assert file.getvalue().count(TEXT) == 4
    assert "\x1b" not in file.getvalue()


ACTING = "\x1b[2J\u202eevil\x9b"
SHOWN = "\\u001b[2J\\u202eevil\\u009b"


class Terminal(io.StringIO):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("file", [io.StringIO(), Terminal()])
def test_no_text_steers_a_terminal(file: io.StringIO) -> None:
    made = console(file=file, pipe_width=160)
    grid = Table(ACTING, title=ACTING, box=None)
    grid.add_row(ACTING)
    made.print(grid)
    made.print(ACTING, soft_wrap=True)
    assert file.getvalue().count(SHOWN) == 4
    assert "\u202e" not in file.getvalue()
    assert "\x1b[2J" not in file.getvalue()


def test_sentences_and_errors_do_not_either(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"{ACTING}\nsecond line")
    say(ACTING, error=True)
    show_exception(ValueError, ValueError(ACTING), None)
    told = capsys.readouterr()
    assert told.out == f"{SHOWN}\nsecond line\n"
    assert told.err == f"{SHOWN}\nValueError: {SHOWN}\n"


def test_what_is_for_programs_is_exact_but_on_a_terminal() -> None:
    pipe, terminal = io.StringIO(), Terminal()
    write_for_programs(ACTING, pipe)
    write_for_programs(ACTING, terminal)
    assert (pipe.getvalue(), terminal.getvalue()) == (ACTING, SHOWN)
