"""IRB: pages cumulative since January, quarters only where both ends are known, no small number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform, empty
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR
from fcm_migration.core.tables import latest_table
from fcm_migration.errors import ConformError, FetchError, LayoutError, SourceError
from fcm_migration.expectations import check_table
from fcm_migration.http import Request
from fcm_migration.marts.countries import aliases
from fcm_migration.marts.harmonise import harmonise
from fcm_migration.marts.series import absent_is_zero, build_series
from fcm_migration.marts.tables import FLOWS, HELD_BACK
from fcm_migration.sources.base import (
    DRAFT_FLOWS,
    RELEASED_DRAFT,
    SET_ASIDE,
    TOTAL,
    Parsed,
    ReleaseFile,
)
from fcm_migration.sources.ca.irb_claims import LANDING, SOURCE, TABLE, from_pages
from fcm_migration.workbook import read_page
from tests.fault_server import FaultServer
from tests.sources.fake_get import FakeGet, through
from tests.sources.reading import conformed, figure, quick_client
from tests.wire.ca_irb_claims import FIXTURES, answer, release

Pages = dict[str, str]
SITE = "https://www.irb-cisr.gc.ca/en/statistics/protection/Pages"
SEPTEMBER = date(2023, 9, 30)
WHOLE_2023 = {"January to September 2023": "January to December 2023", "2023/09/30": "2023/12/31"}


@pytest.fixture(scope="module")
def texts() -> Pages:
    return {
        name: (FIXTURES / name).read_text(encoding="utf-8")
        for name in ("RPDStat2022.aspx", "RPDStat2023.aspx")
    }


def parsed(texts: Mapping[str, str]) -> Parsed:
    pages = [(name, read_page(text.encode())) for name, text in texts.items()]
    return conformed(SOURCE, from_pages(pages))


def edited(text: str, changes: Mapping[str, str]) -> str:
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new)
    return text


def of_year(texts: Pages, year: int) -> str:
    """The whole year's page with another year on it."""
    return texts["RPDStat2022.aspx"].replace("2022", str(year))


@pytest.fixture(scope="module")
def both(texts: Pages) -> Parsed:
    return parsed(texts)


class TestFetch:
    def test_every_year_linked_is_asked_for_newest_first(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, answer)
        files = SOURCE.fetch(get).files  # type: ignore[misc]
        assert [(r.url, r.expect) for r in get.requests] == [
            (LANDING, "html"),
            (f"{SITE}/RPDStat2023.aspx", "html"),
            (f"{SITE}/RPDStat2022.aspx", "html"),
        ]
        assert [file.name for file in files] == ["RPDStat2023.aspx", "RPDStat2022.aspx"]

    def test_legacy_claims_and_appeals_are_no_pages_of_claims(self, tmp_path: Path) -> None:
        page = (FIXTURES / "landing.html").read_bytes().replace(b"/RPDStat", b"/RPDLegStat")
        get = FakeGet(tmp_path, lambda _: page)
        with pytest.raises(LayoutError, match="none among 5 links") as caught:
            SOURCE.fetch(get)  # type: ignore[misc]
        assert "fcm ingest ca_irb_claims" in str(caught.value)

    def test_a_page_that_is_gone_is_done_without(self, tmp_path: Path) -> None:
        """As long as more pages are there than gone; whatever else fails is no absence."""
        links = "".join(f'<a href="/x/RPDStat{year}.aspx">{year}</a>' for year in range(2020, 2024))

        def site(request: Request, gone: tuple[int, ...], outcome: str = "gone") -> bytes:
            if any(str(year) in request.url for year in gone):
                raise FetchError("not there", outcome=outcome, where=request.url)
            return f"<html>{links}".encode()

        get = FakeGet(tmp_path, lambda request: site(request, (2021,)))
        fetched = SOURCE.fetch(get)  # type: ignore[misc]
        assert [file.name for file in fetched.files] == [
            f"RPDStat{year}.aspx" for year in (2023, 2022, 2020)
        ]
        assert fetched.notes == ("The landing page links to RPDStat2021.aspx, which is gone.",)
        for gone, outcome in (((2021, 2022), "gone"), ((2021,), "server_error")):
            get = FakeGet(tmp_path, lambda r, g=gone, o=outcome: site(r, g, o))  # type: ignore[misc]
            with pytest.raises(FetchError, match="not there"):
                SOURCE.fetch(get)  # type: ignore[misc]

    def test_either_order_of_the_boards_names_is_its_site(self) -> None:
        assert {"www.irb-cisr.gc.ca", "cisr-irb.gc.ca", "www.cisr-irb.gc.ca"} <= SOURCE.hosts

    def test_through_the_real_client(self, tmp_path: Path, both: Parsed) -> None:
        routes = {
            f"/en/statistics/protection/Pages/{name}": (FIXTURES / source).read_bytes()
            for name, source in {
                "index.aspx": "landing.html",
                "RPDStat2022.aspx": "RPDStat2022.aspx",
                "RPDStat2023.aspx": "RPDStat2023.aspx",
            }.items()
        }
        with FaultServer(routes=routes) as server, quick_client(tmp_path) as client:
            found = SOURCE.fetch(through(client, server)).files  # type: ignore[misc]
        files = [ReleaseFile(file.name, file.response.path) for file in found]
        frame = conform(SOURCE.parse(files).tables[TABLE.name], TABLE)
        assert frame.equals(both.tables[TABLE.name])


