"""Hostile and broken workbooks, made when asked for: none of them lies in the repository."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.workbook.writers import Rows, write_ods, write_xlsx, write_zip

_SHEET = "xl/worksheets/sheet1.xml"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_ROWS: Rows = [["Country", "Persons"], ["Haiti", 12]]

LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    + "]>"
)
XXE = '<!DOCTYPE x [<!ENTITY i SYSTEM "file:///etc/passwd">]>'


def xlsx_with(path: Path, **parts: str | bytes | None) -> Path:
    """Write a good .xlsx with some parts replaced (None: left out); / is __ in a part's name."""
    write_xlsx(path, {"S": _ROWS})
    members = _members(path)
    for name, content in parts.items():
        members[name.replace("__", "/")] = content
    return write_zip(path, {n: c for n, c in members.items() if c is not None})


def _members(path: Path) -> dict[str, str | bytes | None]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sheet_xml(cells: str, *, before: str = "", dimension: str = "") -> str:
    size = f'<dimension ref="{dimension}"/>' if dimension else ""
    return (
        f'<?xml version="1.0"?>{before}<worksheet xmlns="{_MAIN}">{size}<sheetData><row r="1">'
        f"{cells}</row></sheetData></worksheet>"
    )


def xlsx_sheet(path: Path, cells: str, *, before: str = "", dimension: str = "") -> Path:
    return xlsx_with(path, **{_SHEET: sheet_xml(cells, before=before, dimension=dimension)})


def ods_content(path: Path, change: Callable[[str], str]) -> Path:
    write_ods(path, {"S": _ROWS})
    members = _members(path)
    members["content.xml"] = change((members["content.xml"] or b"").decode())  # type: ignore[union-attr]
    return write_zip(path, {n: c for n, c in members.items() if c}, stored=("mimetype",))


def patched(path: Path, old: bytes, new: bytes, *, last: bool = False) -> Path:
    """Replace one run of bytes in the container by another of the same length."""
    content = path.read_bytes()
    at = content.rfind(old) if last else content.find(old)
    if at < 0:
        raise ValueError(f"{old!r} is not in {path.name}")
    path.write_bytes(content[:at] + new + content[at + len(old) :])
    return path


def _empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def _raw(content: bytes) -> Callable[[Path], Path]:
    def make(path: Path) -> Path:
        path.write_bytes(content)
        return path

    return make


def _truncated(path: Path) -> Path:
    content = write_xlsx(path, {"S": [list(row) for row in _ROWS] * 200}).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def _cut_inside(path: Path) -> Path:
    """The directory is whole, the bytes before it are not where it says."""
    content = write_xlsx(path, {"S": [list(row) for row in _ROWS] * 200}).read_bytes()
    path.write_bytes(content[:30] + content[90:])
    return path


def _bytes_before(path: Path) -> Path:
    path.write_bytes(b"PK\x03\x04 prefix" + write_xlsx(path, {"S": _ROWS}).read_bytes())
    return path


def _bytes_after(path: Path) -> Path:
    path.write_bytes(write_xlsx(path, {"S": _ROWS}).read_bytes() + b"suffix")
    return path


def _size_bomb(path: Path) -> Path:
    write_xlsx(path, {"S": _ROWS})
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/media/pad.bin", "w") as handle,
    ):
        for _ in range(210):
            handle.write(bytes(1_000_000))
    return path


def _ratio_bomb(path: Path) -> Path:
    return xlsx_sheet(path, f'<c r="A1" t="inlineStr"><is><t>{"a" * 60_000_000}</t></is></c>')


def _lying_bomb(path: Path) -> Path:
    """A member of 60 MB that the directory declares as 100 bytes."""
    big = sheet_xml(f'<c r="A1" t="inlineStr"><is><t>{"a" * 60_000_000}</t></is></c>')
    xlsx_with(path, **{_SHEET: big})
    return patched(path, struct.pack("<I", len(big)), struct.pack("<I", 100), last=True)


def _damaged(path: Path) -> Path:
    write_zip(path, {"mimetype": "m", "content.xml": "c"})
    write_ods(path, {"S": [["x" * 50, i] for i in range(300)]})
    content = bytearray(path.read_bytes())
    at = content.find(b"content.xml") + 300
    content[at] ^= 0x10
    path.write_bytes(content)
    return path


def _encrypted_member(path: Path) -> Path:
    """The flag alone: what a ZIP with a password looks like from outside."""
    write_xlsx(path, {"S": _ROWS})
    return patched(
        path, b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"
    )


