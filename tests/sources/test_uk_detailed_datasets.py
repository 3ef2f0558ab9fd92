"""What the datasets on decisions, backlog, support and returns share: names, layout, refusals."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.indicators import INDICATORS
from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import LayoutError, SourceError
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed, Source
from fcm_migration.sources.uk_home_office import (
    asylum_support,
    awaiting_decision,
    initial_decisions,
    returns,
)
from fcm_migration.sources.uk_home_office.datasets import INDEX, Dataset
from tests.sources.fake_get import FakeGet
from tests.sources.home_office import ASSETS, Table, csv_bytes, landing, sheets, table
from tests.sources.reading import conformed, read, same
from tests.workbook.writers import Cell

MODULES = (initial_decisions, awaiting_decision, asylum_support, returns)
SOURCES: Mapping[str, tuple[Source, Dataset]] = {
    module.SOURCE.source_id: (module.SOURCE, module.DATASET) for module in MODULES
}
by_source = pytest.mark.parametrize("source_id", SOURCES)
STOCKS = ("uk_awaiting_decision", "uk_asylum_support")


def parsed(source_id: str, content: Table, sheet: str = "") -> Parsed:
    source, dataset = SOURCES[source_id]
    made = sheets(content, sheet or dataset.sheets[0])
    module = next(module for module in MODULES if module.SOURCE is source)
    return conformed(source, module.from_sheets(made, "release.xlsx"))


def quarters(content: Table, source_id: str) -> list[Cell]:
    column = 0 if source_id in STOCKS else 1
    return [row[column] for row in content]


class TestFetch:
    @by_source
    def test_the_newest_workbook_is_asked_for(self, tmp_path: Path, source_id: str) -> None:
        source, dataset = SOURCES[source_id]
        older, newer = (
            f"{ASSETS}/0a/{dataset.stems[0]}-{end}.xlsx" for end in ("dec-25", "jun-2026")
        )
        for pair in ((older, newer), (newer, older)):
            get = FakeGet(tmp_path, lambda _, pair=pair: landing(*pair))
            source.fetch(get)  # type: ignore[misc]
            assert [request.url for request in get.requests] == [INDEX, newer]

    @by_source
    def test_workbooks_of_other_subjects_are_not_taken(
        self, tmp_path: Path, source_id: str
    ) -> None:
        source, dataset = SOURCES[source_id]
        others = [
            f"{ASSETS}/0b/{other.stems[0]}-dec-2027.xlsx"
            for _, other in SOURCES.values()
            if other.stems != dataset.stems
        ]
        with pytest.raises(LayoutError, match="no page links to the workbook") as caught:
            source.fetch(FakeGet(tmp_path, lambda _: landing(*others)))  # type: ignore[misc]
        assert f"fcm ingest {source_id} FILE" in str(caught.value)


class TestLayout:
    @by_source
    def test_every_row_is_read_with_its_figure(self, source_id: str) -> None:
        source, dataset = SOURCES[source_id]
        content = table(source_id)
        answer = parsed(source_id, content)
        frame = answer.tables[source.tables[0].name]
        assert frame.height == len(content) - 1
        assert frame[dataset.count].sum() == sum(int(str(row[-1])) for row in content[1:])
        assert (answer.marks, answer.notes) == ({}, ())

    @by_source
    def test_every_spelling_of_sheet_and_columns(self, source_id: str) -> None:
        _, dataset = SOURCES[source_id]
        release = parsed(source_id, table(source_id))
        for sheet in dataset.sheets:
            assert same(parsed(source_id, table(source_id), sheet), release)
        for options in dataset.columns.values():
            for option in options:
                content = table(source_id)
                place = next(n for n, label in enumerate(content[0]) if label in options)
                content[0][place] = option
                assert same(parsed(source_id, content), release)

    @by_source
    def test_a_csv_says_the_same(self, tmp_path: Path, source_id: str) -> None:
        path = tmp_path / "rows.csv"
        path.write_bytes(csv_bytes(table(source_id)))
        release = parsed(source_id, table(source_id))
        assert same(read(SOURCES[source_id][0], path), release)

    @by_source
    def test_a_further_column_is_told_and_left_aside(self, source_id: str) -> None:
        content = [[*row, "Note" if n == 0 else "x"] for n, row in enumerate(table(source_id))]
        answer = parsed(source_id, content)
        assert same(answer, parsed(source_id, table(source_id)))
        assert answer.notes == ("Columns not read: Note.",)

    @by_source
    def test_a_withheld_figure_has_no_value(self, source_id: str) -> None:
        source, dataset = SOURCES[source_id]
        content = table(source_id)
        content[1][-1] = "[c]"
        answer = parsed(source_id, content)
        core = answer.tables[source.tables[0].name]
        assert core.filter("is_suppressed")[dataset.count].to_list() == [None]
        assert answer.marks == {"[c]": 1}
        flows = source.flows(answer.tables).filter("is_suppressed")
        assert flows.height > 0
        assert flows["value"].null_count() == flows.height

    @by_source
    def test_a_renamed_sheet_is_refused(self, source_id: str) -> None:
        with pytest.raises(LayoutError, match="the dataset's sheet is not there"):
            parsed(source_id, table(source_id), "Data_Cit_D01")

    @by_source
    def test_a_renamed_column_is_refused(self, source_id: str) -> None:
        left_out = {"Case type", "Host Country"}  # see test_uk_initial_decisions
        for column, label in enumerate(table(source_id)[0]):
            content = table(source_id)
            content[0][column] = "Renamed"
            if label not in left_out:
                with pytest.raises(LayoutError, match=r"header row was not|columns are missing"):
                    parsed(source_id, content)

    @by_source
    def test_headings_that_changed_places_are_refused(self, source_id: str) -> None:
        for left, right in combinations(range(len(table(source_id)[0])), 2):
            content = table(source_id)
            content[0][left], content[0][right] = content[0][right], content[0][left]
            with pytest.raises(SourceError):
                parsed(source_id, content)

    @by_source
    def test_a_lost_quarter_is_refused(self, source_id: str) -> None:
        content = table(source_id)
        held = quarters(content, source_id)
        for lost in (held[1], held[len(held) // 2]):
            kept = [row for row, quarter in zip(content, held, strict=True) if quarter != lost]
            with pytest.raises(LayoutError, match="quarters are missing"):
                parsed(source_id, kept)

    @by_source
    @pytest.mark.parametrize("text", ["[y]", "14.5", "", "about 5"])
    def test_a_figure_that_is_none_is_refused(self, source_id: str, text: str) -> None:
        content = table(source_id)
        content[5][-1] = text
        with pytest.raises(LayoutError):
            parsed(source_id, content)

    @by_source
    def test_rows_that_stand_twice_are_refused(self, source_id: str) -> None:
        content = table(source_id)
        with pytest.raises(SourceError):
            parsed(source_id, [*content, *content[1:]])


class TestDays:
    @pytest.mark.parametrize("source_id", STOCKS)
    @pytest.mark.parametrize("change", ["31 March", "date", "date and time"])
    def test_every_way_to_write_the_day(self, source_id: str, change: str) -> None:
        content = table(source_id)
        months = {"Mar": ("March", "03"), "Jun": ("June", "06"), "Sep": ("September", "09")}
        months["Dec"] = ("December", "12")
        for row in content[1:]:
            day, month, year = str(row[0]).split()
            name, number = months[month]
            iso = f"{year}-{number}-{day}"
            row[0] = {"31 March": f"{day} {name} {year}", "date": iso}.get(
                change, f"{iso} 00:00:00"
            )
        assert same(parsed(source_id, content), parsed(source_id, table(source_id)))

    @pytest.mark.parametrize("source_id", STOCKS)
    @pytest.mark.parametrize(
        "text",
        [
            "1 Jan 2014",
            "30 Mar 2014",
            "31 Jan 2014",
            "2014 Q1",
            "31 Foo 2014",
            "31 Jun 2014",
            "2014",
        ],
    )
    def test_a_day_that_ends_no_quarter_is_refused(self, source_id: str, text: str) -> None:
        content = table(source_id)
        content[3][0] = text
        with pytest.raises(LayoutError, match=r"does not end a quarter|no month"):
            parsed(source_id, content)


class TestFlows:
    @by_source
    def test_schema_units_and_what_the_figures_are(self, source_id: str) -> None:
        source, _ = SOURCES[source_id]
        flows = source.flows(parsed(source_id, table(source_id)).tables)
        assert flows.schema == DRAFT_FLOWS
        constants = {
            "destination_iso3": "GBR",
            "route": "all",
            "place": "all",
            "population_group": "all",
            "frequency": "Q",
            "is_suppressed": False,
            "rounding": 1,
            "is_partial": False,
        }
        for column, value in constants.items():
            assert flows[column].unique().to_list() == [value], column
        assert flows.select("indicator", "origin_label", "period_start").is_unique().all()
        declared = {item.indicator: item for item in INDICATORS}
        found = set(flows["indicator"])
        assert {offer.indicator for offer in source.offers} <= found
        for name in found:
            assert (declared[name].unit == "cases") == name.endswith("_cases")
            assert (declared[name].kind == "stock") == (source_id in STOCKS)

    @by_source
    def test_nationalities_add_up_to_the_total(self, source_id: str) -> None:
        source, _ = SOURCES[source_id]
        flows = source.flows(parsed(source_id, table(source_id)).tables)
        total, by = pl.col("origin_label") == TOTAL, ("indicator", "period_start")
        sums = flows.filter(~total).group_by(by).agg(pl.col("value").sum()).sort(by)
        assert sums.equals(flows.filter(total).select(*by, "value").sort(by))

    @by_source
    def test_every_label_is_known(self, source_id: str) -> None:
        source, _ = SOURCES[source_id]
        flows = source.flows(parsed(source_id, table(source_id)).tables)
        known = aliases(REFERENCE_DIR, source.country_scheme).get_column("label")
        assert set(flows["origin_label"]) - {TOTAL} <= set(known)
