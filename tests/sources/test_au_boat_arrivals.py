"""Boat arrivals in Australia: calendar years only, no year lost, nulls where not compiled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import LayoutError
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.au.boat_arrivals import SOURCE, TABLE
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed, ReleaseFile
from tests.sources.reading import ended, figure, read, same
from tests.wire.au_boat_arrivals import FIXTURE

TEXT = FIXTURE.read_text()


@pytest.fixture(scope="module")
def release() -> Parsed:
    return read(SOURCE, FIXTURE)


@pytest.fixture
def reading(tmp_path: Path) -> Callable[[bytes | str], Parsed]:
    def read_text(content: bytes | str) -> Parsed:
        path = tmp_path / FIXTURE.name
        path.write_bytes(ended(content))
        return read(SOURCE, path)

    return read_text


class TestParse:
    def test_figures_and_what_was_not_compiled(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        assert (frame.height, frame["year"].min(), frame["year"].max()) == (25, 1976, 2000)
        assert figure(frame, "arrivals_persons", year=1999) == 3_700
        assert figure(frame, "boats", year=1999) == 86
        assert figure(frame, "boats", year=1995) == 0
        assert frame.filter(pl.col("boats").is_null())["year"].to_list() == list(range(1976, 1989))
        assert release.marks == {"": 13}

    def test_no_figure_is_part_of_the_fingerprint(self, release: Parsed) -> None:
        assert release.layout == ("column t", "column boats", "column n")

    @pytest.mark.parametrize(
        "change",
        [
            lambda text: text.replace("\n", "\r\n"),
            lambda text: "Boat arrivals,,\n,,\n" + text,
            lambda text: text.replace("t,boats,n", " t ,\u00a0boats,n"),
            lambda text: text.replace("1999,86,3700", '1999,86,"3,700"'),
            lambda text: text + ",,\n\n",
        ],
        ids=["CRLF", "titles above", "NBSP", "thousands", "blank rows below"],
    )
    def test_the_same_is_read_from(
        self,
        reading: Callable[[bytes | str], Parsed],
        release: Parsed,
        change: Callable[[str], str],
    ) -> None:
        assert same(reading(change(TEXT)), release)

    def test_columns_in_another_order_and_a_further_one(
        self, reading: Callable[[bytes | str], Parsed], release: Parsed
    ) -> None:
        rows = [line.split(",") for line in TEXT.splitlines()]
        text = "\n".join(f"{n},{t},{boats},x" for t, boats, n in rows).replace("x", "crew", 1)
        answer = reading(text)
        assert same(answer, release)
        assert answer.notes == ("Columns not read: crew.",)
        assert "column crew" in answer.layout

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (lambda text: text.replace("t,boats,n", "t,boats,persons"), "header row"),
            (lambda text: text.replace("t,boats,n", "t,n,n"), "header row"),
            (lambda text: "\n".join(f"{r},{r[-1]}" for r in text.splitlines()), "stand twice"),
            (lambda text: text.replace("1976,,120\n", ""), "years are missing"),
            (lambda text: text.replace("1990,2,190", "1989,2,190"), "years are missing"),
            (lambda text: text.replace("1999,86,", "1999-00,86,"), "no calendar years"),
            (lambda text: text.replace("1999,86,", "1999\u201300,86,"), "no calendar years"),
            (lambda text: text.replace("2000,51,2900", "Total,51,2900"), "no calendar years"),
            (lambda text: text.replace("1995,0,0", "1995,0,"), "declared mark"),
            (lambda text: text.replace("1995,0,0", "1995,-,0"), "declared mark"),
            (lambda text: text.replace("1999,86,3700", "1999,3700,86"), "swapped"),
            (lambda text: text.rstrip()[:-5], "another width"),
            (lambda _: "<!doctype html><html><p>moved</p></html>", "header row"),
            (lambda _: "", "header row"),
            (lambda _: "t,boats,n\n", "years are missing"),
        ],
    )
    def test_is_refused(
        self,
        reading: Callable[[bytes | str], Parsed],
        change: Callable[[str], str],
        words: str,
    ) -> None:
        with pytest.raises(LayoutError, match=words):
            reading(change(TEXT))

    def test_two_files(self) -> None:
        twice = [ReleaseFile(FIXTURE.name, FIXTURE)] * 2
        with pytest.raises(LayoutError, match="a release is one file"):
            SOURCE.parse(twice)

    def test_the_date_is_read_from_the_name(self, tmp_path: Path) -> None:
        for name, day in {
            FIXTURE.name: date(2001, 2, 28),
            "irregular_boat_arrivals.csv": None,
            "irregular_boat_arrivals_2001-13-01.csv": None,
        }.items():
            assert SOURCE.release_date([ReleaseFile(name, tmp_path / name)]) == day


class TestFlows:
    def test_years_of_both_units(self, release: Parsed) -> None:
        flows = SOURCE.flows(release.tables)
        assert flows.schema == DRAFT_FLOWS
        persons = flows.filter(pl.col("indicator") == "irregular_maritime_arrivals")
        boats = flows.filter(pl.col("indicator") == "irregular_boats")
        assert (persons.height, boats.height) == (25, 12)
        year = date(1999, 1, 1)
        assert figure(persons, "value", period_start=year) == 3_700
        assert figure(boats, "value", period_start=year) == 86
        assert flows.filter(pl.col("is_partial"))["period_start"].unique().to_list() == [
            date(2000, 1, 1)
        ]
        assert set(flows["origin_label"]) == {TOTAL}
        assert not flows["is_derived"].any()

    def test_its_scheme_needs_no_country(self) -> None:
        assert aliases(REFERENCE_DIR, SOURCE.country_scheme)["label"].to_list() == [TOTAL]


@pytest.mark.shared_data
class TestReal:
    @pytest.fixture
    def real(self, shared_data: Path) -> Parsed:
        return read(SOURCE, shared_data / "au_boats" / "irregular_boat_arrivals.csv")

    def test_published_calendar_years(self, real: Parsed) -> None:
        frame = real.tables[TABLE.name]
        assert (frame.height, frame["year"].max()) == (50, 2025)
        known = {1999: (86, 3_721), 2001: (43, 5_516), 2012: (278, 17_204), 2013: (300, 20_587)}
        for year, (boats, persons) in known.items():
            assert figure(frame, "boats", year=year) == boats
            assert figure(frame, "arrivals_persons", year=year) == persons
        assert frame["arrivals_persons"].sum() == 70_840
        assert real.marks == {"": 13}


def test_from_2014_the_years_are_returns_and_no_arrivals() -> None:
    """Two series: the table changed what it counts, so no figure is compared across."""
    years = pl.DataFrame(
        {"year": [2013, 2014, 2025], "boats": [300, 11, 2], "arrivals_persons": [20587, 450, 21]}
    )
    flows = SOURCE.flows({TABLE.name: years})
    found = {
        (row["indicator"], row["period_start"].year): (row["value"], row["is_partial"])
        for row in flows.iter_rows(named=True)
    }
    assert found == {
        ("irregular_maritime_arrivals", 2013): (20587, False),
        ("irregular_boats", 2013): (300, False),
        ("maritime_returns", 2014): (450, False),
        ("maritime_return_boats", 2014): (11, False),
        ("maritime_returns", 2025): (21, True),
        ("maritime_return_boats", 2025): (2, True),
    }
