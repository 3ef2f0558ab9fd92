"""Durable solutions by origin and country of asylum, yearly since 1959 (UNHCR).

Refugees who returned, were resettled or were naturalised in the year, and displaced people who
returned. Persons; a year between October and June holds January to June only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.sources.base import Parsed, ReleaseFile
from fcm_migration.sources.unhcr import tables as unhcr
from fcm_migration.sources.unhcr.api import fetcher
from fcm_migration.sources.unhcr.completeness import incomplete_years
from fcm_migration.sources.unhcr.flows import corridors

FIRST_YEAR = 1959
COUNTS = {
    "returned_refugees": ("returned_refugees", "Refugees who returned to the origin"),
    "resettlement": ("resettled_persons", "Refugees resettled to the country of asylum"),
    "naturalisation": ("naturalised_persons", "Refugees naturalised in the country of asylum"),
    "returned_idps": ("returned_internally_displaced", "Displaced people who returned"),
}
TABLE = Table(
    "core",
    "unhcr_solutions",
    "Durable solutions for refugees and displaced people, by origin and country of asylum.",
    "year, origin and country of asylum",
    (
        *unhcr.WHO,
        *(
            Column(
                name,
                "integer",
                f"{words} during the year ({api}); null where not applicable or not reported.",
                unit="persons",
                nullable=True,
                minimum=0,
            )
            for api, (name, words) in COUNTS.items()
        ),
    ),
    ("year", "origin_unhcr_code", "asylum_unhcr_code"),
    source_id="unhcr_solutions",
    caveats=(
        *unhcr.CAVEATS,
        "An empty figure is no zero. Of the five, naturalisations are reported by the United "
        "States for 1990 to 2009, by Canada since 2013 and by Australia since 2023 only.",
        "Country of asylum is where refugees returned from, were resettled to or naturalised in.",
        "Returns are often estimates of the country of origin, in round thousands.",
    ),
    period="year",
    partial="is_partial",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read API pages or a release file; see :func:`.tables.parse_rows`."""
    names = {**unhcr.WHO_NAMES, **{api: name for api, (name, _) in COUNTS.items()}}
    counts = tuple(name for name, _ in COUNTS.values())
    return unhcr.parse_rows(files, TABLE, names, counts, FIRST_YEAR)


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return resettlement, naturalisation and return of refugees, by country of asylum."""
    return corridors(
        tables[TABLE.name],
        {
            "resettlement_arrivals": pl.col("resettled_persons"),
            "naturalisations": pl.col("naturalised_persons"),
            "refugee_returns": pl.col("returned_refugees"),
        },
    )


SOURCE = unhcr.unhcr_source(
    source_id="unhcr_solutions",
    title="Resettlement, naturalisation and return by origin and country of asylum",
    cadence=Cadence(
        "twice a year: June (year before) and October (half-year)",
        "51 4 * * 1",
        unhcr.STALE_AFTER_DAYS,
        183,
        lag_days=165,
    ),
    revision_habit="Older years are practically frozen; a half-year is replaced each June.",
    tables=(TABLE,),
    module=__name__,
    fetch=fetcher("solutions", FIRST_YEAR),
    parse=parse,
    flows=flows,
    incomplete=incomplete_years(TABLE, adds_up=None),
    is_modelled=False,
)
