"""Files of a home forged for tests: sealed again with other content, or as older versions wrote."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import originals, store

Change = Callable[[dict[str, Any]], object]


def forge(path: Path, frame: pl.DataFrame, **said: object) -> None:
    """Put a frame into a sealed file of another, whose seal says the same but for ``said``."""
    seal = store.read_note(store.seal_path(path), of=store.place(path))
    assert seal is not None
    frame.write_parquet(path)
    facts = {**seal, "sha256": store.sha256_file(path), **said}
    store.write_note(store.seal_path(path), facts, of=store.place(path))


def rewrite(path: Path, change: Change) -> None:
    """Change an original note in place, and seal both copies."""
    data = json.loads(path.read_text(encoding="utf-8"))
    del data[store.SEAL]
    change(data)
    originals.write(path, data)


def as_an_older_version(path: Path, change: Change = lambda _: None) -> None:
    """Write an original note as versions without seals did, changed."""
    data = json.loads(path.read_text(encoding="utf-8"))
    del data[store.SEAL]
    change(data)
    originals.remove(path, path.parent)
    path.write_text(json.dumps(data), encoding="utf-8")
