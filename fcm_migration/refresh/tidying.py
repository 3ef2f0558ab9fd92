"""Remove surplus files of a working home after a refresh, so that it stays bounded.

Called under the home's lock, so nothing is in use. Never removed: an original of the archive, the
only copy of a file that somebody brought, and anything that a link leads to. The editions kept are
pruned where they are published (``publish/kept.py``), the fits of the forecasts where they are
made, and Dagster's own storage by its maintenance job.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fcm_migration import folders, store
from fcm_migration.archive import blobs
from fcm_migration.errors import EditionError, LinkError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.inbox import REASON, REFUSED, TAKEN
from fcm_migration.refresh.registry import STEPS

DAY_SECONDS = 86_400
HALF_COPIED = ".part"
STUDIES = ("backtest", "drivers")  # folders of cache/: fits, which the study makes again
BLOB = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Keeping:
    """How long removable files are kept.

    Attributes:
        taken_days: a file that was taken from the inbox, once the archive holds the same bytes:
            long enough to see what it did to the figures.
        brought_days: a file that was refused, or that the archive holds no more. It may be the only
            copy, so there is a year to do something about it.
        study_days: fits of a study that was not run again; they are the largest part of a cache.
        stray_logs: write-ahead logs found beside the published file, the newest ones. Each is
            evidence of a program that wrote there.
    """

    taken_days: int = 30
    brought_days: int = 365
    study_days: int = 90
    stray_logs: int = 3


KEEPING = Keeping()


def tidy(context: Context, keeping: Keeping = KEEPING) -> list[str]:
    """Remove surplus files of a home; return their paths below it.

    Nothing is removed through a link. A kind of surplus that cannot be looked for or removed is
    left and reported: the edition stands by then, and the next refresh tries again.
    """
    root = context.home.root
    removed: list[str] = []
    for surplus in (
        _half_copied(context),
        _orphans(context),
        _damaged_fits(context),
        _unused_fits(context, keeping),
        _brought(context, keeping),
        _stray_logs(context, keeping),
    ):
        try:
            found = [path for path in list(surplus) if folders.remove(path, root)]
        except (LinkError, OSError) as error:
            context.report(f"not everything surplus was removed: {error}")
            continue
        removed += [str(path.relative_to(root)) for path in found]
    return removed


def _below(folder: Path, context: Context) -> list[Path]:
    return [folder / name for name in folders.names(folder, context.home.root)]


def _half_copied(context: Context) -> Iterator[Path]:
    """Yield incomplete copies that a killed refresh left in the archive."""
    for folder in _below(context.home.archive / "blobs", context):
        if folder.is_dir() and not folder.is_symlink():
            for path in _below(folder, context):
                name = path.name.lstrip(".")
                if path.name.endswith(HALF_COPIED) and BLOB.match(name):
                    yield path


def _orphans(context: Context) -> Iterator[Path]:
    """Yield notes of steps and sources that the code no longer has."""
    steps = {step.name for step in STEPS}
    sources = {source.source_id for source in context.sources}
    cache = context.home.cache
    for folder, names in ((cache / "steps", steps), (cache / "judged", sources)):
        for path in _below(folder, context):
            if path.suffix == ".json" and path.stem not in names:
                yield path
    for path in _below(context.home.root / "mart" / "parts", context):
        if path.name not in sources:
            yield path


def _damaged_fits(context: Context) -> Iterator[Path]:
    """Yield the cached fits and their seal where they do not agree: they are made again."""
    for path in _below(context.home.cache / "fits", context):
        if path.suffix != ".parquet":
            continue
        try:
            store.facts(path)
        except EditionError:
            store.say_damaged(path, "is removed, and made again when it is needed")
            yield from (path, store.seal_path(path))


def _unused_fits(context: Context, keeping: Keeping) -> Iterator[Path]:
    for study in STUDIES:
        for path in _below(context.home.cache / study, context):
            if _days_since(path.lstat().st_mtime, context) > keeping.study_days:
                yield path


def _brought(context: Context, keeping: Keeping) -> Iterator[Path]:
    """Yield files of the inbox that were taken or refused long ago, each with its reason.

    A file keeps the time at which its bytes were last changed when it moves; the time of its
    entry in the folder (ctime) is when it was put away.
    """
    for outcome in (TAKEN, REFUSED):
        for folder in _below(context.home.inbox / outcome, context):
            if not folder.is_dir() or folder.is_symlink():
                continue
            for path in _below(folder, context):
                days = _days_since(path.lstat().st_ctime, context)
                if days > keeping.brought_days or (
                    outcome == TAKEN and days > keeping.taken_days and _is_archived(context, path)
                ):
                    yield path


def _is_archived(context: Context, path: Path) -> bool:
    """Return whether the archive holds an undamaged copy of a file."""
    if path.is_symlink() or not path.is_file() or path.name.endswith(REASON):
        return False
    return blobs.is_whole(blobs.path_of(context.home.archive, store.sha256_file(path)))


def _stray_logs(context: Context, keeping: Keeping) -> Iterator[Path]:
    found = [
        path
        for path in _below(context.home.published_dir, context)
        if path.name.startswith("stray-") and path.name.endswith(".wal.quarantined")
    ]
    yield from sorted(found, key=lambda path: path.lstat().st_mtime)[: -keeping.stray_logs]


def _days_since(moment: float, context: Context) -> float:
    return (context.now.timestamp() - moment) / DAY_SECONDS