class TestParse:
    def test_published_totals_of_nine_months(self, both: Parsed) -> None:
        frame = both.tables[TABLE.name].filter(
            period_through_date=SEPTEMBER, persecution_country="Total"
        )
        assert dict(frame.select("measure", "claims_persons").iter_rows()) == {
            "referred": 93_040,
            "accepted": 26_658,
            "rejected": 7_120,
            "abandoned": 1_025,
            "withdrawn_and_other": 2_128,
            "finalized": 36_931,
            "pending": 126_131,
        }
        assert set(frame["through_month"]) == {9}

    def test_withheld_cells_are_null_and_counted(self, both: Parsed) -> None:
        frame = both.tables[TABLE.name]
        assert both.marks == {"--": frame["is_suppressed"].sum()} == {"--": 20}
        assert frame.filter(pl.col("is_suppressed"))["claims_persons"].null_count() == 20
        assert figure(
            frame,
            "is_suppressed",
            period_through_date=SEPTEMBER,
            measure="abandoned",
            persecution_country="Afghanistan",
        )

    def test_both_wordings_of_headings_are_read(self, both: Parsed) -> None:
        frame = both.tables[TABLE.name]
        assert set(frame["period_through_date"]) == {date(2022, 12, 31), SEPTEMBER}
        assert "column Finalized: Withdrawn & Other" in both.layout
        assert "column Finalized: Withdrawn and Other" in both.layout
        assert "column Pending" in both.layout

    def test_a_heading_with_the_year_alone_is_a_whole_year(self, texts: Pages) -> None:
        text = edited(texts["RPDStat2022.aspx"], {"2022 (January to December)": "2022"})
        frame = parsed({"RPDStat2022.aspx": text}).tables[TABLE.name]
        assert set(frame["through_month"]) == {12}

    def test_the_same_is_read_under_other_typography(self, texts: Pages) -> None:
        plain = texts["RPDStat2023.aspx"]
        other = edited(
            plain,
            {
                "<td>93,040</td>": "<td>\u200a93,040&nbsp;</td>",
                "<h2>": "<h2>\u00a0",
                "<td>--</td>": "<td>\n--\n</td>",
                ">Côte d'Ivoire<": "> Côte  d'Ivoire <",
            },
        )
        first = parsed({"a.html": plain}).tables[TABLE.name]
        assert parsed({"a.html": "\ufeff" + other}).tables[TABLE.name].equals(first)

    def test_a_further_column_is_told(self, texts: Pages) -> None:
        heading = '<th rowspan="2">Referred</th>'
        text = edited(
            texts["RPDStat2023.aspx"],
            {
                heading: f'<th rowspan="2">Of these, children</th>{heading}',
                "</th><td>": "</th><td>0</td><td>",
            },
        )
        read = parsed({"RPDStat2023.aspx": text})
        assert "Columns not read: Of these, children." in read.notes
        assert "column Of these, children" in read.layout
        total = read.tables[TABLE.name].filter(persecution_country="Total", measure="referred")
        assert total["claims_persons"].to_list() == [93_040]

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"<th>Rejected</th>": "<th>Refused</th>"}, "columns are missing"),
            ({"<th>Rejected</th>": "<th>Accepted</th>"}, "stands twice"),
            ({">Referred<": ">Received<"}, "not exactly one table"),
            ({"<table": "<div", "</table>": "</div>"}, "not exactly one table"),
            ({"<td>--</td>": "<td>*</td>"}, r"'\*' x"),
            ({"<td>--</td>": "<td></td>"}, "declared mark"),
            ({"January to September 2023": "January to Sept 2023"}, "no month"),
            ({"January to September 2023": "first nine months"}, "of different days"),
            ({"January to September 2023": "January to June 2023"}, "of different days"),
            ({"2023/09/30": "2023/09/31"}, "no date"),
            ({"Pending<br>(as of 2023/09/30)": "Pending"}, "columns are missing"),
            ({"(New System)": "(Legacy)"}, "before 2012"),
            ({"<strong>Total</strong>": "All countries"}, "row of totals"),
            ({">Mexico<": "><"}, "no country"),
            ({"<td>26,658</td>": "<td>26,659</td>"}, "do not add up"),
            ({"<td>93,040</td>": "<td>9,304</td>"}, "do not make the printed total"),
            ({"<td>93,040</td>": "<td>193,040</td>"}, "do not make the printed total"),
        ],
    )
    def test_is_refused(self, texts: Pages, changes: dict[str, str], words: str) -> None:
        with pytest.raises(LayoutError, match=words):
            parsed({"RPDStat2023.aspx": edited(texts["RPDStat2023.aspx"], changes)})

    def test_a_country_twice_two_tables_and_a_page_cut_off(self, texts: Pages) -> None:
        text = texts["RPDStat2023.aspx"]
        with pytest.raises(ConformError, match="more than once"):
            parsed({"a": edited(text, {">Stateless<": ">Afghanistan<"})})
        table = text[text.index("<table") : text.index("</table>") + 8]
        with pytest.raises(LayoutError, match="2 such among 2"):
            parsed({"a": text.replace(table, table + table)})
        with pytest.raises(LayoutError, match="do not make the printed total"):
            parsed({"RPDStat2023.aspx": text[: text.index(">Mexico<") - 30]})

    def test_years_and_names_that_do_not_fit(self, texts: Pages) -> None:
        older = of_year(texts, 2020)
        with pytest.raises(LayoutError, match=r"without \[2021, 2022\]"):
            parsed({"RPDStat2020.aspx": older, "RPDStat2023.aspx": texts["RPDStat2023.aspx"]})
        with pytest.raises(LayoutError, match="another year than its name"):
            parsed({"RPDStat2024.aspx": texts["RPDStat2023.aspx"]})
        with pytest.raises(LayoutError, match="a period twice"):
            parsed({"a": texts["RPDStat2023.aspx"], "b": texts["RPDStat2023.aspx"]})
        with pytest.raises(LayoutError, match="every year"):
            parsed({})

    def test_one_odd_page_is_set_aside(self, texts: Pages) -> None:
        """The years that can be read are; most pages must be."""
        odd = of_year(texts, 2021).replace("Referred", "Received")
        good = {**texts, "RPDStat2020.aspx": of_year(texts, 2020)}
        answer = parsed({**good, "RPDStat2021.aspx": odd})
        assert sorted(answer.tables[TABLE.name]["year"].unique()) == [2020, 2022, 2023]
        (told,) = [note for note in answer.notes if note.startswith(SET_ASIDE)]
        assert "RPDStat2021.aspx: not exactly one table of claims" in told
        assert "No page of 2021 was read." in answer.notes
        assert answer.tables[TABLE.name].equals(parsed(good).tables[TABLE.name])
        with pytest.raises(LayoutError, match="not exactly one table"):
            parsed({"RPDStat2021.aspx": odd, "RPDStat2022.aspx": texts["RPDStat2022.aspx"]})

    def test_one_year_may_be_left_out(self, texts: Pages) -> None:
        answer = parsed({"RPDStat2020.aspx": of_year(texts, 2020), **texts})
        assert "No page of 2021 was read." in answer.notes

    def test_figures_that_do_not_add_up_set_their_page_aside(self, texts: Pages) -> None:
        odd = texts["RPDStat2023.aspx"].replace("93,040", "193,040")
        pages = {"RPDStat2021.aspx": of_year(texts, 2021), **texts, "RPDStat2023.aspx": odd}
        answer = parsed(pages)
        assert sorted(answer.tables[TABLE.name]["year"].unique()) == [2021, 2022]
        assert any("do not make the printed total" in note for note in answer.notes)

    def test_bytes_of_another_encoding(self, tmp_path: Path, texts: Pages) -> None:
        path = tmp_path / "RPDStat2023.aspx"
        path.write_bytes(texts[path.name].replace("\u2013", "-").encode("latin-1"))
        with pytest.raises(SourceError):
            SOURCE.parse([ReleaseFile(path.name, path)])


