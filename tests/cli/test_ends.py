"""How a command ends: by a limit, a signal, a full disk, in a locale that knows ASCII alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fcm_migration.cli import main
from tests.publish.test_asking import ENDLESS
from tests.small import publish_counts


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("ends") / "hé"
    publish_counts(home / "published", [3])
    return home


def test_a_question_that_takes_too_long_ends_with_its_own_code(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(home), "query", ENDLESS, "--timeout", "0.1"])
    assert ended.value.code == 9
    assert "--timeout" in capsys.readouterr().err


def test_a_question_writes_nothing_into_the_home(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = home.joinpath("published", "fcm_migration.duckdb").read_bytes()
    for out in ("published/fcm_migration.duckdb", "x.csv"):
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(home), "query", "SELECT 1", "--out", str(home / out)])
        assert ended.value.code == 2
        assert "never written to" in capsys.readouterr().err
    assert home.joinpath("published", "fcm_migration.duckdb").read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.torture)],
)
def test_a_signal_ends_a_question_with_a_line(home: Path, number: int, code: int) -> None:
    command = [sys.executable, "-m", "fcm_migration", "--home", str(home), "query"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(home.parent / "cache")}
    with subprocess.Popen(
        [*command, ENDLESS], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        spill = home.parent / "cache" / "fcm-migration" / "spill"
        while not list(spill.glob("*-*.lock")):  # DuckDB is about to be asked
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(number)
        assert process.stderr is not None
        said = process.stderr.read()
        assert process.wait(timeout=60) == code
    assert len(said.splitlines()) == 1
    assert said.startswith("fcm: ")
    assert [path.name for path in spill.iterdir()] == [".lock"]


@pytest.mark.skipif(sys.platform != "linux", reason="the locale of POSIX")
def test_names_and_letters_survive_a_locale_without_them(home: Path) -> None:
    out = home.parent / "ö.csv"
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    environment = {**os.environ, **ascii_only}
    environment.pop("PYTHONIOENCODING", None)
    command = [sys.executable, "-m", "fcm_migration", "--home", str(home), "query"]
    done = subprocess.run(
        [*command, "SELECT 'ü' AS letter", "--format", "csv-plain", "--out", str(out)],
        env=environment,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert out.read_text(encoding="utf-8") == "letter\nü\n"


@pytest.mark.torture
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_an_output_without_room_is_a_full_disk(home: Path) -> None:
    command = [sys.executable, "-m", "fcm_migration", "--home", str(home), "query", "SELECT 1"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 8
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("fcm: ")
