"""Reading the bundled edition: the releases that ship with the project, a folder each.

``<source_id>/<release date>/`` holds one Parquet file per core table and ``edition.json``, which
says publisher, release, licence and the sha256 of each file. Most sources ship their newest release
alone; :mod:`fcm_migration.refresh.bundle` writes them and says which ship more.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

from fcm_migration import store
from fcm_migration.archive.model import Incoming
from fcm_migration.errors import DamagedError
from fcm_migration.refresh.context import Context
from fcm_migration.sources.base import Source

CARD = "edition.json"
SAID = "bundled edition: "  # before the description of a release, in the archive's note of it


def take_bundled(context: Context, source: Source) -> list[str]:
    """Archive the bundled releases of a source; return what is wrong with them.

    One that is damaged does not stop the others, and the archive's copy of it stays in use.
    """
    damage = []
    for folder in release_folders(context, source):
        try:
            _admit(context, source, folder, read_card(folder, source))
        except DamagedError as error:
            damage.append(str(error))
    return damage


def damaged_bundled(context: Context, source: Source) -> Iterator[DamagedError]:
    """Yield the bundled files of a source that have changed; every byte is read."""
    for folder in release_folders(context, source):
        try:
            read_card(folder, source)
        except DamagedError as error:
            yield error


def release_folders(context: Context, source: Source) -> list[Path]:
    """Return the folders of the releases that ship of a source, oldest first; none for none."""
    folder = context.bundled_dir / source.source_id
    return sorted(p for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def read_card(folder: Path, source: Source) -> dict[str, Any]:
    """Return the facts noted of a bundled release, after checking its files against them.

    Raises:
        DamagedError: the note or a file is not as it was bundled.
    """
    facts = store.read_note(folder / CARD, of=source.source_id)
    if facts is None:
        raise _not_as_bundled(folder / CARD)
    for name, noted in facts["tables"].items():
        path = folder / f"{name}.parquet"
        if not path.is_file() or store.sha256_file(path) != noted["sha256"]:
            raise _not_as_bundled(path)
    return facts


def _admit(context: Context, source: Source, folder: Path, facts: dict[str, Any]) -> None:
    files = [Incoming(f"{t.name}.parquet", folder / f"{t.name}.parquet") for t in source.tables]
    snapshot, is_new = context.archive.admit(
        source.source_id,
        files,
        as_of=date.fromisoformat(facts["as_of"]),
        as_of_basis=facts["as_of_basis"],
        obtained="bundled",
        obtained_at=datetime.fromisoformat(facts["bundled_at"]),
        licence_id=source.licence.licence_id,
        note=f"{SAID}{facts['described']}",
        printed_names=[file["name"] for file in facts.get("from_files", ())],
    )
    if is_new:  # a newer version of this project may have corrected the date
        context.archive.settle_date(snapshot)


def _not_as_bundled(path: Path) -> DamagedError:
    return DamagedError(
        "a file of the bundled edition is damaged; its last good copy in the archive stays in use",
        where=str(path),
        remedy="install the package again or, in a checkout, `git checkout data/bundled`; then run "
        "`fcm refresh`",
    )