def stamped(frame: pl.DataFrame, day: date) -> pl.DataFrame:
    return frame.with_columns(
        pl.lit(day).alias("as_of_date"),
        pl.lit(f"release of {day}").alias("snapshot_id"),
        pl.lit("download").alias("obtained"),
    )


def failed(read: Parsed) -> list[str]:
    frame = conform(stamped(read.tables[TABLE.name], date(2023, 11, 1)), latest_table(TABLE))
    results = check_table(
        latest_table(TABLE), frame, suites_dir=SUITES_DIR, today=date(2023, 11, 2)
    )
    return [item.expectation for item in results if not item.success]


def test_the_suite_holds_on_good_pages_and_not_without_a_country(both: Parsed) -> None:
    assert failed(both) == []
    frame = both.tables[TABLE.name].filter(pl.col("persecution_country") != "Stateless")
    assert failed(Parsed({TABLE.name: frame})) == ["countries make the printed total"]


def at(frame: pl.DataFrame, month: int, total: int, seen: date) -> pl.DataFrame:
    """The page of September 2023 as another state of it, with another total of claims referred."""
    is_total = (pl.col("measure") == "referred") & (pl.col("persecution_country") == "Total")
    return stamped(
        frame.with_columns(
            pl.date(2023, month, 1).dt.month_end().alias("period_through_date"),
            pl.lit(month, dtype=pl.Int64).alias("through_month"),
            pl.when(is_total).then(total).otherwise("claims_persons").alias("claims_persons"),
        ),
        seen,
    )


