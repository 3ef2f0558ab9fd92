"""Removal of old events without a run: what ``reporting.py`` reported, which no run takes along.

Works on SQLite, which keeps them twice, and on PostgreSQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection


def prune_runless(instance: dg.DagsterInstance, keep: int) -> int:
    """Keep the newest events without a run of each asset and kind; return how many were removed.

    What the UI says of an asset and of its checks is stored beside them, and never removed.
    """
    from dagster._core.instance import RUNLESS_RUN_ID
    from dagster._core.storage.event_log import SqlEventLogStorage
    from dagster._core.storage.event_log.schema import AssetEventTagsTable as Tags

    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        return 0
    with storage.index_connection() as connection:
        removed = _remove(connection, keep)
        for batch in _batches(removed):
            connection.execute(Tags.delete().where(Tags.c.event_id.in_(batch)))
    with storage.run_connection(RUNLESS_RUN_ID) as connection:  # SQLite's second file
        _remove(connection, keep)
    return len(removed)


def _remove(connection: Connection, keep: int) -> list[int]:
    import sqlalchemy as db
    from dagster._core.instance import RUNLESS_RUN_ID
    from dagster._core.storage.event_log.schema import SqlEventLogStorageTable as Events

    rank = db.func.row_number().over(
        partition_by=(Events.c.asset_key, Events.c.dagster_event_type), order_by=Events.c.id.desc()
    )
    ranked = db.select(Events.c.id, rank.label("rank")).where(Events.c.run_id == RUNLESS_RUN_ID)
    inner = ranked.subquery()
    found = connection.execute(db.select(inner.c.id).where(inner.c.rank > keep))
    surplus = [event_id for (event_id,) in found]
    for batch in _batches(surplus):
        connection.execute(db.delete(Events).where(Events.c.id.in_(batch)))
    return surplus


def _batches(ids: list[int]) -> list[list[int]]:
    """Return numbers in groups: SQLite takes only so many values at once."""
    return [ids[first : first + 500] for first in range(0, len(ids), 500)]
