"""Operation Sovereign Borders: whole months only, every sentence kept, and no figure guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform
from fcm_migration.config import SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import FetchError, LayoutError, SourceError
from fcm_migration.expectations import check_table
from fcm_migration.http import Request
from fcm_migration.periods import MONTHS
from fcm_migration.sources.au.osb import SOURCE, TABLE, from_pages
from fcm_migration.sources.au.osb_pages import FEED, Month, last_months
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Fetched, Parsed, ReleaseFile
from fcm_migration.workbook import read_page
from tests.fault_server import FaultServer
from tests.sources.fake_get import FakeGet, through
from tests.sources.reading import conformed, figure, quick_client
from tests.wire.au_osb import FIXTURES, PAGES, address, answer, feed_of, page_of

MAY, JULY, DECEMBER = date(2024, 5, 1), date(2022, 7, 1), date(2018, 12, 1)
SITE = "https://www.abf.gov.au/newsroom-subsite/Pages"
TEXTS = {name: (FIXTURES / name).read_text(encoding="utf-8") for name in PAGES}
LATEST = PAGES[0]


def parsed(texts: Mapping[str, str]) -> Parsed:
    pages = [(name, read_page(text.encode())) for name, text in texts.items()]
    return conformed(SOURCE, from_pages(pages))


def edited(old: str, new: str, name: str = LATEST) -> dict[str, str]:
    assert old in TEXTS[name], old
    return {name: TEXTS[name].replace(old, new)}


def flow(answer_: Parsed, indicator: str) -> list[tuple[object, ...]]:
    flows = SOURCE.flows(answer_.tables).filter(pl.col("indicator") == indicator)
    rows = flows.sort("period_start").select("period_start", "value", "is_suppressed", "is_derived")
    return rows.rows()


@pytest.fixture(scope="module")
def three() -> Parsed:
    return parsed(TEXTS)


def names(fetched: Fetched) -> list[str]:
    return [file.name for file in fetched.files]


def page_names(months: Sequence[Month]) -> list[str]:
    return [address(month).rsplit("/", 1)[-1] for month in months]


class TestFetch:
    """The wire's feed names the newest three of the last twelve months."""

    months = last_months(datetime.now(UTC).date())

    def test_the_feed_and_the_usual_addresses_of_the_other_months(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, answer)
        fetched = SOURCE.fetch(get)  # type: ignore[misc]
        assert get.requests[0] == FEED
        asked = [request.url for request in get.requests[1:]]
        assert asked == [address(month) for month in (*self.months[3:], *self.months[:3])]
        assert {request.expect for request in get.requests[1:]} == {"html"}
        assert names(fetched) == page_names(self.months)
        assert (fetched.notes, fetched.complaint) == ((), None)

    def test_an_older_or_odd_address_in_the_feed_is_followed(self, tmp_path: Path) -> None:
        feed = feed_of(*(f"{SITE}/{name}" for name in PAGES))

        def site(request: Request) -> bytes | None:
            name = request.url.rsplit("/", 1)[-1]
            return feed if request == FEED else TEXTS[name].encode() if name in PAGES else None

        fetched = SOURCE.fetch(FakeGet(tmp_path, site))  # type: ignore[misc]
        assert names(fetched) == list(PAGES)

    @pytest.mark.parametrize("feed", [None, b"<rss><channel></channel></rss>"])
    def test_without_a_feed_the_usual_addresses_do(
        self, tmp_path: Path, feed: bytes | None
    ) -> None:
        def site(request: Request) -> bytes | None:
            return feed if request == FEED else answer(request)

        fetched = SOURCE.fetch(FakeGet(tmp_path, site))  # type: ignore[misc]
        assert names(fetched) == page_names(self.months)
        assert fetched.notes == (() if feed else ("The RSS feed could not be read (gone).",))

    @pytest.mark.parametrize("nothing", [None, b"<html><title>Page not found</title></html>"])
    def test_months_without_a_page_are_done_without(
        self, tmp_path: Path, nothing: bytes | None
    ) -> None:
        """The newest months are not out yet; one in between is noted."""
        lost = [address(month) for month in (*self.months[:2], self.months[5])]

        def site(request: Request) -> bytes | None:
            if request == FEED:
                return feed_of()
            return nothing if request.url in lost else answer(request)

        fetched = SOURCE.fetch(FakeGet(tmp_path, site))  # type: ignore[misc]
        assert len(fetched.files) == 9
        year, month = self.months[5]
        told = f"No update under the usual address for: {MONTHS[month - 1]} {year}."
        assert fetched.notes == (told,)

    def test_a_site_without_updates_is_refused(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, lambda request: feed_of() if request == FEED else None)
        with pytest.raises(LayoutError, match="none for the last 12 months") as caught:
            SOURCE.fetch(get)  # type: ignore[misc]
        assert "fcm ingest au_osb" in str(caught.value)

    def test_a_site_that_refuses_programs_is_asked_once(self, tmp_path: Path) -> None:
        def refuse(request: Request) -> bytes:
            raise FetchError("refused", outcome="blocked", where=request.url)

        get = FakeGet(tmp_path, refuse)
        with pytest.raises(FetchError, match="refused"):
            SOURCE.fetch(get)  # type: ignore[misc]
        assert len(get.requests) == 1

    def test_through_the_real_client(self, tmp_path: Path) -> None:
        pages = {address(month).split(".au", 1)[1]: page_of(month) for month in self.months[1:]}
        feed = feed_of(address(self.months[1]))
        routes = {FEED.url.split(".au", 1)[1] + "?site=newsroom": feed, **pages}
        with FaultServer(routes=routes) as server, quick_client(tmp_path) as client:
            found = SOURCE.fetch(through(client, server)).files  # type: ignore[misc]
        files = [ReleaseFile(file.name, file.response.path) for file in found]
        read = conformed(SOURCE, SOURCE.parse(files))
        assert read.tables[TABLE.name]["month_start_date"].n_unique() == 11


