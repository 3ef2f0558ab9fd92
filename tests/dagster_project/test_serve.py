"""What the server prepares before it starts anything."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from dagster_project.serve import instance_of
from fcm_migration.config import Home


def test_the_storage_is_there_before_anything_starts(tmp_path: Path) -> None:
    """Webserver and daemon start at once: neither may have to make the tables of a new home."""
    home = Home(tmp_path)
    with instance_of(home):
        pass
    made = sorted(path.name for path in home.dagster_home.rglob("*.db"))
    assert "schedules.db" in made
    with sqlite3.connect(next(home.dagster_home.rglob("schedules.db"))) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    assert "jobs" in tables
