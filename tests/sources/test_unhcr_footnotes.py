"""UNHCR's notes: years as text, blanks for any country, two layouts with the same notes."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration.errors import ConformError, LayoutError, UnsafeFileError
from fcm_migration.sources.base import NO_FLOWS, Parsed, ReleaseFile
from fcm_migration.sources.unhcr import footnotes as unhcr_footnotes
from fcm_migration.sources.unhcr.footnotes import SOURCE
from tests.sources.fake_get import FakeGet
from tests.sources.reading import conformed, read, same
from tests.wire import unhcr_footnotes as wire

Rows = list[dict[str, Any]]
BREAK = "Simulated: a break. Figures of later years are of another register."


def changed(folder: Path, change: Callable[[Rows], object]) -> Parsed:
    (path,) = wire.release(folder)
    page = json.loads(path.read_bytes())
    change(page["items"])
    path.write_text(json.dumps(page))
    return read(SOURCE, path)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    (path,) = wire.release(tmp_path_factory.mktemp("unhcr-footnotes"))
    return read(SOURCE, path)


def note(release: Parsed, text: str) -> dict[str, Any]:
    (row,) = release.tables["unhcr_footnotes"].filter(note=text).rows(named=True)
    return row


def years(release: Parsed, text: str) -> list[int]:
    table = release.tables["unhcr_footnote_years"]
    return table.filter(note_id=note(release, text)["note_id"]).get_column("year").to_list()


def test_a_note_with_its_countries(release: Parsed) -> None:
    row = note(release, "Simulated: the figure is an estimate of the Government.")
    del row["note_id"], row["note"]
    assert row == {
        "years_text": "2025",
        "origin_name": "Afghanistan",
        "origin_printed_iso3": "AFG",
        "asylum_name": "Pakistan",
        "asylum_printed_iso3": "PAK",
        "population_types": "REF",
    }


def test_blank_countries_and_types_are_any(release: Parsed) -> None:
    row = note(release, "Simulated: applies to every country.")
    assert [row[name] for name in ("origin_name", "origin_printed_iso3", "asylum_name")] == [
        None
    ] * 3
    assert row["asylum_printed_iso3"] is None
    table = release.tables["unhcr_footnotes"]
    assert table.get_column("population_types").null_count() == 1


def test_years_are_read_out_of_text(release: Parsed) -> None:
    assert years(release, BREAK) == [2015, 2016, 2017, 2018, 2020, 2021, 2022, 2023, 2024]
    assert years(release, 'Simulated: "quoted", and a comma.') == [2013]
    assert release.tables["unhcr_footnote_years"].height == 1 + 3 + 9 + 3 + 1 + 1 + 1


def test_one_text_for_two_years_is_two_notes(release: Parsed) -> None:
    table = release.tables["unhcr_footnotes"]
    twice = table.filter(note="Simulated: cases until 2020, persons after.")
    assert twice.get_column("years_text").sort().to_list() == ["2021", "2022"]
    assert twice.get_column("note_id").n_unique() == 2


def test_a_note_without_a_text_is_left_out_and_remarked(release: Parsed) -> None:
    assert release.tables["unhcr_footnotes"].height == 7
    assert release.notes == ("1 notes without a text left out.",)


def test_fingerprint(release: Parsed) -> None:
    assert "column footnote" in release.layout
    assert [line for line in release.layout if line.startswith("population type")] == [
        "population type: ASY",
        "population type: IDP",
        "population type: NAT",
        "population type: REF",
        "population type: ROC",
        "population type: STA",
    ]


def test_a_note_twice_is_kept_once_and_remarked(tmp_path: Path, release: Parsed) -> None:
    again = changed(tmp_path, lambda rows: rows.append(dict(rows[0])))
    assert same(again, release)
    assert again.notes[-1] == "1 notes stand twice and are kept once."


def test_the_order_of_the_notes_does_not_matter(tmp_path: Path, release: Parsed) -> None:
    assert same(changed(tmp_path, lambda rows: rows.reverse()), release)


@pytest.mark.parametrize(
    "text", ["", "-", "2015-2018", "2018 - 2015", "2015 to 2018", "All", "2015 - 2099", "2015,2016"]
)
def test_years_that_cannot_be_read_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(LayoutError, match="years that cannot be read"):
        changed(tmp_path, lambda rows: rows[1].update(year=text))


def test_no_year_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match="years that cannot be read"):
        changed(tmp_path, lambda rows: rows[1].update(year=None))
    with pytest.raises(LayoutError, match="are no years"):
        changed(tmp_path, lambda rows: rows[1].update(year="9015"))


def test_years_outside_the_declaration_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConformError, match="below 1951"):
        changed(tmp_path, lambda rows: rows[1].update(year="1950"))


@pytest.mark.parametrize(
    "key", ["footnote", "year", "coo", "coo_iso", "coa_iso", "population_type"]
)
def test_a_missing_column_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(LayoutError, match=rf"columns are missing.*\['{key}'\]"):
        changed(tmp_path, lambda rows: [row.pop(key) for row in rows])


def test_a_new_column_is_reported(tmp_path: Path, release: Parsed) -> None:
    more = changed(tmp_path, lambda rows: [row.update(language="en") for row in rows])
    assert more.notes[0] == "Columns not read: language."
    assert same(more, release)


def test_what_is_asked_for(tmp_path: Path, release: Parsed) -> None:
    get = FakeGet(tmp_path, wire.answer)
    assert SOURCE.fetch is not None
    fetched = SOURCE.fetch(get)
    (request,) = get.requests
    assert request.url == "https://api.unhcr.org/population/v1/footnotes/"
    assert dict(request.params) == {"limit": "10000", "page": "1"}
    got = [ReleaseFile(file.name, file.response.path) for file in fetched.files]
    assert same(conformed(SOURCE, SOURCE.parse(got)), release)
    assert SOURCE.release_date(got) is None


@pytest.mark.parametrize("body", [b"<!doctype html>", b"[]", b'{"page":1,"maxPages":1,"items":[]}'])
def test_an_answer_that_is_none_is_refused(tmp_path: Path, body: bytes) -> None:
    assert SOURCE.fetch is not None
    with pytest.raises(LayoutError):
        SOURCE.fetch(FakeGet(tmp_path, lambda _: body))


HEADER = [
    "Footnote",
    "Year",
    "Country of origin (ISO)",
    "Country of asylum (ISO)",
    "Population type",
]


def as_csv(folder: Path) -> str:
    """The fixture's notes as a download of the Data Finder has them."""
    (path,) = wire.release(folder)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    for row in json.loads(path.read_bytes())["items"]:
        writer.writerow(
            [row[key] for key in ("footnote", "year", "coo_iso", "coa_iso", "population_type")]
        )
    return out.getvalue()


