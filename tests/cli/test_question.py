"""Where the SQL of a query may come from, and what is refused with a sentence."""

from __future__ import annotations

import codecs
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fcm_migration.cli import main
from fcm_migration.cli.question import LARGEST
from tests.small import publish_counts

SQL = "-- what is the sum?\r\nSELECT sum(counted_persons) AS counted, 'Türkiye' AS name\r\n" \
      "FROM mart.counts\r\n"  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("question")
    publish_counts(home / "published", [3, 4])
    return home


class Given(io.TextIOWrapper):
    """Standard input with these bytes, or a terminal."""

    def __init__(self, body: bytes, *, is_terminal: bool = False) -> None:
        super().__init__(io.BytesIO(body))
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


def ask(
    home: Path, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[object, str, str]:
    code: object = 0
    try:
        main(["--home", str(home), "query", *map(str, arguments), "--format", "csv"])
    except SystemExit as ended:
        code = ended.code
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
def test_a_file_and_standard_input_are_asked_like_the_argument(
    home: Path,
    tmp_path: Path,
    mark: bytes,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, body = tmp_path / "question.sql", mark + SQL.encode()
    path.write_bytes(body)
    expected = (0, "counted,name\n7,Türkiye\n", "")
    assert ask(home, capsys, "--file", path) == expected
    for arguments in ((), ("-",)):
        monkeypatch.setattr(sys, "stdin", Given(body))
        assert ask(home, capsys, *arguments) == expected
    monkeypatch.setattr(sys, "stdin", Given(body, is_terminal=True))
    assert ask(home, capsys, "-") == expected  # typed, and ended by Ctrl-D


def test_a_question_must_be_given_once(
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "question.sql"
    path.write_text(SQL)
    monkeypatch.setattr(sys, "stdin", Given(b"SELECT 1", is_terminal=True))
    for arguments, words in (
        ((), "no question is given"),
        (("SELECT 1", "--file", path), "the question is given twice"),
        (("-", "--file", path), "the question is given twice"),
        (("--file", tmp_path / "none.sql"), "does not exist"),
        (("--file", tmp_path), "is a directory"),
    ):
        code, out, err = ask(home, capsys, *arguments)
        assert (code, out) == (2, "")
        assert words in " ".join(err.split())
    monkeypatch.setattr(sys, "stdin", None)  # closed by whoever started it
    code, out, err = ask(home, capsys)
    assert (code, out) == (2, "")
    assert "no question is given" in err


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "the question is empty"),
        (b" \r\n\t", "the question is empty"),
        (codecs.BOM_UTF8, "the question is empty"),
        (b"-- only a comment\n", "one statement that reads"),
        (b"SELECT 1; SELECT 2", "one statement that reads"),
        (b"SELECT 'T\xfcrkiye'", "the question is not UTF-8"),
        ("SELECT 1".encode("utf-16"), "the question is not UTF-8"),
        (b"SELECT 1 " + b" " * LARGEST, "the question is too large"),
    ],
)
def test_what_is_no_question_is_refused(
    home: Path,
    tmp_path: Path,
    body: bytes,
    words: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "question.sql"
    path.write_bytes(body)
    monkeypatch.setattr(sys, "stdin", Given(body))
    for arguments in (("--file", path), ("-",)):
        code, out, err = ask(home, capsys, *arguments)
        assert (code, out) == (2, "")
        assert err.startswith("fcm: ")
        assert words in err


def test_an_argument_without_words_is_no_question(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = ask(home, capsys, "  ")
    assert (code, "the question is empty" in err) == (2, True)


def test_a_question_comes_through_a_pipe(home: Path) -> None:
    command = [sys.executable, "-m", "fcm_migration", "--home", str(home), "query"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}  # says nothing of the question
    done = subprocess.run(
        [*command, "--format", "json"],
        input=SQL.replace("'Türkiye'", "length('Türkiye')").encode(),
        capture_output=True,
        check=True,
        env=environment,
    )
    assert (b'"name": 7' in done.stdout, done.stderr) == (True, b"")
    empty = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert empty.returncode == 2
    assert b"the question is empty" in empty.stderr