class TestParse:
    def test_every_sentence_is_kept_in_order_and_once(self, three: Parsed) -> None:
        frame = three.tables[TABLE.name]
        may = frame.filter(month_start_date=MAY)
        assert may.select("statement_number", "measure", "stated_persons").rows() == [
            (1, "other", None),
            (2, "intercepted", 9),
            (3, "returned", 4),
            (4, "returned", 5),
            (5, "transferred_to_regional_processing", 0),
            (6, "resettled", None),
            (7, "other", None),
        ]
        assert may["sentence"].to_list()[2].startswith("Four people from one venture were")
        assert not frame["sentence"].str.contains("enquiries|counted here|Written for").any()

    def test_older_words_and_a_month_of_the_past(self, three: Parsed) -> None:
        december = three.tables[TABLE.name].filter(month_start_date=DECEMBER)
        assert figure(december, "stated_persons", measure="arrivals") == 0
        assert figure(december, "stated_persons", measure="removed_voluntarily") == 4
        assert figure(december, "stated_persons", measure="in_regional_processing") == 10
        assert december.filter(pl.col("sentence").str.contains("2016"))["measure"].to_list() == [
            "other"
        ]

    def test_withheld_numbers_are_null_and_counted(self, three: Parsed) -> None:
        frame = three.tables[TABLE.name]
        withheld = frame.filter(pl.col("is_suppressed"))
        assert withheld["stated_persons"].null_count() == withheld.height == 3
        assert three.marks == {"less than five": 3}
        july = frame.filter(month_start_date=JULY, statement_number=5)
        assert july["figure_number"].to_list() == [1, 2]

    def test_what_was_not_read_is_counted_in_the_notes(self, three: Parsed) -> None:
        assert three.notes == ("5 of 21 statements were not read as figures.",)
        assert "measure: arrivals" in three.layout

    @pytest.mark.parametrize(
        "period",
        [
            "The reporting period is from 1st of May 2024 to the 31st of May 2024.",
            "The reporting period is from 1 st May 2024 to 31 st May 2024.",
            "The reporting period is from 01 May 2024 to 31 May 2024",
        ],
    )
    def test_the_period_in_other_words(self, three: Parsed, period: str) -> None:
        old = "The reporting period is from 01&nbsp;May 2024 to 31 May 2024.\u200b"
        read = parsed(edited(old, period)).tables[TABLE.name]
        assert read.equals(three.tables[TABLE.name].filter(month_start_date=MAY))

    def test_paragraphs_inside_points_are_read_once(self, three: Parsed) -> None:
        text = TEXTS[LATEST].replace("<li>", "<li><p>").replace(";</li>", ";</p></li>")
        read = parsed({LATEST: text}).tables[TABLE.name]
        assert read.equals(three.tables[TABLE.name].filter(month_start_date=MAY))

    def test_a_page_under_another_months_name_is_told(self) -> None:
        name = LATEST.replace("May-2024", "April-2024").replace(".aspx", ".html")
        read = parsed({name: TEXTS[LATEST]})
        assert read.notes[0] == f"{name} is of May 2024, in spite of its name."
        assert set(read.tables[TABLE.name]["month_start_date"]) == {MAY}

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            ("reporting period is from", "report covers", "no reporting period"),
            ("to 31 May 2024", "to 30 May 2024", "not one calendar month"),
            ("to 31 May 2024", "to 30 June 2024", "not one calendar month"),
            ("from 01&nbsp;May", "from 02&nbsp;May", "not one calendar month"),
            ("to 31 May 2024", "to 31 Mayy 2024", "no month"),
            ("<p>During this", "<p>Media enquiries: none</p><p>During this", "nothing follows"),
        ],
    )
    def test_is_refused(self, old: str, new: str, words: str) -> None:
        with pytest.raises(LayoutError, match=words):
            parsed(edited(old, new))

    def test_a_page_cut_off_between_two_sentences_is_refused(self, tmp_path: Path) -> None:
        path = tmp_path / LATEST
        path.write_text(TEXTS[LATEST].rpartition("<li>")[0], encoding="utf-8")
        with pytest.raises(LayoutError, match="the page is cut off"):
            SOURCE.parse([ReleaseFile(LATEST, path)])

    def test_a_page_shown_by_a_script_only_is_refused(self) -> None:
        text = TEXTS[LATEST].replace("<p>", "<script>").replace("</p>", "</script>")
        with pytest.raises(LayoutError, match="by a script only"):
            parsed({LATEST: text})

    def test_a_month_twice_and_bytes_of_another_encoding(self, tmp_path: Path) -> None:
        with pytest.raises(LayoutError, match="two pages of one month"):
            parsed({"a.html": TEXTS[LATEST], "b.html": TEXTS[LATEST]})
        path = tmp_path / LATEST
        path.write_bytes(TEXTS[LATEST].encode("utf-16"))
        with pytest.raises(SourceError):
            SOURCE.parse([ReleaseFile(path.name, path)])