def zipped(folder: Path, text: str, member: str = "footnotes.csv") -> Path:
    path = folder / "query_data.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("asylum-applications.csv", "Year\n2000\n")
        archive.writestr(member, text)
    return path


def test_a_download_of_the_data_finder_has_the_same_notes(tmp_path: Path, release: Parsed) -> None:
    text = as_csv(tmp_path)
    plain = tmp_path / "footnotes.csv"
    plain.write_text("\ufeff" + text, encoding="utf-8")
    for path in (plain, zipped(tmp_path, text)):
        answer = read(SOURCE, path)
        notes = answer.tables["unhcr_footnotes"]
        assert notes.get_column("origin_name").null_count() == notes.height
        unnamed = release.tables["unhcr_footnotes"].drop("origin_name", "asylum_name")
        assert notes.drop("origin_name", "asylum_name").equals(unnamed)
        assert answer.tables["unhcr_footnote_years"].equals(release.tables["unhcr_footnote_years"])


def doubled(text: str) -> str:
    """The column of years a second time."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([*row, row[1]] for row in csv.reader(io.StringIO(text, newline="")))
    return out.getvalue()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("Footnote", "Note", 1), r"columns are missing.*\['Footnote'\]"),
        (lambda text: text.replace("Year", "Footnote", 1), "columns are missing"),
        (doubled, r"columns stand twice.*\['Year'\]"),
        (lambda text: text[: text.rindex('"')], "broken|another width"),
        (lambda text: "<html>" + text, "columns are missing"),
    ],
)
def test_a_changed_download_is_refused(
    tmp_path: Path, change: Callable[[str], str], words: str
) -> None:
    path = tmp_path / "footnotes.csv"
    path.write_text(change(as_csv(tmp_path)), encoding="utf-8")
    with pytest.raises(LayoutError, match=words):
        read(SOURCE, path)


def test_a_zip_that_is_no_download_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"no download of the Data Finder.*footnotes\.csv"):
        read(SOURCE, zipped(tmp_path, "x", "readme.txt"))
    path = zipped(tmp_path, as_csv(tmp_path))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(LayoutError, match="no download of the Data Finder"):
        read(SOURCE, path)
    with pytest.raises(LayoutError, match="a release is one file"):
        SOURCE.parse([ReleaseFile(path.name, path)] * 2)


def test_a_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unhcr_footnotes, "MOST_BYTES", 1_000)
    with pytest.raises(UnsafeFileError, match="unpack to more"):
        read(SOURCE, zipped(tmp_path, "x" * 1_001))


def test_nothing_to_harmonise(release: Parsed) -> None:
    assert SOURCE.flows(release.tables).equals(NO_FLOWS)


@pytest.mark.shared_data
def test_the_real_download(shared_data: Path) -> None:
    answer = read(SOURCE, shared_data / "unhcr" / "zip_download" / "query_data.zip")
    notes = answer.tables["unhcr_footnotes"]
    assert (notes.height, answer.notes) == (259, ())
    spans = answer.tables["unhcr_footnote_years"].get_column("year")
    assert (spans.min(), spans.max(), spans.len()) == (2015, 2019, 371)
    assert notes.get_column("asylum_printed_iso3").null_count() == 20
    assert notes.get_column("origin_printed_iso3").null_count() == 205
    # lists of spans came later: in 2020 every note is of one year or one span
    assert notes.filter(pl.col("years_text").str.contains(",")).is_empty()
    assert notes.get_column("population_types").null_count() == 14
