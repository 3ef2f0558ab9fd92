"""Refreshes of the toy home in processes that have everything loaded: cheap enough for hundreds.

A refresh of the toy source takes less than a second; loading Great Expectations and the others
takes five. So one process loads them once and forks a child for each refresh. It never runs a query
itself, because a child forked from a process whose Polars or DuckDB threads run can hang; whatever
needs them runs in a child too (:func:`in_child`).
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from fcm_migration.config import Home

T = TypeVar("T")

SHIM = Path(__file__).with_name("faults.c")
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
}
# what a refresh of the toy source loads on the way
LOADED = (
    "duckdb",
    "hierarchicalforecast",
    "multiprocessing",
    "pandas",
    "polars",
    "scoringrules",
    "sklearn",
    "fcm_migration.cli",
    "fcm_migration.expectations.gx",
    "fcm_migration.notify.channels",
    "fcm_migration.notify.refreshes",
    "fcm_migration.notify.sending",
    "fcm_migration.publish.edition",
    "fcm_migration.publish.editions",
    "fcm_migration.refresh.registry",
    "fcm_migration.refresh.report",
    "fcm_migration.refresh.run",
    "fcm_migration.refresh.state",
    "tests.toy_home",
)
MOST_SECONDS = 600  # a refresh of a second that waits behind others is no hang
MEMORY = Path("/dev/shm")  # noqa: S108  (a folder of a random name is made in it)


def start_again_with_shim(module: str, *, count_operations: bool = True) -> bool:
    """Return whether file operations are counted, after starting this process anew with the shim.

    Where there is no C compiler, the process goes on without it and False is returned.
    """
    compiler = shutil.which("cc")
    if not count_operations or compiler is None:
        os.environ.update(ONE_THREAD)
        return False
    preloaded = Path(os.environ.pop("LD_PRELOAD", ""))
    if preloaded.name == "faults.so":
        shutil.rmtree(preloaded.parent)  # it is loaded
        return True
    made = compiled(compiler, Path(tempfile.mkdtemp(prefix="fcm-faults-")))
    os.environ.update(ONE_THREAD, LD_PRELOAD=str(made))
    os.execv(sys.executable, [sys.executable, "-m", module, *sys.argv[1:]])  # noqa: S606
    raise AssertionError("another program runs now")


def compiled(compiler: str, folder: Path) -> Path:
    """Return the compiled shim."""
    made = folder / "faults.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", str(made), str(SHIM), "-ldl"]
    subprocess.run(command, check=True)
    return made


def load() -> None:
    """Load everything, and fingerprint every module once for all children."""
    for name in LOADED:
        importlib.import_module(name)
    from fcm_migration import fingerprint
    from fcm_migration.refresh.registry import take_fingerprints
    from tests.toy import TOY

    take_fingerprints((TOY,))
    for name in [name for name in sys.modules if name.startswith("fcm_migration.")]:
        fingerprint.code(name)


def forked(do: Callable[[], T], *, most: int = MOST_SECONDS) -> tuple[int, int]:
    """Start a child that does something and sends its result as JSON; return pid and pipe.

    One that takes longer than ``most`` seconds is ended by SIGALRM. Without such a limit it is one
    that starts others, and may write to standard error.
    """
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    status = 1
    try:
        os.close(reader)
        signal.alarm(most)
        if most:  # where it hangs is said before it is ended
            faulthandler.dump_traceback_later(most - 1, file=os.fdopen(os.dup(2), "w"))
        for number in (1, 2) if most else ():
            os.dup2(os.open(os.devnull, os.O_WRONLY), number)
        result: object = None
        try:
            result, status = do(), 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else 1
        except BaseException:
            result = traceback.format_exc()
        with os.fdopen(writer, "w") as pipe:
            json.dump(result, pipe)
    finally:
        os._exit(status)


def ended(pid: int, reader: int) -> tuple[int, Any]:
    """Wait for a child; return its status and what it sent, None if it could not."""
    with os.fdopen(reader) as pipe:
        sent = pipe.read()
    _, raw = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(raw), json.loads(sent) if sent else None


def in_child(do: Callable[[], T]) -> T:
    """Do something in a child and return its result; RuntimeError if it fails."""
    status, sent = ended(*forked(do))
    if status != 0:
        raise RuntimeError(f"a child ended with {status}: {sent}")
    return sent  # type: ignore[no-any-return]


def arm(root: Path, strike_at: int) -> None:
    """Count this process's file operations below a folder from now on; die at the n-th."""
    ctypes.CDLL(None).fcm_fault_arm(f"{root}/".encode(), ctypes.c_long(strike_at))


def counted() -> int:
    """Return how many file operations were counted since :func:`arm`."""
    return int(ctypes.CDLL(None).fcm_fault_counted())


def refresh(root: Path) -> str:
    """Refresh the toy home below a folder; return the edition. Call it in a child."""
    from fcm_migration.refresh.run import refresh as run
    from tests.toy_home import context_of

    return run(context_of(root)).edition.edition_id


def made_home(root: Path) -> None:
    """Make a toy home with one release, published."""
    from tests.toy_home import FIRST, give, toy_context

    def make() -> None:
        give(toy_context(root), FIRST)
        refresh(root)

    in_child(make)


def copied(home: Path, target: Path) -> None:
    """Copy a toy home in place of another; the published file stays a link to its edition."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(home, target)
    place = Home(target / "home")
    published = place.published
    for edition in (Home(home / "home").published_dir / "editions").glob("*.duckdb"):
        if edition.samefile(Home(home / "home").published):
            published.unlink()
            os.link(place.published_dir / "editions" / edition.name, published)


def whole_edition(root: Path) -> str:
    """Return the published edition after reading every byte of all; raises if any is damaged."""
    from fcm_migration.publish.editions import verify

    found = verify(Home(root / "home").published_dir)
    return next(edition.edition_id for edition in found.editions if edition.is_current)


def litter(home: Path) -> list[str]:
    """Return files that only a run in progress may have."""
    marks = (".fcm-part", ".part", ".tmp", ".wal")
    found = [p for p in home.rglob("*") if p.is_file() and p.name.endswith(marks)]
    return [str(p.relative_to(home)) for p in [*found, *(home / "tmp").glob("*")]]


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """Yield a folder that is removed; in memory where there is room, since a kill spares it too."""
    roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 1 << 30
    with tempfile.TemporaryDirectory(prefix="fcm-torture-", dir=MEMORY if roomy else None) as made:
        yield Path(made)
