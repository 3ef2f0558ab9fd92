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
from collections.abc import Sequence
from pathlib import Path

from fcm_migration.query import connect

FCM = ("-m", "fcm_migration")
DERIVED = ("core", "mart", "forecast", "meta", "checks", "cache")


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


def campaign(home: Path, kills: int, seed: int, command: Sequence[str] = FCM) -> dict[str, object]:
    """Run the campaign with a command line of fcm's; return its figures."""
    chance = random.Random(seed)  # noqa: S311
    took = must_succeed(home, command)
    good, killed, mid = edition(home), 0, 0
    for number in range(kills):
        for name in chance.sample(DERIVED, k=chance.randint(0, len(DERIVED))):
            shutil.rmtree(home / name, ignore_errors=True)
        process = refresh(home, command)
        time.sleep(chance.uniform(0, took))
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            mid += 1
        process.communicate()
        killed += 1
        if edition(home) != good:
            raise SystemExit(f"kill {number}: another edition than before: {edition(home)}")
        took = max(took, must_succeed(home, command))
        if edition(home) != good:
            raise SystemExit(f"kill {number}: the next refresh gave another edition")
        if left := litter(home):
            raise SystemExit(f"kill {number}: litter after the next refresh: {left}")
    return {"kills": killed, "struck while running": mid, "unreadable": 0, "litter": 0}


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
