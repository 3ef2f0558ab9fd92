"""The World Bank's population by country and year (indicator SP.POP.TOTL), and of its aggregates.

Mid-year estimates of everybody who lives in a country, whatever their legal status. A denominator
for rates, not a count of this project's subject: no series is made of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from fcm_migration.catalog.columns import FIVE
from fcm_migration.catalog.licences import WORLD_BANK_CC_BY4
from fcm_migration.catalog.model import Cadence, Column, Table
from fcm_migration.errors import LayoutError
from fcm_migration.http import Request
from fcm_migration.sources.base import (
    NO_FLOWS,
    Fetched,
    FetchedFile,
    Get,
    Parsed,
    ReleaseFile,
    Source,
    only_file,
)
from fcm_migration.sources.worldbank.bulk import Bulk, read_bulk

INDICATOR = "SP.POP.TOTL"
URL = f"https://api.worldbank.org/v2/en/indicator/{INDICATOR}"
FILE = f"{INDICATOR}.zip"
LANDING = f"https://data.worldbank.org/indicator/{INDICATOR}"
FIRST_YEAR = 1960
LATE = {"PSE": 1990}  # whose estimates begin later
YEAR = re.compile(r"(19|20)\d\d")
WORLD = "WLD"
# The World Bank lists 217 countries and territories; a list that was cut has fewer.
FEWEST = 200
# The world's population is more than the countries' together, because it counts Taiwan, which the
# list leaves out: 0.29 to 0.40 per cent in every year from 1960 to 2024.
MOST_OUTSIDE = 0.01
IGNORED = {"IncomeGroup", "SpecialNotes", "Indicator Name"}
TABLE = Table(
    "core",
    "worldbank_population",
    "Population by country and year, and of the World Bank's aggregates.",
    "country or aggregate and year",
    (
        Column(
            "worldbank_code",
            "string",
            "The World Bank's code: ISO 3166-1 alpha-3 for countries but XKX (Kosovo) and CHI "
            "(Channel Islands); its own for aggregates.",
            pattern=r"^[A-Z]{3}$",
        ),
        Column("area_name", "string", "Country or aggregate in the World Bank's words."),
        Column(
            "is_aggregate",
            "boolean",
            "True for the world, a region, an income group or another group: it contains countries "
            "and is never added to them, nor to another aggregate.",
        ),
        Column("year", "integer", "Calendar year.", minimum=FIRST_YEAR, maximum=2100),
        Column(
            "population_persons",
            "integer",
            "Everybody living there at the middle of the year, citizens or not (de facto).",
            unit="persons",
            minimum=0,
        ),
    ),
    ("worldbank_code", "year"),
    source_id="worldbank_population",
    caveats=(
        "Estimates, revised for all years at once when a census or a new edition of the United "
        "Nations' World Population Prospects comes.",
        "Filter on is_aggregate before summing. The world contains Taiwan, which has no row.",
        "A year without an estimate has no row (West Bank and Gaza before 1990).",
        "Overlaps with every other table: the people counted there live somewhere too.",
    ),
    period="year",
)


def fetch(get: Get) -> Fetched:
    """Get the bulk download of the indicator: all countries, aggregates and years."""
    params = (("downloadformat", "csv"),)
    return Fetched((FetchedFile(FILE, get(Request(URL, params=params, expect="zip"))),))


def parse(files: Sequence[ReleaseFile]) -> Parsed:
    """Read the bulk download.

    Raises:
        UnsafeFileError: not a ZIP, or one that unpacks too far.
        LayoutError: a column is missing, a value is no whole number, a year or countries are lost,
            or the world is not the sum of the countries.
    """
    file = only_file(files)
    bulk = read_bulk(file)
    years = _years(bulk, file.name)
    wide = _wide(bulk, years, file.name)
    frame = _long(wide, years, file.name)
    _refuse_lost(frame, file.name)
    _refuse_holes(frame, file.name)
    labels = set(bulk.figures) | set(bulk.countries)
    known = {"Country Name", "Country Code", "Indicator Code", "Region", "TableName", *IGNORED}
    extra = sorted(labels - known - set(years))
    groups = wide.filter("is_aggregate").get_column("worldbank_code")
    layout = (
        *(f"column {label}" for label in sorted(labels - IGNORED - set(years))),
        *(f"aggregate {code}" for code in groups.sort()),
    )
    notes = (f"Columns not read: {', '.join(extra)}.",) if extra else ()
    return Parsed({TABLE.name: frame.select(TABLE.column_names)}, notes=notes, layout=layout)


def _years(bulk: Bulk, where: str) -> tuple[str, ...]:
    """Return the labels of the columns of years, every one from the first on."""
    years = tuple(sorted(label for label in bulk.figures if YEAR.fullmatch(label)))
    wanted = tuple(str(year) for year in range(FIRST_YEAR, FIRST_YEAR + len(years)))
    odd = sorted(label for label in set(bulk.figures) - set(years) if re.search(r"\d", label))
    if years != wanted or not years or odd:
        raise LayoutError(
            "years are missing, or labels that are no year",
            where=where,
            expected=f"every year since {FIRST_YEAR}, as four digits",
            got=f"{len(years)} years, without {sorted(set(wanted) - set(years))[:5]}; {odd[:5]}",
        )
    return years


def _wide(bulk: Bulk, years: Sequence[str], where: str) -> pl.DataFrame:
    """Return one row a country or aggregate: code, name, whether an aggregate, texts by year."""
    codes, listed = bulk.figures["Country Code"], bulk.countries["Country Code"]
    for name, found in (("figures", codes), ("countries", listed)):
        odd = [code for code in found if not re.fullmatch("[A-Z]{3}", code)]
        twice = sorted({code for code in found if found.count(code) > 1})
        if odd or twice:
            raise LayoutError(
                "codes that are none, or that stand twice",
                where=f"{where}, {name}",
                expected="three capital letters, each once",
                got=f"none {odd[:3]}, twice {twice[:3]}",
            )
    if strange := sorted(set(bulk.figures["Indicator Code"]) - {INDICATOR}):
        raise LayoutError("another indicator", where=where, expected=INDICATOR, got=strange[:3])
    region = dict(zip(listed, bulk.countries["Region"], strict=True))
    return pl.DataFrame(
        {
            "worldbank_code": codes,
            "area_name": bulk.figures["Country Name"],
            "is_aggregate": [region[code] == "" if code in region else None for code in codes],
            **{year: bulk.figures[year] for year in years},
        },
        schema={
            "worldbank_code": pl.String,
            "area_name": pl.String,
            "is_aggregate": pl.Boolean,
            **dict.fromkeys(years, pl.String),
        },
    )


def _long(wide: pl.DataFrame, years: Sequence[str], where: str) -> pl.DataFrame:
    """Return one row a country or aggregate and year that has an estimate."""
    frame = wide.unpivot(
        years,
        index=("worldbank_code", "area_name", "is_aggregate"),
        variable_name="year",
        value_name="text",
    ).filter(pl.col("text") != "")
    odd = frame.filter(~pl.col("text").str.contains(r"^\d{1,11}$"))
    if not odd.is_empty():
        raise LayoutError(
            f"{odd.height} value(s) that are no whole number",
            where=where,
            got=odd.select("worldbank_code", "year", "text").head(3).rows(),
        )
    unlisted = frame.filter(pl.col("is_aggregate").is_null())
    if not unlisted.is_empty():
        raise LayoutError(
            "codes that the file of countries does not list: are they aggregates?",
            where=where,
            got=unlisted.get_column("worldbank_code").unique().sort().head(5).to_list(),
        )
    return frame.with_columns(
        pl.col("year").cast(pl.Int64), pl.col("text").cast(pl.Int64).alias("population_persons")
    )


def _refuse_holes(frame: pl.DataFrame, where: str) -> None:
    """Refuse a country or aggregate without an estimate in a year between others'.

    All have one for every year from the first to the last, but those of LATE: an empty cell is a
    figure that was lost.
    """
    last: int = max(frame.get_column("year").to_list())
    first = pl.col("worldbank_code").replace_strict(LATE, default=FIRST_YEAR, return_dtype=pl.Int64)
    odd = (
        frame.with_columns(first.alias("first"))
        .group_by("worldbank_code")
        .agg(
            pl.col("year").sort().alias("years"),
            pl.int_range(pl.col("first").first(), pl.lit(last) + 1, dtype=pl.Int64).alias("all"),
        )
        .filter(pl.col("years") != pl.col("all"))
    )
    if not odd.is_empty():
        raise LayoutError(
            "years without an estimate among years that have one",
            where=where,
            expected=f"every year from {FIRST_YEAR} to {last}; later beginnings: {LATE}",
            got=odd.get_column("worldbank_code").sort().head(5).to_list(),
        )


def _refuse_lost(frame: pl.DataFrame, where: str) -> None:
    """Refuse a table that lacks countries, or whose world is not the sum of its countries."""
    countries = frame.filter(~pl.col("is_aggregate"))
    codes = set(countries.get_column("worldbank_code"))
    if len(codes) < FEWEST or not set(FIVE) <= codes:
        raise LayoutError(
            "countries are lost, or taken for aggregates",
            where=where,
            expected=f"{FEWEST} and more (217 in 2025), the five among them",
            got=f"{len(codes)}, without {sorted(set(FIVE) - codes)}",
        )
    world = frame.filter(is_aggregate=True, worldbank_code=WORLD).select(
        "year", world="population_persons"
    )
    sums = countries.group_by("year").agg(pl.col("population_persons").sum())
    share = 1 - pl.col("population_persons") / pl.col("world")
    odd = sums.join(world, on="year", how="full", coalesce=True).filter(
        ~share.is_between(0, MOST_OUTSIDE).fill_null(value=False)
    )
    if not odd.is_empty():
        raise LayoutError(
            "the world's population is not that of its countries",
            where=where,
            expected=f"a sum of the countries at most {MOST_OUTSIDE:.0%} below {WORLD}, every year",
            got=odd.sort("year").select("year", "population_persons", "world").head(3).rows(),
        )


def flows(_tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return nothing: a population is a denominator, not a movement."""
    return NO_FLOWS


