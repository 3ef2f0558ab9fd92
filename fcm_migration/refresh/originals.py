"""Read every original of a home, and report what is damaged and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fcm_migration.archive.damage import Damage, damaged_bytes, damaged_notes
from fcm_migration.refresh import ledger_files
from fcm_migration.refresh.bundled import damaged_bundled
from fcm_migration.refresh.context import Context


def damaged_originals(context: Context) -> Iterator[Damage]:
    """Yield the damaged originals of the archive, the ledger and the bundled edition.

    Every byte is read, so a large archive takes a while.
    """
    for source in context.sources:
        yield from damaged_notes(context.archive, source.source_id)
        yield from damaged_bytes(context.archive, source.source_id)
        for error in damaged_bundled(context, source):
            yield Damage(Path(error.where or ""), error.what, error.remedy or "")
    for item in ledger_files.damaged(context.home):
        yield Damage(item.path, f"damaged: {item.why}", item.remedy)
