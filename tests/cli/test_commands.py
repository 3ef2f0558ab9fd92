"""The command line: help with an example, exit codes, quiet in a pipe."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
import pytest

from fcm_migration.archive.lock import refresh_lock
from fcm_migration.cli import cli, main
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.review import quarantined
from tests.refresh.test_run import write_suite
from tests.toy import write_release
from tests.toy_home import give, rows, toy_context

Run = Callable[..., tuple[object, str, str]]
COMMANDS = sorted(cli.commands)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process; return exit code, output and errors."""

    def run(*arguments: object, given: Context | None = None) -> tuple[object, str, str]:
        code: object = 0
        try:
            main([str(argument) for argument in arguments], given=given)
        except SystemExit as ended:
            code = ended.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example_that_parses(run: Run, command: str) -> None:
    code, out, err = run(command, "--help")
    assert (code, err) == (0, "")
    (example,) = [line.strip() for line in out.splitlines() if line.strip().startswith("fcm ")]
    assert example.split()[1] == command
    documented = cli.commands[command].params
    assert all(p.help for p in documented if isinstance(p, click.Option))
    assert all(len(line) <= 100 for line in out.splitlines())


def test_the_help_of_the_whole_lists_every_command(run: Run) -> None:
    for arguments in (("--help",), ("-h",)):
        code, out, _ = run(*arguments)
        assert code == 0
        assert all(f"\n  {name} " in out for name in COMMANDS)


def test_help_loads_neither_models_nor_checks() -> None:
    heavy = "great_expectations", "statsmodels", "duckdb", "dagster"
    script = (
        "import sys\nfrom fcm_migration.cli import main\n"
        "try:\n    main(['--help'])\nfinally:\n"
        f"    print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_module_and_the_script_are_the_same_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fcm_migration", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "0.1.0" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["refresh", "--nonsense"], "No such option"),
        (["export", "--format", "csv"], "Missing argument 'FOLDER'"),
        (["query", "SELECT 1", "--format", "xml"], "is not one of"),
        (["ingest", "toy", "no-such-file"], "does not exist"),
        (["backtest", "--origins", "x", "--out", "x", "--horizon", "99"], "range 1<=x<=24"),
    ],
)
def test_wrong_usage_is_2(run: Run, arguments: list[str], message: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err.replace("\n", " ")


def test_what_the_library_refuses_is_2_in_one_sentence(
    run: Run, published: Context, tmp_path: Path
) -> None:
    for arguments in (
        ("query", "DROP TABLE mart.flows"),
        ("query", "FROM read_csv('/etc/passwd')"),
        ("query", "SELECT 1", "--format", "parquet"),
        ("ingest", "nobody", __file__),
        ("rollback", "000000000000"),
        ("backtest", "--origins", "2024:2025", "--out", tmp_path / "x"),
        ("backtest", "--origins", "2024-02:2024-01", "--out", tmp_path / "x"),
        ("backtest", "--source", "no", "--origins", "2023-01:2023-02", "--out", tmp_path / "x"),
        ("backtest", "--frequency", "Q", "--origins", "2023-01:2023-02", "--out", tmp_path / "x"),
        ("docs", tmp_path, "--check"),
    ):
        code, out, err = run(*arguments, given=published)
        assert (code, out) == (2, ""), arguments
        assert err.startswith("fcm: ")
        assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["xyz"], "no release of that name is in the archive"),
        (["xyz", "--withdraw", "--by", "Ann", "--reason", "x"], "no release of that name"),
        (["--withdraw", "--by", "Ann", "--reason", "x"], "--withdraw needs SNAPSHOT_ID"),
        (["xyz", "--withdraw", "--until", "2030-01-01"], "--until belongs to --accept"),
        (["--by", "Ann", "--reason", "x"], "only --accept and --withdraw take"),
        (["xyz", "--accept", "--by", "Ann", "--reason", "x"], "--accept needs"),
        (["--accept", "--until", "2030-01-01"], "--accept needs SNAPSHOT_ID"),
        (["xyz", "--accept", "--withdraw"], "only one of the three"),
    ],
)
def test_a_review_leaves_no_argument_unheard(
    run: Run, published: Context, arguments: list[str], message: str
) -> None:
    code, out, err = run("review", *arguments, given=published)
    assert (code, out) == (2, "")
    assert message in err


