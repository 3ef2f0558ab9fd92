"""Refresh on a disk that is too small; the last edition must stay, and the next refresh be whole.

The disk is a file system in memory, mounted in a namespace of its own: nobody else sees it, and no
rights are needed. As root the campaign becomes an ordinary user first. The home, temporary files
and caches all lie on that disk.

Example:
    python -m tests.torture.disk_full --record
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from fcm_migration.errors import MachineError
from tests.torture import warm
from tests.torture.campaigns import Record, record

# room as parts of what a refresh needs: from none to nearly enough
SIZES = (0.0, 0.01, 0.05, 0.2, 0.4, 0.6, 0.8, 0.95)
DERIVED = ("core", "history", "mart", "forecast", "trend", "meta", "checks", "cache")
AGAIN, NEWER = "everything derived is made again", "a newer release is published"
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


def command(root: Path) -> tuple[int, str]:
    """Run ``fcm refresh --offline`` on a toy home; return exit code and standard error."""
    from fcm_migration.cli import main
    from tests.toy_home import context_of

    said, code = io.StringIO(), 0
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            main(["refresh", "--offline"], given=context_of(root))
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
    return code, said.getvalue()


def refresh(root: Path) -> tuple[int, str]:
    """Do so in a child; what it did not foresee is code 1 and its traceback."""
    status, sent = warm.ended(*warm.forked(lambda: command(root)))
    return (sent[0], sent[1]) if status == 0 else (status, str(sent))


def needed(disk: Disk, root: Path) -> int:
    """Measure how many bytes more a refresh that is not held up needs at once."""
    begun, most = disk.used(), 0
    pid, reader = warm.forked(lambda: command(root))
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        most = max(most, disk.used() - begun)
        time.sleep(0.002)
    status, sent = warm.ended(pid, reader)
    if status != 0 or sent[0] != 0:
        raise RuntimeError(f"a refresh with room enough failed: {sent}")
    return most


def attempt(disk: Disk, root: Path, room: int, name: str, found: Found) -> None:
    """Refresh with so much room, look at what is left, then give room and refresh again."""
    before = warm.in_child(lambda: warm.whole_edition(root))
    disk.leave(room)
    code, said = refresh(root)
    disk.leave(None)
    found.tried += 1
    last = (said.strip().splitlines() or [""])[-1]
    if code == 0:
        found.finished += 1
    elif code == MachineError.exit_code and "Traceback" not in said:
        found.typed += 1
        what = last.partition(";")[0].rpartition(": ")[2]
        found.kinds[what] = found.kinds.get(what, 0) + 1
    else:
        found.tracebacks.append(f"{name}: exit {code}: {said[-800:]}")
    if code != 0 and warm.in_child(lambda: warm.whole_edition(root)) != before:
        found.broken.append(f"{name}: another edition")


def heal(root: Path, expected: str, name: str, found: Found) -> None:
    """Refresh with room enough: the same figures as ever, and nothing left of the failed run."""
    code, said = refresh(root)
    if code != 0:
        found.broken.append(f"{name}: the next refresh: exit {code}: {said[-800:]}")
    elif (edition := warm.in_child(lambda: warm.whole_edition(root))) != expected:
        found.broken.append(f"{name}: the next refresh: {edition} instead of {expected}")
    elif left := warm.litter(root / "home"):
        found.broken.append(f"{name}: left after the next refresh: {left}")
    else:
        found.healed += 1


def scenes(made: Path, newer: Path) -> dict[str, Callable[[Path], None]]:
    """Return what lays a home for each kind of refresh, given a home and one with more to do."""

    def again(root: Path) -> None:
        warm.copied(made, root)
        for name in DERIVED:
            shutil.rmtree(root / "home" / name, ignore_errors=True)

    return {AGAIN: again, NEWER: lambda root: warm.copied(newer, root)}


def campaign(disk: Disk, away: Path, sizes: Sequence[float] = SIZES) -> Found:
    """Refresh at every size, for each kind of refresh; ``away`` is a folder on another disk."""
    made, newer, root = away / "made", away / "newer", disk.place / "toy"
    warm.made_home(made)
    warm.copied(made, newer)
    warm.in_child(lambda: give_newer(newer))
    found = Found()
    for scene, lay in scenes(made, newer).items():
        lay(root)
        most = needed(disk, root)
        expected = warm.in_child(lambda: warm.whole_edition(root))
        for share in sizes:
            name = f"{scene}, {most * share / MB:.2f} of {most / MB:.2f} MB"
            lay(root)
            attempt(disk, root, int(most * share), name, found)
            heal(root, expected, name, found)
    return found


def give_newer(root: Path) -> None:
    """Put a newer release into a home's archive."""
    from tests.toy_home import context_of, give

    give(context_of(root), "2024-02-15", last="3")


def inside(command: Sequence[str], size_mb: int) -> subprocess.CompletedProcess[str]:
    """Run a command as an ordinary user, with a file system that only this run can see."""
    with tempfile.TemporaryDirectory(prefix="fcm-disk-full-") as folder:
        Path(folder).chmod(0o755)
        options = f"size={size_mb}m"
        namespaces = "-Urm"  # without rights: a user namespace as well
        if os.geteuid() == 0:
            options += f",uid={NOBODY},gid={NOBODY}"
            namespaces = "-m"
            command = [
                *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
                *READS_ALL,
                *command,
            ]
        script = 'mount -t tmpfs -o "$0" tmpfs "$1" && shift && exec "$@"'
        whole = ["unshare", namespaces, "sh", "-c", script, options, folder, *command]
        environment = {**os.environ, PLACE: folder}
        return subprocess.run(whole, env=environment, capture_output=True, text=True, check=False)


def why_not() -> str | None:
    """Say why the campaign cannot run on this machine; None if it can."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return "needs Linux and unshare"
    done = inside(["true"], 1)
    return None if done.returncode == 0 else f"no file system can be mounted: {done.stderr.strip()}"


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
    scratch = disk.place / "scratch"
    scratch.mkdir()
    os.environ.update(warm.ONE_THREAD)
    with tempfile.TemporaryDirectory(prefix="fcm-disk-full-") as away:
        os.environ.update({"TMPDIR": str(scratch), "XDG_CACHE_HOME": str(scratch)})
        tempfile.tempdir = None
        warm.load()
        found = campaign(disk, Path(away), given.sizes)
    print(json.dumps(asdict(to_record(found, time.monotonic() - begun))))  # noqa: T201


def run(arguments: Sequence[str] = (), *, size_mb: int = 200) -> Record:
    """Run the campaign in a process of its own; return its record."""
    python = [sys.executable, "-m", "tests.torture.disk_full", "--inside", *arguments]
    done = inside(python, size_mb)
    if done.returncode:
        raise SystemExit(done.stderr)
    return Record(**json.loads(done.stdout))


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=float, nargs="+", default=SIZES, help="parts of the need")
    parser.add_argument("--record", action="store_true", help="write the counts down")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.inside:
        run_inside(given)
        return
    if reason := why_not():
        raise SystemExit(f"skipped: {reason}")
    made = run(["--sizes", *map(str, given.sizes)])
    print(json.dumps(asdict(made), indent=1))  # noqa: T201
    if given.record:
        record(made)
    if made.failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
