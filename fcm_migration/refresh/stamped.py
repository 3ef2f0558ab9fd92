"""Steps that cost nothing when nothing changed: what a step's tables were made of, written down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from fcm_migration import store
from fcm_migration.catalog.model import Table
from fcm_migration.config import Home


def hashes(home: Home, tables: Iterable[Table]) -> dict[str, object]:
    """Content hash of every table a step reads, by full name."""
    paths = {table.full_name: home.table(table.layer, table.name) for table in tables}
    return {name: store.facts(path).content_hash for name, path in paths.items()}


def is_current(stamp: Path, inputs: Mapping[str, object], tables: Mapping[Table, Path]) -> bool:
    """True where every table is there as declared, made of exactly these inputs."""
    written = stamp.exists() and store.read_json(stamp) == inputs
    return written and all(store.holds(path, table) for table, path in tables.items())


@contextmanager
def making(stamp: Path, inputs: Mapping[str, object]) -> Iterator[None]:
    """Write the inputs down once the tables are made; a step killed half way has no stamp."""
    stamp.unlink(missing_ok=True)
    yield
    store.write_json(stamp, dict(inputs))