@pytest.fixture(scope="module")
def core(both: Parsed) -> pl.DataFrame:
    """What stands after three releases: to June, to September, and the whole of 2023."""
    frame = both.tables[TABLE.name]
    older, page = frame.filter(year=2022), frame.filter(year=2023)
    without = page.filter(pl.col("persecution_country") != "Stateless")
    return pl.concat(
        [
            at(without, 6, 60_000, date(2023, 8, 1)),
            stamped(page, date(2023, 11, 1)),
            at(page, 12, 130_000, date(2024, 2, 1)),
            stamped(older, date(2024, 2, 1)),
        ]
    )


class TestFlows:
    def test_one_release_gives_years_and_what_was_pending(self, both: Parsed) -> None:
        flows = SOURCE.flows(both.tables)
        assert flows.schema == DRAFT_FLOWS
        total = flows.filter(pl.col("origin_label") == TOTAL)
        of_2023 = total.filter(period_start=date(2023, 1, 1))
        assert figure(of_2023, "value", indicator="claims_referred") == 93_040
        assert of_2023["is_partial"].all()
        assert set(of_2023["frequency"]) == {"A"}
        assert not total.filter(period_start=date(2022, 1, 1))["is_partial"].any()
        pending = total.filter(indicator="claims_pending")
        assert pending.select("frequency", "period_start", "value").rows() == [
            ("Q", date(2022, 10, 1), 62_915),
            ("Q", date(2023, 7, 1), 126_131),
        ]
        assert not flows["is_derived"].any()

    def test_a_quarter_is_the_difference_of_two_states(self, core: pl.DataFrame) -> None:
        flows = SOURCE.flows({TABLE.name: core})
        assert flows.schema == RELEASED_DRAFT
        referred = flows.filter(
            pl.col("origin_label") == TOTAL, indicator="claims_referred", frequency="Q"
        )
        third, fourth = date(2023, 7, 1), date(2023, 10, 1)
        assert referred.sort("period_start").select("period_start", "value").rows() == [
            (third, 93_040 - 60_000),
            (fourth, 130_000 - 93_040),
        ]
        assert referred["is_derived"].all()
        assert figure(referred, "as_of_date", period_start=third) == date(2023, 11, 1)
        assert figure(referred, "as_of_date", period_start=fourth) == date(2024, 2, 1)

    def test_withheld_ends_give_withheld_quarters(self, core: pl.DataFrame) -> None:
        flows = SOURCE.flows({TABLE.name: core}).filter(frequency="Q", is_derived=True)
        ivory = flows.filter(origin_label="Côte d'Ivoire", indicator="claims_referred")
        assert ivory.select("value", "is_suppressed").unique().rows() == [(None, True)]

    def test_a_country_the_earlier_page_does_not_list_had_none(self, core: pl.DataFrame) -> None:
        flows = SOURCE.flows({TABLE.name: core})
        third = flows.filter(frequency="Q", period_start=date(2023, 7, 1), is_derived=True)
        key = {"origin_label": "Stateless", "indicator": "claims_referred"}
        assert figure(third, "value", **key) == 200

    def test_a_correction_downwards_gives_no_quarter(self, core: pl.DataFrame) -> None:
        lower = core.with_columns(
            pl.when(
                pl.col("as_of_date") == date(2024, 2, 1),
                pl.col("year") == 2023,
                pl.col("measure") == "referred",
                pl.col("persecution_country") == "Total",
            )
            .then(90_000)
            .otherwise("claims_persons")
            .alias("claims_persons")
        )
        referred = SOURCE.flows({TABLE.name: lower}).filter(
            pl.col("origin_label") == TOTAL, indicator="claims_referred", frequency="Q"
        )
        assert referred["period_start"].to_list() == [date(2023, 7, 1)]

    def test_the_first_quarter_is_taken_as_printed(self, texts: Pages) -> None:
        first = {"January to September 2023": "January to March 2023", "2023/09/30": "2023/03/31"}
        read = parsed({"a": edited(texts["RPDStat2023.aspx"], first)})
        flows = SOURCE.flows(read.tables).filter(
            pl.col("origin_label") == TOTAL, indicator="claims_referred", frequency="Q"
        )
        assert flows.select("period_start", "value", "is_derived").rows() == [
            (date(2023, 1, 1), 93_040, False)
        ]

    def test_several_states_of_one_page_may_come_together(self, texts: Pages) -> None:
        page = texts["RPDStat2023.aspx"]
        whole = {
            **WHOLE_2023,
            "<td>93,040</td>": "<td>93,100</td>",
            "<td>24,000</td>": "<td>24,060</td>",
        }
        read = parsed({"RPDStat2023-September.html": page, "RPDStat2023.html": edited(page, whole)})
        flows = SOURCE.flows(read.tables).filter(
            pl.col("origin_label") == TOTAL, indicator="claims_referred"
        )
        assert flows.select("frequency", "period_start", "value", "is_partial").rows() == [
            ("A", date(2023, 1, 1), 93_100, False),
            ("Q", date(2023, 10, 1), 60, False),
        ]

    def test_the_mart_keeps_each_rows_release(self, core: pl.DataFrame) -> None:
        made = harmonise(SOURCE, {TABLE.name: core}, aliases(REFERENCE_DIR, SOURCE.country_scheme))
        flows = conform(made.flows, FLOWS)
        assert made.held.is_empty()
        year = flows.filter(
            origin_iso3="total", indicator="claims_referred", frequency="A", is_partial=False
        )
        assert year.sort("period_start").select("period_start", "value", "snapshot_id").rows() == [
            (date(2022, 1, 1), 46_423, "release of 2024-02-01"),
            (date(2023, 1, 1), 130_000, "release of 2024-02-01"),
        ]
        june = flows.filter(
            origin_iso3="total", indicator="claims_pending", period_start=date(2023, 4, 1)
        )
        assert june["snapshot_id"].to_list() == ["release of 2023-08-01"]
        series, _ = build_series(flows, absent_is_zero((SOURCE,)), empty(HELD_BACK))
        assert not series["is_implied_zero"].any()

    def test_every_label_is_reviewed(self, both: Parsed) -> None:
        known = set(aliases(REFERENCE_DIR, SOURCE.country_scheme)["label"])
        assert set(both.tables[TABLE.name]["persecution_country"]) - {"Total"} <= known


def test_the_wire_release_is_what_the_fixtures_hold(tmp_path: Path, both: Parsed) -> None:
    files = [ReleaseFile(path.name, path) for path in release(tmp_path)]
    assert conformed(SOURCE, SOURCE.parse(files)).tables[TABLE.name].equals(both.tables[TABLE.name])


def test_a_page_cut_off_after_its_first_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "RPDStat2023.aspx"
    whole = (FIXTURES / path.name).read_bytes()
    path.write_bytes(whole[: whole.index(b"</table>")])
    with pytest.raises(LayoutError, match="the page is cut off"):
        SOURCE.parse([ReleaseFile(path.name, path)])
