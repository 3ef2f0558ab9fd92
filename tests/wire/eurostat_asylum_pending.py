"""Eurostat, migr_asypenctzm: the two TSV files fetch() asks for. Figures mostly simulated."""

from __future__ import annotations

import shutil
from pathlib import Path

from fcm_migration.http import Request
from tests.sources.fake_get import FIXTURES

FOLDER = FIXTURES / "eurostat_asylum_pending"


def release(folder: Path) -> list[Path]:
    """Write both files under the names fetch() gives them."""
    return [Path(shutil.copy(path, folder)) for path in sorted(FOLDER.glob("*.tsv"))]


def answer(request: Request) -> bytes | None:
    """The file a request's filters choose; 404 for anything else."""
    if "/ESTAT/migr_asypenctzm/1.0/*" not in request.url:
        return None
    filters = dict(request.params)
    if filters.get("c[citizen]") == "TOTAL":
        return (FOLDER / "migr_asypenctzm_citizen_TOTAL.tsv").read_bytes()
    if filters.get("c[geo]") == "EU27_2020":
        return (FOLDER / "migr_asypenctzm_geo_EU27_2020.tsv").read_bytes()
    return None