class TestFlows:
    def test_only_what_is_stated_becomes_a_figure(self, three: Parsed) -> None:
        flows = SOURCE.flows(three.tables)
        assert flows.schema == DRAFT_FLOWS
        assert set(flows["origin_label"]) == {TOTAL}
        assert set(flows["frequency"]) == {"M"}
        assert flow(three, "irregular_maritime_arrivals") == [
            (DECEMBER, 0, False, False),
            (JULY, 0, False, False),
        ]
        assert flow(three, "maritime_returns") == [(MAY, 9, False, True)]
        assert not SOURCE.absent_is_zero

    def test_a_withheld_part_withholds_the_sum(self) -> None:
        read = parsed(edited("Five people from one", "Less than five people from one"))
        assert flow(read, "maritime_returns") == [(MAY, None, True, True)]

    def test_a_sentence_not_understood_leaves_no_figure(self) -> None:
        read = parsed(edited("Five people from one venture", "More than 50 people"))
        assert flow(read, "maritime_returns") == []
        read = parsed(edited("Five people from one venture", "A number of boats"))
        assert flow(read, "maritime_returns") == [(MAY, 4, False, False)]

    def test_arrivals_told_twice_are_counted_once_or_not_at_all(self) -> None:
        name = PAGES[1]
        twice = "There were no new UMAs;</p><p>No UMAs were transferred to Australian authorities;"
        read = parsed(edited("There were no new UMAs;", twice, name))
        assert flow(read, "irregular_maritime_arrivals") == [(JULY, 0, False, False)]
        other = twice.replace("No UMAs were", "Six UMAs were")
        read = parsed(edited("There were no new UMAs;", other, name))
        assert flow(read, "irregular_maritime_arrivals") == []

    def test_people_who_arrived_long_ago_hide_no_arrivals(self) -> None:
        name = PAGES[2]
        removed = "were removed from onshore immigration detention"
        read = parsed(edited("were voluntarily removed from Australia", removed, name))
        assert flow(read, "irregular_maritime_arrivals") == [(DECEMBER, 0, False, False)]


def test_the_suite_holds_on_good_pages_and_not_on_an_invented_figure(three: Parsed) -> None:
    stamped = three.tables[TABLE.name].with_columns(
        pl.lit(date(2024, 7, 1)).alias("as_of_date"),
        pl.lit("a release").alias("snapshot_id"),
        pl.lit("download").alias("obtained"),
    )
    table, day = latest_table(TABLE), date(2024, 7, 2)

    def failed(frame: pl.DataFrame) -> list[str]:
        results = check_table(table, conform(frame, table), suites_dir=SUITES_DIR, today=day)
        return [item.expectation for item in results if not item.success]

    assert failed(stamped) == ["months without a gap"]
    invented = stamped.with_columns(pl.col("stated_persons").fill_null(3))
    assert failed(invented) == [
        "sentences not read have no figure",
        "withheld figures are null",
        "months without a gap",
    ]


def test_saved_pages_are_read_as_texts_are(three: Parsed) -> None:
    files = [ReleaseFile(name, FIXTURES / name) for name in PAGES]
    read = conformed(SOURCE, SOURCE.parse(files))
    assert read.tables[TABLE.name].equals(three.tables[TABLE.name])
