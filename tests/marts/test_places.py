"""The list of countries: every code has a name; and populations: of countries only."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform, empty
from fcm_migration.catalog.reviewed import read_declared
from fcm_migration.config import REFERENCE_DIR
from fcm_migration.marts.countries import aliases, read_aliases
from fcm_migration.marts.places import COUNTRIES, FILE, POPULATION, every_code, population
from fcm_migration.marts.tables import FLOWS

SCHEMES = sorted(path.stem for path in (REFERENCE_DIR / "country_aliases").glob("*.csv"))


@pytest.fixture(scope="module")
def listed() -> pl.DataFrame:
    return read_declared(REFERENCE_DIR / FILE, COUNTRIES)


def row(listed: pl.DataFrame, code: str) -> dict[str, object]:
    return listed.row(by_predicate=pl.col("country_code") == code, named=True)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_reviewed_label_has_its_row_of_the_same_class(
    listed: pl.DataFrame, scheme: str
) -> None:
    used = set(aliases(REFERENCE_DIR, scheme).select("origin_iso3", "origin_class").rows())
    assert used - set(listed.select("country_code", "country_class").rows()) == set()


def test_destinations_that_are_no_country_are_there(listed: pl.DataFrame) -> None:
    assert {"all", "eu", "none"} <= set(listed.get_column("country_code"))


def test_codes_names_and_numbers_stand_once(listed: pl.DataFrame) -> None:
    assert listed.height == 274
    for column in ("country_code", "country_name", "iso2", "m49"):
        filled = listed.filter(pl.col(column) != "").get_column(column)
        assert filled.is_unique().all(), column
    iso = listed.filter(source="ISO 3166-1 and UN M49")
    assert iso.height == 249
    assert (iso.select("iso2", "m49") != "").to_numpy().all()
    assert iso.filter(pl.col("region") == "").get_column("country_code").to_list() == ["ATA"]
    assert listed.get_column("reviewed_date").null_count() == 0


def test_na_is_namibia_and_special_codes_say_what_they_are(listed: pl.DataFrame) -> None:
    namibia = row(listed, "NAM")
    assert (namibia["iso2"], namibia["m49"], namibia["country_name"]) == ("NA", "516", "Namibia")
    assert row(listed, "AFG")["m49"] == "004"
    kosovo = row(listed, "XKX")
    assert (kosovo["iso2"], kosovo["m49"], kosovo["country_class"]) == ("", "", "country")
    assert row(listed, "former_yugoslavia")["country_class"] == "former_state"
    assert row(listed, "stateless")["region"] == ""
    assert row(listed, "GTM")["intermediate_region"] == "Central America"


def test_a_code_of_the_figures_that_is_not_listed_still_has_a_row(listed: pl.DataFrame) -> None:
    flows = empty(FLOWS)
    codes = {"origin_iso3": ["ZZZ", "SYR"], "origin_class": ["country", "country"]}
    more = pl.DataFrame({**codes, "destination_iso3": ["GBR", "mars"]})
    made = conform(every_code(listed, pl.concat([flows, more], how="diagonal")), COUNTRIES)
    assert made.height == listed.height + 2
    assert (row(made, "ZZZ")["country_name"], row(made, "ZZZ")["country_class"]) == (
        "ZZZ",
        "country",
    )
    assert row(made, "mars")["country_class"] == "other"
    assert row(made, "mars")["reviewed_date"] is None


def core(*rows: tuple[str, bool, int, int]) -> pl.DataFrame:
    columns = ("worldbank_code", "is_aggregate", "year", "population_persons")
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        as_of_date=date(2026, 3, 4), obtained=pl.lit("bundled")
    )


def test_populations_are_of_reviewed_countries_and_never_of_groups() -> None:
    known = read_aliases(REFERENCE_DIR / "country_aliases" / "worldbank.csv")
    rows = core(
        ("GBR", False, 2024, 69_226_000),
        ("CHI", False, 2024, 171_000),
        ("WLD", True, 2024, 8_141_808_945),
        ("QQQ", False, 2024, 5),
    )
    made = conform(population(rows, known), POPULATION)
    assert made.select("country_code", "population_persons").rows() == [
        ("GBR", 69_226_000),
        ("channel_islands", 171_000),
    ]
    assert made.get_column("source_id").unique().to_list() == ["worldbank_population"]
    assert population(None, None).is_empty()


@pytest.mark.shared_data
def test_codes_and_regions_are_those_of_two_published_lists(
    shared_data: Path, listed: pl.DataFrame
) -> None:
    folder = shared_data.parent / "fresh" / "population"
    if not folder.is_dir():
        pytest.skip("the published lists of codes are not there")
    iso = listed.filter(source="ISO 3166-1 and UN M49")
    names = {
        "country_code": ("ISO3166-1-Alpha-3", "ISO-alpha3 Code"),
        "iso2": ("ISO3166-1-Alpha-2", "ISO-alpha2 Code"),
        "m49": ("M49", "M49 Code"),
        "region": ("Region Name", "Region Name"),
        "subregion": ("Sub-region Name", "Sub-region Name"),
        "intermediate_region": ("Intermediate Region Name", "Intermediate Region Name"),
    }
    for number, file in enumerate(("country-codes.csv", "UNSD-en.csv")):
        raw = pl.read_csv(folder / file, infer_schema=False).fill_null("")
        theirs = raw.select(pl.col(pair[number]).alias(ours) for ours, pair in names.items())
        theirs = theirs.with_columns(pl.col("m49").str.zfill(3))
        assert iso.select(*names).sort("country_code").equals(theirs.sort("country_code")), file
