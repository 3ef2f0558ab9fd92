"""Every original of a home, read and compared: what is damaged, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fcm_migration import originals
from fcm_migration.archive.damage import Damage, damaged_bytes, damaged_notes
from fcm_migration.errors import DamagedError
from fcm_migration.refresh.admitting import bundled_card
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.ledger import ledger_path


def damaged_originals(context: Context) -> Iterator[Damage]:
    """Yield what is damaged of the archive, the ledger and the bundled edition.

    Every byte is read, so a large archive takes a while.
    """
    for source in context.sources:
        yield from damaged_notes(context.archive, source.source_id)
        yield from damaged_bytes(context.archive, source.source_id)
        try:
            bundled_card(context, source)
        except DamagedError as error:
            yield Damage(Path(error.where or ""), error.what, error.remedy or "")
    path = ledger_path(context)
    try:
        originals.read_frame(path)
    except DamagedError as error:
        yield Damage(path, f"damaged: {error.what}", error.remedy or "")
    for aside in sorted(path.parent.glob(f"*{originals.ASIDE}")):
        yield Damage(
            aside,
            "damaged, so a refresh set it aside and began a new one",
            f"put {path.name} back from a backup; without one, delete {aside.name}: forecasts "
            "published before it was set aside then have no record",
        )
