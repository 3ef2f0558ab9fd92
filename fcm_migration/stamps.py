"""Stamps: a record beside tables of what they were made from, so that nothing is made twice.

A stamp holds the fingerprint of everything its tables depend on and the content hash of each
table. It is written last: work that was ended half way has no stamp and is done again. A stamp or
a table that is damaged is not current, so it is made again too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import folders, store
from fcm_migration.catalog.model import Table

Inputs = Mapping[str, Any]


def made_of(stamp: Path) -> dict[str, Any] | None:
    """Return the inputs a stamp names, or None where there is no stamp that can be read."""
    found = store.read_note(stamp)
    return None if found is None else found["inputs"]


def is_current(stamp: Path, inputs: Inputs, paths: Mapping[Table, Path]) -> bool:
    """Return whether every table is as declared and as it was made, of exactly these inputs."""
    found = store.read_note(stamp)
    return (
        found is not None
        and found["inputs"] == _as_noted(inputs)
        and all(
            store.holds(path, table, found["outputs"].get(table.full_name, ""))
            for table, path in paths.items()
        )
    )


def write(
    stamp: Path, inputs: Inputs, made: Mapping[Table, pl.DataFrame], paths: Mapping[Table, Path]
) -> None:
    """Write tables and then their stamp.

    Raises:
        ConformError: a frame breaks its table's declaration; there is no stamp then.
    """
    folders.remove(stamp, stamp.parent)
    stored = {table: store.write(made[table], table, path) for table, path in paths.items()}
    outputs = {table.full_name: found.content_hash for table, found in stored.items()}
    store.write_note(stamp, {"inputs": dict(inputs), "outputs": outputs})


def _as_noted(inputs: Inputs) -> Any:
    """Return inputs as a stamp gives them back: JSON knows no tuples."""
    return json.loads(json.dumps(dict(inputs)))
