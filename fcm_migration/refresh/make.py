"""Make the tables of a step if anything they depend on has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration import fingerprint, stamps, store
from fcm_migration.catalog.model import Table
from fcm_migration.config import Home
from fcm_migration.errors import UsageError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.step import Inputs, Resources, Step

Dependencies = dict[str, dict[str, str]]


def make_step(context: Context, step: Step) -> dict[str, store.Stored]:
    """Make a step's tables, unless they are current; return what is stored, by full name.

    Raises:
        UsageError: the step does not return the tables it declares, or a reviewed file is missing.
        ConformError: a value is not one its column allows.
    """
    inputs = inputs_of(context, step)
    depends_on = dependencies(step, inputs)
    stamp = stamp_path(context.home, step)
    paths = {table: _path(context.home, table) for table in step.makes}
    if not stamps.is_current(stamp, depends_on, paths):
        changed = _changed(stamps.made_of(stamp), depends_on)
        context.report(f"{step.title}: made again, changed: {changed}" if changed else step.title)
        made = step.make(inputs)
        if set(made) != set(step.makes):
            raise UsageError(
                "a step did not return the tables it declares",
                where=step.name,
                expected=[table.full_name for table in step.makes],
                got=[table.full_name for table in made],
            )
        stamps.write(stamp, depends_on, made, paths)
    return {table.full_name: store.facts(path) for table, path in paths.items()}


def inputs_of(context: Context, step: Step) -> Inputs:
    """Return everything a step is made of, as it lies in the home.

    Raises:
        UsageError: a reviewed file is missing.
    """
    reviewed = {name: context.reference(name) for name in step.files_reviewed(context.sources)}
    for name, path in reviewed.items():
        if not path.is_file():
            raise UsageError("a reference table is missing", where=name, expected=str(path))
    return Inputs(
        {table: _path(context.home, table) for table in step.tables_read(context.sources)},
        reviewed,
        step.given(context) if step.given else {},
        context.sources if step.calls_sources else (),
        Resources(context.home.cache, context.workers, context.scheduler, context.report),
    )


def dependencies(step: Step, inputs: Inputs) -> Dependencies:
    """Return the fingerprint of everything a step's tables depend on, part by part."""
    sources = {source.module for source in inputs.sources}
    return {
        "code": {"": code_of(step.make.__module__, *sorted(sources))},
        "reads": {t.full_name: store.facts(path).content_hash for t, path in inputs.tables.items()},
        "reviewed": {name: store.sha256_file(path) for name, path in inputs.reviewed.items()},
        "given": {name: _hash(value) for name, value in inputs.given.items()},
    }


def code_of(*modules: str) -> str:
    """Return the fingerprint of modules that make figures."""
    return fingerprint.code(*modules, without=fingerprint.WITHOUT_EFFECT)


def stamp_path(home: Home, step: Step) -> Path:
    """Return where a step's stamp lies."""
    return home.cache / "steps" / f"{step.name}.json"


def _path(home: Home, table: Table) -> Path:
    return home.table(table.layer, table.name)


def _changed(before: Mapping[str, Any] | None, depends_on: Dependencies) -> str:
    """Name the inputs that differ from those the tables were made of; nothing if there are none."""
    if before is None:
        return ""
    changed = [
        f"{part} {name}".strip()
        for part, now in depends_on.items()
        for name in sorted({*now, *before.get(part, {})})
        if now.get(name) != before.get(part, {}).get(name)
    ]
    return ", ".join(changed[:5])


def _hash(value: Any) -> str:
    """Return the hash of one further input: a frame, a stored file, or a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, store.Stored):
        return value.content_hash
    if isinstance(value, pl.DataFrame):
        return store.content_hash(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a step cannot be given {type(value).__name__}: it has no fingerprint")
