"""A workbook comes back as the texts a person sees, in the places where they stand."""

from __future__ import annotations

import datetime as dt
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fcm_migration.errors import LayoutError
from fcm_migration.workbook import read_workbook
from fcm_migration.workbook.reader import error_text
from tests.workbook.hostile import ods_content, xlsx_sheet
from tests.workbook.writers import Rows, column_letters, write_ods, write_xlsx, write_zip

# Spreadsheets know no time zones.
AFTERNOON = dt.datetime(2025, 1, 1, 13, 30)  # noqa: DTZ001
MIDNIGHT = dt.datetime(2025, 1, 2)  # noqa: DTZ001
ROWS: Rows = [
    [None],
    [None, None, "Table 1"],
    [],
    [None, "Date", "n", "007", "NA", "-", "--", "*", "[z]", " padded ", True],
    [None, dt.date(2025, 1, 1), 61, 0.1 + 0.2, 10**15, -2, 3.0, 1e-7, False],
    [None, AFTERNOON, MIDNIGHT, 1.5, "two\nlines", "a & <b>"],
    [None, "é", "\u00a0", "1,234", "01/02/2025", "2025-03"],
    [None, None],
]
TEXTS = (
    ("",) * 11,
    ("", "", "Table 1", *[""] * 8),
    ("",) * 11,
    ("", "Date", "n", "007", "NA", "-", "--", "*", "[z]", " padded ", "true"),
    ("", "2025-01-01", "61", "0.3", "1" + "0" * 15, "-2", "3", "0.0000001", "false", "", ""),
    ("", "2025-01-01T13:30:00", "2025-01-02", "1.5", "two\nlines", "a & <b>", *[""] * 5),
    ("", "é", "\u00a0", "1,234", "01/02/2025", "2025-03", *[""] * 5),
)


@pytest.mark.parametrize("kind", ["shared", "inline", "ods"])
def test_texts_are_those_seen_where_they_stand(kind: str, tmp_path: Path) -> None:
    sheets: dict[str, Rows] = {"Data_1 & more": ROWS, "Empty": []}
    path = tmp_path / "name without a suffix"
    if kind == "ods":
        write_ods(path, sheets, trailing_rows=1_048_566)
    else:
        write_xlsx(path, sheets, inline_strings=kind == "inline")
    book = read_workbook(path)
    assert list(book) == ["Data_1 & more", "Empty"]
    assert book["Empty"].rows == ()
    assert book["Data_1 & more"].name == "Data_1 & more"
    assert book["Data_1 & more"].rows == TEXTS


def test_only_the_sheets_asked_for_in_their_order(tmp_path: Path) -> None:
    path = write_xlsx(tmp_path / "a.xlsx", {"A": [[1]], "B": [[2]], "C": [[3]]})
    assert list(read_workbook(path, sheets=["C", "A"])) == ["C", "A"]
    with pytest.raises(LayoutError) as caught:
        read_workbook(path, sheets=["A", "D"])
    assert caught.value.expected == ["D"]
    assert caught.value.got == ["A", "B", "C"]


def test_failed_formulas_and_rich_text_of_xlsx(tmp_path: Path) -> None:
    cells = (
        '<c r="B1" t="e"><v>#N/A</v></c><c r="C1" t="e"><v>#DIV/0!</v></c>'
        '<c r="D1" t="str"><f>A1</f><v>formula</v></c><c r="E1"><v>0012</v></c>'
        '<c r="F1" t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r></is></c>'
        '<c r="G1"><v>1E3</v></c><c r="H1"><v>61.0</v></c>'
    )
    rows = read_workbook(xlsx_sheet(tmp_path / "a.xlsx", cells))["S"].rows
    assert rows == (("", "#N/A", "#DIV/0!", "formula", "12", "inline", "1000", "61"),)


def test_odd_cells_of_ods(tmp_path: Path) -> None:
    cells = (
        '<table:table-cell office:value-type="string"><office:annotation><text:p>a comment</text:p>'
        "</office:annotation><text:p>real</text:p></table:table-cell>"
        '<table:table-cell office:value-type="percentage" office:value="0.123"/>'
        '<table:table-cell office:value-type="time" office:time-value="PT01H30M00S"/>'
        '<table:table-cell table:number-columns-repeated="2" office:value-type="float"'
        ' office:value="7"><text:p>7.00</text:p></table:table-cell>'
        '<table:covered-table-cell office:value-type="string"><text:p>under a merge</text:p>'
        "</table:covered-table-cell>"
    )
    path = ods_content(
        tmp_path / "a.ods",
        lambda xml: xml.replace("<table:table-row>", f"<table:table-row>{cells}", 1),
    )
    first = read_workbook(path)["S"].rows[0]
    assert first[:6] == ("real", "0.123", "PT01H30M00S", "7", "7", "under a merge")


def test_unreadable_cells_are_never_silently_empty() -> None:
    assert error_text("Expected string but got 'Error(NA)'") == "#N/A"
    assert error_text("Expected string but got 'Error(Spill)'") == "#SPILL"
    assert error_text("""Expected string but got 'DurationIso("PT1H")'""") == "PT1H"
    assert error_text("something new").startswith("#UNREADABLE")


def test_workbook_without_sheets(tmp_path: Path) -> None:
    path = ods_content(tmp_path / "a.ods", lambda _: "<x/>")
    with pytest.raises(LayoutError, match="no sheet"):
        read_workbook(path)


def test_writers_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    first = write_xlsx(tmp_path / "a.xlsx", {"S": ROWS}).read_bytes()
    assert write_xlsx(tmp_path / "b.xlsx", {"S": ROWS}).read_bytes() == first
    assert [column_letters(i) for i in (0, 25, 26, 701, 702, 16_383)] == [
        *("A", "Z", "AA", "ZZ", "AAA", "XFD")
    ]
    assert write_zip(tmp_path / "c.zip", {}).stat().st_size == 22


_cells = st.one_of(
    st.none(),
    st.integers(-(10**12), 10**12),
    st.booleans(),
    st.dates(dt.date(1901, 1, 1), dt.date(2199, 12, 31)),
    st.text(
        st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Cn", "Co"]), min_size=1
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(rows=st.lists(st.lists(_cells, max_size=5), max_size=5))
@example(rows=[["e\u0301", "\uf900"]])
def test_any_rows_come_back_alike_from_every_format(
    rows: list[list[object]], tmp_path: Path
) -> None:
    shown = [[_shown(cell) for cell in row] for row in rows]
    width = max((len(row) for row in shown), default=0)
    sheets: dict[str, Rows] = {"S": rows}  # type: ignore[dict-item]
    for path in (
        write_xlsx(tmp_path / "a.xlsx", sheets),
        write_xlsx(tmp_path / "b.xlsx", sheets, inline_strings=True),
        write_ods(tmp_path / "c.ods", sheets, trailing_rows=1_000),
    ):
        padded = [list(row) + [""] * (width - len(row)) for row in read_workbook(path)["S"].rows]
        padded += [[""] * width] * (len(shown) - len(padded))
        assert padded == [row + [""] * (width - len(row)) for row in shown]


def _shown(cell: object) -> str:
    """Return a cell as the reader gives it: text, in composed Unicode."""
    if cell is None:
        return ""
    return unicodedata.normalize("NFC", str(cell).lower() if isinstance(cell, bool) else str(cell))
