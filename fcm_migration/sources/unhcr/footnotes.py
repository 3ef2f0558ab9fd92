"""UNHCR's notes on its own figures: which years, countries and kinds of people each is about.

Free text, for reading beside a figure. Two tables: the notes, and the years each is about.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError, UnsafeFileError
from fcm_migration.periods import refuse_odd_years
from fcm_migration.sources.base import NO_FLOWS, Fetched, Get, Parsed, ReleaseFile, only_file
from fcm_migration.sources.unhcr import tables as unhcr
from fcm_migration.sources.unhcr.api import fetch_pages, read_pages
from fcm_migration.workbook import normalise, pick_columns, read_csv_text

API_NAMES = {
    "footnote": "note",
    "year": "years_text",
    "coo": "origin_name",
    "coo_iso": "origin_printed_iso3",
    "coa": "asylum_name",
    "coa_iso": "asylum_printed_iso3",
    "population_type": "population_types",
}
CSV_NAMES = {
    "Footnote": "note",
    "Year": "years_text",
    "Country of origin (ISO)": "origin_printed_iso3",
    "Country of asylum (ISO)": "asylum_printed_iso3",
    "Population type": "population_types",
}
IN_ZIP = "footnotes.csv"
MOST_BYTES = 50_000_000
SPAN = re.compile(r"(\d{4})(?: - (\d{4}))?")
MOST_YEARS = 60
NOTE_ID = Column(
    "note_id",
    "string",
    "Our name of the note: the beginning of a hash of its text, years, countries and types.",
    pattern=r"^[0-9a-f]{16}$",
)
NOTES = Table(
    "core",
    "unhcr_footnotes",
    "UNHCR's notes on its figures.",
    "note",
    (
        NOTE_ID,
        Column("years_text", "string", "Years as printed, such as 2015 - 2018, 2020 - 2024."),
        Column("origin_name", "string", "Origin the note is about; null for any.", nullable=True),
        Column(
            "origin_printed_iso3",
            "string",
            "Origin, ISO 3166-1 alpha-3 as UNHCR prints it; null for any.",
            nullable=True,
        ),
        Column(
            "asylum_name",
            "string",
            "Country of asylum the note is about; null for any.",
            nullable=True,
        ),
        Column(
            "asylum_printed_iso3",
            "string",
            "Country of asylum, ISO 3166-1 alpha-3 as UNHCR prints it; null for any.",
            nullable=True,
        ),
        Column(
            "population_types",
            "string",
            "Kinds of people, UNHCR's codes between commas (REF, ASY, IDP, STA, RST, NAT ...); "
            "null for any.",
            nullable=True,
        ),
        Column("note", "string", "The note, line breaks made spaces."),
    ),
    ("note_id",),
    source_id="unhcr_footnotes",
    caveats=(
        "Notes begin in 2013; a figure without a note is not thereby without a caveat.",
        "A download of the Data Finder carries the notes of its own query only, without names.",
    ),
)
YEARS = Table(
    "core",
    "unhcr_footnote_years",
    "The years each of UNHCR's notes is about.",
    "note and year",
    (NOTE_ID, unhcr.YEAR),
    ("note_id", "year"),
    source_id="unhcr_footnotes",
    period="year",
)


def fetch(get: Get) -> Fetched:
    """Get every note."""
    return fetch_pages(get, "footnotes", ())


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the API's pages, or the footnotes.csv of a Data Finder download, zipped or not.

    Raises:
        LayoutError: a column is missing, or years that cannot be read.
    """
    name = files[0].name
    if name.endswith((".csv", ".zip")):
        raw = _read_csv(files)
        frame, notes = unhcr.pick(raw, CSV_NAMES, name)
        frame = frame.with_columns(
            origin_name=pl.lit(None, pl.String), asylum_name=pl.lit(None, pl.String)
        )
    else:
        raw = read_pages(files)
        frame, notes = unhcr.pick(raw, API_NAMES, name)
    # " " stands for any country; as_text has stripped it.
    frame = frame.with_columns(pl.all().str.replace_all(r"\s+", " ").str.strip_chars(" "))
    frame = frame.with_columns(pl.all().replace("", None))
    silent = frame.get_column("note").null_count()
    frame = frame.filter(pl.col("note").is_not_null())
    if silent:
        notes = (*notes, f"{silent} notes without a text left out.")
    frame = frame.with_columns(note_id=_note_ids(frame))
    again = frame.height - frame.n_unique()
    if again:
        notes = (*notes, f"{again} notes stand twice and are kept once.")
    frame = frame.unique(maintain_order=True)
    years = _years(frame, name)
    tables = {NOTES.name: frame.select(NOTES.column_names), YEARS.name: years}
    return Parsed(tables, notes=notes, layout=_layout(raw, frame))


