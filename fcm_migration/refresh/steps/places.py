"""Places: names and regions of countries, and how many people live in each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fcm_migration.catalog.model import Table
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.core.tables import latest_table
from fcm_migration.marts.countries import alias_name, read_aliases
from fcm_migration.marts.places import COUNTRIES, FILE, TABLES, every_code, population
from fcm_migration.marts.places import POPULATION as POPULATION_TABLE
from fcm_migration.marts.tables import FLOWS
from fcm_migration.refresh.step import Inputs, Made, Step

if TYPE_CHECKING:
    from fcm_migration.sources.base import Source

# The one source of populations. A registry without it (a test's) has an empty table of them.
POPULATION = "worldbank_population"


def _source(sources: Sequence[Source]) -> Source | None:
    return next((source for source in sources if source.source_id == POPULATION), None)


def _reads(sources: Sequence[Source]) -> Sequence[Table]:
    source = _source(sources)
    return (FLOWS, latest_table(source.tables[0])) if source else (FLOWS,)


def _reviewed(sources: Sequence[Source]) -> Sequence[str]:
    source = _source(sources)
    return (FILE, alias_name(source.country_scheme)) if source else (FILE,)


def make(inputs: Inputs) -> Made:
    """Return the list of countries and their inhabitants.

    Raises:
        UsageError: a reviewed file is missing or broken.
    """
    core = inputs.table(f"core.{POPULATION}")
    known = [read_aliases(path) for name, path in inputs.reviewed.items() if name != FILE]
    listed = read_declared(inputs.file(FILE), COUNTRIES)
    return {
        COUNTRIES: every_code(listed, inputs.read(FLOWS)),
        POPULATION_TABLE: population(
            inputs.read(core) if core else None, known[0] if known else None
        ),
    }


STEP = Step(
    name="places",
    title="name the countries and count their inhabitants",
    makes=TABLES,
    make=make,
    reads=_reads,
    reviewed=_reviewed,
)
