"""Small files that cannot be made again: notes of the archive and of editions, each kept twice.

Beside ``NAME`` lies ``.NAME.spare`` with the same bytes. Either is sealed like a derived file, and
where one is damaged or gone the other is read; :func:`mend` then puts it back. Files of older
versions have neither seal nor spare: they are taken as they are, and :func:`mend` gives them both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from fcm_migration import folders, store
from fcm_migration.errors import DamagedError, NewerNoteError

SPARE = ".spare"
T = TypeVar("T")
Decode = Callable[[dict[str, Any]], T]
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def write(path: Path, value: Mapping[str, Any]) -> None:
    """Write a note and then its spare."""
    for copy in (path, spare_of(path)):
        store.write_note(copy, value, of=store.place(path))


def read(path: Path, decode: Decode[T]) -> T | None:
    """Return the content of a note from an undamaged copy; None if there is no note.

    Args:
        path: the note.
        decode: makes a value of the object, strictly: the note of an older version has no seal, so
            a key too many or too few, or a value that cannot be, is what tells damage.

    Raises:
        DamagedError: neither copy can be read.
        NewerNoteError: a copy is whole, but says what this version does not know.
    """
    copies = (path, spare_of(path))
    if not any(copy.exists() for copy in copies):
        return None
    for copy in copies:
        found = store.read_note(copy, of=store.place(path))
        if found is not None:
            return _decoded(found, decode, path)
    try:
        older = store.read_json(path)
        if store.SEAL not in older and not copies[1].exists():
            return decode(older)
    except (OSError, RecursionError, *UNREADABLE):
        pass
    raise _lost(path)


def mend(path: Path, decode: Decode[T]) -> None:
    """Repair a damaged copy of a note from the other one; call it under the home's lock."""
    copies, of = (path, spare_of(path)), store.place(path)
    noted = [store.read_note(copy, of=of) for copy in copies]
    if noted[0] is not None and noted[0] == noted[1]:
        return
    try:
        read(path, decode)
    except DamagedError:
        return
    whole = next((found for found in noted if found is not None), None)
    for copy, found in zip(copies, noted, strict=True):
        if whole is not None and found is None and copy.exists():
            store.say_damaged(copy, "is restored from its other copy")
    write(path, store.read_json(path) if whole is None else whole)


def remove(path: Path, within: Path) -> None:
    """Remove a note below a folder: its spare first, so that no crash brings it back."""
    for copy in (spare_of(path), path):
        folders.remove(copy, within)


def spare_of(path: Path) -> Path:
    """Return where the second copy of a file lies."""
    return path.with_name(f".{path.name}{SPARE}")


def named(path: Path) -> Path:
    """Return the file whose copy a path is: itself, unless it is a spare."""
    if path.name.startswith(".") and path.name.endswith(SPARE):
        return path.with_name(path.name[1:].removesuffix(SPARE))
    return path


def _decoded(found: dict[str, Any], decode: Decode[T], path: Path) -> T:
    """Return the content of an undamaged note; its seal shows that it can be read."""
    try:
        return decode(found)
    except UNREADABLE:
        raise NewerNoteError(
            "this file is undamaged, but a newer version wrote it and this one cannot read it",
            where=str(path),
            remedy="use the version that wrote it, or a later one",
        ) from None


def _lost(path: Path) -> DamagedError:
    return DamagedError(
        "both copies of this file are damaged, and nothing can make it again",
        where=str(path),
        remedy="put it back with `fcm restore BACKUP --missing`; `fcm verify --archive` lists "
        "every damaged original",
    )
