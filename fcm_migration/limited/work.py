"""The three tasks that touch publishers' bytes, as the limited process carries them out.

They need nothing of that process: tests run them in their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from fcm_migration.errors import LayoutError
from fcm_migration.limited.model import Look, Reading
from fcm_migration.sources.base import Fetched, Get, Parsed, ReleaseFile, Source
from fcm_migration.workbook import newest_document

# Exceptions that a source's code may raise on an unforeseen release.
UNFORESEEN = (
    pl.exceptions.PolarsError,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def fetch(source: Source, get: Get) -> Fetched:
    """Return the release that the source's ``fetch`` finds.

    Raises:
        SourceError: there is none, or a page on the way to it is not as expected.
    """
    if source.fetch is None:
        raise LookupError(f"{source.source_id} has no fetch")
    try:
        return source.fetch(get)
    except UNFORESEEN as error:
        raise LayoutError(
            f"the publisher's pages could not be read: {type(error).__name__}: {error}",
            where=source.source_id,
            remedy="compare the pages with the source's fetch; the last good release stays in use",
        ) from error


def look(source: Source, files: Sequence[ReleaseFile]) -> Look:
    """Return the dates that the files state."""
    try:
        printed = source.release_date(files)
    except UNFORESEEN as error:
        raise _failed("the date could not be read", source, files, error) from error
    return Look(printed, newest_document(file.path for file in files))


def read(source: Source, files: Sequence[ReleaseFile]) -> Reading:
    """Return the tables of a release; an unforeseen error refuses this release only.

    Raises:
        SourceError: the release does not parse.
    """
    try:
        parsed = source.parse(files)
    except UNFORESEEN as error:
        raise _failed("the parser failed on this release", source, files, error) from error
    _check_tables(source, parsed)
    return Reading(parsed, newest_document(file.path for file in files))


def _failed(
    what: str, source: Source, files: Sequence[ReleaseFile], error: Exception
) -> LayoutError:
    return LayoutError(
        f"{what}: {type(error).__name__}: {error}",
        where=named(source, files),
        remedy="compare the file's layout with the parser; the last good release stays in use",
    )


def named(source: Source, files: Sequence[ReleaseFile]) -> str:
    """Return source and files as messages name them."""
    names = ", ".join(file.name for file in files)[:200]
    return f"{source.source_id}: {names}" if names else source.source_id


def _check_tables(source: Source, parsed: Parsed) -> None:
    declared = {table.name for table in source.tables}
    if set(parsed.tables) != declared:
        raise LayoutError(
            "the parser did not return its declared tables",
            where=source.source_id,
            expected=sorted(declared),
            got=sorted(parsed.tables),
        )
    empty = sorted(name for name, frame in parsed.tables.items() if frame.is_empty())
    # a moving window may come in parts: the rows of the other tables remain
    if empty and (source.rolling_by is None or set(empty) == declared):
        raise LayoutError("no rows were found", where=source.source_id, got=f"empty {empty}")
