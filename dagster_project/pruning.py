"""Removal of old runs, logs, checks and ticks, which keeps Dagster's own storage bounded.

Works on SQLite and on PostgreSQL. Never removed: a run that has not ended, and every run to which
the UI's newest word on an asset or a check belongs. :data:`RETENTION` is the one place that says
how much is kept, and why; how long ticks are kept stands in dagster.yaml.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from dagster import RunRecord, RunsFilter

from dagster_project.runless import prune_runless
from fcm_migration import folders
from fcm_migration.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

RUN_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DAY_SECONDS = 86_400
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Retention:
    """How much of the past is kept; a run takes about 3 MB.

    Attributes:
        runs: newest ended runs kept. With the shipped schedules, eleven a day, they are nine days
            and about 300 MB.
        failed_runs: newest failed runs kept beyond those: what went wrong is asked about later.
        days: no run older than this is kept, however few there are, but what is in use.
        checks: newest results kept of each check, with or without their runs. A check of a mart is
            made in every run, so they are five weeks; about 80 MB for all checks.
        reports: newest events kept of each asset that `fcm refresh` made and a server reported,
            and of its checks; about 100 MB if all of them change each time.
        shrink_share: part of a SQLite file that must be free before it is written anew. Below it
            the space is used again by the next runs, and writing the file would gain little.
        shrink_bytes: and the least number of free bytes.
    """

    runs: int = 100
    failed_runs: int = 30
    days: int = 90
    checks: int = 400
    reports: int = 60
    shrink_share: float = 0.3
    shrink_bytes: int = 16 * MEBIBYTE


RETENTION = Retention()


@dataclass(frozen=True)
class Pruned:
    """What one pruning removed and kept. ``notes`` say in words what could not be done."""

    removed_runs: int
    kept_runs: int
    removed_checks: int
    removed_reports: int
    removed_ticks: int
    removed_litter: int
    bytes_before: int
    bytes_after: int
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """One sentence, then the notes."""
        said = (
            f"{self.removed_runs} runs removed, {self.kept_runs} kept; {self.removed_checks} "
            f"results of checks, {self.removed_reports} reports, {self.removed_ticks} ticks and "
            f"{self.removed_litter} leftover files removed; "
            f"{self.bytes_before:,} bytes before, {self.bytes_after:,} after"
        )
        return ". ".join([said, *self.notes])


def prune(
    instance: dg.DagsterInstance,
    folder: Path,
    retention: Retention = RETENTION,
    *,
    now: datetime | None = None,
) -> Pruned:
    """Remove runs and records that are too old or too many; safe while servers and runs go on.

    Args:
        instance: Dagster's instance.
        folder: its DAGSTER_HOME, where logs lie, and the database files of SQLite.
        retention: how much is kept.
        now: the moment ages are counted from; None is the present one.
    """
    now = now or datetime.now(UTC)
    before = _bytes_below(folder)
    doomed, kept = _doomed(instance, retention, now)
    for record in doomed:
        _remove_run(instance, folder, record.dagster_run.run_id)
    checks = _prune_checks(instance, retention.checks)
    reports = prune_runless(instance, retention.reports)
    ticks = _prune_ticks(instance, now)
    litter = _sweep(instance, folder)
    notes = tuple(_shrink(folder, retention))
    after = _bytes_below(folder)
    return Pruned(len(doomed), kept, checks, reports, ticks, litter, before, after, notes)


def _doomed(
    instance: dg.DagsterInstance, retention: Retention, now: datetime
) -> tuple[list[RunRecord], int]:
    """Return the ended runs that nothing keeps, oldest first, and how many ended ones stay."""
    from dagster._core.storage.dagster_run import FINISHED_STATUSES

    ended = instance.get_run_records(filters=RunsFilter(statuses=list(FINISHED_STATUSES)))
    oldest = now - timedelta(days=retention.days)
    failed = [r for r in ended if r.dagster_run.status is dg.DagsterRunStatus.FAILURE]
    newest = [*ended[: retention.runs], *failed[: retention.failed_runs]]
    kept = {r.dagster_run.run_id for r in newest if _utc(r.create_timestamp) >= oldest}
    kept |= _in_use(instance)
    doomed = [record for record in ended if record.dagster_run.run_id not in kept]
    return doomed[::-1], len(ended) - len(doomed)


def _utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _in_use(instance: dg.DagsterInstance) -> set[str]:
    """Return the runs behind the UI's newest result of each asset or check, and open runs."""
    from dagster._core.storage.dagster_run import FINISHED_STATUSES

    used: set[str | None] = set()
    for record in instance.get_asset_records(instance.all_asset_keys()):
        entry = record.asset_entry
        used |= {entry.last_run_id}
        for last in (entry.last_materialization_record, entry.last_observation_record):
            used |= {last.run_id if last else None}
    used |= set(_runs_of_newest_checks(instance))
    for run in instance.get_runs(
        filters=RunsFilter(statuses=[s for s in dg.DagsterRunStatus if s not in FINISHED_STATUSES])
    ):
        used |= {run.run_id, run.parent_run_id, run.root_run_id}
    return {run_id for run_id in used if run_id}


