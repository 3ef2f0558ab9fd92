"""UCDP: a final edition and the candidate files after it. Every event is simulated."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from fcm_migration.http import Request
from fcm_migration.sources.ucdp.ged import LANDING
from tests.sources.ucdp_files import CANDIDATES, FINAL, FOLDER, write_final


def release(folder: Path) -> list[Path]:
    """Write the ZIP and the candidate files under the publisher's names."""
    return [write_final(folder), *(Path(shutil.copy(FOLDER / n, folder)) for n in CANDIDATES)]


def answer(request: Request) -> bytes | None:
    """The downloads page and the files of the release."""
    if request.url == LANDING:
        return (FOLDER / "landing.html").read_bytes()
    if request.url == f"{LANDING}ged/{FINAL}":
        with tempfile.TemporaryDirectory() as folder:
            return write_final(Path(folder)).read_bytes()
    for name in CANDIDATES:
        if request.url == f"{LANDING}candidateged/{name}":
            return (FOLDER / name).read_bytes()
    return None
