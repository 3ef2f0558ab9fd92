"""Answers on a terminal: readable at every width, whatever the texts are."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from rich.cells import cell_len

from fcm_migration.publish.answers import run_query
from fcm_migration.publish.laid_out import LEAST_NAME, LEAST_TEXT, write_table, write_vertical
from tests.small import publish_counts

WIDTHS = (40, 80, 120, 200)
WORDS = (
    "Asylum claims in Canada came to 69,810 from January to July 2025, down 34% on the same "
    "months of 2024 (105,925)."
)
WIDE = "移民 統計 " * 12
MARKS = "e\u0301a\u0302o\u0308 " * 20
STYLE = re.compile(r"\x1b\[[0-9;]*m")
COLUMNS = {
    "destination": "Canada",
    "headline": WORDS,
    "value": 69810,
    "period_start": date(2025, 1, 1),
    "wide_letters": WIDE,
    "combining_marks": MARKS,
    "a_flag": True,
    "nothing": None,
}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def sized(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("LINES", "50")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def frame_of(columns: int) -> pl.DataFrame:
    """Two rows of two, eight or thirty columns."""
    names, values = list(COLUMNS), list(COLUMNS.values())
    made = {
        names[n % 8] + (f"_{n}" if n >= 8 else ""): [values[n % 8], values[n % 8]]
        for n in range(columns)
    }
    return pl.DataFrame(made, schema_overrides={"nothing": pl.String}, strict=False)


def shown(frame: pl.DataFrame, *, or_vertical: bool = True) -> list[str]:
    file = Terminal()
    write_table(frame, file, or_vertical=or_vertical)
    return STYLE.sub("", file.getvalue()).splitlines()


def together(lines: list[str]) -> str:
    """Return the text without spaces, so that wrapped texts can be looked for."""
    return "".join("".join(lines).split())


@pytest.mark.parametrize("columns", [2, 8, 30])
@pytest.mark.parametrize("width", WIDTHS)
def test_an_answer_can_be_read_at_every_width(
    width: int, columns: int, sized: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sized.setenv("COLUMNS", str(width))
    lines = shown(frame_of(columns))
    assert max(map(cell_len, lines)) <= width
    said = capsys.readouterr().err
    is_vertical = lines[0].startswith("-- 1 of 2 -")
    assert is_vertical == ("one field a line instead" in said) == bool(said)
    assert is_vertical == ((width, columns) not in {(w, 2) for w in WIDTHS} | {(200, 8)})
    if is_vertical:
        assert together(lines).count("".join(WORDS.split())) == 2 * ((columns + 6) // 8)
        assert not any("\u0301" in line[:1] for line in lines)  # a mark stays on its letter


def test_a_long_text_is_never_wrapped_to_less_than_it_takes_to_read_it(
    sized: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sized.setenv("COLUMNS", "80")
    header, *rows = shown(frame_of(2))
    start = header.index("headline")
    assert len(rows) == 4  # two a row
    assert all(len(row[start:].rstrip()) > LEAST_TEXT for row in rows)
    assert capsys.readouterr().err == ""


def test_numbers_and_dates_are_whole_and_names_are_wrapped_before_texts(
    sized: pytest.MonkeyPatch,
) -> None:
    sized.setenv("COLUMNS", "60")
    name = "a_name_of_a_column_that_is_long"
    frame = pl.DataFrame({name: [1234567], "day": [date(2025, 1, 1)], "words": [WORDS]})
    lines = shown(frame)
    assert any("1234567  2025-01-01  Asylum claims" in line for line in lines)
    assert len(lines[0].split()[0]) >= LEAST_NAME
    assert "".join(line.split()[0] for line in lines[:3]).startswith(name[:24])


def test_a_table_that_is_asked_for_stays_one_and_says_what_is_better(
    sized: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sized.setenv("COLUMNS", "80")
    lines = shown(frame_of(30), or_vertical=False)
    said = capsys.readouterr().err
    wide = int(re.findall(r"would be (\d+) characters wide, and the terminal has 80", said)[0])
    assert "--format vertical is easier to read" in said
    assert max(map(cell_len, lines)) == wide
    assert not lines[0].startswith("--")


def test_a_pipe_is_quiet_and_nothing_in_it_is_wrapped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for write in (write_vertical, lambda f, file: write_table(f, file, or_vertical=True)):
        file = io.StringIO()
        write(frame_of(30), file)
        assert WORDS in file.getvalue()
        assert "\x1b" not in file.getvalue()
    assert capsys.readouterr().err == ""


def test_a_record_has_a_number_a_rule_and_its_fields(sized: pytest.MonkeyPatch) -> None:
    frame = pl.DataFrame({"a": ["x\ny", None], "longer": [1.5, None]})
    piped = io.StringIO()
    write_vertical(frame, piped)
    rule = "-- {} of 2 " + "-" * 30
    first = [rule.format(1), "a       x", "        y", "longer  1.5"]
    assert piped.getvalue().splitlines() == [*first, rule.format(2), "a", "longer"]
    sized.setenv("COLUMNS", "30")
    file = Terminal()
    write_vertical(pl.DataFrame({"headline": [WORDS]}), file)
    lines = file.getvalue().splitlines()
    assert lines[0] == "-- 1 of 1 " + "-" * 20
    assert lines[1].startswith("headline  Asylum")
    assert all(line.startswith(" " * 10) and line[10] != " " for line in lines[2:])


def test_long_names_stand_above_their_values(sized: pytest.MonkeyPatch) -> None:
    sized.setenv("COLUMNS", "40")
    file = Terminal()
    name = "a_name_of_a_column_that_is_longer_than_the_terminal_is"
    write_vertical(pl.DataFrame({name: [WORDS], "b": [1]}), file)
    lines = file.getvalue().splitlines()[1:]
    assert "".join(lines[:2]) == name
    assert lines[2].startswith("    Asylum claims in Canada")
    assert lines[-2:] == ["b", "    1"]


def test_nothing_acts_on_the_terminal(sized: pytest.MonkeyPatch) -> None:
    sized.setenv("COLUMNS", "120")
    frame = pl.DataFrame({"\x1b[2J\nname": ["\x1b]0;title\x07\u202e[red]:x:\ttab"]})
    for write in (write_vertical, lambda f, file: write_table(f, file, or_vertical=True)):
        file = Terminal()
        write(frame, file)
        text = STYLE.sub("", file.getvalue())
        assert "\\u001b]0;title\\u0007\\u202e[red]:x:" in text
        assert "\\u001b[2J name" in text
        assert not set(text) & set("\x1b\x07\u202e\t")


def test_many_rows_are_said_to_be_left_out() -> None:
    file = io.StringIO()
    write_vertical(pl.DataFrame({"n": range(1002)}), file)
    assert file.getvalue().splitlines()[-1] == "... and 2 rows more; --format csv has all"
    assert file.getvalue().count("\nn  ") == 1000


def test_an_answer_without_rows_or_with_one_empty_column() -> None:
    for frame in (pl.DataFrame({"a": []}, schema={"a": pl.String}), pl.DataFrame({"": [""]})):
        for write in (write_vertical, lambda f, file: write_table(f, file, or_vertical=True)):
            file = Terminal()
            write(frame, file)
            assert file.getvalue().count("-- 1 of") == (write is write_vertical) * frame.height


def test_the_formats_reach_a_file(tmp_path: Path) -> None:
    path = publish_counts(tmp_path / "published", [3, None]).path
    for fmt, expected in (("vertical", "place             place 0"), ("table", "place 0")):
        run_query(path, "FROM mart.counts", fmt=fmt, out=tmp_path / "x.txt")
        assert expected in (tmp_path / "x.txt").read_text()
