"""Declaration of a step: the tables it reads and makes, and its other inputs.

A step module holds a :class:`Step` named ``STEP`` and a pure function ``make`` from the step's
:class:`Inputs` to its tables. What ``make`` can reach through its inputs is what the step declares;
all of it, and the code that makes the tables, is part of the step's fingerprint, so that a changed
method, declaration or reviewed file always makes new figures (:mod:`fcm_migration.refresh.make`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from fcm_migration import store
from fcm_migration.catalog.model import Table
from fcm_migration.errors import UsageError

if TYPE_CHECKING:
    from fcm_migration.refresh.context import Context
    from fcm_migration.sources.base import Source

Made = Mapping[Table, pl.DataFrame]


@dataclass(frozen=True)
class Resources:
    """Resources of a step, none of which may change a figure.

    Attributes:
        cache_dir: folder for results worth keeping between refreshes.
        workers: processes that fit.
        scheduler: address of a Dask scheduler whose workers fit instead; None for none.
        report: told what is happening.
    """

    cache_dir: Path
    workers: int
    scheduler: str | None
    report: Callable[[str], None]


@dataclass(frozen=True)
class Inputs:
    """All inputs of a step.

    Attributes:
        tables: Parquet file of every table the step declares to read.
        reviewed: file of every reviewed reference table it declares, by name.
        given: its further inputs, see ``Step.given``.
        sources: the registry, where the step declares that it calls the sources' functions.
        resources: what may not change a figure.
    """

    tables: Mapping[Table, Path]
    reviewed: Mapping[str, Path]
    given: Mapping[str, Any]
    sources: tuple[Source, ...]
    resources: Resources

    def read(self, table: Table) -> pl.DataFrame:
        """Return a table the step declares to read.

        Raises:
            UsageError: the step does not declare it.
            EditionError: its file is missing or damaged.
        """
        if table not in self.tables:
            raise _undeclared(table.full_name, [known.full_name for known in self.tables])
        return store.read(self.tables[table], table)

    def table(self, full_name: str) -> Table | None:
        """Return the declaration of a table the step reads, or None if it reads none so named."""
        return next((table for table in self.tables if table.full_name == full_name), None)

    def file(self, name: str) -> Path:
        """Return the path of a reviewed file; UsageError if the step does not declare it."""
        if name not in self.reviewed:
            raise _undeclared(name, self.reviewed)
        return self.reviewed[name]


def _undeclared(name: str, known: Iterable[str]) -> UsageError:
    return UsageError(
        "a step reads only what it declares",
        expected=sorted(known),
        got=name,
        remedy="add it to the step's reads or reviewed",
    )


@dataclass(frozen=True)
class Step:
    """One step between the core tables and the published file.

    Attributes:
        name: name everywhere: registry, stamp, Dagster.
        title: what is being done, as progress shows it ("forecast and backtest").
        makes: the tables ``make`` returns, exactly these.
        make: from the step's inputs to its tables; imports what is heavy inside.
        reads: the tables it reads, or a function that lists them for a registry of sources.
        reviewed: names of the files in the reference folder it reads; likewise.
        given: its inputs that are neither: values of the sources' declarations, of settings or of
            the calendar, frames made from the home, stored files. By name; each is hashed.
        calls_sources: True where ``make`` calls functions of the sources, whose code then counts.

    """

    name: str
    title: str
    makes: tuple[Table, ...]
    make: Callable[[Inputs], Made]
    reads: tuple[Table, ...] | Callable[[Sequence[Source]], Sequence[Table]] = ()
    reviewed: tuple[str, ...] | Callable[[Sequence[Source]], Sequence[str]] = ()
    given: Callable[[Context], Mapping[str, Any]] | None = None
    calls_sources: bool = False

    def tables_read(self, sources: Sequence[Source]) -> tuple[Table, ...]:
        """Return the tables the step reads where these are the sources."""
        return tuple(self.reads(sources)) if callable(self.reads) else self.reads

    def files_reviewed(self, sources: Sequence[Source]) -> tuple[str, ...]:
        """Return the reviewed files the step reads where these are the sources."""
        return tuple(self.reviewed(sources)) if callable(self.reviewed) else self.reviewed