def _read_csv(files: Sequence[ReleaseFile]) -> pl.DataFrame:
    file = only_file(files)
    header, *body = read_csv_text(_content(file), delimiter=",", where=file.name) or ((),)
    at, extra = pick_columns(header, CSV_NAMES, file.name)
    labels = [normalise(cell) for cell in header]
    at = at | {label: labels.index(label) for label in extra}
    return pl.DataFrame(
        {label: [row[position] for row in body] for label, position in at.items()},
        schema=dict.fromkeys(at, pl.String),
    )


def _content(file: ReleaseFile) -> bytes:
    """Return the CSV's bytes, unpacked within a limit if it came in a ZIP."""
    if not file.name.endswith(".zip"):
        return file.path.read_bytes()
    try:
        with zipfile.ZipFile(file.path) as archive, archive.open(IN_ZIP) as member:
            content = member.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, LookupError, EOFError, RuntimeError) as error:
        raise LayoutError(
            "no download of the Data Finder", where=file.name, expected=IN_ZIP, got=str(error)
        ) from None
    if len(content) > MOST_BYTES:
        raise UnsafeFileError(
            "the notes unpack to more than they may", where=file.name, expected=f"{MOST_BYTES:,}"
        )
    return content


def _note_ids(frame: pl.DataFrame) -> pl.Series:
    columns = [name for name in NOTES.column_names if name != "note_id" and name in frame.columns]
    # Names come with the API only: they are no part of a note's identity.
    kept = [name for name in columns if not name.endswith("_name")]
    texts = ["\x1f".join(cell or "" for cell in row) for row in frame.select(kept).rows()]
    digests = [hashlib.sha256(text.encode()).hexdigest()[:16] for text in texts]
    return pl.Series("note_id", digests, dtype=pl.String)


def _years(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    spans = {text: _span(text, name) for text in set(frame.get_column("years_text"))}
    pairs = [
        (note_id, year)
        for note_id, text in frame.select("note_id", "years_text").rows()
        for year in sorted(spans[text])
    ]
    years = pl.DataFrame(pairs, schema={"note_id": pl.String, "year": pl.Int64}, orient="row")
    refuse_odd_years(years.get_column("year"), name)
    return years


def _span(text: str | None, name: str) -> set[int]:
    """Return the years of "2015", "2015 - 2018" or "2015 - 2018, 2020 - 2024"."""
    years: set[int] = set()
    for part in (text or "").split(", "):
        found = SPAN.fullmatch(part)
        first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
        if not 0 <= last - first < MOST_YEARS:
            raise LayoutError(
                "years that cannot be read",
                where=f"{name}, column year",
                expected="such as 2015 - 2018, 2020 - 2024",
                got=repr(text),
            )
        years |= set(range(first, last + 1))
    return years


def _layout(raw: pl.DataFrame, frame: pl.DataFrame) -> tuple[str, ...]:
    codes = {
        code.strip()
        for codes in frame.get_column("population_types").drop_nulls()
        for code in codes.split(",")
    }
    columns = [f"column {name}" for name in raw.columns if name not in unhcr.IGNORED]
    return tuple(sorted([*columns, *(f"population type: {code}" for code in codes)]))


def flows(_tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return nothing: notes are no figures."""
    return NO_FLOWS


def release_date(_files: Sequence[ReleaseFile]) -> date | None:
    """Return None: the notes print no date."""
    return None


SOURCE = unhcr.unhcr_source(
    source_id="unhcr_footnotes",
    title="UNHCR's notes on its figures",
    cadence=Cadence("twice a year, with the figures", "57 5 * * 1", 300, 183),
    revision_habit="Notes of a new year are added with its figures; older ones are reworded.",
    tables=(NOTES, YEARS),
    module=__name__,
    fetch=fetch,
    parse=parse,
    flows=flows,
    release_date=release_date,
    is_modelled=False,
    is_harmonised=False,
    by_hand="A download of https://www.unhcr.org/refugee-statistics/download is a ZIP with "
    "footnotes.csv inside; bring the ZIP or the CSV. It carries the notes of that query only.",
)
