"""Missing Migrants files in IOM's three layouts. Every incident in them is made up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.sources.fake_get import FIXTURES

FOLDER = FIXTURES / "iom_missing_migrants"
CSV_2020 = "MissingMigrants-Global-2020-01-08T14-05-32.csv"
CSV_2026 = "MissingMigrants-Global-2026-05-06--19_42_11.csv"

Records = list[dict[str, Any]]


def records(year: int) -> Records:
    """One year's file, to be changed."""
    found: Records = json.loads((FOLDER / f"{year}-json.json").read_text(encoding="utf-8"))
    return found


def write(folder: Path, year: int, rows: Any) -> Path:
    """Write a year's file as IOM does: one line, no byte order mark."""
    path = folder / f"{year}-json.json"
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path
