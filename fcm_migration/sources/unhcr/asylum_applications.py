"""Asylum applications by origin and country of asylum, yearly since 2000 (UNHCR)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.sources.base import Parsed, ReleaseFile
from fcm_migration.sources.unhcr import tables as unhcr
from fcm_migration.sources.unhcr.api import fetcher
from fcm_migration.sources.unhcr.completeness import incomplete_years
from fcm_migration.sources.unhcr.flows import corridors

FIRST_YEAR = 2000
NEW = ("N", "V", "NR", "NA")
NAMES = {
    **unhcr.API_NAMES,
    "app_type": "application_type",
    "app_pc": "persons_or_cases",
    "applied": "applications",
}
TABLE = Table(
    "core",
    "unhcr_asylum_applications",
    "Asylum applications by origin, country of asylum, procedure, type and level.",
    "year, origin, country of asylum, procedure, application type, level, and persons or cases",
    (
        *unhcr.WHO,
        unhcr.PROCEDURE,
        Column(
            "application_type",
            "string",
            "Type (app_type): N new, R repeat, A appeal, NR new and repeat, NA new and appeal "
            "(the literal text), V various (2000 to 2005), RA, FA, J, SP.",
            allowed=("A", "FA", "J", "N", "NA", "NR", "R", "RA", "SP", "V"),
        ),
        unhcr.DECISION_LEVEL,
        unhcr.PERSONS_OR_CASES,
        Column(
            "applications",
            "integer",
            "Applications lodged in the year (applied).",
            unit="persons or cases, by persons_or_cases",
            minimum=0,
        ),
    ),
    (
        "year",
        "origin_unhcr_code",
        "asylum_unhcr_code",
        "procedure_type",
        "application_type",
        "decision_level",
        "persons_or_cases",
    ),
    source_id="unhcr_asylum_applications",
    caveats=unhcr.CAVEATS,
    period="year",
    partial="is_partial",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read API pages or a release file; see :func:`.tables.parse_rows`."""
    return unhcr.parse_rows(files, TABLE, NAMES, ("applications",), FIRST_YEAR)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return new applications, persons and cases as two indicators that are never added."""
    new = tables[TABLE.name].filter(pl.col("application_type").is_in(NEW))
    persons = pl.col("persons_or_cases") == "P"
    return corridors(
        new,
        {
            "asylum_applications_new": pl.when(persons).then(pl.col("applications")),
            "asylum_applications_new_cases": pl.when(~persons).then(pl.col("applications")),
        },
    )


SOURCE = unhcr.unhcr_source(
    source_id="unhcr_asylum_applications",
    title="Asylum applications by origin and country of asylum",
    cadence=Cadence(
        "twice a year: June (year before) and October (half-year)",
        "29 4 * * 1",
        unhcr.STALE_AFTER_DAYS,
        182,
        lag_days=165,
    ),
    revision_habit="Older years are practically frozen; corrections come within weeks of a "
    "release, and a half-year is replaced by its full year each June.",
    tables=(TABLE,),
    module=__name__,
    fetch=fetcher("asylum-applications", FIRST_YEAR),
    parse=parse,
    flows=flows,
    limits=unhcr.MATRIX,
    incomplete=incomplete_years(TABLE, adds_up="applications"),
)
