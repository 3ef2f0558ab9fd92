"""A question has limits of time and size, and stops when somebody interrupts it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import duckdb
import pytest

from fcm_migration.errors import LimitError, UsageError
from fcm_migration.publish import asking, spill
from fcm_migration.publish.query import connect
from tests.small import publish_counts

ENDLESS = (
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 1000000000) "
    "SELECT max(n) FROM t"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("asking")
    publish_counts(home / "published", [3, 1])
    return home


def test_a_question_that_takes_too_long_is_ended_and_the_connection_goes_on(home: Path) -> None:
    with connect(home, timeout=0.1) as fcm:
        with pytest.raises(LimitError, match=r"at most 0.1 s.*--timeout") as raised:
            fcm.sql(ENDLESS)
        assert raised.value.exit_code == 9
        assert asking.answer(fcm._connection, "SELECT 1", seconds=1e12).item() == 1
        assert fcm.sql("SELECT 1 AS a, 2 AS a").columns == ["a", "a_1"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_stops_a_question_at_once(home: Path) -> None:
    """A recursive question went on for as long as it liked."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    try:
        with connect(home) as fcm:
            begun = time.monotonic()
            timer.start()
            with pytest.raises(KeyboardInterrupt):
                fcm.sql(ENDLESS)
            assert time.monotonic() - begun < 5
            assert fcm.sql("SELECT 1").item() == 1
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)


def test_an_answer_that_is_too_large_is_refused(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LARGEST", 1_000_000)
    with connect(home) as fcm:
        with pytest.raises(LimitError, match="the answer is too large"):
            fcm.sql("SELECT * FROM range(1000000)")
        assert fcm.sql("SELECT * FROM range(1000)").height == 1000


def test_more_than_memory_and_temporary_space_is_refused() -> None:
    with duckdb.connect(
        config={"memory_limit": "20MB", "temp_directory": "", "threads": 1}
    ) as connection:
        with pytest.raises(LimitError, match="memory and temporary space"):
            asking.answer(
                connection,
                "SELECT a, count(*) FROM (SELECT md5(range::VARCHAR) AS a FROM range(1000000)) "
                "GROUP BY a ORDER BY a",
            )
        with pytest.raises(UsageError, match="refuses the question"):
            asking.answer(connection, "SELECT nothing")


def test_temporary_files_lie_outside_the_home_with_a_quota(home: Path) -> None:
    with connect(home) as fcm:
        folder, quota = fcm.sql(
            "SELECT current_setting('temp_directory'), current_setting('max_temp_directory_size')"
        ).row(0)
    assert not Path(folder).is_relative_to(home)
    assert Path(folder).is_dir()
    assert quota.endswith(("GiB", "MiB"))


def test_what_a_killed_reader_left_is_removed_by_the_next(tmp_path: Path) -> None:
    script = (
        "import os, sys, signal; from fcm_migration.publish.spill import spill_settings; "
        "folder = spill_settings()['temp_directory']; open(folder + '/left', 'w').close(); "
        "print(folder, flush=True); len(sys.argv) > 1 and os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}

    def read(*arguments: str) -> Path:
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return Path(done.stdout.strip())

    killed = read("kill")
    assert (killed / "left").exists()
    ended = read()
    assert ended != killed
    assert [path.name for path in killed.parent.iterdir()] == [spill.LOCK]


def test_a_folder_of_somebody_elses_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "theirs")
    with pytest.raises(PermissionError):
        spill._claim(tmp_path / "link", os.getpid())
    monkeypatch.setattr(spill, "_bases", lambda: [tmp_path / "link"])
    assert spill._settings.__wrapped__(os.getpid()) == spill.NO_SPILLING
    assert list((tmp_path / "theirs").iterdir()) == []