def _bzip2(path: Path) -> Path:
    write_xlsx(path, {"S": _ROWS})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("xl/extra.xml", "<a/>")
    return path


def _many_members(path: Path) -> Path:
    return xlsx_with(path, **{f"xl__media__{i}.bin": b"" for i in range(2_100)})


def _many_more_members(path: Path) -> Path:
    return write_zip(path, {f"{i}": "" for i in range(10_000)})


def _duplicate(path: Path) -> Path:
    xlsx_with(path, **{"xl/worksheets/sheet2.xml": sheet_xml("")})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"worksheets/sheet2.xml", b"worksheets/sheet1.xml"))
    return path


def _repeated_content(path: Path) -> Path:
    """Cells that hold something, a thousand million times."""
    return ods_content(
        path,
        lambda xml: xml.replace(
            "<table:table-row>", '<table:table-row table:number-rows-repeated="1048576">'
        ).replace(
            '<table:table-cell office:value-type="float"',
            '<table:table-cell table:number-columns-repeated="1000" office:value-type="float"',
        ),
    )


def _far_cell(reference: str) -> Callable[[Path], Path]:
    return lambda path: xlsx_sheet(path, f'<c r="A1"><v>1</v></c><c {reference}><v>2</v></c>')


HOSTILE: dict[str, Callable[[Path], Path]] = {
    "empty": _empty,
    "not_a_zip": _raw(b"Country,Persons\nHaiti,12\n"),
    "web_page": _raw(b"<!DOCTYPE html><html><body>Just a moment...</body></html>"),
    "encrypted_container": _raw(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(2_000)),
    "zip_end_only": _raw(b"PK\x05\x06" + bytes(18)),
    "plain_zip": lambda path: write_zip(path, {"readme.txt": "hello"}),
    "xlsb": lambda path: write_zip(path, {"[Content_Types].xml": "<x/>", "xl/workbook.bin": b"x"}),
    "other_odf": lambda path: write_zip(
        path, {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}
    ),
    "truncated": _truncated,
    "cut_inside": _cut_inside,
    "damaged": _damaged,
    "encrypted_member": _encrypted_member,
    "unusual_compression": _bzip2,
    "size_bomb": _size_bomb,
    "ratio_bomb": _ratio_bomb,
    "lying_bomb": _lying_bomb,
    "many_members": _many_members,
    "many_more_members": _many_more_members,
    "duplicate_member": _duplicate,
    "path_above": lambda path: xlsx_with(path, **{"../../evil.xml": "<x/>"}),
    "path_absolute": lambda path: xlsx_with(path, **{"/etc/evil": "<x/>"}),
    "path_windows": lambda path: xlsx_with(path, **{"C:\\evil.xml": "<x/>"}),
    "far_cell": _far_cell('r="ZZ1048576"'),
    "far_cell_spaced": _far_cell('r  =  "ZZ1048576"'),
    "far_cell_as_entity": _far_cell('r="&#90;&#90;1048576"'),
    "xxe_xlsx": lambda path: xlsx_sheet(
        path, '<c r="A1" t="inlineStr"><is><t>&i;</t></is></c>', before=XXE
    ),
    "xxe_ods": lambda path: ods_content(
        path, lambda xml: xml.replace("?>", "?>" + XXE, 1).replace("Haiti", "&i;")
    ),
    "laughs_xlsx": lambda path: xlsx_sheet(
        path, '<c r="A1" t="inlineStr"><is><t>&i;</t></is></c>', before=LAUGHS
    ),
    "laughs_ods": lambda path: ods_content(
        path, lambda xml: xml.replace("?>", "?>" + LAUGHS, 1).replace("Haiti", "&i;")
    ),
    "laughs_utf16": lambda path: xlsx_with(
        path,
        **{
            _SHEET: sheet_xml('<c r="A1" t="str"><v>&i;</v></c>', before=LAUGHS)
            .replace('version="1.0"', 'version="1.0" encoding="UTF-16"')
            .encode("utf-16")
        },
    ),
    "repeated_content": _repeated_content,
    "broken_xml": lambda path: xlsx_with(path, **{_SHEET: "<worksheet><sheetData><row><c"}),
    "no_sheet_part": lambda path: xlsx_with(path, **{_SHEET: None}),
    "string_beyond_table": lambda path: xlsx_sheet(path, '<c r="A1" t="s"><v>4000000000</v></c>'),
    "bytes_before": _bytes_before,
    "bytes_after": _bytes_after,
}
