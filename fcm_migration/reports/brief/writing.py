"""Write a brief into files: HTML, and PDF where it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fcm_migration import folders, store
from fcm_migration.catalog.columns import FIVE
from fcm_migration.config import Home
from fcm_migration.errors import UsageError
from fcm_migration.outfile import write_text
from fcm_migration.publish.query import Connection, EditionNote
from fcm_migration.reports.brief.page import brief_page
from fcm_migration.reports.brief.pdf import find_browser, print_pdf
from fcm_migration.reports.brief.reading import country_code, country_names, require_views

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
        page = _checked(connection, code)
    write_text(target, page)
    written = [target]
    if is_pdf:
        printed = target.with_suffix(".pdf")
        print_pdf(target, printed)
        written.append(printed)
    return written


@dataclass(frozen=True)
class Briefs:
    """The briefs of an edition.

    Attributes:
        edition: what they were made of.
        written: the files, the one of all countries last.
        left_out: why a country has none, in words.
        sentences: what is to be read out, a list for each country by its name.
    """

    edition: EditionNote
    written: tuple[Path, ...]
    left_out: tuple[str, ...]
    sentences: Mapping[str, tuple[str, ...]]


def write_briefs(home: Home) -> Briefs:
    """Write the brief of each country and that of all into the home's ``reports``.

    A country of which the edition has no figure has no brief, and a file of an earlier edition is
    removed, so that no old one lies beside new ones.

    Raises:
        EditionError: nothing is published, or an edition from before there were briefs.
        UsageError: a brief is too large.
    """
    written, left_out = [], []
    with Connection(home.published) as connection:
        for code, page in all_briefs(connection):
            target = home.reports / default_name(code)
            if page is None:
                left_out.append(f"{code or ALL}: the edition has no figure")
                folders.remove(target, home.root)
                continue
            store.write_atomically(target, _writer(page))
            written.append(target)
        said = connection.sql("SELECT destination, sentence FROM brief.sentences")
        sentences = {
            str(name): tuple(own.get_column("sentence"))
            for (name,), own in said.group_by("destination", maintain_order=True)
        }
        return Briefs(connection.edition, tuple(written), tuple(left_out), sentences)


def all_briefs(connection: Connection) -> Iterator[tuple[str | None, str | None]]:
    """Yield the page of each country by its code, then that of all, which has none.

    The page is None where the edition has no figure.

    Raises:
        EditionError: the edition was made before there were briefs.
        UsageError: a brief is too large.
    """
    require_views(connection)
    has = set(connection.sql("SELECT destination_iso3 FROM brief.main_series").to_series())
    for code in (*FIVE, None):
        is_there = code in has if code else bool(has)
        yield code, _checked(connection, code) if is_there else None


def _writer(page: str) -> Callable[[Path], object]:
    return lambda part: part.write_text(page, encoding="utf-8")


def _checked(connection: Connection, code: str | None) -> str:
    """Return the page of a country, or of all for None, once it is small enough to be sent."""
    page = brief_page(connection, FIVE if code is None else (code,), is_all=code is None)
    if (size := len(page.encode())) > MOST_BYTES:
        raise UsageError(
            "the brief is too large to be sent",
            where=default_name(code),
            expected=f"at most {MOST_BYTES:,} bytes",
            got=f"{size:,}",
        )
    return page
