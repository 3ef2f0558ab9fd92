"""Reading a workbook as text through a limited child process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from fcm_migration.errors import FcmError, LayoutError, UnsafeFileError
from fcm_migration.workbook.child import EXIT_NO_READER
from fcm_migration.workbook.model import DEFAULT_LIMITS, Limits, NamedFile, Row, Sheet, named
from fcm_migration.workbook.precheck import check_archive

_CHILD = Path(__file__).with_name("child.py")
# One thread and the C library's allocator: thread stacks and an allocator that reserves address
# space ahead would otherwise eat into the child's limit on machines with many cores.
_FRUGAL = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
    "RUST_BACKTRACE": "0",
}
# The parent waits a little longer than the child's processor limit, so that the more specific
# of the two messages is reported.
_GRACE_SECONDS = 2


def read_workbook(
    source: NamedFile | Path,
    *,
    sheets: Sequence[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> dict[str, Sheet]:
    """Read the sheets asked for (all of them for None) of an .xlsx or .ods file, as text.

    Text is in composed Unicode (NFC). Raises UnsafeFileError for a file that breaks a limit or
    cannot be read, LayoutError for a sheet that is not there. Whatever the file does, the calling
    process survives.
    """
    path, where = named(source)
    kind = check_archive(path, limits, where)
    with tempfile.TemporaryDirectory(prefix="fcm-workbook-") as directory:
        answer = Path(directory)
        # A copy with the suffix of its content: calamine goes by the suffix first, and its
        # message for a format it has to guess is not informative.
        shutil.copyfile(path, answer / f"workbook.{kind}")
        _run_child(where, answer / f"workbook.{kind}", sheets, limits)
        report: dict[str, Any] = json.loads((answer / "report.json").read_text(encoding="utf-8"))
        _refuse_reported(where, report)
        if not report["sheets"]:
            raise LayoutError("the workbook has no sheet", where=where)
        return {entry["name"]: to_sheet(entry, answer) for entry in report["sheets"]}


def _run_child(where: str, copy: Path, sheets: Sequence[str] | None, limits: Limits) -> None:
    order = {
        "sheets": None if sheets is None else list(sheets),
        "cells": limits.cells,
        "address_space": limits.address_space,
        "seconds": limits.seconds,
    }
    command = [sys.executable, "-I", str(_CHILD), str(copy)]
    try:
        done = subprocess.run(  # noqa: S603  (fixed program and arguments; the path is one argument)
            [*command, json.dumps(order)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=limits.seconds + _GRACE_SECONDS,
            env=os.environ | _FRUGAL,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnsafeFileError(
            "reading the workbook took too long",
            where=where,
            expected=f"at most {limits.seconds} s",
        ) from None
    if done.returncode != 0 or not copy.with_name("report.json").is_file():
        _refuse_dead(where, done, limits)


def _refuse_dead(where: str, done: subprocess.CompletedProcess[bytes], limits: Limits) -> NoReturn:
    """Raise an error that says whether the file or the environment ended the child."""
    lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or [""]
    if done.returncode == EXIT_NO_READER:
        raise FcmError(
            "the spreadsheet reader cannot start",
            got=lines[-1][:300],
            remedy="install the environment again",
        )
    # Rust prints the cause first, Python last.
    reason = lines[0] if done.returncode < 0 else lines[-1]
    raise UnsafeFileError(
        "the process that read the workbook died",
        where=where,
        expected=f"at most {limits.address_space:,} bytes of memory and {limits.seconds} s",
        got=f"exit status {done.returncode} {reason[:300]}".strip(),
    )


def _refuse_reported(where: str, report: dict[str, Any]) -> None:
    problem = report.get("problem")
    if problem is None:
        return
    if problem == "missing":
        raise LayoutError(
            f"no sheet named {', '.join(map(repr, report['missing']))}",
            where=where,
            expected=report["missing"],
            got=report["names"],
        )
    raise UnsafeFileError(f"the workbook is {problem}", where=where, got=report["detail"])


def to_sheet(entry: dict[str, Any], answer: Path) -> Sheet:
    """Read one sheet of the child's answer from its directory."""
    if entry["file"] is None:
        return Sheet(entry["name"], ())
    import polars as pl

    frame = pl.read_ipc((answer / entry["file"]).read_bytes()).fill_null("")
    frame = frame.with_columns(pl.all().str.normalize("NFC"))
    left = ("",) * entry["offset"]
    return Sheet(entry["name"], trim([left + row for row in frame.rows()]))


def trim(rows: list[Row]) -> tuple[Row, ...]:
    """Return the rows without trailing empty rows and columns, all of one width."""
    height = len(rows)
    while height and not any(rows[height - 1]):
        height -= 1
    kept = rows[:height]
    width = max((_used(row) for row in kept), default=0)
    return tuple(row[:width] for row in kept)


def _used(row: Row) -> int:
    width = len(row)
    while width and not row[width - 1]:
        width -= 1
    return width
