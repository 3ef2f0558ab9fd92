"""Write small .xlsx and .ods files in wire format, with the standard library only.

For fixtures of source parsers: the file is what a publisher would send (ZIP, OPC or ODF parts),
not what some writer library thinks of it. A cell is None (empty), str, bool, int, float,
``date`` or ``datetime``.

    write_xlsx(path, {"Sheet1": [["Country", "FY2024"], ["Haiti", 1200], ["Cuba", "*"]]})
    write_ods(path, {"Data": [[None], ["Date", "Migrants"], [date(2025, 1, 1), 61]]})
"""

from __future__ import annotations

import datetime as dt
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path

Cell = None | str | bool | int | float | dt.date | dt.datetime
Rows = Sequence[Sequence[Cell]]

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PKG = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_ODS_MIME = "application/vnd.oasis.opendocument.spreadsheet"
_DATE_STYLE, _DATETIME_STYLE = 1, 2


def write_xlsx(path: Path, sheets: Mapping[str, Rows], *, inline_strings: bool = False) -> Path:
    """Write one worksheet for each entry; strings shared (Excel) or inline (many exporters)."""
    shared: dict[str, int] | None = None if inline_strings else {}
    parts = {
        f"xl/worksheets/sheet{number}.xml": _xlsx_sheet(rows, shared)
        for number, rows in enumerate(sheets.values(), start=1)
    }
    if shared is not None:
        items = "".join(f"<si>{_text(text)}</si>" for text in shared)
        parts["xl/sharedStrings.xml"] = f'{_XML}<sst xmlns="{_MAIN}">{items}</sst>'
    return write_zip(path, _xlsx_frame(list(sheets), shared=shared is not None) | parts)


