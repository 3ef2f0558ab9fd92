"""Frontex: detections by route and nationality; the header is found anywhere, nothing guessed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import REFERENCE_DIR
from fcm_migration.errors import ConformError, FetchError, LayoutError, UnsafeFileError
from fcm_migration.marts.countries import aliases
from fcm_migration.sources.base import SET_ASIDE, TOTAL, Parsed, ReleaseFile
from fcm_migration.sources.frontex.ibc import LANDING, SOURCE, TABLE, from_sheets
from fcm_migration.sources.frontex.ibc_releases import noted_day
from fcm_migration.workbook import Sheet
from tests.sources.fake_get import FakeGet
from tests.sources.frontex_ibc_workbook import NAME, SHEET, Book, book
from tests.sources.reading import as_texts, conformed, figure, read, same
from tests.wire import frontex_ibc as wire
from tests.workbook.writers import write_xlsx

EVENTS = "detections_events"
CORE = TABLE.name


def parsed(changed: Book) -> Parsed:
    return conformed(SOURCE, from_sheets(as_texts(changed), NAME))


@pytest.fixture(scope="module")
def release() -> Parsed:
    return parsed(book())


@pytest.fixture(scope="module")
def drafts(release: Parsed) -> pl.DataFrame:
    return SOURCE.flows(release.tables)


class TestParse:
    def test_figures_marks_and_zeros(self, release: Parsed) -> None:
        core = release.tables[CORE]
        key = {"route": "Central Mediterranean Route", "nationality": "Bangladesh"}
        assert figure(core, EVENTS, month_start_date=date(2009, 12, 1), **key) == 1_292
        assert core.filter(pl.col(EVENTS) == 0).is_empty()
        figures = [cell for row in book()[SHEET][1:] for cell in row[3:]]
        assert core.height == sum(cell != 0 for cell in figures)
        assert core[EVENTS].sum() == sum(figures)  # type: ignore[arg-type]
        assert release.notes == ("1 rows hold zeros only.",)
        assert release.marks == {}

    def test_the_layout_names_sheets_columns_and_routes_but_no_month(self, release: Parsed) -> None:
        assert "sheet Detections_of_IBC" in release.layout
        assert "column: Border type or inland" in release.layout
        assert "route: Eastern Mediterranean Route, Land" in release.layout
        assert not any("2010" in line for line in release.layout)

    def test_a_file_reads_like_its_cells(self, tmp_path: Path, release: Parsed) -> None:
        (path,) = wire.release(tmp_path)
        assert same(read(SOURCE, path), release)
        assert SOURCE.release_date([ReleaseFile(path.name, path)]) == date(2010, 4, 6)

    def test_header_in_row_two_and_more_columns(self, release: Parsed) -> None:
        changed = book()
        changed[SHEET] = [[None], *[[*row, "x"] for row in changed[SHEET]]]
        changed[SHEET][1][-1] = "Remark"
        again = parsed(changed)
        assert same(again, release)
        assert again.notes[1] == "Columns not read: Remark."

    def test_columns_in_another_order_and_white_space(self, release: Parsed) -> None:
        changed = book()
        changed[SHEET] = [[row[2], row[0], row[1], *row[:2:-1]] for row in changed[SHEET]]
        changed[SHEET][0][1] = "\u00a0Route "
        changed[SHEET][1][1] = "Central\u00a0Mediterranean  Route"
        assert same(parsed(changed), release)

    @pytest.mark.parametrize("as_serial", [True, False])
    def test_the_names_and_date_headers_of_2018(self, release: Parsed, *, as_serial: bool) -> None:
        changed = book()
        names = ["Route", "BorderLocation", "NationalityLong"]
        starts = [date(2009 + number // 12, number % 12 + 1, 1) for number in range(15)]
        serials = [str((day - date(1899, 12, 30)) // timedelta(days=1)) for day in starts]
        changed[SHEET][0] = [*names, *(serials if as_serial else map(str, starts))]
        assert same(parsed(changed), release)

    def test_an_empty_month_is_no_gap(self) -> None:
        changed = book()
        for row in changed[SHEET][1:]:
            row[5] = 0
        core = parsed(changed).tables[CORE]
        assert core["month_start_date"].n_unique() == 14


def _edit(place: tuple[int, int], cell: object) -> Callable[[Book], None]:
    def change(changed: Book) -> None:
        changed[SHEET][place[0]][place[1]] = cell  # type: ignore[call-overload]

    return change


def _rename_sheet(changed: Book) -> None:
    changed["Data 2026"] = changed.pop(SHEET)


def _lose_month(changed: Book) -> None:
    for row in changed[SHEET]:
        del row[7]


def _lose_first_month(changed: Book) -> None:
    for row in changed[SHEET]:
        del row[3]


def _double_month(changed: Book) -> None:
    for row in changed[SHEET]:
        row.append(row[-1])


def _lose_nationality(changed: Book) -> None:
    for row in changed[SHEET]:
        del row[2]


def _double_row(changed: Book) -> None:
    changed[SHEET].append(list(changed[SHEET][3]))


def _two_sheets(changed: Book) -> None:
    changed["Copy"] = changed[SHEET]


def _blank_out(changed: Book) -> None:
    """A file that leaves its zeros out would be another layout."""
    changed[SHEET][2][3:] = [None] * (len(changed[SHEET][2]) - 3)


@pytest.fixture(scope="module")
def with_a_blank() -> Parsed:
    changed = book()
    changed[SHEET][2][6] = " "
    return parsed(changed)


class TestBlankCell:
    """A cell without a figure is unknown, and so is every sum it belongs to."""

    def test_it_is_a_row_without_a_figure_and_noted(
        self, release: Parsed, with_a_blank: Parsed
    ) -> None:
        answer = with_a_blank
        core = answer.tables[CORE]
        unknown = core.filter(pl.col(EVENTS).is_null())
        route, _, nationality, *_ = book()[SHEET][2]
        assert unknown.select("route", "nationality", "month_start_date").rows() == [
            (route, nationality, date(2009, 4, 1))
        ]
        key = list(TABLE.key)
        others = release.tables[CORE].join(unknown, on=key, how="anti")
        assert core.filter(pl.col(EVENTS).is_not_null()).sort(key).equals(others.sort(key))
        assert answer.marks == {"": 1}
        (note,) = set(answer.notes) - set(release.notes)
        assert note.startswith(f"{SET_ASIDE}1 blank cells (row 3, April 2009) are unknown")

    def test_sums_over_it_are_unknown_and_no_others(
        self, drafts: pl.DataFrame, with_a_blank: Parsed
    ) -> None:
        flows = SOURCE.flows(with_a_blank.tables)
        unknown = flows.filter(pl.col("value").is_null())
        assert set(unknown["period_start"]) == {date(2009, 4, 1)}
        assert unknown.height == 4  # in all, by route, by nationality, by both
        assert not unknown["is_suppressed"].any()
        key = ["origin_label", "route", "period_start"]
        rest = drafts.join(unknown, on=key, how="anti")
        assert flows.filter(pl.col("value").is_not_null()).sort(key).equals(rest.sort(key))


class TestSourceLine:
    """A line among the routes that states the source, as the workbook of August 2026 has one."""

    LINE = "Source: FRAN data as of 04AUG10"

    @pytest.mark.parametrize("rest", [None, 0])
    @pytest.mark.parametrize("place", [1, -1])
    def test_it_is_left_out_and_noted(self, release: Parsed, rest: int | None, place: int) -> None:
        changed = book()
        width = len(changed[SHEET][0])
        row = [self.LINE, None, None, *[rest] * (width - 3)]
        changed[SHEET].insert(place if place > 0 else len(changed[SHEET]), row)
        answer = parsed(changed)
        assert same(answer, release)
        assert answer.layout == release.layout
        assert answer.notes == (*release.notes, f"Among the figures: {self.LINE!r}.")

    def test_it_dates_a_workbook_without_notes(self, tmp_path: Path) -> None:
        changed = book()
        changed[SHEET].append([self.LINE])
        path = write_xlsx(tmp_path / NAME, changed)
        assert SOURCE.release_date([ReleaseFile(NAME, path)]) == date(2010, 4, 6)
        del changed["Notes"]
        path = write_xlsx(tmp_path / NAME, changed)
        assert SOURCE.release_date([ReleaseFile(NAME, path)]) == date(2010, 8, 4)

    @pytest.mark.parametrize(
        ("line", "nationality", "figure"),
        [
            ("Source: FRAN data as of 04AUG10", None, 7),
            ("Source: FRAN data as of 04AUG10", "Egypt", 0),
            ("Frontex", None, 0),
        ],
    )
    def test_a_row_with_figures_or_other_words_is_refused(
        self, line: str, nationality: str | None, figure: int
    ) -> None:
        changed = book()
        width = len(changed[SHEET][0])
        changed[SHEET].append([line, None, nationality, *[figure] * (width - 3)])
        with pytest.raises(LayoutError, match="rows without a label"):
            parsed(changed)


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "words"),
        [
            (_edit((2, 6), "*"), r"neither a whole number nor a declared mark.*'\*'"),
            (_edit((2, 6), "n.a."), "neither a whole number nor a declared mark"),
            (_blank_out, "15 cells are blank"),
            # a cell lost from the row would move all figures after it into wrong months
            (_edit((2, -1), None), "1 cells are blank"),
            (_edit((2, 6), 1.5), "neither a whole number nor a declared mark"),
            (_edit((2, 6), -3), "counts below zero"),
            (_edit((2, 0), "Western Balkans"), "routes nobody declared"),
            (_edit((2, 2), None), "1 without"),
            (_edit((0, 6), "APRIL 2009"), "months are missing"),
            (_edit((0, 0), "Routes"), "found 0 times"),
            (_edit((0, 1), "Border"), "found 0 times"),
            (_lose_month, r"left out \['2009-05-01'\]"),
            (_lose_first_month, "every month since January 2009"),
            (_double_month, "columns stand twice"),
            (_lose_nationality, "found 0 times"),
            (_double_row, "2 twice"),
            (_edit((0, -1), None), "columns without a label hold figures"),
            (_edit((3, 2), "Total"), "1 totals"),
            (_two_sheets, "found 2 times"),
        ],
    )
    def test_a_changed_sheet(self, change: Callable[[Book], None], words: str) -> None:
        changed = book()
        change(changed)
        with pytest.raises(LayoutError, match=words):
            parsed(changed)

    def test_another_border_type_does_not_conform(self) -> None:
        changed = book()
        changed[SHEET][1][1] = "Air"
        with pytest.raises(ConformError, match="border_type"):
            parsed(changed)

    def test_a_renamed_sheet_is_found_by_its_header(self, release: Parsed) -> None:
        changed = book()
        _rename_sheet(changed)
        again = parsed(changed)
        assert same(again, release)
        assert "sheet Data 2026" in again.layout

    @pytest.mark.parametrize("content", [b"<!doctype html><html>", b"PK\x03\x04", b""])
    def test_no_workbook(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / NAME
        path.write_bytes(content)
        with pytest.raises(UnsafeFileError):
            read(SOURCE, path)

    def test_a_truncated_workbook(self, tmp_path: Path) -> None:
        (path,) = wire.release(tmp_path)
        path.write_bytes(path.read_bytes()[:-300])
        with pytest.raises(UnsafeFileError):
            read(SOURCE, path)

    def test_two_files(self, tmp_path: Path) -> None:
        file = ReleaseFile(NAME, tmp_path / NAME)
        with pytest.raises(LayoutError, match="a release is one file"):
            SOURCE.parse([file, file])


class TestDerivative:
    FRAME = pl.DataFrame(
        {
            "route": ["Black Sea Route", "Other"],
            "type": ["Sea", "Land"],
            "nat": ["AFG", None],
            "t": [date(2009, 1, 1), date(2009, 2, 1)],
            "n": [3, 4],
        }
    ).with_columns(pl.col("t").cast(pl.Datetime("ns")))

    def _read(self, folder: Path, frame: pl.DataFrame) -> Parsed:
        path = folder / "frontex__2009-03-10.parquet"
        frame.write_parquet(path)
        return read(SOURCE, path)

    def test_the_long_form(self, tmp_path: Path) -> None:
        core = self._read(tmp_path, self.FRAME).tables[CORE]
        assert core.select("nationality", EVENTS).rows() == [("AFG", 3), ("(no code)", 4)]
        file = ReleaseFile("frontex__2009-03-10.parquet", tmp_path)
        assert SOURCE.release_date([file]) == date(2009, 3, 10)

    @pytest.mark.parametrize(
        ("frame", "words"),
        [
            (FRAME.drop("nat"), "not the layout"),
            (FRAME.with_columns(x=1), "not the layout"),
            (FRAME.with_columns(pl.col("n").cast(pl.String)), "not the layout"),
            (FRAME.head(1).with_columns(pl.col("t").dt.offset_by("1mo")), "months are missing"),
            (FRAME.with_columns(n=-pl.col("n")), "below zero"),
            (FRAME.with_columns(route=pl.lit("Baltic")), "routes nobody declared"),
        ],
    )
    def test_other_layouts_are_refused(
        self, tmp_path: Path, frame: pl.DataFrame, words: str
    ) -> None:
        with pytest.raises(LayoutError, match=words):
            self._read(tmp_path, frame)


class TestFetch:
    def test_the_newest_of_the_linked_workbooks(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, wire.answer)
        (file,) = SOURCE.fetch(get).files  # type: ignore[misc]
        assert [(r.url, r.expect) for r in get.requests] == [
            (LANDING, "html"),
            (wire.ADDRESS, "xlsx"),
        ]
        assert file.name == "Monthly_detections_of_IBC_2026_09_02.xlsx"

    def test_a_page_without_a_workbook(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, lambda _: b"<html><a href='/x/IBC_2026.pdf'>x</a></html>")
        with pytest.raises(LayoutError, match="fcm ingest frontex_ibc"):
            SOURCE.fetch(get)  # type: ignore[misc]

    def test_a_dead_link(self, tmp_path: Path) -> None:
        page = wire.answer(replace_url(LANDING))
        get = FakeGet(tmp_path, lambda request: page if request.url == LANDING else None)
        with pytest.raises(FetchError):
            SOURCE.fetch(get)  # type: ignore[misc]


def replace_url(url: str):  # type: ignore[no-untyped-def]
    from fcm_migration.http import Request

    return replace(Request(LANDING, expect="html"), url=url)


class TestReleaseDate:
    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("Source: FRAN data as of 03JUN25", date(2025, 6, 3)),
            ("FRAN data as of 3 September 2026.", date(2026, 9, 3)),
            ("FRAN data as of 31FEB25", None),
            ("FRAN data as of 03XYZ25", None),
            ("Source: FRAN", None),
        ],
    )
    def test_the_notes(self, text: str, day: date | None) -> None:
        assert noted_day(Sheet("Notes", (("Definition",), (text,)))) == day

    def test_without_notes_the_name_tells(self, tmp_path: Path) -> None:
        sheets = book()
        del sheets["Notes"]
        path = write_xlsx(tmp_path / NAME, sheets)
        assert SOURCE.release_date([ReleaseFile(NAME, path)]) == date(2010, 4, 15)
        assert SOURCE.release_date([ReleaseFile("ibc.xlsx", path)]) is None


class TestFlows:
    def test_four_ways_to_sum(self, drafts: pl.DataFrame) -> None:
        march = drafts.filter(pl.col("period_start") == date(2009, 3, 1))
        known = {
            (TOTAL, "all"): 7_050,
            (TOTAL, "eastern_mediterranean"): 2_367,
            ("Afghanistan", "all"): 2_367,
            ("Bangladesh", "central_mediterranean"): 149,
        }
        for (label, route), events in known.items():
            assert figure(march, "value", origin_label=label, route=route) == events

    def test_every_route_has_a_word_and_no_key_stands_twice(self, drafts: pl.DataFrame) -> None:
        from fcm_migration.catalog.columns import ROUTES

        key = ["origin_label", "route", "period_start"]
        assert not drafts.select(key).is_duplicated().any()
        assert set(drafts["route"]) <= set(ROUTES)
        assert drafts["destination_iso3"].unique().to_list() == ["eu"]
        assert drafts["is_derived"].all()
        assert not drafts["is_partial"].any()


def test_labels_are_known(release: Parsed) -> None:
    known = dict(aliases(REFERENCE_DIR, "frontex").select("label", "origin_iso3").rows())
    assert set(release.tables[CORE]["nationality"]) <= set(known)
    expected = {
        "Congo (Kinshasa)": "COD",
        "Congo (Brazzaville)": "COG",
        "North Korea": "PRK",
        "South Korea": "KOR",
        "Niger": "NER",
        "Nigeria": "NGA",
        "Guinea": "GIN",
        "Guinea-Bissau": "GNB",
        "Equatorial Guinea": "GNQ",
        "Dominica": "DMA",
        "Dominican Republic": "DOM",
        "Kosovo*": "XKX",
        "Palestine^": "PSE",
        "Swaziland": "SWZ",
        "Cape Verde": "CPV",
        "Stateless": "stateless",
        "Unknown": "unknown",
        "Third-country": "other",
    }
    assert {label: known[label] for label in expected} == expected


@pytest.fixture(scope="module")
def real(shared_data: Path) -> Parsed:
    return read(SOURCE, shared_data / "frontex" / "ibc.xlsx")


@pytest.mark.shared_data
class TestReal:
    def test_size_and_known_months(self, real: Parsed) -> None:
        core = real.tables[CORE]
        assert (core.height, core[EVENTS].sum()) == (34_274, 4_966_869)
        months = core.group_by("month_start_date").agg(pl.col(EVENTS).sum())
        assert months.height == 196
        assert figure(months, EVENTS, month_start_date=date(2025, 3, 1)) == 10_019
        assert figure(months, EVENTS, month_start_date=date(2025, 4, 1)) == 15_133
        assert real.notes == ("26 rows hold zeros only.",)
        silent = 26
        rows = core.select("route", "border_type", "nationality").n_unique()
        assert rows + silent == 885

    def test_the_notes_date_it(self, shared_data: Path) -> None:
        path = shared_data / "frontex" / "ibc.xlsx"
        assert SOURCE.release_date([ReleaseFile(path.name, path)]) == date(2025, 6, 3)

    def test_it_says_what_the_derivative_says(self, shared_data: Path, real: Parsed) -> None:
        path = shared_data / "frontex" / "releases" / "frontex__2025-06-19.parquet"
        other = read(SOURCE, path).tables[CORE]
        by = ["route", "border_type", "month_start_date"]
        sums = [
            frame.group_by(by).agg(pl.col(EVENTS).sum()).sort(by)
            for frame in (real.tables[CORE], other)
        ]
        assert sums[0].equals(sums[1])

    def test_every_label_is_known(self, shared_data: Path, real: Parsed) -> None:
        known = set(aliases(REFERENCE_DIR, "frontex").get_column("label"))
        assert set(real.tables[CORE]["nationality"]) <= known
        for path in (shared_data / "frontex" / "releases").iterdir():
            assert set(read(SOURCE, path).tables[CORE]["nationality"]) <= known
