"""Names, regions and numbers of inhabitants of countries.

The list of countries is a reviewed file that this project wrote: codes of ISO 3166-1, regions of
the United Nations' M49 standard, names in common English, and a row for every other code that the
reviewed labels of publishers resolve to.
"""

from __future__ import annotations

import polars as pl

from fcm_migration.catalog.columns import AS_OF, OBTAINED, ORIGIN_CLASSES, SOURCE_ID
from fcm_migration.catalog.derive import empty
from fcm_migration.catalog.model import Column, Table
from fcm_migration.marts.countries import resolve

FILE = "countries.csv"
CODE = Column(
    "country_code",
    "string",
    "Code as in destination_iso3 and origin_iso3: ISO 3166-1 alpha-3 (XKX for Kosovo), or in lower "
    "case a code of this project for what is no country.",
    pattern=r"^([A-Z]{3}|[a-z_]+)$",
)
COUNTRIES = Table(
    "meta",
    "countries",
    "Names, codes and regions of countries, and of every other code that stands for an origin or a "
    "destination.",
    "code",
    (
        CODE,
        Column("country_name", "string", "Name in common English."),
        Column(
            "country_class",
            "string",
            "Whether it is a country (or a territory with an ISO code) or which kind of other "
            "code; total where it contains countries.",
            allowed=ORIGIN_CLASSES,
        ),
        Column(
            "iso2",
            "string",
            "ISO 3166-1 alpha-2, empty where there is none. NA is Namibia.",
            pattern=r"^([A-Z]{2})?$",
        ),
        Column(
            "m49",
            "string",
            "Three digits of the United Nations' M49 (as ISO 3166-1 numeric), empty where there is "
            "none.",
            pattern=r"^([0-9]{3})?$",
        ),
        Column("region", "string", "Region of M49; empty for Antarctica and what has none."),
        Column("subregion", "string", "Sub-region of M49 (Western Asia, Northern Africa ...)."),
        Column(
            "intermediate_region",
            "string",
            "Intermediate region of M49 (Caribbean, Eastern Africa ...); mostly empty.",
        ),
        Column("note", "string", "What to know before using the code."),
        Column("source", "string", "Where codes and regions are from."),
        Column(
            "reviewed_date",
            "date",
            "When a person last looked at the entry; null where nobody has.",
            nullable=True,
        ),
    ),
    ("country_code",),
    caveats=(
        "Regions are statistical, of M49, and say nothing of a political status.",
        "A region of a former state or of a group of countries is this project's.",
        "Codes and regions are facts of ISO 3166-1 and M49 as the public list country-codes of "
        "the DataHub core data sets gives them (PDDL 1.0); names are this project's.",
    ),
)
POPULATION = Table(
    "mart",
    "population",
    "Inhabitants of each country in each year: the denominator of rates.",
    "country and year",
    (
        CODE,
        Column("year", "integer", "Calendar year.", minimum=1900, maximum=2100),
        Column(
            "population_persons",
            "integer",
            "Everybody living there at the middle of the year, citizens or not.",
            unit="persons",
            minimum=0,
        ),
        SOURCE_ID,
        AS_OF,
        OBTAINED,
    ),
    ("country_code", "year"),
    caveats=(
        "Countries and territories only: groups of countries stand in the core table, and are "
        "never added to them.",
        "Estimates, revised for all years at once.",
        "Never added to counts of refugees or asylum-seekers, most of whom it contains.",
    ),
)
TABLES = (COUNTRIES, POPULATION)
UNLISTED = "Met in the figures, not in the reviewed list yet: its name is its code."


def every_code(listed: pl.DataFrame, flows: pl.DataFrame) -> pl.DataFrame:
    """Return the reviewed list with a row for every other code that a figure has.

    Args:
        listed: the reviewed list, as :data:`COUNTRIES`.
        flows: rows of ``mart.flows``.
    """
    origins = flows.select("origin_iso3", "origin_class").unique()
    is_country = pl.col("destination_iso3").str.contains("^[A-Z]{3}$")
    destinations = flows.select(
        pl.col("destination_iso3").alias("origin_iso3"),
        pl.when(is_country)
        .then(pl.lit("country"))
        .otherwise(pl.lit("other"))
        .alias("origin_class"),
    )
    met = pl.concat([origins, destinations])
    others = met.unique("origin_iso3", keep="first", maintain_order=True).join(
        listed, left_on="origin_iso3", right_on="country_code", how="anti"
    )
    texts = ("iso2", "m49", "region", "subregion", "intermediate_region")
    return pl.concat(
        [
            listed,
            others.select(
                pl.col("origin_iso3").alias("country_code"),
                pl.col("origin_iso3").alias("country_name"),
                pl.col("origin_class").alias("country_class"),
                *(pl.lit("").alias(name) for name in texts),
                pl.lit(UNLISTED).alias("note"),
                pl.lit("mart.flows").alias("source"),
                pl.lit(None, pl.Date).alias("reviewed_date"),
            ),
        ]
    )


def population(core: pl.DataFrame | None, known: pl.DataFrame | None) -> pl.DataFrame:
    """Return the inhabitants of each country and year.

    Aggregates are left out, and so is a code that nobody has reviewed: its figures stay in the core
    table.

    Args:
        core: rows of ``core.worldbank_population`` with their provenance, or None.
        known: the reviewed labels of the World Bank (label, origin_iso3, origin_class), or None.
    """
    if core is None or known is None:
        return empty(POPULATION)
    countries = core.filter(~pl.col("is_aggregate")).rename({"worldbank_code": "origin_label"})
    resolved, _ = resolve(countries, known)
    return resolved.select(
        pl.col("origin_iso3").alias("country_code"),
        "year",
        "population_persons",
        pl.lit("worldbank_population").alias("source_id"),
        "as_of_date",
        "obtained",
    ).sort(POPULATION.key)
