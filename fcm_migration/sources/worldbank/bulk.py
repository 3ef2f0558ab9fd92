"""The World Bank's bulk download of one indicator: a ZIP with three CSV files, read as texts.

``API_<indicator>_DS2_en_csv_v2_<number>.csv`` has a row for each country or aggregate and a column
for each year, below title rows that state the day of the last update. ``Metadata_Country_...``
gives an aggregate no region. ``Metadata_Indicator_...`` describes the indicator and is not read.
Every line ends with a comma, so the last column is empty.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from fcm_migration.errors import LayoutError, UnsafeFileError
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.workbook import normalise, pick_columns, read_csv_text

# Ten times the largest of the three files, and how far a ZIP of such texts can unpack.
MOST_BYTES = 5_000_000
MOST_RATIO = 200
FIGURES, COUNTRIES, INDICATOR = "API_", "Metadata_Country_", "Metadata_Indicator_"
MEMBERS = (FIGURES, COUNTRIES, INDICATOR)
# "Data Source", a blank line, "Last Updated Date", a blank line; no file had more of them.
MOST_TITLE_ROWS = 10
HEADER = "Country Name"
UPDATED = "Last Updated Date"
Texts = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Bulk:
    """One download as texts.

    Attributes:
        updated: day of the publisher's last update, None where the title rows do not say.
        figures: columns of the file of figures by their labels, years among them.
        countries: columns of the file of countries by their labels.
    """

    updated: date | None
    figures: Texts
    countries: Texts


def read_bulk(file: ReleaseFile) -> Bulk:
    """Read the figures and the countries of one download.

    Raises:
        UnsafeFileError: not a ZIP, encrypted, or one that unpacks too far.
        LayoutError: a file or a column is missing, or a text is broken.
    """
    members = _members(file)
    titles, table = _split(members[FIGURES], file.name)
    figures = _columns(table, ("Country Name", "Country Code", "Indicator Code"), file.name)
    where = f"{file.name}, countries"
    countries = _columns(members[COUNTRIES], ("Country Code", "Region", "TableName"), where)
    return Bulk(_updated(titles, file.name), figures, countries)


def _members(file: ReleaseFile) -> dict[str, bytes]:
    """Return the bytes of the three files by the beginning of their names."""
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(file.path) as archive:
            infos = [info for info in archive.infolist() if not info.is_dir()]
            names = [info.filename for info in infos]
            for start in MEMBERS:
                chosen = [info for info in infos if info.filename.startswith(start)]
                if len(chosen) != 1 or len(infos) != len(MEMBERS):
                    raise LayoutError(
                        "the ZIP does not hold the three files of a download",
                        where=file.name,
                        expected=f"one file each whose name begins {FIGURES}, {COUNTRIES} and "
                        f"{INDICATOR}",
                        got=names[:6],
                    )
                found[start] = _unpacked(archive, chosen[0], file.name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UnsafeFileError("not a readable ZIP", where=file.name, got=str(error)) from None
    return found


def _unpacked(archive: zipfile.ZipFile, info: zipfile.ZipInfo, where: str) -> bytes:
    """Return one file's bytes; no more are unpacked than a download can have."""
    dense = info.file_size > MOST_RATIO * max(info.compress_size, 1)
    if not info.flag_bits & 1 and info.file_size <= MOST_BYTES and not dense:
        with archive.open(info) as member:
            content = member.read(MOST_BYTES + 1)
        if len(content) == info.file_size:
            return content
    raise UnsafeFileError(
        "a file in the ZIP is encrypted or unpacks too far",
        where=f"{where}, {info.filename}",
        expected=f"at most {MOST_BYTES:,} bytes and {MOST_RATIO}-fold",
        got=f"{info.file_size:,} bytes from {info.compress_size:,}",
    )


def _split(content: bytes, where: str) -> tuple[bytes, bytes]:
    """Return the title rows and the table below them, which begins with its header."""
    lines = content.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    for number, line in enumerate(lines[: MOST_TITLE_ROWS + 1]):
        if line.lstrip(b'"').startswith(HEADER.encode()):
            return b"".join(lines[:number]), b"".join(lines[number:])
    raise LayoutError(
        "the header row was not found",
        where=where,
        expected=f"a row that begins with {HEADER!r} below the title rows",
        got=[line[:60] for line in lines[:5]],
    )


def _updated(titles: bytes, where: str) -> date | None:
    """Return the day of the last update that the title rows state."""
    for line in titles.decode("utf-8", errors="replace").splitlines():
        label, _, rest = line.replace('"', "").partition(",")
        if normalise(label) != UPDATED:
            continue
        text = rest.strip(" ,")
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise LayoutError(
                "the day of the last update is no date",
                where=where,
                expected="YYYY-MM-DD",
                got=text,
            ) from None
    return None


def _columns(content: bytes, wanted: tuple[str, ...], where: str) -> Texts:
    """Return the columns by their labels; a column without a label must be empty."""
    header, *body = read_csv_text(content, delimiter=",", where=where) or ((),)
    at, extra = pick_columns(header, wanted, where)
    labels = [normalise(cell) for cell in header]
    unnamed = [place for place, label in enumerate(labels) if not label]
    if filled := [row[:2] for row in body if any(row[place].strip() for place in unnamed)]:
        raise LayoutError(
            "there are figures in a column without a label",
            where=where,
            expected="nothing after the last comma of a line",
            got=filled[:3],
        )
    places = at | {label: labels.index(label) for label in extra}
    return {label: tuple(normalise(row[place]) for row in body) for label, place in places.items()}
