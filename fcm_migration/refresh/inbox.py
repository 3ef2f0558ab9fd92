"""The inbox: files that somebody put there, which may be links, pipes or anything else.

Layout below the home's ``inbox/``::

    <source_id>/<file>             waiting: one release each
    _taken/<source_id>/<file>      archived
    _refused/<source_id>/<file>    refused, with <file>.reason.txt beside it

Others may be able to write there, and a refresh may have more rights than they have. So only
regular files with one name are taken, opened without following a link, and what is read afterwards
is a copy of our own. Nothing outside the inbox is read or moved.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from fcm_migration import folders
from fcm_migration.config import Home
from fcm_migration.errors import UsageError

TAKEN, REFUSED = "_taken", "_refused"
NOT_TAKEN = "not_taken"
REASON = ".reason.txt"
# so that a moment and the ending of a reason can still be added to a name
MOST_BYTES_OF_A_NAME = 255 - len("20240615T120000-") - len(REASON)


def waiting(home: Home, source_id: str) -> list[Path]:
    """Return the files waiting in a source's inbox, sorted, without hidden files and folders.

    Raises:
        LinkError: the inbox, or one of the folders that files move to, is a link.
    """
    folder = home.inbox / source_id
    if not folder.is_dir():
        return []
    for name in (TAKEN, REFUSED):
        folders.names(home.inbox / name / source_id, home.inbox)
    found = [folder / n for n in folders.names(folder, home.inbox) if not n.startswith(".")]
    return [path for path in found if path.is_symlink() or not path.is_dir()]


@contextmanager
def own_copy(home: Home, path: Path, *, most_bytes: int) -> Iterator[tuple[Path, folders.Identity]]:
    """Yield a copy of a waiting file under the same name, for as long as it is needed.

    A file of more than ``most_bytes`` is not copied: there is nothing at that path.

    Raises:
        LinkError: it is not a regular file, or has a second name.
        UsageError: its name cannot be kept.
    """
    check_name(path.name)
    if (length := len(path.name.encode())) > MOST_BYTES_OF_A_NAME:
        raise UsageError(
            "the name of the file is too long",
            where=f"{path.name[:40]}...",
            expected=f"at most {MOST_BYTES_OF_A_NAME} bytes",
            got=length,
            remedy="rename the file",
        )
    home.downloads.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="inbox-", dir=home.downloads) as made:
        copied = Path(made) / path.name
        yield copied, folders.copy(path, copied, home.inbox, most_bytes=most_bytes)


def check_name(name: str) -> None:
    """Raise UsageError for a name that is not UTF-8: no table and no document could hold it."""
    try:
        name.encode()
    except UnicodeEncodeError:
        what = "the name of the file is not UTF-8"
        raise UsageError(what, where=name, remedy="rename the file") from None


def put_away(home: Home, path: Path, same: folders.Identity, now: datetime, reason: str) -> None:
    """Move a file to the folder of taken files, or of refused ones with the reason beside it.

    Raises:
        LinkError: it is no longer the file that was read, or a folder is a link now.
    """
    folder = home.inbox / (REFUSED if reason else TAKEN) / path.parent.name
    target = folder / path.name
    if path.name in folders.names(folder, home.inbox):
        target = folder / f"{now.strftime('%Y%m%dT%H%M%S')}-{path.name}"
    folders.move(path, target, home.inbox, same=same)
    if reason:
        note = target.with_name(f"{target.name}{REASON}")
        folders.write_text(note, f"{reason}\n", home.inbox)
