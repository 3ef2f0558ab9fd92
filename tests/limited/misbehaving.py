"""A source whose files contain the misbehaviour to be carried out while they are read."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.http import Request
from fcm_migration.sources.base import (
    Fetched,
    FetchedFile,
    Get,
    Limits,
    Parsed,
    ReleaseFile,
)
from tests.toy import TABLE, TOY
from tests.toy import parse as good

TIGHT = Limits(file_bytes=10_000, seconds=1, resident_bytes=200_000_000, written_bytes=30_000_000)
PAGE = "https://toy.example/page"
FILE = "https://toy.example/toy.csv"


def _loop() -> None:
    while True:
        pass


def _eat() -> None:
    held = []
    while True:
        held.append(bytearray(10_000_000))


def _reserve() -> None:
    bytearray(8_000_000_000)


def _crash() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def _recurse(depth: int = 0) -> int:
    return _recurse(depth + 1)


def _write() -> None:
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(bytes(40_000_000))
        file.flush()


def _open() -> None:
    held = [open(os.devnull, "rb") for _ in range(1000)]  # noqa: SIM115, PTH123
    raise AssertionError(len(held))


def _look_around() -> None:
    """Tell what the process was given: environment and open files."""
    raise LayoutError("seen", got=sorted(os.environ), lacks=sorted(os.listdir("/proc/self/fd")))  # noqa: PTH208


DEEDS: dict[str, Callable[[], object]] = {
    "abort": os.abort,
    "crash": _crash,
    "eat": _eat,
    "exit": lambda: os._exit(0),
    "leave": lambda: sys.exit(7),
    "loop": _loop,
    "open": _open,
    "recurse": _recurse,
    "reserve": _reserve,
    "sleep": lambda: time.sleep(60),
    "write": _write,
    "look around": _look_around,
}


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Do what the file says; a good toy release is read as one."""
    text = files[0].path.read_text()
    if text in DEEDS:
        DEEDS[text]()
    if text == "mark":
        return Parsed(good_frame(), marks={"x" * 20_000_000: 1})
    return good(files)


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Read the file, as some sources do for their date; one named "late" misbehaves here."""
    deed = files[0].path.read_text() if files[0].name.startswith("late") else ""
    if deed in DEEDS:
        DEEDS[deed]()
    return TOY.release_date(files)


def good_frame() -> dict[str, pl.DataFrame]:
    """One row of the toy's table."""
    schema = {"month_start_date": pl.Date, "origin": pl.String, "claims_persons": pl.Int64}
    return {TABLE.name: pl.DataFrame([{"origin": "Chad"}], schema=schema)}


def fetch(get: Get) -> Fetched:
    """Do what the landing page says, then ask for the file."""
    page = get(Request(PAGE, expect="html"))
    deed = page.path.read_text()
    if deed in DEEDS:
        DEEDS[deed]()
    if deed == "babble":
        channel = get.__self__._stream  # type: ignore[attr-defined]
        channel.write(b"nonsense\n")
        channel.flush()
    notes: tuple[str, ...] = ()
    try:
        get(Request(f"{FILE}.gone", expect="csv"))
    except FetchError as error:
        notes = (f"{error.outcome}: {error}",)
    complaint = LayoutError("newer", where="there") if deed == "complain" else None
    asked = Request(FILE, params=(("a", "1"),), expect="csv", min_bytes=2, csv_anchor="month")
    return Fetched((FetchedFile("toy.csv", get(asked)),), notes=notes, complaint=complaint)


MISBEHAVING = dataclasses.replace(
    TOY,
    module=__name__,
    parse=parse,
    fetch=fetch,
    release_date=release_date,
    limits=TIGHT,
)