def test_a_release_in_use_is_named_and_said_to_be_in_no_quarantine(
    run: Run, published: Context
) -> None:
    (snapshot,) = published.archive.usable("toy")
    code, out, err = run("review", snapshot.snapshot_id, given=published)
    assert (code, err) == (0, "")
    assert out == f"toy: {snapshot.snapshot_id} is not in quarantine\n"


def test_files_that_are_not_there_are_said_before_any_work(run: Run, tmp_path: Path) -> None:
    missing = tmp_path / "none" / "x"
    for arguments in (
        ("skill", "--out", tmp_path / "x.md", "--benchmark", missing),
        ("coverage", "--out", missing),
        ("query", "SELECT 1", "--out", missing),
        ("alerts", "replay", "--from", "2023-01", "--to", "2023-02", "--out", missing),
        ("alerts", "skill", "--out", tmp_path / "x.md", "--rewrite", "--record", missing),
    ):
        code, out, err = run("--home", tmp_path / "home", *arguments)
        assert (code, out) == (2, ""), arguments
        assert "none" in err


def test_a_list_for_a_spreadsheet_has_no_formula(run: Run, published: Context) -> None:
    source = replace(published.sources[0], publisher="=HYPERLINK(1)")
    code, out, _ = run("sources", "--format", "csv", given=replace(published, sources=(source,)))
    assert code == 0
    assert ",'=HYPERLINK(1)," in out


def test_a_refused_release_is_3(run: Run, own_home: Context, tmp_path: Path) -> None:
    bad = write_release(tmp_path / "in", "2024-05-01", [("2024-01", "Chad", "x")])
    code, out, err = run("ingest", "toy", bad, given=own_home)
    assert (code, out) == (3, "")
    assert "the parser failed on this release" in err
    code, _, err = run("refresh", given=toy_context(tmp_path / "empty"))
    assert code == 3
    assert "no source has a usable release" in err


def test_a_critical_check_is_4_and_the_last_edition_is_still_read(
    run: Run, own_home: Context
) -> None:
    write_suite(own_home, "claims_persons", 1)
    code, out, err = run("refresh", given=own_home)
    assert (code, out) == (4, "")
    assert "core.toy_claims: plausible failed: 10 of 63" in err
    code, out, _ = run("query", "SELECT sequence FROM meta.edition", "--format", "csv",
                       given=own_home)  # fmt: skip
    assert (code, out) == (0, "sequence\n1\n")


@pytest.mark.parametrize(
    "arguments", [("refresh",), ("rollback",), ("ingest", "toy", __file__)], ids=lambda a: a[0]
)
def test_a_held_lock_is_5_and_names_the_holder(
    run: Run, own_home: Context, arguments: tuple[str, ...]
) -> None:
    with refresh_lock(own_home.home.root, holder="the night's refresh"):
        code, out, err = run(*arguments, given=own_home)
    assert (code, out) == (5, "")
    assert "the night's refresh (pid " in err


def test_nothing_published_or_damage_is_6(run: Run, own_home: Context, tmp_path: Path) -> None:
    for arguments in (("verify",), ("query", "SELECT 1")):
        code, out, err = run("--home", tmp_path / "none", *arguments)
        assert (code, out) == (6, "")
        assert "nothing is published" in err
    own_home.home.published.chmod(0o644)
    with own_home.home.published.open("r+b") as file:
        file.seek(20_000)
        file.write(b"damage")
    code, _, err = run("verify", given=own_home)
    assert code == 6
    assert "the file is not as it was published" in err


