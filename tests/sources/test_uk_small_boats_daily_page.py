"""The page of the last seven days: its figures, the labels it had, and no table is an outage."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.expectations import check_table
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed, ReleaseFile
from fcm_migration.sources.uk_home_office import small_boats as uk_small_boats
from fcm_migration.sources.uk_home_office.small_boats_daily_page import (
    LANDING,
    NAME,
    PAGE,
    SOURCE,
    TABLE,
)
from tests.fault_server import FaultServer
from tests.sources.fake_get import FIXTURES, FakeGet, through
from tests.sources.home_office import published
from tests.sources.reading import figure, quick_client, read, same
from tests.wire import uk_small_boats_daily_page as wire

FOLDER = FIXTURES / SOURCE.source_id
BYTES = (FOLDER / "last-7-days.html").read_bytes()
PEOPLE = [0, 93, 82, 0, 250, 0, 0]
FIRST = date(2026, 8, 13)


def reading(content: bytes, folder: Path) -> Parsed:
    path = folder / NAME
    path.write_bytes(content)
    return read(SOURCE, path)


def released(content: bytes, folder: Path) -> date | None:
    path = folder / NAME
    path.write_bytes(content)
    return SOURCE.release_date([ReleaseFile(NAME, path)])


@pytest.fixture(scope="module")
def release() -> Parsed:
    return read(SOURCE, FOLDER / "last-7-days.html")


class TestFetch:
    def test_the_page_is_asked_for(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, wire.answer)
        (file,) = SOURCE.fetch(get).files  # type: ignore[misc]
        assert [(request.url, request.expect) for request in get.requests] == [(PAGE, "html")]
        assert file.name == NAME
        assert file.response.size >= get.requests[0].min_bytes

    def test_a_page_that_moved_is_found_by_the_publication(self, tmp_path: Path) -> None:
        moved = "https://www.gov.uk/government/publications/boats/small-boats-last-7-days"
        landing = f'<html><a href="{moved}">days</a><a href="/x">other</a></html>'.encode()
        pages = {LANDING: landing, moved: BYTES}
        get = FakeGet(tmp_path, lambda request: pages.get(request.url))
        SOURCE.fetch(get)  # type: ignore[misc]
        assert [request.url for request in get.requests] == [PAGE, LANDING, moved]

    def test_a_publication_without_the_page_is_refused(self, tmp_path: Path) -> None:
        pages = {LANDING: b'<html><a href="/x">other</a></html>'}
        get = FakeGet(tmp_path, lambda request: pages.get(request.url))
        with pytest.raises(LayoutError, match="none among 1 links") as caught:
            SOURCE.fetch(get)  # type: ignore[misc]
        assert "fcm ingest uk_small_boats_daily_page FILE" in str(caught.value)

    def test_a_refusal_is_not_taken_for_a_move(self, tmp_path: Path) -> None:
        class Blocked(FakeGet):
            def __call__(self, request):  # type: ignore[no-untyped-def]
                self.requests.append(request)
                raise FetchError("status 403", outcome="blocked", where=request.url)

        get = Blocked(tmp_path, wire.answer)
        with pytest.raises(FetchError, match="403"):
            SOURCE.fetch(get)  # type: ignore[misc]
        assert len(get.requests) == 1

    def test_through_the_real_client(self, tmp_path: Path, release: Parsed) -> None:
        with (
            FaultServer(routes={PAGE.split(".uk", 1)[1]: BYTES}) as server,
            quick_client(tmp_path) as client,
        ):
            (file,) = SOURCE.fetch(through(client, server)).files  # type: ignore[misc]
        assert same(read(SOURCE, file.response.path), release)


class TestParse:
    def test_the_published_days(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        assert frame["arrival_date"].to_list() == [FIRST + timedelta(days=n) for n in range(7)]
        assert frame["arrivals_persons"].to_list() == PEOPLE
        assert frame["boats"].to_list() == [0, 1, 1, 0, 3, 0, 0]
        assert frame["uncontrolled_landing_boats"].to_list() == [0] * 7
        assert frame["note"].to_list() == [""] * 7
        assert (release.marks, release.notes) == ({}, ())

    def test_layout_is_the_columns(self, release: Parsed) -> None:
        assert release.layout == (
            "column Date",
            "column Migrants arrived",
            "column Boats arrived",
            "column Boats involved in uncontrolled landings",
            "column Notes",
        )

    def test_the_labels_of_2022_without_uncontrolled_landings(
        self, tmp_path: Path, release: Parsed
    ) -> None:
        old = BYTES.replace(b"Migrants arrived", b"Migrants detected")
        old = old.replace(b"Boats arrived", b"Boats detected").replace(b"2026", b"2022")
        lines = old.decode().splitlines(keepends=True)
        kept = [line for line in lines if "uncontrolled" not in line and ">Notes<" not in line]
        text = "".join(kept).replace("      <td>&nbsp;</td>\n", "")
        text = text.replace("      <td>0</td>\n    </tr>", "    </tr>")
        frame = reading(text.encode(), tmp_path).tables[TABLE.name]
        assert frame["uncontrolled_landing_boats"].null_count() == 7
        others = ("uncontrolled_landing_boats", "arrival_date")
        assert frame.drop(others).equals(release.tables[TABLE.name].drop(others))

    def test_a_page_of_2026_has_the_column_of_uncontrolled_landings(self, tmp_path: Path) -> None:
        other = BYTES.replace(b"Boats involved in uncontrolled landings", b"Boats of another kind")
        with pytest.raises(LayoutError, match=r"a column is missing.*uncontrolled landings"):
            reading(other, tmp_path)

    def test_the_label_of_the_weekly_file(self, tmp_path: Path, release: Parsed) -> None:
        other = BYTES.replace(b"Boats involved in", b"Boats arrived - involved in")
        assert same(reading(other, tmp_path), release)

    def test_not_collected_is_neither_zero_nor_withheld(self, tmp_path: Path) -> None:
        answer = reading(
            BYTES.replace(b"<td>3</td>\n      <td>0", b"<td>3</td>\n      <td>-"), tmp_path
        )
        key = {"arrival_date": date(2026, 8, 17)}
        assert figure(answer.tables[TABLE.name], "uncontrolled_landing_boats", **key) is None
        assert answer.marks == {"-": 1}

    def test_a_remark_is_kept(self, tmp_path: Path) -> None:
        answer = reading(BYTES.replace(b"&nbsp;", b"Revised", 1), tmp_path)
        assert figure(answer.tables[TABLE.name], "note", arrival_date=FIRST) == "Revised"

    def test_thousands_are_numbers(self, tmp_path: Path) -> None:
        answer = reading(BYTES.replace(b"<td>250<", b"<td>1,250<"), tmp_path)
        key = {"arrival_date": date(2026, 8, 17)}
        assert figure(answer.tables[TABLE.name], "arrivals_persons", **key) == 1_250

    def test_further_columns_are_told(self, tmp_path: Path) -> None:
        more = BYTES.replace(b"<td>&nbsp;</td>", b"<td>&nbsp;</td><td>x</td>")
        more = more.replace(b">Notes</th>", b">Notes</th><th>Migrants prevented</th>")
        assert reading(more, tmp_path).notes == ("Columns not read: Migrants prevented.",)

    def test_a_page_without_a_table_is_an_outage(self, tmp_path: Path) -> None:
        content = (FOLDER / "dead-page.html").read_bytes()
        with pytest.raises(LayoutError, match="the page holds no table: an outage") as caught:
            reading(content, tmp_path)
        assert "what to do: open https://www.gov.uk/" in str(caught.value)
        assert "fcm ingest uk_small_boats_daily_page FILE" in str(caught.value)

    def test_the_weekly_summary_holds_no_days(self, tmp_path: Path) -> None:
        content = (FOLDER / "weekly-summary.html").read_bytes()
        with pytest.raises(LayoutError, match="not one table of days"):
            reading(content, tmp_path)

    def test_another_table_beside_it_is_passed_over(self, tmp_path: Path, release: Parsed) -> None:
        other = b"<table><tr><th>Week</th></tr><tr><td>1</td></tr></table>"
        assert same(reading(BYTES.replace(b"<table>", other + b"<table>"), tmp_path), release)

    def test_two_tables_of_days_are_refused(self, tmp_path: Path) -> None:
        start, end = BYTES.index(b"<table>\n"), BYTES.rindex(b"</table>") + 8
        with pytest.raises(LayoutError, match="not one table of days"):
            reading(BYTES[:end] + BYTES[start:end] + BYTES[end:], tmp_path)

    def test_only_one_page(self) -> None:
        file = ReleaseFile(NAME, FOLDER / "last-7-days.html")
        with pytest.raises(LayoutError, match="a release is one file"):
            SOURCE.parse([file, file])


# What is done to the page, and the words of the refusal; None where it reads the same.
CHANGES: dict[str, tuple[Callable[[bytes], bytes], str | None]] = {
    "no-break spaces": (lambda b: b.replace(b" August", b"&nbsp;August"), None),
    "header row without thead": (
        lambda b: b.replace(b"<thead>", b"").replace(b"</thead>", b""),
        None,
    ),
    "carriage returns": (lambda b: b.replace(b"\n", b"\r\n"), None),
    "UTF-16": (lambda b: b.decode().encode("utf-16"), "the page is not UTF-8"),
    "cut off below the table": (lambda b: b[: b.index(b"About")], "the page is cut off"),
    "cut off in a row": (lambda b: b[: b.index(b"250")] + b"2", "the page is cut off"),
    "a CSV instead": (lambda _: b"Date,Migrants arrived\n", "the page is cut off"),
    "column renamed": (
        lambda b: b.replace(b"Migrants arrived", b"People"),
        "columns of arrivals_persons are missing",
    ),
    "column twice": (
        lambda b: b.replace(b">Notes<", b">Boats arrived<"),
        "columns stand twice",
    ),
    "both labels": (
        lambda b: b.replace(b">Notes<", b">Boats detected<"),
        "columns of boats are missing or stand twice",
    ),
    "date column renamed": (lambda b: b.replace(b">Date<", b">Day<"), "not one table of days"),
    "labels swapped": (
        lambda b: (
            b.replace(b">Migrants arrived", b">x")
            .replace(b">Boats arrived", b">Migrants arrived")
            .replace(b">x", b">Boats arrived")
        ),
        "more boats than people",
    ),
    "unknown mark": (lambda b: b.replace(b"<td>93<", b"<td>n/a<"), "'n/a' x1"),
    "not collected where always collected": (
        lambda b: b.replace(b"<td>93<", b"<td>-<"),
        "'-' x1",
    ),
    "figure lost": (lambda b: b.replace(b"<td>93<", b"<td><"), "'' x1"),
    "day lost": (
        lambda b: (
            b[: b.index(b'    <tr>\n      <th scope="row">15')]
            + b[b.index(b'    <tr>\n      <th scope="row">16') :]
        ),
        "the days are not seven in a row",
    ),
    "last day lost": (
        lambda b: b[: b.index(b'    <tr>\n      <th scope="row">19')] + b[b.index(b"  </tbody>") :],
        "the days are not seven in a row",
    ),
    "day twice": (lambda b: b.replace(b"14 August", b"15 August"), "not seven in a row"),
    "month abroad": (lambda b: b.replace(b"14 August", b"14 Augustus"), "no month"),
    "no such year": (lambda b: b.replace(b"13 August 2026", b"28 December 9999"), "not a day"),
    "no such day": (lambda b: b.replace(b"14 August", b"34 August"), "not a day"),
    "another way to write days": (
        lambda b: b.replace(b"14 August 2026", b"14/08/2026"),
        "not a day",
    ),
    "updated before its days": (
        lambda b: b.replace(b"Updated 20 August 2026", b"Updated 18 August 2026"),
        "days after the page's own date",
    ),
}


@pytest.mark.parametrize(("change", "words"), CHANGES.values(), ids=list(CHANGES))
def test_a_changed_page_reads_the_same_or_is_refused(
    tmp_path: Path, release: Parsed, change: Callable[[bytes], bytes], words: str | None
) -> None:
    content = change(BYTES)
    assert content != BYTES
    if words is None:
        assert same(reading(content, tmp_path), release)
        return
    with pytest.raises(LayoutError) as caught:
        reading(content, tmp_path)
    assert words in str(caught.value)


class TestReleaseDate:
    def test_the_day_the_page_was_updated(self, tmp_path: Path) -> None:
        assert released(BYTES, tmp_path) == date(2026, 8, 20)

    def test_or_its_newest_day(self, tmp_path: Path) -> None:
        without = BYTES.replace(b"Updated 20 August 2026", b"Updated")
        assert released(without, tmp_path) == date(2026, 8, 19)


class TestFlows:
    def test_people_and_boats_by_day(self, release: Parsed) -> None:
        flows = SOURCE.flows(release.tables)
        assert flows.schema == DRAFT_FLOWS
        constants = {
            "destination_iso3": "GBR",
            "origin_label": TOTAL,
            "route": "english_channel",
            "place": "all",
            "population_group": "all",
            "frequency": "D",
            "is_suppressed": False,
            "rounding": 1,
            "is_derived": False,
            "is_partial": False,
        }
        for column, value in constants.items():
            assert flows[column].unique().to_list() == [value], column
        people = flows.filter(indicator="small_boat_arrivals").sort("period_start")
        assert people["value"].to_list() == PEOPLE
        key = {"indicator": "small_boats", "period_start": date(2026, 8, 17)}
        assert figure(flows, "value", **key) == 3
        assert flows.height == 14

    def test_it_is_context_and_accumulates_by_day(self) -> None:
        assert not SOURCE.is_modelled
        assert SOURCE.rolling_by == "arrival_date"
        assert SOURCE.source_id not in {table.source_id for table in uk_small_boats.SOURCE.tables}


def test_the_suite_tells_days_at_odds_with_the_weekly_file(release: Parsed) -> None:
    frame = published(release.tables[TABLE.name])
    today = date(2026, 9, 1)

    def failed(days: pl.DataFrame) -> list[str]:
        results = check_table(
            latest_table(TABLE),
            frame,
            context={"core.uk_small_boats_daily": days},
            suites_dir=SUITES_DIR,
            today=today,
        )
        return [item.expectation for item in results if not item.success]

    assert failed(frame) == []
    more = frame.with_columns(pl.col("arrivals_persons") + 6)
    assert failed(more) == ["people against the weekly file"]


@pytest.mark.shared_data
class TestReal:
    def test_the_page_of_august_2026(self, shared_data: Path, release: Parsed) -> None:
        path = shared_data / "uk_small_boats" / "pages" / "daily_small_boats__2026-08-20.html"
        assert same(read(SOURCE, path), release)
        assert SOURCE.release_date([ReleaseFile(path.name, path)]) == date(2026, 8, 20)

    def test_days_of_2022_against_the_weekly_file(self, shared_data: Path) -> None:
        """Equal but for 11 June 2022, of which the page knew nothing yet."""
        folder = shared_data / "uk_small_boats"
        page = folder / "pages" / "weekly_small_boats__6-june-to-12-june-2022.html"
        days = read(SOURCE, page).tables[TABLE.name]
        assert days["arrivals_persons"].to_list() == [0, 79, 0, 0, 0, 0, 111]
        newest = folder / "releases" / "24_April_2026_Small_boats_-_time_series.ods"
        series = read(uk_small_boats.SOURCE, newest).tables[uk_small_boats.DAILY.name]
        both = days.join(series, on="arrival_date")
        assert both.height == 7
        odd = both.filter(
            (pl.col("arrivals_persons") != pl.col("arrivals_persons_right"))
            | (pl.col("boats") != pl.col("boats_right"))
        )
        columns = ("arrival_date", "arrivals_persons", "arrivals_persons_right", "boats_right")
        assert odd.select(columns).rows() == [(date(2022, 6, 11), 0, 1, 1)]

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("daily_small_boats__2022-08-22.html", "the page holds no table"),
            ("daily_small_boats__2025-08-20.html", "the page holds no table"),
            ("weekly_small_boats__2026-08-18.html", "not one table of days"),
        ],
    )
    def test_pages_without_days_are_refused(self, shared_data: Path, name: str, words: str) -> None:
        with pytest.raises(LayoutError, match=words):
            read(SOURCE, shared_data / "uk_small_boats" / "pages" / name)
