"""Write a brief into files: HTML, and PDF where it is asked for."""

from __future__ import annotations

from pathlib import Path

from fcm_migration.catalog.columns import FIVE
from fcm_migration.errors import UsageError
from fcm_migration.outfile import write_text
from fcm_migration.publish.query import Connection
from fcm_migration.reports.brief.page import brief_page
from fcm_migration.reports.brief.pdf import find_browser, print_pdf
from fcm_migration.reports.brief.reading import country_code, country_names

ALL = "five_countries"
MOST_BYTES = 500_000


def default_name(code: str | None) -> str:
    """Return the file name of a brief: brief_CAN.html, or brief_five_countries.html."""
    return f"brief_{code or ALL}.html"


def brief_file(published: Path, country: str | None) -> Path:
    """Return the file a brief is written to where none is named, in the current folder.

    Raises:
        EditionError: nothing is published.
        UsageError: no such country.
    """
    if country is None:
        return Path(default_name(None))
    with Connection(published) as connection:
        return Path(default_name(country_code(country, country_names(connection))))


def write_brief(
    published: Path, country: str | None, target: Path, *, is_pdf: bool = False
) -> list[Path]:
    """Write the brief of a country, or of all five; return the files written.

    Args:
        published: the published file.
        country: code or name of one of the five; None for all.
        target: HTML file.
        is_pdf: whether to print it, too, into a PDF file beside it.

    Raises:
        EditionError: nothing is published, or an edition from before there were briefs.
        UsageError: no such country, no figures, a brief that is too large, or no browser to print.
    """
    if is_pdf:
        find_browser()  # before anything is made
    with Connection(published) as connection:
        code = None if country is None else country_code(country, country_names(connection))
        page = brief_page(connection, FIVE if code is None else (code,), is_all=code is None)
    if (size := len(page.encode())) > MOST_BYTES:
        raise UsageError(
            "the brief is too large to be sent",
            where=str(target),
            expected=f"at most {MOST_BYTES:,} bytes",
            got=f"{size:,}",
        )
    write_text(target, page)
    written = [target]
    if is_pdf:
        printed = target.with_suffix(".pdf")
        print_pdf(target, printed)
        written.append(printed)
    return written
