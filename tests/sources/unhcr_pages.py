"""UNHCR downloads out of the fixtures: API pages as a publisher sends them, and release files.

Simulated figures, see tests/fixtures/unhcr_*/README.md. A download is a list of pages (decoded
JSON), so a test can break one value and write the pages again.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from fcm_migration.catalog.derive import conform
from fcm_migration.http import Request
from fcm_migration.sources.base import Parsed, ReleaseFile, Source
from fcm_migration.sources.unhcr import asylum_applications as unhcr_asylum_applications
from fcm_migration.sources.unhcr import asylum_decisions as unhcr_asylum_decisions
from fcm_migration.sources.unhcr import demographics as unhcr_demographics
from fcm_migration.sources.unhcr import population as unhcr_population
from fcm_migration.sources.unhcr import solutions as unhcr_solutions
from tests.sources.fake_get import FIXTURES

APPLICATIONS = unhcr_asylum_applications.SOURCE
DECISIONS = unhcr_asylum_decisions.SOURCE
POPULATION = unhcr_population.SOURCE
SOLUTIONS = unhcr_solutions.SOURCE
DEMOGRAPHICS = unhcr_demographics.SOURCE
SOURCES = (APPLICATIONS, DECISIONS, POPULATION)
ALL = (*SOURCES, SOLUTIONS, DEMOGRAPHICS)
# For each dataset one of its number columns, by the API's name.
FIGURE = {
    APPLICATIONS: "applied",
    DECISIONS: "dec_total",
    POPULATION: "asylum_seekers",
    SOLUTIONS: "resettlement",
    DEMOGRAPHICS: "f_18_59",
}
ENDPOINT = {
    APPLICATIONS: ("asylum-applications", "2000"),
    DECISIONS: ("asylum-decisions", "2000"),
    POPULATION: ("population", "1951"),
    SOLUTIONS: ("solutions", "1959"),
    DEMOGRAPHICS: ("demographics", "2001"),
}
RELEASE = "simulated__2025-11-11__2025.06.0.parquet"
_WORDS = {
    *("coo_name", "coo", "coo_iso", "coa_name", "coa", "coa_iso"),
    *("procedure_type", "app_type", "app_pc", "dec_level", "dec_pc"),
    *("pop_type", "location", "loc_type", "acc_type"),
}

Page = dict[str, Any]


def bodies(source: Source) -> list[bytes]:
    """The fixture's pages, byte for byte."""
    return [path.read_bytes() for path in sorted((FIXTURES / source.source_id).glob("*.json"))]


def pages(source: Source) -> list[Page]:
    """The fixture's pages, decoded."""
    return [json.loads(body) for body in bodies(source)]


def write(folder: Path, content: Sequence[Page | bytes]) -> list[ReleaseFile]:
    """Write pages as the archive keeps them."""
    files = []
    for number, page in enumerate(content, start=1):
        path = folder / f"page-{number:03d}.json"
        path.write_bytes(page if isinstance(page, bytes) else json.dumps(page).encode())
        files.append(ReleaseFile(path.name, path))
    return files


def write_release(folder: Path, source: Source, name: str = RELEASE) -> ReleaseFile:
    """Write the fixture's rows as a release file: Parquet, whole numbers, null for "-"."""
    rows = [row for page in pages(source) for row in page["items"]]
    names = [name for name in rows[0] if name not in {"coo_id", "coa_id"}]
    frame = pl.DataFrame(
        {
            name: [
                row[name] if name in _WORDS else None if row[name] == "-" else int(row[name])
                for row in rows
            ]
            for name in names
        }
    )
    frame.write_parquet(folder / name)
    return ReleaseFile(name, folder / name)


def hold(source: Source, parsed: Parsed) -> pl.DataFrame:
    """The one table of a dataset, held to its declaration as the pipeline does."""
    ((name, frame),) = parsed.tables.items()
    return conform(frame, source.table(name))


def answer(source: Source, request: Request) -> bytes | None:
    """The API in small: the fixture's page that is asked for, 404 for anything else."""
    content = bodies(source)
    number = int(dict(request.params).get("page", 0))
    asked = request.url.endswith(f"/{ENDPOINT[source][0]}/") and 1 <= number <= len(content)
    return content[number - 1] if asked else None
