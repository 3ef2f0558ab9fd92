"""What a workbook says of its own making is read without a parser, and never believed blindly."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from fcm_migration.workbook import Document, newest_document, read_document
from fcm_migration.workbook.precheck import _inflate

CORE = (
    '<?xml version="1.0"?><cp:coreProperties xmlns:cp="p" xmlns:dcterms="d" xmlns:xsi="x">'
    "<dc:creator>Nobody</dc:creator>"
    '<dcterms:created xsi:type="dcterms:W3CDTF">2025-01-16T20:46:35Z</dcterms:created>'
    '<dcterms:modified xsi:type="dcterms:W3CDTF">2025-01-17T01:02:03Z</dcterms:modified>'
    "</cp:coreProperties>"
)
META = (
    "<office:document-meta><office:meta><meta:creation-date>2026-07-03T15:31:41Z"
    "</meta:creation-date><dc:date>2026-07-03T16:32:15.5+01:00</dc:date></office:meta>"
    "</office:document-meta>"
)


def xlsx(path: Path, core: str | None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        if core is not None:
            archive.writestr("docProps/core.xml", core)
    return path


def ods(path: Path, meta: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<c/>")
        archive.writestr("meta.xml", meta)
    return path


def test_an_xlsx_says_when_it_was_created_and_saved(tmp_path: Path) -> None:
    found = read_document(xlsx(tmp_path / "a.xlsx", CORE))
    assert found == Document(
        datetime(2025, 1, 16, 20, 46, 35, tzinfo=UTC), datetime(2025, 1, 17, 1, 2, 3, tzinfo=UTC)
    )
    assert Document.from_json(found.to_json()) == found


def test_no_other_part_of_the_file_is_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A release has many large sheets, and the reader inflates them anyway."""
    seen: list[str] = []

    def inflate(where: str, handle: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
        seen.append(member.filename)
        return _inflate(where, handle, member)

    monkeypatch.setattr("fcm_migration.workbook.precheck._inflate", inflate)
    assert read_document(xlsx(tmp_path / "a.xlsx", CORE)) is not None
    assert seen == ["docProps/core.xml"]


def test_an_ods_says_it_with_its_own_zone(tmp_path: Path) -> None:
    found = read_document(ods(tmp_path / "a.ods", META))
    assert found is not None
    assert found.created == datetime(2026, 7, 3, 15, 31, 41, tzinfo=UTC)
    assert found.saved == datetime(2026, 7, 3, 15, 32, 15, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "core",
    [
        None,
        "",
        "<dcterms:created>yesterday</dcterms:created>",
        "<dcterms:created>2025-13-45T00:00:00Z</dcterms:created>",
        CORE.replace("?>", '?><!DOCTYPE x [<!ENTITY e "2025-01-16T20:46:35Z">]>', 1),
        "<dcterms:created>&e;</dcterms:created>",
    ],
)
def test_a_workbook_that_does_not_say_it_is_no_error(tmp_path: Path, core: str | None) -> None:
    assert read_document(xlsx(tmp_path / "a.xlsx", core)) is None


def test_other_files_say_nothing(tmp_path: Path) -> None:
    for name, content in (
        ("a.csv", b"month,count\n"),
        ("a.xlsx", b"PK\x03\x04 cut off"),
        ("b.xlsx", b""),
    ):
        path = tmp_path / name
        path.write_bytes(content)
        assert read_document(path) is None
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("docProps/core.xml", CORE)
    assert read_document(tmp_path / "c.zip") is None


def test_of_several_files_the_newest_dates_count(tmp_path: Path) -> None:
    first = xlsx(tmp_path / "a.xlsx", CORE)
    second = ods(tmp_path / "b.ods", META)
    csv = tmp_path / "c.csv"
    csv.write_text("month\n")
    found = newest_document([first, second, csv])
    assert found == read_document(second)
    assert newest_document([csv]) is None