def test_ingest_refresh_query_rollback_verify(run: Run, own_home: Context, tmp_path: Path) -> None:
    path = write_release(tmp_path / "in", "2024-04-01", rows(last="1"))
    code, out, _ = run("ingest", "toy", path, "--as-of", "2024-04-02", "--note", "by post",
                       given=own_home)  # fmt: skip
    assert (code, "toy: ok: 1 file(s), release of 2024-04-02 (stated)" in out) == (0, True)
    assert out.endswith("; run `fcm refresh` to publish it\n")
    code, out, _ = run("ingest", "toy", path, "--as-of", "2024-04-02", given=own_home)
    assert (code, out.endswith("; run `fcm refresh` if it is not published yet\n")) == (0, True)
    code, out, err = run("refresh", given=own_home)
    assert (code, err) == (0, "")
    assert "published: " in out
    assert str(own_home.home.published) in out
    sql = "SELECT sequence, note FROM meta.edition, meta.snapshots ORDER BY as_of_date DESC LIMIT 1"
    code, out, _ = run("query", sql, "--format", "json", given=own_home)
    assert json.loads(out) == [{"sequence": 2, "note": "by post"}]
    code, out, _ = run("rollback", given=own_home)
    assert (code, out.startswith("published again: edition ")) == (0, True)
    code, out, _ = run("verify", given=own_home)
    assert (code, "sequence 1" in out) == (0, True)
    code, out, _ = run("editions", given=own_home)
    assert (code, len(out.splitlines())) == (0, 3)
    code, out, _ = run("sources", given=own_home)
    assert (code, "2024-04-02" in out) == (0, True)


def test_one_source_is_told_in_full(run: Run, own_home: Context) -> None:
    code, out, err = run("sources", "toy", given=own_home)
    assert (code, err) == (0, "")
    assert "Last looks at the publisher, newest first:" in out
    assert ": offline: not asked: the refresh is offline" in out
    code, _, err = run("sources", "nobody", given=own_home)
    assert (code, "no such source" in err) == (2, True)
    code, _, err = run("sources", "toy", "--format", "csv", given=own_home)
    assert (code, "a CSV holds the list of all sources" in err) == (2, True)


def test_a_date_before_the_figures_is_3_and_says_what_to_do(
    run: Run, own_home: Context, tmp_path: Path
) -> None:
    path = write_release(tmp_path / "in", "2024-04-01", rows(last="1"))
    code, out, err = run("ingest", "toy", path, "--as-of", "2023-05-20", given=own_home)
    assert (code, out) == (3, "")
    assert "begins on 2023-06-01, though the release is dated 2023-05-20" in err
    assert "what to do: state the day it was published: fcm ingest toy FILE --as-of" in err


def test_what_was_refused_is_listed_and_discarded(
    run: Run, own_home: Context, tmp_path: Path
) -> None:
    """A file of another kind leaves nothing behind that no command lists or removes."""
    before = {path for path in own_home.home.archive.rglob("*") if path.is_file()}
    page = tmp_path / "toy_2024-05-01.csv"
    page.write_text("<!doctype html>")
    assert run("ingest", "toy", page, given=own_home)[0] == 3
    (held,) = quarantined(own_home)
    name = held.snapshot.snapshot_id
    code, out, _ = run("review", given=own_home)
    assert (code, f"toy  {name}  layout_changed" in out) == (0, True)
    assert f"fcm review {name} --discard" in out
    assert held.files[0] in out
    used = own_home.archive.usable("toy")[0].snapshot_id
    for arguments, words in (
        ((name, "--discard", "--withdraw"), "one of the three"),
        (("--discard",), "which release"),
        (("2024-01-01_nothing", "--discard"), "no release of that name"),
        ((used, "--discard"), "only a release that was refused"),
    ):
        code, _, err = run("review", *arguments, given=own_home)
        assert (code, words in err) == (2, True)
    code, out, _ = run("review", name, "--discard", given=own_home)
    assert (code, out) == (0, f"toy: release {name} discarded\n")
    after = {path for path in own_home.home.archive.rglob("*") if path.is_file()}
    assert after == before
    assert quarantined(own_home) == []
    assert own_home.archive.attempts("toy")[-1].outcome == "discarded"
    # the bytes may come again, and are refused again
    assert run("ingest", "toy", page, given=own_home)[0] == 3


