"""A changed UNHCR download gives the same table or a refusal, never other figures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration.errors import ConformError, LayoutError, SourceError
from fcm_migration.sources.base import ReleaseFile, Source
from fcm_migration.sources.unhcr import demographics as unhcr_demographics
from fcm_migration.sources.unhcr import population as unhcr_population
from fcm_migration.sources.unhcr import solutions as unhcr_solutions
from fcm_migration.sources.unhcr.api import envelope
from tests.sources.unhcr_pages import (
    ALL,
    APPLICATIONS,
    DECISIONS,
    DEMOGRAPHICS,
    FIGURE,
    POPULATION,
    SOLUTIONS,
    Page,
    bodies,
    hold,
    pages,
    write,
    write_release,
)

by_source = pytest.mark.parametrize("source", ALL, ids=lambda source: source.source_id)
Row = dict[str, Any]
# A change of one download, told the name of a number column.
Change = Callable[[list[Page], str], object]


def rows_of(content: list[Page]) -> list[Row]:
    return [row for page in content for row in page["items"]]


def every_row(change: Callable[[Row], Row]) -> Change:
    """Rebuild every row."""
    return lambda content, _: [
        page.update(items=[change(row) for row in page["items"]]) for page in content
    ]


def figure(text: Callable[[Any], Any]) -> Change:
    """Write over the number in the second row."""

    def change(content: list[Page], name: str) -> None:
        row = rows_of(content)[1]
        row[name] = text(row[name])

    return change


def field(name: str, value: object) -> Change:
    """Write over another field of the second row."""
    return lambda content, _: rows_of(content)[1].update({name: value})


def renamed(row: Row, old: str, new: str) -> Row:
    return {new if key == old else key: value for key, value in row.items()}


def exchanged(one: str, other: str) -> Change:
    """Two headings that changed places."""
    names = {one: other, other: one}
    return every_row(lambda row: {names.get(key, key): value for key, value in row.items()})


def drop_year(content: list[Page], year: int) -> None:
    for page in content:
        page["items"] = [row for row in page["items"] if row["year"] != year]


HARMLESS: dict[str, Change] = {
    "another total": lambda content, _: [page.update(total=[]) for page in content],
    "fields in another order": every_row(lambda row: dict(reversed(row.items()))),
    "everything as text": every_row(lambda row: {key: str(value) for key, value in row.items()}),
    "no-break spaces around a figure": figure(lambda value: f"\N{NO-BREAK SPACE}{value} "),
    "spaces after every name": every_row(lambda row: row | {"coo_name": row["coo_name"] + "  "}),
    "rows the other way round": lambda content, _: [page["items"].reverse() for page in content],
    "no ids": every_row(lambda row: {k: v for k, v in row.items() if not k.endswith("_id")}),
}
REFUSED: dict[str, tuple[Change, type[SourceError], str]] = {
    "page twice": (lambda content, _: content.append(content[0]), LayoutError, "pages do not"),
    "page of another download": (
        lambda content, _: content[-1].update(maxPages=9),
        LayoutError,
        "got page . of 9",
    ),
    "column renamed": (
        every_row(lambda row: renamed(row, "coo_iso", "origin_iso")),
        LayoutError,
        r"columns are missing.*\['coo_iso'\]",
    ),
    "column renamed in one row": (
        lambda content, _: content[0]["items"].append(
            renamed(content[0]["items"].pop(), "coo", "co")
        ),
        LayoutError,
        "rows of different columns",
    ),
    "field lacking in one row": (
        lambda content, name: content[0]["items"][1].pop(name),
        LayoutError,
        "rows of different columns",
    ),
    "block doubled": (
        lambda content, _: content[0]["items"].extend(content[0]["items"][:2]),
        ConformError,
        "stand more than once",
    ),
    "thousands separators": (figure(lambda _: "4,205"), LayoutError, r"1 value.*\['4,205'\]"),
    "no-break space for thousands": (
        figure(lambda _: "4\N{NO-BREAK SPACE}205"),
        LayoutError,
        "neither a whole number nor '-'",
    ),
    "asterisk": (figure(lambda _: "*"), LayoutError, r"column .*; got \['\*'\]"),
    "[z]": (figure(lambda _: "[z]"), LayoutError, r"\[z\]"),
    "empty text": (figure(lambda _: ""), LayoutError, r"got \[''\]"),
    "broken number": (figure(lambda _: 12.5), LayoutError, r"\['12\.5'\]"),
    "truth": (figure(lambda _: True), LayoutError, r"\['True'\]"),
    "not a number": (figure(lambda _: float("nan")), LayoutError, r"\['nan'\]"),
    "negative": (figure(lambda _: -5), ConformError, "breach"),
    "origins summed": (field("coo", "-"), LayoutError, "rows are summed.*1 summed rows"),
    "destinations summed": (field("coa", "-"), LayoutError, "rows are summed"),
    "origin's codes changed places": (exchanged("coo", "coo_iso"), LayoutError, "another column"),
    "asylum's codes changed places": (exchanged("coa", "coa_iso"), LayoutError, "another column"),
    "name and code changed places": (exchanged("coo", "coo_name"), LayoutError, "another column"),
    "origin lacking": (field("coo", None), ConformError, "origin_unhcr_code: 1 null"),
    "year lacking": (field("year", "-"), ConformError, "year: 1 null"),
    "year of another age": (field("year", 10**15), LayoutError, "a year without a row"),
}
# Null figures in each fixture of a dataset where a figure may be null.
NULLABLE = {POPULATION: 9, SOLUTIONS: 24, DEMOGRAPHICS: 0}


def swap_sides(content: list[Page]) -> None:
    """Origin and country of asylum changed places."""
    for row in rows_of(content):
        for one, other in (("coo", "coa"), ("coo_iso", "coa_iso"), ("coo_name", "coa_name")):
            row[one], row[other] = row[other], row[one]


JUNK = ("", "..", ":", "x", "NA", "null", "<5", "1.305", "1 305", "1'305", "1e3", "#N/A")
NUMBERS = {
    *("applied", "dec_recognized", "dec_other", "dec_rejected", "dec_closed", "dec_total"),
    *unhcr_population.COUNTS,
    *unhcr_solutions.COUNTS,
    *unhcr_demographics.COUNTS,
}


def changed(folder: Path, source: Source, change: Change) -> pl.DataFrame:
    content = pages(source)
    change(content, FIGURE[source])
    return hold(source, source.parse(write(folder, content)))


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> dict[Source, pl.DataFrame]:
    folder = tmp_path_factory.mktemp("unhcr-untouched")
    return {source: changed(folder, source, lambda *_: None) for source in ALL}


@by_source
@pytest.mark.parametrize("name", HARMLESS)
def test_what_does_not_matter_changes_nothing(
    tmp_path: Path, untouched: dict[Source, pl.DataFrame], source: Source, name: str
) -> None:
    assert changed(tmp_path, source, HARMLESS[name]).equals(untouched[source])


@by_source
@pytest.mark.parametrize("name", REFUSED)
def test_what_matters_is_refused_by_name(tmp_path: Path, source: Source, name: str) -> None:
    change, kind, words = REFUSED[name]
    with pytest.raises(kind, match=words) as caught:
        changed(tmp_path, source, change)
    assert type(caught.value) is kind


@pytest.mark.parametrize("source", [APPLICATIONS, POPULATION, SOLUTIONS, DEMOGRAPHICS])
def test_origin_and_asylum_that_changed_places_are_refused(tmp_path: Path, source: Source) -> None:
    """Tibetans tell them apart."""
    with pytest.raises(LayoutError, match=r"another column than theirs.*'TIB'"):
        changed(tmp_path, source, lambda content, _: swap_sides(content))


@by_source
@pytest.mark.parametrize("junk", JUNK)
def test_no_number_column_takes_junk(tmp_path: Path, source: Source, junk: str) -> None:
    numbers = [name for name in pages(source)[0]["items"][0] if name in NUMBERS]
    assert FIGURE[source] in numbers
    for name in ("year", *numbers):
        with pytest.raises(LayoutError, match=r"neither a whole number nor '-'"):
            changed(tmp_path, source, field(name, junk))


@by_source
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99])
def test_json_cut_off_is_refused(tmp_path: Path, source: Source, share: float) -> None:
    *others, last = bodies(source)
    files = write(tmp_path, [*others, last[: int(len(last) * share)]])
    with pytest.raises(LayoutError, match=rf"{files[-1].name}: not JSON"):
        source.parse(files)


@by_source
@pytest.mark.parametrize("which", [0, 1])
def test_a_dropped_year_is_refused(tmp_path: Path, source: Source, which: int) -> None:
    year = sorted({row["year"] for row in rows_of(pages(source))})[which]
    with pytest.raises(LayoutError, match=rf"a year without a row.*got none of {year}"):
        changed(tmp_path, source, lambda content, _: drop_year(content, year))


@by_source
def test_pages_are_read_whole_and_in_order(tmp_path: Path, source: Source) -> None:
    files = write(tmp_path, bodies(source))
    for wrong in (files[:-1], [*files[1:], *files[:1]], [files[0], *files]):
        if wrong and wrong != files:
            with pytest.raises(LayoutError, match="the pages do not fit together"):
                source.parse(wrong)


def test_a_new_column_is_reported_not_read(
    tmp_path: Path, untouched: dict[Source, pl.DataFrame]
) -> None:
    content = pages(DECISIONS)
    for row in rows_of(content):
        row["dec_withdrawn"] = 7
    parsed = DECISIONS.parse(write(tmp_path, content))
    assert parsed.notes == ("Columns not read: dec_withdrawn.",)
    assert hold(DECISIONS, parsed).equals(untouched[DECISIONS])


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (APPLICATIONS, "app_type"),
        (APPLICATIONS, "app_pc"),
        (APPLICATIONS, "procedure_type"),
        (DECISIONS, "dec_level"),
        (DECISIONS, "dec_pc"),
        (DEMOGRAPHICS, "pop_type"),
        (DEMOGRAPHICS, "loc_type"),
        (DEMOGRAPHICS, "acc_type"),
    ],
)
def test_an_unknown_code_is_refused(tmp_path: Path, source: Source, name: str) -> None:
    with pytest.raises(ConformError, match="ZZ"):
        changed(tmp_path, source, field(name, "ZZ"))


@by_source
def test_not_applicable_only_where_it_may_be(tmp_path: Path, source: Source) -> None:
    """Applications and decisions are always counted; of a stock there may be none to count."""
    if source in NULLABLE:
        table = changed(tmp_path, source, figure(lambda _: "-"))
        assert table.null_count().sum_horizontal()[0] == NULLABLE[source] + 1
    else:
        with pytest.raises(ConformError, match="1 null"):
            changed(tmp_path, source, figure(lambda _: "-"))


@by_source
def test_null_is_no_mark_of_the_api(tmp_path: Path, source: Source) -> None:
    with pytest.raises(LayoutError, match="neither a whole number nor '-'"):
        changed(tmp_path, source, figure(lambda _: None))


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(LayoutError, match=r"keys stand twice: .'total'"):
        envelope(b'{"page": 1, "maxPages": 1, "items": [{"total": 5, "total": 6}]}', "page 1")


@by_source
def test_release_files_stand_alone_and_hold_rows(tmp_path: Path, source: Source) -> None:
    file = write_release(tmp_path, source)
    with pytest.raises(LayoutError, match="a release is one file"):
        source.parse([file, file])
    pl.read_parquet(file.path).clear().write_parquet(file.path)
    with pytest.raises(LayoutError, match="a year without a row"):
        source.parse([file])


@by_source
def test_a_release_file_of_broken_numbers_is_refused(tmp_path: Path, source: Source) -> None:
    file = write_release(tmp_path, source)
    frame = pl.read_parquet(file.path).with_columns(pl.col(FIGURE[source]) + 0.5)
    frame.write_parquet(file.path)
    with pytest.raises(LayoutError, match="neither a whole number"):
        source.parse([file])


@by_source
def test_csv_is_not_a_layout_of_this_source(tmp_path: Path, source: Source) -> None:
    path = tmp_path / "query_data.csv"
    path.write_text('Year,"Country of origin",applied\n2000,-,15\n')
    with pytest.raises(LayoutError, match=r"query_data\.csv: not JSON"):
        source.parse([ReleaseFile(path.name, path)])


def test_what_is_thrown_at_it_is_json(tmp_path: Path) -> None:
    """The pages written by these tests decode to what the fixtures hold."""
    files = write(tmp_path, pages(APPLICATIONS))
    assert [json.loads(file.path.read_bytes()) for file in files] == pages(APPLICATIONS)
