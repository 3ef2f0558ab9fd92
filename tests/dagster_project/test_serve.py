"""Preparations of the server before it starts anything."""

from __future__ import annotations

import argparse
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from dagster_project.__main__ import _arguments
from dagster_project.serve import _commands, instance_of
from dagster_project.web import add_arguments
from fcm_migration.config import Home


def test_the_storage_is_there_before_anything_starts(tmp_path: Path) -> None:
    """Webserver and daemon start at once: neither may have to make the tables of a new home."""
    home = Home(tmp_path)
    with instance_of(home):
        pass
    made = sorted(path.name for path in home.dagster_home.rglob("*.db"))
    assert "schedules.db" in made
    database = next(home.dagster_home.rglob("schedules.db"))
    with closing(sqlite3.connect(database)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "jobs" in tables


def test_the_webserver_is_the_guarded_one_and_knows_the_proxy_s_names() -> None:
    names = ["fcm.example.org", "http://localhost:8080"]
    (web,) = _commands("10.0.0.5", 3001, names, read_only=True).values()
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    given = parser.parse_args(web[web.index("dagster_project.web") + 1 :])
    assert (given.host, given.port, given.read_only) == ("10.0.0.5", 3001, True)
    assert given.behind_proxy == names


def test_a_proxy_without_a_name_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """The option used to stand alone."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args(["--behind-proxy", "--port", "3000"])
    assert "--behind-proxy: expected one argument" in capsys.readouterr().err


def test_ui_and_daemon_are_programs_of_their_own() -> None:
    both = _commands("127.0.0.1", 3000, [], read_only=False)
    assert list(both) == ["ui", "daemon"]
    assert list(_commands("127.0.0.1", 3000, [], read_only=True)) == ["ui"]


@pytest.mark.parametrize("flags", ["--only ui --service", "--only daemon --read-only"])
def test_options_that_contradict_one_another_are_refused(
    flags: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["dagster_project", *flags.split()])
    with pytest.raises(SystemExit) as ended:
        _arguments()
    assert ended.value.code == 2
    assert flags.split()[2] in capsys.readouterr().err
