"""Kill refreshes at random moments; the published file must open every time.

After each kill: the published file opens and answers with one complete edition; the next refresh
succeeds with no manual step; no file of a killed run is left after it.

Example:
    python -m tests.torture.kill --kills 50
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from fcm_migration.publish.query import connect

FCM = ("-m", "fcm_migration")
DERIVED = ("core", "history", "mart", "meta", "checks")
SLOW = ("forecast", "cache")


def refresh(home: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start an offline refresh in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, *command, "--home", str(home), "refresh", "--offline"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def must_succeed(home: Path, command: Sequence[str]) -> float:
    """Refresh to the end; return how long it took."""
    begun = time.monotonic()
    process = refresh(home, command)
    _, errors = process.communicate(timeout=900)
    if process.returncode != 0:
        raise SystemExit(f"a refresh after a kill failed: {errors.decode()[-2000:]}")
    return time.monotonic() - begun


def edition(home: Path) -> tuple[str, int]:
    """Open the published file and read one edition with its rows; raises if it does not open."""
    with connect(home) as connection:
        found = connection.sql("SELECT edition_id FROM meta.edition").item()
        rows = connection.sql("SELECT count(*) FROM mart.flows").item()
    return str(found), int(rows)


def litter(home: Path) -> list[str]:
    """Files that only a run in progress may have."""
    marks = (".fcm-part", ".part", ".tmp", ".wal")
    found = [p for p in home.rglob("*") if p.is_file() and p.name.endswith(marks)]
    return [str(p.relative_to(home)) for p in found + list((home / "tmp").glob("*"))]


def forget(home: Path, names: Iterable[str]) -> None:
    """Remove what a refresh makes again, so that it has more to do."""
    for name in names:
        shutil.rmtree(home / name, ignore_errors=True)


def campaign(
    home: Path,
    kills: int,
    seed: int,
    command: Sequence[str] = FCM,
    *,
    within: float | None = None,
) -> dict[str, int]:
    """Strike until ``kills`` refreshes were killed while running; return how many were.

    The first broken promise (unreadable, another edition, a failing next refresh, litter) ends it.

    Before each, some of what a refresh makes is forgotten; the forecasts one time in ten, so that
    most of the moments struck lie outside the fitting, which is long and writes little.

    A blow falls ``within`` so many seconds of a refresh's start: if None, as many as one takes,
    which is measured first. A home with ``within`` has been refreshed.
    """
    chance = random.Random(seed)  # noqa: S311
    took = within
    if took is None:
        must_succeed(home, command)
        forget(home, DERIVED)
        took = must_succeed(home, command)
    good, struck, missed = edition(home), 0, 0
    while struck < kills:
        forget(home, chance.sample(DERIVED, k=chance.randint(0, len(DERIVED))))
        if chance.random() < 0.1:
            forget(home, SLOW)
        process = refresh(home, command)
        time.sleep(chance.uniform(0, took))
        running = process.poll() is None
        if running:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        struck, missed = struck + running, missed + (not running)
        if edition(home) != good:
            raise SystemExit(f"kill {struck}: another edition than before: {edition(home)}")
        must_succeed(home, command)
        if edition(home) != good:
            raise SystemExit(f"kill {struck}: the next refresh gave another edition")
        if left := litter(home):
            raise SystemExit(f"kill {struck}: litter after the next refresh: {left}")
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{struck} of {kills} killed")
    return {"killed while running": struck, "ended before": missed}


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=20230628)
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder)
        print(campaign(home, given.kills, given.seed))  # noqa: T201


if __name__ == "__main__":
    main()
