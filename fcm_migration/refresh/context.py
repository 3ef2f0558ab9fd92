"""Facts shared by all steps of a refresh, set once when it begins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from fcm_migration.archive.snapshots import Archive
from fcm_migration.config import BUNDLED_DIR, REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.sources.base import Source

if TYPE_CHECKING:
    from fcm_migration.forecast import Settings


def _silent(_message: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Context:
    """The home, the moment, the sources and where reference data lie.

    ``now`` is the moment the refresh began (UTC): every step of it uses the same one.
    ``forecast`` says how forecasts are made; None is the declared way. ``scheduler`` is the address
    of a Dask scheduler whose workers fit; None fits in ``workers`` processes of this machine.
    ``report`` is told what is happening, in short sentences.
    """

    home: Home
    now: datetime
    sources: tuple[Source, ...]
    offline: bool = False
    reference_dir: Path = REFERENCE_DIR
    suites_dir: Path = SUITES_DIR
    bundled_dir: Path = BUNDLED_DIR
    workers: int = 2
    scheduler: str | None = None
    forecast: Settings | None = None
    report: Callable[[str], None] = field(default=_silent, compare=False)

    @property
    def archive(self) -> Archive:
        """The home's archive."""
        return Archive(self.home.archive, self.today)

    def reference(self, name: str) -> Path:
        """Return a reviewed file: the home's own where it has one of that name, else the shipped.

        An installed copy's own files may belong to somebody else or be replaced by an update, so a
        person's review lies in the home.
        """
        own = self.home.reference / name
        return own if own.is_file() else self.reference_dir / name

    @property
    def today(self) -> date:
        """The day the refresh began (UTC)."""
        return self.now.date()

    def source(self, source_id: str) -> Source:
        """Return one source; KeyError if the registry has none of that name."""
        for source in self.sources:
            if source.source_id == source_id:
                return source
        raise KeyError(source_id)