def release_date(files: Sequence[ReleaseFile]) -> date | None:
    """Return the day of the last update that the title rows state, None where they do not."""
    return read_bulk(only_file(files)).updated


SOURCE = Source(
    source_id="worldbank_population",
    title="Population by country and year, mid-year estimates (SP.POP.TOTL)",
    publisher="World Bank, World Development Indicators",
    landing_url=LANDING,
    hosts=frozenset({"api.worldbank.org"}),
    licence=WORLD_BANK_CC_BY4,
    cadence=Cadence(
        "a new year every summer; the indicators are updated about every three months",
        "47 6 9 * *",
        550,
        92,
        200,
    ),
    revision_habit="All years at once, when a census or new United Nations estimates come.",
    tables=(TABLE,),
    module=__name__,
    country_scheme="worldbank",
    absent_is_zero=False,
    fetch=fetch,
    parse=parse,
    flows=flows,
    release_date=release_date,
    is_modelled=False,
    is_harmonised=False,
    by_hand=f"From {LANDING} download the CSV (API_SP.POP.TOTL_DS2_en_csv_v2_NUMBER.zip), leave it "
    "packed and run: fcm ingest worldbank_population FILE. The JSON of the API is not read. "
    "The layout was read in public programs; no file of the publisher's own has been tried here.",
)
