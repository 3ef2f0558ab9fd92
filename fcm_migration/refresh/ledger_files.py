"""The files of the ledger: one for each publication that forecast something new, never changed.

Each lies in the home's ``ledger/`` and is named by the first day it holds and the sha256 of its
bytes, so a damaged one is known by its name. Damage of one file loses what that file holds and
nothing else: it is named, not read, and never written over. Nothing can make these files again;
a refresh adds files and deletes none.

Older versions kept one file in ``forecast/ledger/``, a folder that could be taken for one that a
refresh makes again. Its bytes are taken over as a file of ``ledger/``.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from fcm_migration import folders, store
from fcm_migration.config import Home

NAME = re.compile(r"\d{4}-\d{2}-\d{2}_(?P<sha256>[0-9a-f]{64})\.parquet")
OLDER = Path("forecast", "ledger", "track_record.parquet")


@dataclass(frozen=True)
class Damaged:
    """A file of the ledger that is not used, and why."""

    path: Path
    why: str

    remedy = (
        "put it back with `fcm restore BACKUP --missing`; without a backup, move it away: its "
        "forecasts then have no record"
    )

    @property
    def words(self) -> str:
        """Return what is wrong and what to do, in one sentence."""
        return (
            f"{self.path}: this file of the ledger of published forecasts is not used: {self.why}; "
            f"what to do: {self.remedy}"
        )


@dataclass(frozen=True)
class Ledger:
    """What the readable files hold together (None without any), and the damaged ones."""

    rows: pl.DataFrame | None
    damaged: tuple[Damaged, ...]


def read(home: Home, columns: tuple[str, ...]) -> Ledger:
    """Return the rows of all undamaged files, and the damaged files.

    Args:
        home: the working home.
        columns: what a file must hold; anything else in it is left out.
    """
    found = [_frame(path, columns) for path in _paths(home)]
    frames = [item for item in found if not isinstance(item, Damaged)]
    rows = pl.concat(frames, how="vertical_relaxed") if frames else None
    return Ledger(rows, tuple(item for item in found if isinstance(item, Damaged)))


def damaged(home: Home) -> list[Damaged]:
    """Return the files whose bytes are not those that were written; no figure is read."""
    found = [(path, _bytes(path)) for path in _paths(home)]
    return [Damaged(path, why) for path, why in found if isinstance(why, str)]


def add(home: Home, rows: pl.DataFrame, made: date) -> None:
    """Write rows as a file of the ledger, durably."""
    buffer = io.BytesIO()
    rows.write_parquet(buffer)
    _keep(home, buffer.getvalue(), made)


def take_over(home: Home, columns: tuple[str, ...]) -> None:
    """Move the file of an older version into the ledger; call it under the home's lock.

    Its bytes are copied, made durable and only then removed at the old place. A crash in between
    leaves both, which is settled by the next call. A damaged one stays where it is.
    """
    older = home.root / OLDER
    if not older.is_file() or isinstance(found := _frame(older, columns), Damaged):
        return
    first = found.get_column("made_date").min()
    _keep(home, older.read_bytes(), first if isinstance(first, date) else date.min)
    folders.remove(older, home.root)
    store.fsync_folder(older.parent)
    if not folders.names(older.parent, home.root):
        folders.remove(older.parent, home.root)


def _keep(home: Home, data: bytes, made: date) -> None:
    path = home.ledger / f"{made.isoformat()}_{hashlib.sha256(data).hexdigest()}.parquet"
    if _bytes(path) == data:
        return
    is_first = not home.ledger.is_dir()
    store.write_atomically(path, lambda part: part.write_bytes(data))
    if is_first:
        store.fsync_folder(home.root)


def _paths(home: Home) -> list[Path]:
    """Return the files of the ledger by day, then that of an older version, if there is one."""
    older = home.root / OLDER
    return [*sorted(home.ledger.glob("*.parquet")), *([older] if older.is_file() else ())]


def _bytes(path: Path) -> bytes | str:
    """Return a file's bytes, or what is wrong with them."""
    named = NAME.fullmatch(path.name)
    if named is None and path.parts[-3:] != OLDER.parts:
        return "its name does not say what it holds"
    if not path.is_file():
        return "it is no file"
    try:
        data = path.read_bytes()
    except OSError as error:
        return f"it cannot be read ({error.strerror or type(error).__name__})"
    if named is not None and hashlib.sha256(data).hexdigest() != named["sha256"]:
        return "its bytes are not those that were written (its name is their sha256)"
    return data


def _frame(path: Path, columns: tuple[str, ...]) -> pl.DataFrame | Damaged:
    data = _bytes(path)
    if isinstance(data, str):
        return Damaged(path, data)
    try:
        return pl.read_parquet(io.BytesIO(data), columns=list(columns))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        return Damaged(path, f"it is no such table ({type(error).__name__})")
