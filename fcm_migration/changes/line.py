"""One line of ``meta.changes`` before it has its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Line:
    """A change; fields are columns of :data:`~fcm_migration.publish.change_tables.CHANGES`."""

    kind: str
    sentence: str
    items: int = 1
    source_id: str | None = None
    indicator: str | None = None
    destination_iso3: str | None = None
    frequency: str | None = None
    unit: str | None = None
    period: date | None = None
    old_value: float | None = None
    new_value: float | None = None

    @property
    def row(self) -> dict[str, Any]:
        """The line as a row."""
        return asdict(self)


def of_series(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that say which series a line is about, from a row that names it."""
    names = ("source_id", "indicator", "destination_iso3", "frequency", "unit")
    return {name: row[name] for name in names}
