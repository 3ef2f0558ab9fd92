"""Eurostat's quarterly decisions: what differs from the monthly applicants."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.errors import LayoutError
from fcm_migration.sources.base import SET_ASIDE, TOTAL, Parsed, ReleaseFile
from fcm_migration.sources.eurostat.asylum_decisions import SOURCE, TABLE
from tests.sources.eurostat_files import Grid, as_cube, dump, grid, reading, tsv
from tests.sources.fake_get import FakeGet
from tests.sources.reading import conformed, figure, read, same
from tests.wire import eurostat_asylum_decisions as wire

PERSONS = "decisions_persons"
CORE = TABLE.name
TOTALS = "migr_asydcfstq_citizen_TOTAL.tsv"
REAL = "migr_asydcfstq__custom_42121_20201007_150410.tsv"


def totals() -> Grid:
    return grid(SOURCE.source_id, TOTALS)


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    paths = wire.release(tmp_path_factory.mktemp("eurostat"))
    return conformed(SOURCE, SOURCE.parse([ReleaseFile(path.name, path) for path in paths]))


@pytest.mark.parametrize(
    ("quarter", "code", "persons"),
    [
        (date(2020, 1, 1), "TOTAL", 7_210),
        (date(2020, 1, 1), "TOTAL_POS", 4_150),
        (date(2020, 4, 1), "TOTAL", 3_635),
        (date(2020, 4, 1), "TOTAL_POS", 1_615),
    ],
)
def test_the_united_kingdom(release: Parsed, quarter: date, code: str, persons: int) -> None:
    key = {"geo_code": "UK", "citizen_code": "TOTAL", "decision_code": code}
    assert figure(release.tables[CORE], PERSONS, quarter_start_date=quarter, **key) == persons


def test_json_stat_says_the_same(tmp_path: Path) -> None:
    rows = totals()
    cube = reading(SOURCE, tmp_path, dump(as_cube(rows)), suffix="json")
    assert same(cube, reading(SOURCE, tmp_path, tsv(rows)))


def test_flows_are_quarters_as_published(release: Parsed) -> None:
    drafts = SOURCE.flows(release.tables)
    assert drafts["frequency"].unique().to_list() == ["Q"]
    assert set(drafts["indicator"]) == {"first_instance_decisions", "first_instance_positive"}
    row = {"destination_iso3": "GBR", "origin_label": TOTAL, "period_start": date(2020, 4, 1)}
    assert figure(drafts, "value", indicator="first_instance_positive", **row) == 1_615
    union = drafts.filter(
        pl.col("destination_iso3") == "eu", pl.col("period_start") == date(2019, 7, 1)
    )
    for indicator in set(union["indicator"]):
        rows = union.filter(pl.col("indicator") == indicator)
        parts = rows.filter(pl.col("origin_label") != TOTAL)
        assert parts["value"].sum() == figure(rows, "value", origin_label=TOTAL)
    partial = drafts.filter(pl.col("is_partial"))
    assert partial.select("period_start", "destination_iso3").unique().rows() == [
        (date(2020, 7, 1), "CHE")
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2019-Q1 ", "2019-03 ", "out of order"),
        ("2019-Q1 ", "2019-Q5 ", "no month and no quarter"),
        ("decision,geo", "outcome,geo", "dimensions are not the known"),
        (",TOTAL_POS,", ",POSITIVE,", "unknown codes of dimension 'category'"),
        ("Q,PER", "A,PER", "other values of dimension 'freq'"),
    ],
)
def test_changed_files_are_refused(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = tsv(totals()).decode()
    assert old in text
    with pytest.raises(LayoutError, match=words):
        reading(SOURCE, tmp_path, text.replace(old, new).encode())


@pytest.mark.parametrize("form", ["tsv", "json"])
def test_a_new_reporting_country_is_set_aside(tmp_path: Path, form: str) -> None:
    rows = totals()
    known = reading(SOURCE, tmp_path, tsv(rows))
    rows += [[row[0].replace(",UK", ",AD"), *row[1:]] for row in rows if row[0].endswith(",UK")]
    content = tsv(rows) if form == "tsv" else dump(as_cube(rows))
    answer = reading(SOURCE, tmp_path, content, suffix=form)
    assert same(answer, known)
    (note,) = answer.notes
    assert note.startswith(f"{SET_ASIDE}reporting country 'AD' of ")


def test_without_positive_decisions_it_is_refused(tmp_path: Path) -> None:
    rows = [row for row in totals() if "TOTAL_POS" not in row[0]]
    with pytest.raises(LayoutError, match="TOTAL_POS"):
        reading(SOURCE, tmp_path, tsv(rows))


def test_fetch_asks_for_both_outcomes(tmp_path: Path, release: Parsed) -> None:
    get = FakeGet(tmp_path, wire.answer)
    files = SOURCE.fetch(get).files  # type: ignore[misc]
    assert [dict(r.params)["c[decision]"] for r in get.requests] == ["TOTAL,TOTAL_POS"] * 2
    parsed = SOURCE.parse([ReleaseFile(f.name, f.response.path) for f in files])
    assert same(conformed(SOURCE, parsed), release)


@pytest.mark.shared_data
def test_the_release_of_october_2020(shared_data: Path) -> None:
    path = shared_data / "eurostat" / REAL
    parsed = read(SOURCE, path)
    core = parsed.tables[CORE]
    assert SOURCE.release_date([ReleaseFile(REAL, path)]) == date(2020, 10, 7)
    assert (core.height, parsed.marks) == (10_252, {":": 248})
    known = {("UK", "TOTAL"): 3_635, ("UK", "TOTAL_POS"): 1_615, ("EU27_2020", "TOTAL"): 94_610}
    for (geo, code), persons in known.items():
        key = {"geo_code": geo, "citizen_code": "TOTAL", "decision_code": code}
        assert figure(core, PERSONS, quarter_start_date=date(2020, 4, 1), **key) == persons
    assert not SOURCE.flows(parsed.tables)["is_partial"].any()


def test_a_first_quarter_lost_in_one_of_two_files_is_refused(tmp_path: Path) -> None:
    union = grid(SOURCE.source_id, "migr_asydcfstq_geo_EU27_2020.tsv")
    late = [[row[0], *row[2:]] for row in union]
    with pytest.raises(LayoutError, match="periods are missing that another file"):
        reading(SOURCE, tmp_path, tsv(totals()), tsv(late))
