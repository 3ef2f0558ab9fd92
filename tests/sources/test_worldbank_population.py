"""The World Bank's population: aggregates told from countries, and nothing lost unseen."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import LayoutError, UnsafeFileError
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import NO_FLOWS, Parsed, ReleaseFile
from fcm_migration.sources.worldbank import bulk
from fcm_migration.sources.worldbank.population import SOURCE
from tests.sources.fake_get import FakeGet
from tests.sources.reading import figure, read, same
from tests.wire import worldbank_population as wire
from tests.workbook.writers import write_zip

FIGURES, COUNTRIES = "API_SP", "Metadata_Country"
Members = dict[str, str]


def changed(folder: Path, start: str, change: Callable[[str], str]) -> Parsed:
    """The release with the text of one of its files changed."""
    members = wire.texts(wire.areas(), list(wire.groups()), wire.YEARS)
    (name,) = [name for name in members if name.startswith(start)]
    members[name] = change(members[name])
    return read(SOURCE, write_zip(folder / wire.NAME, members))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    (path,) = wire.release(tmp_path_factory.mktemp("worldbank"))
    return read(SOURCE, path)


@pytest.fixture(scope="module")
def table(release: Parsed) -> pl.DataFrame:
    return release.tables["worldbank_population"]


def test_figures_by_country_and_year(table: pl.DataFrame) -> None:
    made = wire.areas()
    row = {"worldbank_code": "GBR", "year": 2017}
    assert figure(table, "population_persons", **row) == int(made["GBR"][1][2017])
    assert figure(table, "area_name", **row) == "United Kingdom"
    years = table.filter(worldbank_code="NAM").get_column("year")
    assert (years.min(), years.max(), years.len()) == (1960, 2017, 58)


def test_a_group_of_countries_is_an_aggregate_and_no_country(table: pl.DataFrame) -> None:
    groups = set(table.filter("is_aggregate").get_column("worldbank_code"))
    assert groups == {"WLD", "ECS", "SSF", "HIC", "LIC", "EUU"}
    countries = table.filter(~pl.col("is_aggregate"), year=2017)
    assert countries.height == 217
    world = figure(table, "population_persons", worldbank_code="WLD", year=2017)
    assert isinstance(world, int)
    assert 0.996 < countries.get_column("population_persons").sum() / world < 0.998


def test_a_year_without_an_estimate_has_no_row(table: pl.DataFrame) -> None:
    """Neither zero nor null: the West Bank before 1990, and a group that has no countries."""
    assert table.filter(worldbank_code="PSE").get_column("year").min() == 1990
    assert table.filter(worldbank_code="INX").is_empty()


def test_every_country_of_the_file_is_reviewed(table: pl.DataFrame) -> None:
    known = set(aliases(REFERENCE_DIR, "worldbank").get_column("label")) - {"@total"}
    assert set(table.filter(~pl.col("is_aggregate")).get_column("worldbank_code")) == known


def test_layout_and_notes(release: Parsed) -> None:
    assert release.notes == ()
    assert "aggregate WLD" in release.layout
    assert "column Region" in release.layout
    assert not any("1960" in line or "SpecialNotes" in line for line in release.layout)


def test_the_day_of_the_last_update_dates_the_release(tmp_path: Path) -> None:
    (path,) = wire.release(tmp_path)
    given = [ReleaseFile(path.name, path)]
    assert SOURCE.release_date(given) == date(2018, 3, 1)
    members = wire.texts(wire.areas(), list(wire.groups()), wire.YEARS)
    for text, found in (("", None), ("soon", LayoutError)):
        line = f'"Last Updated Date","{text}",' if text else ""
        undated = {
            n: t.replace(f'"Last Updated Date","{wire.UPDATED}",', line) for n, t in members.items()
        }
        write_zip(path, undated)
        if found is None:
            assert SOURCE.release_date(given) is None
        else:
            with pytest.raises(found, match=r"the day of the last update is no date; .*got soon"):
                SOURCE.release_date(given)


def test_what_is_asked_for(tmp_path: Path, release: Parsed) -> None:
    assert SOURCE.fetch is not None
    get = FakeGet(tmp_path, wire.answer)
    (file,) = SOURCE.fetch(get).files
    assert [request.url for request in get.requests] == [
        "https://api.worldbank.org/v2/en/indicator/SP.POP.TOTL"
    ]
    path = tmp_path / file.name
    path.write_bytes(file.response.path.read_bytes())
    assert same(read(SOURCE, path), release)
    assert SOURCE.flows({}).equals(NO_FLOWS)


REFUSED: dict[str, tuple[str, Callable[[str], str], str]] = {
    "a year is lost": (FIGURES, lambda t: t.replace('"1980"', '"1980 a"', 1), "years are missing"),
    "the last year is no year": (FIGURES, lambda t: t.replace('"2017"', '"2,017"', 1), "no year"),
    "a value with a fraction": (
        FIGURES,
        lambda t: t.replace('"1000"', '"1000.5"', 1),
        "no whole number",
    ),
    "thousands apart": (FIGURES, lambda t: t.replace('"1000"', '"1,000"', 1), "no whole number"),
    "a mark": (FIGURES, lambda t: t.replace('"1000"', '".."', 1), "no whole number"),
    "another indicator": (
        FIGURES,
        lambda t: t.replace("SP.POP.TOTL", "SP.POP.GROW"),
        "another ind",
    ),
    "no column of codes": (FIGURES, lambda t: t.replace('"Country Code"', '"Code"', 1), "missing"),
    "no header": (
        FIGURES,
        lambda t: t.replace('"Country Name"', '"Name"', 1),
        "header row was not",
    ),
    "a code twice": (FIGURES, lambda t: t.replace('"AGO"', '"AFG"', 1), "stand twice"),
    "figures after the last comma": (
        FIGURES,
        lambda t: t.replace('"10570",\n', '"10570","7"\n', 1).replace(
            '"11570",\n', '"11570","7"\n', 1
        ),
        "without a label|another width",
    ),
    "cut off": (FIGURES, lambda t: t[:-9], "not ended|broken"),
    "half of it": (
        FIGURES,
        lambda t: "".join(t.splitlines(keepends=True)[:100]),
        "countries are l",
    ),
    "no regions": (
        COUNTRIES,
        lambda t: t.replace('"Region"', '"Regions"', 1),
        "columns are missing",
    ),
    "all are aggregates": (
        COUNTRIES,
        lambda t: t.replace('"A region"', '""'),
        "countries are lost",
    ),
    "none is an aggregate": (
        COUNTRIES,
        lambda t: t.replace(',"","","A group."', ',"A region","","A group."'),
        "not that of its countries",
    ),
    "a large group taken for a country": (
        COUNTRIES,
        lambda t: t.replace('"HIC",""', '"HIC","A region"'),
        "not that of its countries",
    ),
    "a country that is not listed": (
        COUNTRIES,
        lambda t: t.replace('"NZL","A region"', '"NZX","A region"'),
        "does not list",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_matters_is_refused_by_name(tmp_path: Path, name: str) -> None:
    start, change, words = REFUSED[name]
    with pytest.raises(LayoutError, match=words):
        changed(tmp_path, start, change)


def test_a_year_of_which_the_world_is_missing_is_refused(tmp_path: Path) -> None:
    made = wire.areas()
    name, figures = made["WLD"]
    made["WLD"] = (name, {year: text for year, text in figures.items() if year != 1999})
    path = wire.write(tmp_path, made, list(wire.groups()), wire.YEARS)
    with pytest.raises(LayoutError, match=r"not that of its countries.*1999"):
        read(SOURCE, path)


@pytest.mark.parametrize("year", [1960, 1982, 2017])
def test_a_country_that_lost_a_year_is_refused(tmp_path: Path, year: int) -> None:
    """An empty cell among years that have a figure is a figure that was lost."""
    made = wire.areas()
    name, figures = made["BEN"]
    made["BEN"] = (name, {one: text for one, text in figures.items() if one != year})
    path = wire.write(tmp_path, made, list(wire.groups()), wire.YEARS)
    with pytest.raises(LayoutError, match=r"years without an estimate.*\['BEN'\]"):
        read(SOURCE, path)


def test_a_new_column_is_reported_not_read(tmp_path: Path, release: Parsed) -> None:
    more = changed(tmp_path, COUNTRIES, lambda t: t.replace('"IncomeGroup"', '"Lending"', 1))
    assert more.notes == ("Columns not read: Lending.",)
    assert same(more, release)


def test_no_zip_and_other_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / wire.NAME
    path.write_text("<!doctype html>")
    with pytest.raises(UnsafeFileError, match="not a readable ZIP"):
        read(SOURCE, path)
    members = wire.texts(wire.areas(), list(wire.groups()), wire.YEARS)
    for others in ({"events.csv": "a,b\n"}, {**members, "more.csv": "a,b\n"}):
        write_zip(path, others)
        with pytest.raises(LayoutError, match="three files of a download"):
            read(SOURCE, path)
    wire.release(tmp_path)
    monkeypatch.setattr(bulk, "MOST_BYTES", 1000)
    with pytest.raises(UnsafeFileError, match="unpacks too far"):
        read(SOURCE, path)


@pytest.mark.shared_data
def test_every_figure_of_the_real_table(shared_data: Path, tmp_path: Path) -> None:
    """Somebody's long table of the download, written back into the download's own layout."""
    path = shared_data.parent / "fresh" / "population" / "population.csv"
    if not path.is_file():
        pytest.skip("the long table of real figures is not there")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found: dict[str, tuple[str, dict[int, str]]] = {}
    for row in rows:
        _, figures = found.setdefault(row["Country Code"], (row["Country Name"], {}))
        figures[int(row["Year"])] = row["Value"]
    groups = sorted(set(found) - set(wire.countries()))
    answer = read(SOURCE, wire.write(tmp_path, found, groups, range(1960, 2025)))
    table = answer.tables["worldbank_population"]
    assert (table.height, answer.notes) == (17_195, ())
    assert table.get_column("population_persons").sum() == sum(int(row["Value"]) for row in rows)
    newest = table.filter(year=2024)
    world = figure(newest, "population_persons", worldbank_code="WLD")
    assert world == 8_141_808_945
    countries = newest.filter(~pl.col("is_aggregate")).get_column("population_persons")
    assert (countries.len(), countries.sum()) == (217, 8_118_396_046)
    five = newest.filter(pl.col("worldbank_code").is_in(["AUS", "CAN", "GBR", "NZL", "USA"]))
    assert dict(five.select("worldbank_code", "population_persons").rows()) == {
        "AUS": 27_196_812,
        "CAN": 41_288_599,
        "GBR": 69_226_000,
        "NZL": 5_287_500,
        "USA": 340_110_988,
    }
