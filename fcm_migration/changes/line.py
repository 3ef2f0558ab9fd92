"""One line of ``meta.changes`` before it has its place."""

from __future__ import annotations

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
