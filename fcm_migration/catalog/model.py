"""The vocabulary of the one declaration: columns, tables, licences, indicators.

A column is declared once; a table lists columns, key and grain. The Polars schema, the DuckDB DDL
with comments, the structural expectations, Dagster's column schema, the data dictionary and
``datapackage.json`` are all derived from these objects (see :mod:`fcm_migration.catalog.derive`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

DType = Literal["string", "integer", "number", "boolean", "date", "timestamp"]
Layer = Literal["core", "history", "mart", "forecast", "trend", "meta"]


@dataclass(frozen=True)
class Column:
    """One column: name, type, unit and the values it may hold.

    ``minimum``/``maximum`` are inclusive; ``allowed`` closes the vocabulary; ``pattern`` is an
    anchored regular expression every non-null value must match. ``unit`` is None only where a
    value has none (a label, a date, a flag).
    """

    name: str
    dtype: DType
    description: str
    unit: str | None = None
    nullable: bool = False
    minimum: int | float | date | None = None
    maximum: int | float | date | None = None
    allowed: tuple[str, ...] | None = None
    pattern: str | None = None


@dataclass(frozen=True)
class Table:
    """One table of the warehouse: what one row is (grain), its key, where it comes from.

    ``title`` is one plain sentence; ``caveats`` are what an analyst must know before quoting a
    figure. ``period`` names the column with the period of a row (a date or a year), by which
    revisions are counted; None where rows have no period. ``may_run`` is True where the newest
    month may be published before it is over (a year always may). ``partial`` names the column that
    is true where the release held only a part of the row's period. A column of that name that is
    not among ``columns`` is added to the published tables, by :attr:`Source.incomplete` of the
    source; None where a release holds whole periods, or where no core table says.
    """

    layer: Layer
    name: str
    title: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    source_id: str | None = None
    caveats: tuple[str, ...] = ()
    period: str | None = None
    partial: str | None = None
    may_run: bool = False

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.full_name}: a column is listed twice")
        if missing := set(self.key) - set(names):
            raise ValueError(f"{self.full_name}: key names unknown columns {sorted(missing)}")
        if self.period is not None and self.period not in names:
            raise ValueError(f"{self.full_name}: the period is an unknown column {self.period!r}")
        if nullable := [c.name for c in self.columns if c.name in self.key and c.nullable]:
            raise ValueError(f"{self.full_name}: key columns may not be nullable: {nullable}")

    @property
    def full_name(self) -> str:
        """Return the schema-qualified name, as analysts write it: ``core.us_cbp_sbo``."""
        return f"{self.layer}.{self.name}"

    @property
    def measures(self) -> tuple[str, ...]:
        """Return the columns that hold counts: whole numbers with a unit, outside the key."""
        return tuple(
            c.name
            for c in self.columns
            if c.dtype == "integer" and c.unit is not None and c.name not in self.key
        )

    @property
    def column_names(self) -> tuple[str, ...]:
        """Return the column names in declared order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return one column's declaration; KeyError if the table has none of that name."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.full_name} has no column {name!r}")


@dataclass(frozen=True)
class Licence:
    """A publisher's terms of use; ``bundled`` says whether its figures may ship with the code."""

    licence_id: str
    title: str
    url: str
    attribution: str
    bundled: bool


@dataclass(frozen=True)
class Indicator:
    """One harmonised measure. Exactly one unit: persons, events and cases are never mixed.

    ``total_route`` is the route whose figure is the whole of the indicator in a country; None for
    an indicator that counts a part of the country only, such as one of several borders.
    """

    indicator: str
    title: str
    unit: str
    kind: Literal["flow", "stock"]
    counting_rule: str
    comparability: str
    total_route: str | None = "all"


@dataclass(frozen=True)
class Cadence:
    """How often a publisher releases, and when the source is checked.

    ``cron`` is UTC; ``stale_after_days`` is the age of the newest *data period's end* beyond which
    the source counts as stale (publisher's lag plus slack); where no series is made of the source,
    the age of its newest release. It is None only where the publisher has stopped, and
    ``discontinued_since`` then says when, as precisely as is known.
    ``interval_days`` is the usual time between two releases; None where none is expected, or none
    at a regular time.
    ``lag_days`` is the usual time from a period's end to its first publication, to say when a
    figure became public where no archived release shows it.
    """

    words: str
    cron: str
    stale_after_days: int | None
    interval_days: int | None = None
    lag_days: int = 60
    discontinued_since: str | None = None