def write_ods(path: Path, sheets: Mapping[str, Rows], *, trailing_rows: int = 0) -> Path:
    """Write one table for each entry; ``trailing_rows`` empty rows are declared as repeated.

    LibreOffice declares 1,048,5xx such rows in ordinary files, so readers have to cope.
    """
    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        f"{''.join(_ods_row(row) for row in rows)}{_ods_trailing(trailing_rows)}</table:table>"
        for name, rows in sheets.items()
    )
    spaces = " ".join(
        f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "table", "text", "style")
    )
    content = (
        f'{_XML}<office:document-content {spaces} office:version="1.3"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'{_XML}<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{_ODS_MIME}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    members = {"content.xml": content, "META-INF/manifest.xml": manifest}
    return write_zip(path, {"mimetype": _ODS_MIME} | members, stored=("mimetype",))


def write_zip(
    path: Path, members: Mapping[str, str | bytes], *, stored: Iterable[str] = ()
) -> Path:
    """Write the members in order, deflated, with a fixed date so that the bytes are the same."""
    plain = frozenset(stored)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name in plain else zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def column_letters(index: int) -> str:
    """Spreadsheet letters of a zero-based column: 0 -> A, 26 -> AA."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _xlsx_frame(names: Sequence[str], *, shared: bool) -> dict[str, str]:
    """Every part but the sheets: content types, relations, the workbook, styles for dates."""
    numbers = range(1, len(names) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_REL}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    relations += f'<Relationship Id="rIdStyles" Type="{_REL}/styles" Target="styles.xml"/>'
    overrides += f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    if shared:
        relations += (
            f'<Relationship Id="rIdText" Type="{_REL}/sharedStrings" Target="sharedStrings.xml"/>'
        )
        overrides += (
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/>'
        )
    entries = "".join(
        f'<sheet name="{escape(name)}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, names, strict=True)
    )
    return {
        "[Content_Types].xml": (
            f'{_XML}<Types xmlns="{_PKG}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f"{overrides}</Types>"
        ),
        "_rels/.rels": (
            f'{_XML}<Relationships xmlns="{_PKG}/relationships">'
            f'<Relationship Id="rId1" Type="{_REL}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>"
        ),
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_REL}">'
            f"<sheets>{entries}</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{_XML}<Relationships xmlns="{_PKG}/relationships">{relations}</Relationships>'
        ),
        "xl/styles.xml": (
            f'{_XML}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font/></fonts>'
            '<fills count="1"><fill/></fills><borders count="1"><border/></borders>'
            '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0"/>'
            '<xf numFmtId="14" applyNumberFormat="1"/><xf numFmtId="22" applyNumberFormat="1"/>'
            "</cellXfs></styleSheet>"
        ),
    }


def _xlsx_sheet(rows: Rows, shared: dict[str, int] | None) -> str:
    body = "".join(
        f'<row r="{number}">'
        + "".join(
            _xlsx_cell(f"{column_letters(index)}{number}", cell, shared)
            for index, cell in enumerate(row)
            if cell is not None
        )
        + "</row>"
        for number, row in enumerate(rows, start=1)
    )
    width = max((len(row) for row in rows), default=1)
    corner = f"{column_letters(max(width, 1) - 1)}{max(len(rows), 1)}"
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><dimension ref="A1:{corner}"/>'
        f"<sheetData>{body}</sheetData></worksheet>"
    )


def _xlsx_cell(ref: str, cell: Cell, shared: dict[str, int] | None) -> str:
    if isinstance(cell, bool):
        return f'<c r="{ref}" t="b"><v>{int(cell)}</v></c>'
    if isinstance(cell, dt.datetime):
        return f'<c r="{ref}" s="{_DATETIME_STYLE}"><v>{_serial(cell)!r}</v></c>'
    if isinstance(cell, dt.date):
        moment = dt.datetime.combine(cell, dt.time())
        return f'<c r="{ref}" s="{_DATE_STYLE}"><v>{int(_serial(moment))}</v></c>'
    if isinstance(cell, int | float):
        return f'<c r="{ref}"><v>{cell!r}</v></c>'
    text = str(cell)
    if shared is None:
        return f'<c r="{ref}" t="inlineStr"><is>{_text(text)}</is></c>'
    return f'<c r="{ref}" t="s"><v>{shared.setdefault(text, len(shared))}</v></c>'


def _text(text: str) -> str:
    return f'<t xml:space="preserve">{escape(text)}</t>'


def _serial(moment: dt.datetime) -> float:
    """Excel's day number: days since 1899-12-30, which holds from March 1900 on."""
    return (moment.replace(tzinfo=None) - dt.datetime(1899, 12, 30)) / dt.timedelta(days=1)  # noqa: DTZ001


def _ods_row(row: Sequence[Cell]) -> str:
    """One table row; runs of empty cells are folded, as LibreOffice does."""
    cells: list[str] = []
    blanks = 0
    for cell in row:
        if cell is None:
            blanks += 1
            continue
        cells += _ods_blanks(blanks)
        blanks = 0
        cells.append(_ods_cell(cell))
    cells += _ods_blanks(blanks) if cells else ["<table:table-cell/>"]
    return f"<table:table-row>{''.join(cells)}</table:table-row>"


def _ods_blanks(count: int) -> list[str]:
    return [f'<table:table-cell table:number-columns-repeated="{count}"/>'] if count else []


def _ods_trailing(count: int) -> str:
    if not count:
        return ""
    cell = '<table:table-cell table:number-columns-repeated="16384"/>'
    return f'<table:table-row table:number-rows-repeated="{count}">{cell}</table:table-row>'


def _ods_cell(cell: Cell) -> str:
    if isinstance(cell, bool):
        word = str(cell).lower()
        attributes, shown = f'"boolean" office:boolean-value="{word}"', word.upper()
    elif isinstance(cell, dt.datetime):
        attributes, shown = (
            f'"date" office:date-value="{cell.isoformat()}"',
            f"{cell:%d/%m/%Y %H:%M}",
        )
    elif isinstance(cell, dt.date):
        attributes, shown = f'"date" office:date-value="{cell.isoformat()}"', f"{cell:%d/%m/%Y}"
    elif isinstance(cell, int | float):
        attributes, shown = f'"float" office:value="{cell!r}"', f"{cell:,}"
    else:
        attributes, shown = '"string"', escape(str(cell))
    return (
        f"<table:table-cell office:value-type={attributes}><text:p>{shown}</text:p>"
        "</table:table-cell>"
    )