def test_published_but_something_was_set_aside_is_3(run: Run, own_home: Context) -> None:
    write_suite(own_home, "claims_persons", 5)
    give(own_home, "2024-04-01", last="9")
    code, out, err = run("refresh", given=own_home)
    assert (code, err) == (3, "")
    assert "set aside: toy, release 2024-04-01_" in out
    assert "edition " in out
    assert run("refresh", given=own_home)[0] == 0


def test_bundle_and_docs_say_what_they_wrote(run: Run, published: Context, tmp_path: Path) -> None:
    code, out, _ = run("bundle", tmp_path / "bundle", given=published)
    assert (code, out) == (0, "toy: 0.00 MB\nin all 0.00 MB\n")
    code, out, _ = run("docs", tmp_path / "docs")
    pages = ("data_dictionary.md", "datapackage.json", "inbox.md", "breaks.md")
    assert (code, out) == (0, "".join(f"{name}: written\n" for name in pages))
    code, out, _ = run("docs", tmp_path / "docs", "--check")
    assert (code, out.count("up to date")) == (0, 4)


def test_a_backtest_is_written(run: Run, published: Context, tmp_path: Path) -> None:
    import polars as pl

    out_file = tmp_path / "b.parquet"
    code, out, _ = run("backtest", "--source", "toy", "--origins", "2022-06:2022-07",
                       "--horizon", "3", "--out", out_file, given=published)  # fmt: skip
    frame = pl.read_parquet(out_file)
    assert (code, out) == (0, f"{frame.height} rows written to {out_file}\n")
    assert set(frame.get_column("horizon")) == {1, 2, 3}
    assert "published" in frame.get_column("model")


@pytest.mark.parametrize("fmt", ["csv", "json", "table"])
def test_a_reader_that_hangs_up_is_no_error(published: Context, fmt: str) -> None:
    command = f"{sys.executable} -m fcm_migration --home {published.home.root} query "
    command += '"SELECT * FROM mart.flows, range(40)"'
    command += f" --format {fmt} | head -1; "
    done = subprocess.run(
        ["bash", "-c", f"{command} echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines()[1] == "0"


def test_a_pipe_gets_the_answer_and_nothing_else(published: Context) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fcm_migration", "--home", published.home.root, "query",
         "SELECT origin_iso3, unit FROM mart.by_origin WHERE origin_iso3 = 'FRA' LIMIT 1"],
        capture_output=True,
        text=True,
        check=True,
    )  # fmt: skip
    assert done.stderr == ""
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["origin_iso3", "unit"],
        ["FRA", "persons"],
    ]


def test_a_brief_is_written_where_it_is_asked_for(
    run: Run, published: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("brief", "uk", given=published) == (0, "brief_GBR.html written\n", "")
    assert run("brief", given=published)[:2] == (0, "brief_five_countries.html written\n")
    named = tmp_path / "page.html"
    assert run("brief", "GBR", "--out", named, given=published)[0] == 0
    assert named.read_text() == (tmp_path / "brief_GBR.html").read_text()
    code, out, err = run("brief", "Atlantis", given=published)
    assert (code, out) == (2, "")
    assert "there is no brief of this country" in err
    monkeypatch.chdir(published.home.root)
    code, _, err = run("brief", "GBR", given=published)
    assert code == 2
    assert "never written to by this command" in err.replace("\n", " ")
    assert not (published.home.root / "brief_GBR.html").exists()
