"""The command ``fcm export``: one line in a pipe, never into the home, wrong usage is 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from fcm_migration.cli import main
from tests.hostile import publish_hostile


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("export") / "home"
    publish_hostile(home)
    return home


def run(
    home: Path, capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[object, str, str]:
    code: object = 0
    try:
        main(["--home", str(home), "export", *map(str, arguments)])
    except SystemExit as ended:
        code = ended.code
    captured = capsys.readouterr()
    return code, captured.out, " ".join(captured.err.split())


def test_a_pipe_gets_one_line(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    for arguments, said in (
        (("--format", "parquet"), "9 files, "),
        (("--format", "csv", "--table", "known", "--table", "mart.labels"), "2 files, "),
        (("--format", "datapackage", "--all"), "10 files, "),
        (("--format", "csv", "--table", "core.secret"), "1 file, 0 kB, "),
    ):
        code, printed, err = run(home, capsys, out, *arguments)
        assert (code, err, printed.count("\n")) == (0, "", 1)
        assert printed.startswith(f"{out}: {said}")


def test_nothing_is_written_into_the_home_or_over_other_folders(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    for folder, words in (
        (home / "out", "never written to by this command"),
        (home / "published", "never written to by this command"),
        (tmp_path, "a folder is there that this command did not write"),
        (tmp_path / "none" / "out", "no such folder"),
        (tmp_path / "thesis.txt", "is a file"),
    ):
        code, printed, err = run(home, capsys, folder, "--format", "csv")
        assert (code, printed) == (2, "")
        assert words in err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert not (home / "out").exists()


def test_wrong_usage_is_2(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        ((), "Missing option '--format'"),
        (("--format", "xlsx"), "is not one of"),
        (("--format", "csv", "--table", "nothing"), "no such table or view"),
        (("--format", "csv", "--table", "known", "--all"), "both some tables and all"),
    ):
        code, printed, err = run(home, capsys, tmp_path / "out", *arguments)
        assert (code, printed) == (2, "")
        assert words in err
    assert list(tmp_path.iterdir()) == []
