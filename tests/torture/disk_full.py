"""Refresh on a disk that is too small; the last edition must stay, and the next refresh be whole.

The disk is a file system in memory, mounted in a namespace of its own: nobody else sees it, and no
rights are needed. As root the campaign becomes an ordinary user first. The home, temporary files
and caches all lie on that disk.

Example:
    python -m tests.torture.disk_full
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fcm_migration.errors import MachineError
from fcm_migration.publish.query import connect
from tests.torture.campaigns import Record, record
from tests.torture.kill import DERIVED, FCM, SLOW, edition, forget, litter

# room as parts of what a refresh needs: from none to nearly enough
SIZES = (0.0, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95)
NOBODY = 65534
# root's Python may lie where nobody else can read
READS_ALL = ("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search")
PLACE = "FCM_DISK_FULL"  # names the small file system to the process that uses it
MB = 1_000_000


@dataclass
class Found:
    """What the refreshes on a full disk did."""

    tried: int = 0
    typed: int = 0
    finished: int = 0
    tracebacks: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    healed: int = 0
    kinds: dict[str, int] = field(default_factory=dict)


class Disk:
    """A small file system, and a file on it that takes up the room that is not to be left."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._filler = place / "filler"

    def used(self) -> int:
        """Bytes in use."""
        return shutil.disk_usage(self.place).used

    def leave(self, room: int | None) -> None:
        """Leave only so many bytes free; None for all there are."""
        self._filler.unlink(missing_ok=True)
        if room is None:
            return
        with self._filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(self.place).free - room)


