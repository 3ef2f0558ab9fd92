"""Refresh an empty home from the bundled edition and print what the edition holds, as JSON.

Run in a process of its own, because the number of Polars' threads and the order of sets are fixed
when a process starts:
    python -m tests.system.cold_refresh HOME
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from fcm_migration.config import home
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.run import refresh
from fcm_migration.sources import SOURCES

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def main(folder: Path) -> None:
    """Print content hash by table, and seconds by stage."""
    made = refresh(Context(home(folder), NOW, SOURCES, offline=True))
    tables = {name: content_hash for name, (_, content_hash) in made.edition.tables.items()}
    sys.stdout.write(json.dumps({"tables": tables, "seconds": made.seconds}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
