"""``README.txt`` of an export: what is in it, how to read it, and whose the figures are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from fcm_migration.publish.export.package import TITLE, Edition, File, used_sources

SPREADSHEET_ROWS = 1_048_576  # of a sheet of Excel or LibreOffice, the header included
WORDS = {
    "csv": "The files are for spreadsheets: UTF-8 with a byte-order mark. A text that a "
    "spreadsheet would take for a formula begins with an apostrophe here. For programs, use "
    "--format datapackage or parquet, which leave every text as its publisher wrote it.",
    "datapackage": "The files are for programs: a Frictionless data package of CSV files, "
    "described in datapackage.json. Every text stands as its publisher wrote it, and one may "
    "begin with = and be a formula to a spreadsheet; for spreadsheets, use --format csv. Null is "
    "written as missingValues in datapackage.json says; an empty text and NA are values.",
    "parquet": "The files are for programs: one Parquet file for each table or view. Every text "
    "stands as its publisher wrote it. Columns bear their description and unit as metadata.",
}
UNITS = (
    "Figures of different units (persons, events, cases) are never added together. Moments are in "
    "UTC. Quote a figure with its unit, its source and its as_of_date, which is the day of the "
    "release it is from."
)


def readme(edition: Edition, files: Sequence[File], fmt: str) -> str:
    """Return the text; tables in the order of the files, sources by their code."""
    return "\n".join(_lines(edition, files, fmt)) + "\n"


def _lines(edition: Edition, files: Sequence[File], fmt: str) -> Iterator[str]:
    yield from (TITLE, "=" * len(TITLE), "")
    yield from _wrapped(
        f"Edition {edition.edition_id} of fcm-migration, published {edition.published}, written "
        f"by `fcm export --format {fmt}`."
    )
    for words in (WORDS[fmt], UNITS, *_too_long(files, fmt)):
        yield from ("", *_wrapped(words))
    yield from ("", "Files", "-----", "")
    for file in files:
        unit = "row" if file.rows == 1 else "rows"
        yield f"{file.path.name} ({file.rows:,} {unit})"
        yield from _wrapped(file.relation.description, "    ")
    yield from ("", "Sources and licences", "--------------------", "")
    for source in used_sources(edition, files):
        yield f"{source.source_id} (release of {source.as_of_date})"
        for words in (
            f"{source.publisher}: {source.title}. {source.landing_url}",
            f"Licence: {source.licence.title}. {source.licence.url}",
            f"Attribution: {source.licence.attribution}",
            source.words,
        ):
            yield from _wrapped(words, "    ")


def _too_long(files: Sequence[File], fmt: str) -> Iterator[str]:
    long = [file.path.name for file in files if file.rows + 1 > SPREADSHEET_ROWS]
    if fmt == "csv" and long:
        yield (
            f"A sheet has {SPREADSHEET_ROWS:,} rows, and a spreadsheet leaves out the others "
            f"without much of a warning: {', '.join(long)}."
        )


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text, 100, initial_indent=indent, subsequent_indent=indent, break_long_words=False
    )
