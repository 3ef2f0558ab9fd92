"""Where things lie: the working home of one installation, and the data that ships with it.

Nothing is read from the environment at import; :func:`home` reads ``FCM_HOME`` when called.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parents[1]
REFERENCE_DIR = PROJECT_ROOT / "data" / "reference"
BUNDLED_DIR = PROJECT_ROOT / "data" / "bundled"
SUITES_DIR = PROJECT_ROOT / "expectations"
PUBLISHED_NAME = "fcm_migration.duckdb"


@dataclass(frozen=True)
class Home:
    """The folders of one working home; see docs/operations.md for what each holds."""

    root: Path

    @property
    def archive(self) -> Path:
        """Publishers' bytes, sidecars and the log of attempts; never deleted by a refresh."""
        return self.root / "archive"

    @property
    def core(self) -> Path:
        """Parsed releases and the core tables built from them."""
        return self.root / "core"

    @property
    def inbox(self) -> Path:
        """Hand-obtained files waiting: ``inbox/<source_id>/<file>``."""
        return self.root / "inbox"

    @property
    def cache(self) -> Path:
        """What can be computed again: fits, check results."""
        return self.root / "cache"

    @property
    def downloads(self) -> Path:
        """Downloads in progress."""
        return self.root / "tmp"

    @property
    def published_dir(self) -> Path:
        """The analysts' file, its manifest and the previous editions."""
        return self.root / "published"

    @property
    def published(self) -> Path:
        """The analysts' DuckDB file."""
        return self.published_dir / PUBLISHED_NAME

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.root / "dagster_home"

    def table(self, layer: str, name: str) -> Path:
        """Parquet file of one candidate table."""
        return self.root / layer / f"{name}.parquet"


def home(override: Path | None = None) -> Home:
    """Return the home: the argument, else ``FCM_HOME``, else ``data/`` of the checkout."""
    chosen = override or Path(os.environ.get("FCM_HOME") or PROJECT_ROOT / "data")
    return Home(chosen.expanduser().resolve())
