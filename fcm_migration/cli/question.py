"""Where the SQL of ``fcm query`` comes from: the command line, a file, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from fcm_migration.errors import UsageError

LARGEST = 1_000_000  # bytes of a question
STANDARD_INPUT = "standard input"


def read_question(sql: str | None, file: Path | None) -> str:
    """Return the SQL of a question.

    Args:
        sql: as given on the command line; ``-`` for standard input, and None where it was left out.
        file: the file to read it from, or None.

    Raises:
        UsageError: there is none or more than one, it is empty, too large or not UTF-8.
    """
    if sql is not None and file is not None:
        raise UsageError(
            "the question is given twice", got="SQL and --file", expected="one of the two"
        )
    if file is not None:
        with file.open("rb") as opened:
            return _text(opened.read(LARGEST + 1), str(file))
    if sql is not None and sql != "-":
        return _not_empty(sql, "SQL")
    if sys.stdin is None or (sql is None and sys.stdin.isatty()):
        raise UsageError(
            "no question is given",
            expected="SQL in quotes, --file FILE, or - for standard input",
            remedy='for example: fcm query "SELECT * FROM sources"',
        )
    return _text(sys.stdin.buffer.read(LARGEST + 1), STANDARD_INPUT)


def _text(body: bytes, where: str) -> str:
    """Return the text of a question; a mark of UTF-8 at its beginning is no part of it."""
    if len(body) > LARGEST:
        raise UsageError(
            "the question is too large", where=where, expected=f"at most {LARGEST:,} bytes"
        )
    try:
        return _not_empty(body.decode("utf-8-sig"), where)
    except UnicodeDecodeError as error:
        raise UsageError(
            "the question is not UTF-8",
            where=where,
            got=f"byte {body[error.start]:#04x} at place {error.start:,}",
            remedy="save the file as UTF-8",
        ) from None


def _not_empty(sql: str, where: str) -> str:
    if not sql.strip():
        raise UsageError(
            "the question is empty", where=where, remedy="write SQL, such as SELECT * FROM sources"
        )
    return sql