def _runs_of_newest_checks(instance: dg.DagsterInstance) -> list[str]:
    import sqlalchemy as db
    from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Checks

    newest = db.select(db.func.max(Checks.c.id)).group_by(
        Checks.c.asset_key, Checks.c.check_name, Checks.c.partition
    )
    with _events(instance) as connection:
        rows = connection.execute(db.select(Checks.c.run_id).where(Checks.c.id.in_(newest)))
        return [run_id for (run_id,) in rows]


def _events(instance: dg.DagsterInstance) -> AbstractContextManager[Connection]:
    """Open the database of events, results of checks included."""
    from dagster._core.storage.event_log import SqlEventLogStorage

    storage = instance.event_log_storage
    if not isinstance(storage, SqlEventLogStorage):
        raise _not_sql(type(storage).__name__)
    return storage.index_connection()


def _ticks(instance: dg.DagsterInstance) -> AbstractContextManager[Connection]:
    """Open the database of schedules and their ticks."""
    from dagster._core.storage.schedules.sql_schedule_storage import SqlScheduleStorage

    storage = instance.schedule_storage
    if not isinstance(storage, SqlScheduleStorage):
        raise _not_sql(type(storage).__name__)
    return storage.connect()


def _not_sql(got: str) -> UsageError:
    return UsageError(
        "this storage of Dagster cannot be pruned", expected="SQLite or PostgreSQL", got=got
    )


def _remove_run(instance: dg.DagsterInstance, folder: Path, run_id: str) -> None:
    """Remove a run: its record, its events, the file SQLite keeps them in, its output."""
    instance.delete_run(run_id)
    for path in _files_of(folder, run_id):
        folders.remove(path, folder)


def _files_of(folder: Path, run_id: str) -> list[Path]:
    """Return where a run's events (SQLite) and its output lie: files, and a folder."""
    ends = ("", "-wal", "-shm", "-journal")
    shards = [folder / "history" / "runs" / f"{run_id}.db{end}" for end in ends]
    return [*shards, folder / "storage" / run_id]


def _prune_checks(instance: dg.DagsterInstance, keep: int) -> int:
    """Keep the newest results of each check; return how many were removed."""
    import sqlalchemy as db
    from dagster._core.storage.event_log.schema import AssetCheckExecutionsTable as Checks

    rank = db.func.row_number().over(
        partition_by=(Checks.c.asset_key, Checks.c.check_name, Checks.c.partition),
        order_by=Checks.c.id.desc(),
    )
    ranked = db.select(Checks.c.id, rank.label("rank")).subquery()
    surplus = db.select(ranked.c.id).where(ranked.c.rank > keep)
    with _events(instance) as connection:
        found = connection.execute(db.delete(Checks).where(Checks.c.id.in_(surplus)))
        return int(found.rowcount)


def _prune_ticks(instance: dg.DagsterInstance, now: datetime) -> int:
    """Remove ticks older than any that dagster.yaml keeps; return how many.

    The daemon does this when a schedule fires; ticks of a schedule that fires no more stay.
    """
    import sqlalchemy as db
    from dagster._core.scheduler.instigation import InstigatorType
    from dagster._core.storage.schedules.schema import JobTickTable

    kinds = (InstigatorType.SCHEDULE, InstigatorType.SENSOR)
    days = max(d for kind in kinds for d in instance.get_tick_retention_settings(kind).values())
    before = (now - timedelta(days=days)).replace(tzinfo=None)
    with _ticks(instance) as connection:
        found = connection.execute(db.delete(JobTickTable).where(JobTickTable.c.timestamp < before))
        return int(found.rowcount)


def _sweep(instance: dg.DagsterInstance, folder: Path) -> int:
    """Remove files of runs that are not in the storage, left by a pruning that was killed.

    Those of the last day are left alone: a run's files may be there before its record.
    """
    places = [folder / "storage", folder / "history" / "runs"]
    found = [place / name for place in places for name in folders.names(place, folder)]
    yesterday = time.time() - DAY_SECONDS
    removed = 0
    for path in found:
        named = RUN_ID.match(path.name)
        if named is None or path.lstat().st_mtime > yesterday or instance.has_run(named.group()):
            continue
        removed += folders.remove(path, folder)
    return removed


def _shrink(folder: Path, retention: Retention) -> Iterator[str]:
    """Write SQLite's files anew where much of them is free; yield what could not be done."""
    for path in (folder / "history" / "runs.db", folder / "history" / "runs" / "index.db"):
        if not path.is_file() or path.is_symlink():
            continue
        try:
            with closing(sqlite3.connect(path, timeout=20, isolation_level=None)) as connection:
                _vacuum(connection, retention)
        except sqlite3.OperationalError as error:
            yield f"{path.name} was not made smaller ({error}); the next maintenance tries again"


def _vacuum(connection: sqlite3.Connection, retention: Retention) -> None:
    (free,), (pages,), (size,) = (
        connection.execute(f"PRAGMA {name}").fetchone()
        for name in ("freelist_count", "page_count", "page_size")
    )
    if free * size >= retention.shrink_bytes and free >= pages * retention.shrink_share:
        connection.execute("VACUUM")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _bytes_below(folder: Path) -> int:
    """Return the bytes of the regular files below a folder; links are not followed."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(place, name).lstat().st_size
            except FileNotFoundError:
                continue  # a server has just removed it
    return total
