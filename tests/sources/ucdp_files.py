"""UCDP's simulated files, to be changed and packed again."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from fcm_migration.sources.ucdp.ged_files import COLUMNS_49
from tests.sources.fake_get import FIXTURES
from tests.workbook.writers import write_zip

FOLDER = FIXTURES / "ucdp_ged"
FINAL = "ged261-csv.zip"
CANDIDATES = ("GEDEvent_v26_01_26_02.csv", "GEDEvent_v26_0_3.csv")
AT = {name: place for place, name in enumerate(COLUMNS_49)}

Table = list[list[str]]


def table() -> Table:
    """Header and events of the final edition."""
    return list(csv.reader(StringIO((FOLDER / "final.csv").read_text(encoding="utf-8"))))


def text_of(rows: Sequence[Sequence[str]]) -> str:
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def write_final(folder: Path, rows: Sequence[Sequence[str]] | None = None) -> Path:
    """The final edition's ZIP."""
    text = text_of(table() if rows is None else rows)
    return write_zip(folder / FINAL, {"GEDEvent_v26_1.csv": text})
