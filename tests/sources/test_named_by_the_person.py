"""A refused file bears the name the person gave it, not the name of its bytes in the archive."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import PROJECT_ROOT, REFERENCE_DIR
from fcm_migration.errors import SourceError
from fcm_migration.marts.countries import aliases
from fcm_migration.marts.harmonise import harmonise
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import ReleaseFile
from fcm_migration.sources.nz.refugee_claims import SOURCE as NEW_ZEALAND
from tests.sources.fake_get import FIXTURES
from tests.sources.reading import conformed

BLOB = "8a11a1da2221" + "0" * 52
READERS = re.compile(r"\b(?:read_csv_text|read_workbook|read_page|read_whole_page)\([^)]*\.path\b")


def fixtures() -> list[tuple[str, Path]]:
    return [
        (source.source_id, path)
        for source in SOURCES
        for path in sorted((FIXTURES / source.source_id).glob("*"))
        if path.suffix in (".csv", ".tsv", ".ods", ".xlsx", ".html", ".json", ".txt")
    ]


@pytest.mark.parametrize(
    ("source_id", "path"), fixtures(), ids=lambda value: getattr(value, "name", value)
)
@pytest.mark.parametrize("content", [b"\xd4\xe9\xff;a\n", b"a;b;c\n1;2;3\n", b"PK\x03\x04no", b""])
def test_a_refusal_names_the_file(
    tmp_path: Path, source_id: str, path: Path, content: bytes
) -> None:
    source = next(item for item in SOURCES if item.source_id == source_id)
    blob = tmp_path / BLOB
    blob.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        source.parse([ReleaseFile(path.name, blob)])
    assert BLOB[:12] not in str(caught.value)
    assert path.name in str(caught.value)


@pytest.mark.parametrize(
    ("source_id", "path"), fixtures(), ids=lambda value: getattr(value, "name", value)
)
def test_a_strange_file_beside_a_good_one_is_not_passed_over(
    tmp_path: Path, source_id: str, path: Path
) -> None:
    source = next(item for item in SOURCES if item.source_id == source_id)
    stranger = tmp_path / f"stranger{path.suffix}"
    stranger.write_text("nobody knows,this\n1,2\n")
    files = [ReleaseFile(path.name, path), ReleaseFile(stranger.name, stranger)]
    with pytest.raises(SourceError):
        source.parse(files)


@pytest.mark.parametrize("source_id", ["ca_ircc_asylum", "us_ohss_usbp", "us_cbp_sbo"])
def test_of_two_releases_handed_over_together_none_is_passed_over(
    tmp_path: Path, source_id: str
) -> None:
    source = next(item for item in SOURCES if item.source_id == source_id)
    files = [ReleaseFile(name, tmp_path / name) for name in ("older.xlsx", "newer.xlsx")]
    with pytest.raises(SourceError, match="a release is one file"):
        source.parse(files)


def test_no_source_hands_a_reader_bytes_without_their_name() -> None:
    for path in (PROJECT_ROOT / "fcm_migration" / "sources").rglob("*.py"):
        assert READERS.findall(path.read_text()) == [], path.name


def template(folder: Path, text: str, encoding: str = "utf-8") -> ReleaseFile:
    blob = folder / BLOB
    blob.write_bytes(text.encode(encoding))
    return ReleaseFile("nz_refugee_claims_2024-08-31.csv", blob)


TEXT = (
    "financial_year,measure,nationality,count\n"
    "2019/20,claims,Total,300\n2019/20,claims,C\u00f4te d'Ivoire,200\n2019/20,claims,China,100\n"
)


@pytest.mark.parametrize(
    ("change", "encoding", "words"),
    [
        (lambda text: text, "cp1252", "not in the encoding expected; expected UTF-8.*CSV UTF-8"),
        (lambda text: text, "utf-16", "got UTF-16.*CSV UTF-8"),
        (lambda text: text.replace(",", ";"), "utf-8", "semicolons.*CSV with commas, in UTF-8"),
        (lambda text: text.replace(",", "\t"), "utf-8", "separated by tabs.*CSV with commas"),
    ],
)
def test_what_spreadsheet_programs_write_is_recognised(
    tmp_path: Path, change: object, encoding: str, words: str
) -> None:
    file = template(tmp_path, change(TEXT), encoding)  # type: ignore[operator]
    with pytest.raises(SourceError, match=f"^{re.escape(file.name)}: .*{words}"):
        NEW_ZEALAND.parse([file])


def test_an_accent_of_its_own_is_the_same_label(tmp_path: Path) -> None:
    file = template(tmp_path, unicodedata.normalize("NFD", TEXT))
    (frame,) = conformed(NEW_ZEALAND, NEW_ZEALAND.parse([file])).tables.values()
    release = {"as_of_date": pl.lit(date(2024, 8, 31)), "snapshot_id": pl.lit("s")}
    core = frame.with_columns(**release, obtained=pl.lit("inbox"))
    (table,) = NEW_ZEALAND.tables
    known = aliases(REFERENCE_DIR, NEW_ZEALAND.country_scheme)
    made = harmonise(NEW_ZEALAND, {table.name: core}, known)
    assert made.held.is_empty()
    assert "CIV" in made.flows.get_column("origin_iso3").to_list()