def refresh(disk: Disk, home: Path, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Refresh offline, with temporary files and caches on the disk too."""
    scratch = {name: str(disk.place / "scratch") for name in ("TMPDIR", "XDG_CACHE_HOME")}
    (disk.place / "scratch").mkdir(exist_ok=True)
    return subprocess.run(
        [sys.executable, "-B", *command, "--home", str(home), "refresh", "--offline"],
        env={**os.environ, **scratch},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def must_succeed(disk: Disk, home: Path, command: Sequence[str]) -> None:
    """Refresh to the end; end the campaign where that fails."""
    done = refresh(disk, home, command)
    if done.returncode not in (0, 3):
        raise SystemExit(f"a refresh with room enough failed: {done.stderr[-2000:]}")


def figures(home: Path) -> str:
    """Fingerprint of every figure that is published."""
    with connect(home) as connection:
        return str(connection.sql("SELECT content_hash FROM meta.edition").item())


def needed(disk: Disk, home: Path, command: Sequence[str]) -> int:
    """Measure how many bytes the most that a refresh of everything needs at once."""
    forget(home, [*DERIVED, *SLOW])
    begun, most = disk.used(), 0
    (disk.place / "scratch").mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-B", *command, "--home", str(home), "refresh", "--offline"],
        env={**os.environ, "TMPDIR": str(disk.place / "scratch")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None:
        most = max(most, disk.used() - begun)
        time.sleep(0.02)
    return most


def attempt(
    disk: Disk, home: Path, room: int, good: tuple[str, int], command: Sequence[str], found: Found
) -> None:
    """Refresh with so much room, look at what is left, then give room and refresh again."""
    expected = figures(home)
    forget(home, [*DERIVED, *SLOW])
    disk.leave(room)
    done = refresh(disk, home, command)
    disk.leave(None)
    found.tried += 1
    name = f"{room / MB:.2f} MB"
    last = (done.stderr.strip().splitlines() or [""])[-1]
    if done.returncode in (0, 3):
        found.finished += 1
    elif "Traceback" in done.stderr or done.returncode != MachineError.exit_code:
        found.tracebacks.append(f"{name}: exit {done.returncode}: {last[:600]}")
    else:
        found.typed += 1
        what = last.partition(";")[0].rpartition(": ")[2]
        found.kinds[what] = found.kinds.get(what, 0) + 1
    if done.returncode not in (0, 3) and edition(home) != good:
        found.broken.append(f"{name}: edition {edition(home)} instead of {good}")
    after = refresh(disk, home, command)
    if after.returncode not in (0, 3) or figures(home) != expected:
        found.broken.append(f"{name}: the next refresh: {after.returncode} {after.stderr[-600:]}")
    elif left := litter(home):
        found.broken.append(f"{name}: left after the next refresh: {left}")
    else:
        found.healed += 1


def campaign(
    home: Path, disk: Disk, command: Sequence[str] = FCM, sizes: Sequence[float] = SIZES
) -> Found:
    """Refresh a home that lies on the disk at every size, everything to be made again."""
    must_succeed(disk, home, command)
    most = needed(disk, home, command)
    must_succeed(disk, home, command)
    found = Found()
    for share in sizes:
        attempt(disk, home, int(most * share), edition(home), command, found)
    return found


def inside(arguments: Sequence[str], size_mb: int) -> subprocess.CompletedProcess[str]:
    """Run this module as an ordinary user, with a file system that only this run can see."""
    python = [sys.executable, "-m", "tests.torture.disk_full", *arguments]
    with tempfile.TemporaryDirectory(prefix="fcm-disk-full-") as folder:
        Path(folder).chmod(0o755)
        options = f"size={size_mb}m"
        namespaces = "-Urm"  # without rights: a user namespace as well
        if os.geteuid() == 0:
            options += f",uid={NOBODY},gid={NOBODY}"
            namespaces = "-m"
            python = [
                *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
                *READS_ALL,
                *python,
            ]
        script = 'mount -t tmpfs -o "$0" tmpfs "$1" && shift && exec "$@"'
        command = ["unshare", namespaces, "sh", "-c", script, options, folder, *python]
        environment = {**os.environ, PLACE: folder}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def why_not() -> str | None:
    """Say why the campaign cannot run on this machine; None if it can."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return "needs Linux and unshare"
    tried = ["unshare", "-m" if os.geteuid() == 0 else "-Urm", "true"]
    done = subprocess.run(tried, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"no file system can be mounted: {done.stderr.strip()}"


def prepared(root: Path, given: Path | None, disk: Disk) -> tuple[Path, Sequence[str]]:
    """Lay a home on the disk: a copy of one, or the toy source's; return it and its command."""
    if given is not None:
        shutil.copytree(given, disk.place / "home", symlinks=True)
        return disk.place / "home", FCM
    from tests.toy_home import FIRST, give, toy_context

    (disk.place / "home").mkdir()
    # the toy's declarations are no part of the home: they lie beside it, where there is room
    (root / "home").symlink_to(disk.place / "home")
    give(toy_context(root), FIRST)
    return root / "home", ("-m", "tests.torture.toy_fcm")


def to_record(found: Found, seconds: float) -> Record:
    """Return the counts; a traceback or an edition that is not whole breaks the promise."""
    return Record(
        "disk_full",
        found.tried,
        len(found.tracebacks) + len(found.broken),
        found.healed,
        0,
        round(seconds, 1),
        {
            "typed errors": found.typed,
            "finished all the same": found.finished,
            "tracebacks or other codes": len(found.tracebacks),
            "editions or next refreshes broken": len(found.broken),
            **{f"said: {what}": number for what, number in sorted(found.kinds.items())},
        },
        tuple(found.tracebacks + found.broken),
    )


def run_inside(given: argparse.Namespace) -> None:
    """Run on the small file system and print the record as JSON."""
    begun = time.monotonic()
    disk = Disk(Path(os.environ[PLACE]))
    with tempfile.TemporaryDirectory(prefix="fcm-disk-full-") as folder:
        home, command = prepared(Path(folder), given.home, disk)
        found = campaign(home, disk, command, given.sizes)
    print(json.dumps(to_record(found, time.monotonic() - begun).__dict__))  # noqa: T201


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="a refreshed home to copy (default: a toy's)")
    parser.add_argument("--sizes", type=float, nargs="+", default=SIZES, help="parts of the need")
    parser.add_argument("--size", type=int, default=300, help="of the disk, in MB of memory")
    parser.add_argument("--record", action="store_true", help="write the counts down")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        run_inside(given)
        return
    if reason := why_not():
        raise SystemExit(f"skipped: {reason}")
    done = inside(["--inside", *sys.argv[1:]], given.size)
    if done.returncode:
        raise SystemExit(done.stderr)
    made = Record(**json.loads(done.stdout))
    print(json.dumps(made.__dict__, indent=1))  # noqa: T201
    if given.record:
        record(made)


if __name__ == "__main__":
    main()
