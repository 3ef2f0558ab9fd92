"""A text is a whole number or a declared mark; anything else stops the parser, by name."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_migration.errors import LayoutError
from fcm_migration.workbook import Mark, parse_counts, parse_number

MARKS = {
    "": Mark("no row in the publisher's table"),
    "--": Mark("1 to 5, withheld", is_suppressed=True),
    "-": Mark("zero", value=0),
    "9999": Mark("not yet known"),
}


@pytest.mark.parametrize(
    ("text", "value"),
    [("0", 0), ("12", 12), (" 1,234 ", 1234), ("1,234,567", 1234567), ("-3", -3), ("007", 7)],
)
def test_numbers(text: str, value: int) -> None:
    assert parse_number(text, marks=MARKS) == (value, None)


def test_marks_come_first_and_may_stand_for_a_value() -> None:
    assert parse_number("--", marks=MARKS) == (None, MARKS["--"])
    assert parse_number("\u00a0", marks=MARKS) == (None, MARKS[""])
    assert parse_number("-", marks=MARKS) == (0, MARKS["-"])
    assert parse_number("9999", marks=MARKS) == (None, MARKS["9999"])


@pytest.mark.parametrize(
    "text",
    [
        *("12.5", "1,23", "1 234", "1.234", "12*", "[z]", "1e3", "--3", "٣", "²", "1,2345"),
        *("0x1f", "1_000", "nan", "NA", "1,234,", ",123", "(12)", "12%", "9" * 19),
    ],
)
def test_everything_else_is_refused(text: str) -> None:
    with pytest.raises(LayoutError) as caught:
        parse_number(text, marks=MARKS)
    assert repr(text) in str(caught.value)


def test_column_counts_its_marks() -> None:
    counts = parse_counts(["1,000", "--", "", "-", "--", " -- ", "5"], marks=MARKS)
    assert counts.values.to_list() == [1000, None, None, 0, None, None, 5]
    assert counts.values.dtype == pl.Int64
    assert counts.marks.to_list() == [None, "--", "", "-", "--", "--", None]
    assert counts.is_suppressed.to_list() == [False, True, False, False, True, True, False]
    assert counts.used == {"--": 3, "": 1, "-": 1}


def test_undeclared_texts_are_listed_with_counts_and_rows() -> None:
    texts = ["1", "[z]", "2", "[z]", "x", "[z]", "[z]"]
    with pytest.raises(LayoutError) as caught:
        parse_counts(texts, marks=MARKS, where="sheet 'Data', column n", first_row=8)
    message = str(caught.value)
    assert "sheet 'Data', column n: 2 texts" in message
    assert "'[z]' x4 (rows [9, 11, 13])" in message
    assert "'x' x1 (rows [12])" in message
    with pytest.raises(LayoutError, match="and 5 more"):
        parse_counts([f"x{i}" for i in range(15)], marks={})


def test_empty_column() -> None:
    counts = parse_counts([], marks={})
    assert counts.values.dtype == pl.Int64
    assert counts.marks.dtype == pl.String
    assert counts.used == {}


@given(st.integers(-(10**18) + 1, 10**18 - 1))
def test_every_count_comes_back(number: int) -> None:
    assert parse_number(str(number), marks={}) == (number, None)
    assert parse_number(f"{number:,}", marks={})[0] == number


@given(st.text())
def test_no_text_becomes_another_number(text: str) -> None:
    try:
        value, mark = parse_number(text, marks={})
    except LayoutError:
        return
    assert mark is None
    assert str(value) in (
        text.strip().replace(",", "").lstrip("+"),
        str(int(text.replace(",", ""))),
    )
