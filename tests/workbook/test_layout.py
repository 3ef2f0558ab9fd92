"""Headers are found by their labels; delimited text is read strictly or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcm_migration.errors import LayoutError
from fcm_migration.workbook import Sheet, find_header, normalise, read_csv_text

SHEET = Sheet(
    "Data",
    (
        ("Table 1: arrivals", "", ""),
        ("", "", ""),
        ("Month", "Country of\nnationality ", "Persons\u00a0 [note 1]"),
        ("2025-01", "Haiti", "12"),
        ("Month", "Country of nationality", "Persons [note 1]"),
    ),
)


def test_header_is_the_first_row_with_all_labels() -> None:
    assert find_header(SHEET, ["Month"]) == 2
    assert find_header(SHEET, ["Persons [note 1]", "Country of nationality"]) == 2


def test_missing_header_names_what_was_expected_and_met() -> None:
    with pytest.raises(LayoutError) as caught:
        find_header(SHEET, ["Month", "Sex"])
    message = str(caught.value)
    assert "'Sex'" in message
    assert "Table 1: arrivals" in message
    assert "sheet 'Data'" in message
    with pytest.raises(LayoutError):
        find_header(Sheet("Empty", ()), ["Month"])


def test_normalise() -> None:
    assert normalise("  a\u00a0\n b\t") == "a b"


def test_csv_keeps_every_text_as_it_stands() -> None:
    body = b'\xef\xbb\xbfCountry,n\r\n"Korea, South",007\r\nNA,"1,234"\r\n"two\nlines", x \r\n\r\n'
    assert read_csv_text(body, delimiter=",") == (
        ("Country", "n"),
        ("Korea, South", "007"),
        ("NA", "1,234"),
        ("two\nlines", " x "),
    )


def test_csv_from_a_file_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes("pays\tn\nCôte d'Ivoire\t5\n".encode("latin-1"))
    assert read_csv_text(path, delimiter="\t", encoding="latin-1")[1] == ("Côte d'Ivoire", "5")
    with pytest.raises(LayoutError, match=r"a\.tsv.*expected UTF-8"):
        read_csv_text(path, delimiter="\t")


@pytest.mark.parametrize(
    ("body", "what"),
    [
        (b"a,b\n1\n", "another width"),
        (b"a,b\n1,2,3\n", "another width"),
        (b"a,b\n1,23", "the last line is not ended"),
        (b"a,b\n\n1,2\n", "another width"),
        (b'a,b\n1,"2\n', "broken"),
        (b'a,b\n1,"2"x\n', "broken"),
        (b"a,b\n1,\0\n", "NUL"),
        ("a,b\n".encode("utf-16"), "encoding"),
        (b"a,b\n1," + b"x" * 200_000, "broken"),
    ],
)
def test_csv_that_is_not_whole_is_refused(body: bytes, what: str) -> None:
    with pytest.raises(LayoutError, match=what):
        read_csv_text(body, delimiter=",")


def test_the_last_line_may_stay_open_where_a_publisher_leaves_it_so() -> None:
    assert read_csv_text(b"a\n23", delimiter=",", ended=False) == (("a",), ("23",))


def test_empty_csv_has_no_rows() -> None:
    assert read_csv_text(b"", delimiter=",") == ()
