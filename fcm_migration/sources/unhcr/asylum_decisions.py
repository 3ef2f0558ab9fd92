"""Asylum decisions by origin and country of asylum, yearly since 2000 (UNHCR)."""

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
UNIT = "persons or cases, by persons_or_cases"
NAMES = {
    **unhcr.API_NAMES,
    "dec_pc": "persons_or_cases",
    "dec_recognized": "recognized",
    "dec_other": "other_protection",
    "dec_rejected": "rejected",
    "dec_closed": "otherwise_closed",
    "dec_total": "decisions",
}
COUNTS = (
    Column("recognized", "integer", "Recognised as refugees (dec_recognized).", UNIT, minimum=0),
    Column("other_protection", "integer", "Given other protection (dec_other).", UNIT, minimum=0),
    Column("rejected", "integer", "Rejected (dec_rejected).", UNIT, minimum=0),
    Column("otherwise_closed", "integer", "Closed otherwise (dec_closed).", UNIT, minimum=0),
    Column(
        "decisions",
        "integer",
        "UNHCR's total (dec_total); not always the sum of its parts.",
        UNIT,
        minimum=0,
    ),
)
TABLE = Table(
    "core",
    "unhcr_asylum_decisions",
    "Asylum decisions by origin, country of asylum, procedure and level.",
    "year, origin, country of asylum, procedure, level, and persons or cases",
    (
        *unhcr.WHO,
        unhcr.PROCEDURE,
        unhcr.DECISION_LEVEL,
        unhcr.PERSONS_OR_CASES,
        *COUNTS,
    ),
    (
        "year",
        "origin_unhcr_code",
        "asylum_unhcr_code",
        "procedure_type",
        "decision_level",
        "persons_or_cases",
    ),
    source_id="unhcr_asylum_decisions",
    caveats=unhcr.CAVEATS,
    period="year",
    partial="is_partial",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read API pages or a release file; see :func:`.tables.parse_rows`."""
    return unhcr.parse_rows(
        files, TABLE, NAMES, tuple(column.name for column in COUNTS), FIRST_YEAR
    )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return recognitions and all decisions, persons and cases apart."""
    persons = pl.col("persons_or_cases") == "P"
    return corridors(
        tables[TABLE.name],
        {
            "asylum_decisions_recognized": pl.when(persons).then(pl.col("recognized")),
            "asylum_decisions_recognized_cases": pl.when(~persons).then(pl.col("recognized")),
            "asylum_decisions_total": pl.when(persons).then(pl.col("decisions")),
            "asylum_decisions_total_cases": pl.when(~persons).then(pl.col("decisions")),
        },
    )


SOURCE = unhcr.unhcr_source(
    source_id="unhcr_asylum_decisions",
    title="Asylum decisions by origin and country of asylum",
    cadence=Cadence(
        "twice a year: June (year before) and October (half-year)",
        "37 4 * * 1",
        unhcr.STALE_AFTER_DAYS,
        182,
        lag_days=165,
    ),
    revision_habit="Older years are practically frozen; a half-year is replaced by its full year "
    "each June.",
    tables=(TABLE,),
    module=__name__,
    fetch=fetcher("asylum-decisions", FIRST_YEAR),
    parse=parse,
    flows=flows,
    limits=unhcr.MATRIX,
    incomplete=incomplete_years(TABLE, adds_up="decisions"),
)
