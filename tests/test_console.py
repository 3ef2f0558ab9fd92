"""What people read on a terminal and in a pipe is the text itself."""

from __future__ import annotations

import io

from rich.table import Table

from fcm_migration.console import console

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
