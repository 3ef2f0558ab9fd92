"""UNHCR's list of countries: its codes are not ISO's, and two texts are codes, not blanks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import ConformError, FetchError, LayoutError
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import NO_FLOWS, Parsed, ReleaseFile
from fcm_migration.sources.unhcr.countries import SOURCE
from tests.sources.fake_get import FakeGet
from tests.sources.reading import conformed, figure, read, same
from tests.wire import unhcr_countries as wire

Rows = list[dict[str, Any]]


def files(folder: Path) -> list[ReleaseFile]:
    return [ReleaseFile(path.name, path) for path in wire.release(folder)]


def parsed(release: list[ReleaseFile]) -> Parsed:
    return conformed(SOURCE, SOURCE.parse(release))


def changed(folder: Path, change: Callable[[Rows], object], name: str = "page-001.json") -> Parsed:
    """The release with the rows of one file changed."""
    release = files(folder)
    path = folder / name
    page = json.loads(path.read_bytes())
    change(page["items"])
    path.write_text(json.dumps(page))
    return parsed(release)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    return parsed(files(tmp_path_factory.mktemp("unhcr-countries")))


@pytest.fixture(scope="module")
def table(release: Parsed) -> pl.DataFrame:
    return release.tables["unhcr_countries"]


def test_unhcrs_codes_are_not_isos(table: pl.DataFrame) -> None:
    codes = dict(table.select("unhcr_code", "printed_iso3").rows())
    assert (codes["AUS"], codes["AUL"]) == ("AUT", "AUS")
    assert (codes["MAR"], codes["ARE"]) == ("MTQ", "EGY")
    assert (codes["NIG"], codes["NGR"]) == ("NGA", "NER")
    assert figure(table, "country_name", unhcr_code="AUS") == "Austria"


def test_na_is_namibia_and_uk_is_unknown(table: pl.DataFrame) -> None:
    assert figure(table, "printed_iso2", unhcr_code="NAM") == "NA"
    assert figure(table, "printed_iso2", unhcr_code="UKN") == "UK"
    assert figure(table, "printed_iso2", unhcr_code="GBR") == "GB"
    assert figure(table, "printed_iso3", unhcr_code="UKN") == "UNK"
    assert figure(table, "country_name", unhcr_code="UKN") == "Unknown"


def test_blank_is_no_code(table: pl.DataFrame) -> None:
    assert figure(table, "country_long_name", unhcr_code="UKN") is None
    assert figure(table, "printed_iso2", unhcr_code="STA") is None


def test_the_region_comes_from_the_regions_members(table: pl.DataFrame) -> None:
    assert figure(table, "unhcr_region", unhcr_code="AUL") == "Asia and the Pacific"
    assert figure(table, "unhcr_region", unhcr_code="MAR") == "The Americas"
    assert figure(table, "unhcr_region", unhcr_code="STA") is None
    assert figure(table, "unsd_subregion", unhcr_code="AUL") == "Australia-New Zealand"


def test_the_list_holds_every_code_of_the_alias_table(table: pl.DataFrame) -> None:
    known = set(aliases(REFERENCE_DIR, "unhcr").get_column("label")) - {"@total"}
    assert set(table.get_column("unhcr_code")) == known - {"CRB", "CUR"}


def test_fingerprint_and_notes(release: Parsed) -> None:
    assert release.notes == ()
    assert [line for line in release.layout if line.startswith("unhcr_region")] == [
        "unhcr_region: Asia and the Pacific",
        "unhcr_region: Eastern and Southern Africa",
        "unhcr_region: Europe",
        "unhcr_region: Middle East and North Africa",
        "unhcr_region: The Americas",
        "unhcr_region: West and Central Africa",
    ]
    assert "column iso2" in release.layout
    assert not any("nameFr" in line or line == "column 0" for line in release.layout)


def test_a_page_alone_has_no_regions(tmp_path: Path, table: pl.DataFrame) -> None:
    alone = parsed(files(tmp_path)[:1]).tables["unhcr_countries"]
    assert alone.get_column("unhcr_region").null_count() == alone.height
    assert alone.drop("unhcr_region").equals(table.drop("unhcr_region"))


def swap(rows: Rows) -> None:
    for row in rows:
        row["code"], row["iso"] = row["iso"], row["code"]


def without(key: str) -> Callable[[Rows], object]:
    return lambda rows: [row.pop(key) for row in rows]


REFUSED: dict[str, tuple[Callable[[Rows], object], str]] = {
    "codes swapped": (swap, "the codes are not UNHCR's.*'AUL': None"),
    "no code": (without("code"), r"columns are missing.*\['code'\]"),
    "no ISO code": (without("iso"), r"columns are missing.*\['iso'\]"),
    "one row lacks a field": (lambda rows: rows[3].pop("iso2"), "rows of different columns"),
    "cut off": (lambda rows: rows.__delitem__(slice(150, None)), "not UNHCR's|countries are lost"),
    "Austria read as Australia": (
        lambda rows: [row.update(iso="AUS") for row in rows if row["code"] == "AUS"],
        r"the codes are not UNHCR's.*got \{'AUS': 'AUS'\}",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_matters_is_refused_by_name(tmp_path: Path, name: str) -> None:
    change, words = REFUSED[name]
    with pytest.raises(LayoutError, match=words):
        changed(tmp_path, change)


def test_lost_countries_are_refused(tmp_path: Path) -> None:
    held = {"AUL", "AUS", "MAR", "ARE", "GBR", "NZL"}
    with pytest.raises(LayoutError, match=r"countries are lost.*got 6"):
        changed(
            tmp_path,
            lambda rows: rows.__setitem__(slice(None), [r for r in rows if r["code"] in held]),
        )


def test_a_code_twice_and_a_code_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConformError, match="stand more than once"):
        changed(tmp_path, lambda rows: rows.append(dict(rows[0])))
    with pytest.raises(ConformError, match="printed_iso3"):
        changed(tmp_path, lambda rows: rows[0].update(iso="Aruba"))


def test_a_new_column_is_reported_not_read(tmp_path: Path, release: Parsed) -> None:
    more = changed(tmp_path, lambda rows: [row.update(currency="x") for row in rows])
    assert more.notes == ("Columns not read: currency.",)
    assert same(more, release)


def test_regions_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    everything = json.loads(files(tmp_path)[0].path.read_bytes())["items"]
    with pytest.raises(LayoutError, match="ignored the region asked for"):
        changed(tmp_path, lambda rows: rows.extend(everything), "region-2.json")
    with pytest.raises(LayoutError, match=r"ignored the region asked for.*1 of other regions"):
        changed(tmp_path, lambda rows: rows.append({"code": "AFG"}), "region-6.json")
    with pytest.raises(LayoutError, match="UNHCR's regions are others"):
        changed(tmp_path, lambda rows: rows[0].update(id=8), "regions.json")
    with pytest.raises(LayoutError, match="files of the regions"):
        parsed(files(tmp_path)[:-1])


def test_not_json_and_html_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "page-001.json"
    path.write_text("<!doctype html>")
    with pytest.raises(LayoutError, match="not JSON"):
        SOURCE.parse([ReleaseFile(path.name, path)])


def test_what_is_asked_for(tmp_path: Path, release: Parsed) -> None:
    get = FakeGet(tmp_path, wire.answer)
    assert SOURCE.fetch is not None
    fetched = SOURCE.fetch(get)
    base = "https://api.unhcr.org/population/v1"
    assert [
        (request.url, dict(request.params).get("unhcr_region")) for request in get.requests
    ] == [
        (f"{base}/countries/", None),
        (f"{base}/regions/", None),
        *((f"{base}/countries/", number) for number in ("1", "2", "3", "5", "6", "7")),
    ]
    got = [ReleaseFile(file.name, file.response.path) for file in fetched.files]
    assert same(parsed(got), release)
    assert SOURCE.release_date(got) is None


def test_a_list_that_cannot_be_had(tmp_path: Path) -> None:
    assert SOURCE.fetch is not None
    with pytest.raises(FetchError, match="404"):
        SOURCE.fetch(FakeGet(tmp_path, lambda _: None))


CROSSWALK = "iso_code,unhcr_code,name,unhcr_region,unsd_region,unsd_subregion,unsd_imregion\n"


def crosswalk(table: pl.DataFrame) -> str:
    rows = table.select("printed_iso3", "unhcr_code", "country_name").fill_null("").rows()
    return CROSSWALK + "".join(f'{iso},{code},"{name}",,,,\n' for iso, code, name in rows)


def test_a_csv_of_codes_is_read_too(tmp_path: Path, table: pl.DataFrame) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("\ufeff" + crosswalk(table), encoding="utf-8")
    answer = read(SOURCE, path)
    assert answer.notes == ()
    both = ["unhcr_code", "printed_iso3", "country_name"]
    assert answer.tables["unhcr_countries"].select(both).equals(table.select(both))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("unhcr_code,", "code,", 1), "columns are missing"),
        (lambda text: text.replace("unsd_imregion", "name", 1), "columns stand twice"),
        (lambda text: text.replace("iso_code,unhcr_code", "unhcr_code,iso_code", 1), "not UNHCR's"),
        (lambda text: text[:-30], "another width|broken"),
        (lambda _: "<html></html>\n", "columns are missing"),
    ],
)
def test_a_changed_csv_is_refused(
    tmp_path: Path, table: pl.DataFrame, change: Callable[[str], str], words: str
) -> None:
    path = tmp_path / "codes.csv"
    path.write_text(change(crosswalk(table)), encoding="utf-8")
    with pytest.raises(LayoutError, match=words):
        read(SOURCE, path)


def test_nothing_to_harmonise(table: pl.DataFrame) -> None:
    assert SOURCE.flows({"unhcr_countries": table}).equals(NO_FLOWS)


@pytest.mark.shared_data
def test_the_real_list(shared_data: Path) -> None:
    answer = read(SOURCE, shared_data / "crosswalk" / "unhcr_countries.csv")
    table = answer.tables["unhcr_countries"]
    assert (table.height, answer.notes) == (232, ())
    codes = dict(table.select("unhcr_code", "printed_iso3").rows())
    assert sum(code != iso for code, iso in codes.items()) == 99
    assert [code for code, iso in codes.items() if iso is None] == ["CRB", "CUR", "TIB"]
    assert (codes["AUS"], codes["STA"], codes["UKN"]) == ("AUT", "XXA", "XXX")
    isos = {iso for code, iso in codes.items() if iso != code}
    assert sorted(set(codes) & isos) == ["ARE", "AUS", "MAR"]
    assert figure(table, "country_name", unhcr_code="CUW") == "Curacao"
    assert table.filter(pl.col("unhcr_region").is_null()).height == 4
    assert table.get_column("printed_iso2").null_count() == 232
    known = set(aliases(REFERENCE_DIR, "unhcr").get_column("label")) - {"@total"}
    assert set(codes) <= known


def test_members_of_a_region_that_are_not_in_the_list_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"members of a region that are not in the list.*None"):
        changed(tmp_path, without("code"), "region-7.json")


def test_regions_without_a_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="regions without a name"):
        changed(tmp_path, without("name"), "regions.json")
