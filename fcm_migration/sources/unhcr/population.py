"""Refugees, asylum-seekers and others of concern by origin and country, since 1951 (UNHCR)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.sources.base import Parsed, ReleaseFile
from fcm_migration.sources.unhcr import tables as unhcr
from fcm_migration.sources.unhcr.api import fetcher
from fcm_migration.sources.unhcr.completeness import incomplete_years
from fcm_migration.sources.unhcr.flows import corridors

FIRST_YEAR = 1951
COUNTS = {
    "refugees": ("refugees", "Refugees and people in refugee-like situations"),
    "asylum_seekers": ("asylum_seekers", "Asylum-seekers with a pending claim"),
    "returned_refugees": ("returned_refugees", "Refugees who returned during the year"),
    "idps": ("internally_displaced", "Internally displaced people of concern to UNHCR"),
    "returned_idps": ("returned_internally_displaced", "Displaced people who returned"),
    "stateless": ("stateless", "Stateless people"),
    "ooc": ("others_of_concern", "Others of concern"),
    "oip": ("others_needing_protection", "Others in need of international protection"),
    "hst": ("host_community", "People of the host community"),
}
TABLE = Table(
    "core",
    "unhcr_population",
    "People forcibly displaced and stateless, by origin and country of asylum.",
    "year, origin and country of asylum",
    (
        *unhcr.WHO,
        *(
            Column(
                name,
                "integer",
                f"{words}, at the end of the year or mid-year ({api}); null where not applicable.",
                unit="persons",
                nullable=True,
                minimum=0,
            )
            for api, (name, words) in COUNTS.items()
        ),
    ),
    ("year", "origin_unhcr_code", "asylum_unhcr_code"),
    source_id="unhcr_population",
    caveats=(*unhcr.CAVEATS, "Stocks, but for the returns: never summed over years."),
    period="year",
    partial="is_partial",
)


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read API pages or a release file; see :func:`.tables.parse_rows`."""
    names = {**unhcr.WHO_NAMES, **{api: name for api, (name, _) in COUNTS.items()}}
    return unhcr.parse_rows(
        files, TABLE, names, tuple(name for name, _ in COUNTS.values()), FIRST_YEAR
    )


def flows(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return refugees and pending asylum-seekers."""
    return corridors(
        tables[TABLE.name],
        {
            "refugees": pl.col("refugees"),
            "asylum_seekers_pending": pl.col("asylum_seekers"),
        },
    )


SOURCE = unhcr.unhcr_source(
    source_id="unhcr_population",
    title="Refugees, asylum-seekers and others of concern by origin and country of asylum",
    cadence=Cadence(
        "twice a year: June (year before) and October (mid-year)",
        "43 4 * * 1",
        unhcr.STALE_AFTER_DAYS,
        182,
        lag_days=165,
    ),
    revision_habit="Older years are practically frozen; mid-year stocks are replaced each June.",
    tables=(TABLE,),
    module=__name__,
    fetch=fetcher("population", FIRST_YEAR),
    parse=parse,
    flows=flows,
    limits=unhcr.MATRIX,
    incomplete=incomplete_years(TABLE, adds_up=None),
)
