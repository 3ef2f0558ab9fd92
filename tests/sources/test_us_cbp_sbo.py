"""CBP: the newest file found, exact counts in fiscal time, and no other layout accepted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.errors import ConformError, FetchError, LayoutError, SourceError
from fcm_migration.sources.base import DRAFT_FLOWS, TOTAL, Parsed
from fcm_migration.sources.us_cbp.sbo import LANDING, SOURCE, TABLE
from tests.fault_server import FaultServer
from tests.sources.fake_get import FakeGet, through
from tests.sources.reading import figure, quick_client, read, same
from tests.sources.us_cbp_sbo_file import (
    BYTES,
    COMPONENT,
    COUNT,
    DEMOGRAPHIC,
    FOLDER,
    GROUPING,
    HEADER,
    KIND,
    MONTH,
    NAME,
    ORIGIN,
    ROWS,
    TITLE,
    YEAR,
    Table,
    table,
    text_of,
)

PAGE = (FOLDER / "landing.html").read_bytes()
SITE = "https://www.cbp.gov/sites/default/files"
ADDRESS = f"{SITE}/2023-12/{NAME}"


@pytest.fixture(scope="session")
def release() -> Parsed:
    return read(SOURCE, FOLDER / NAME)


@pytest.fixture(scope="session")
def flows(release: Parsed) -> pl.DataFrame:
    return SOURCE.flows(release.tables)


@pytest.fixture
def reading(tmp_path: Path) -> Callable[[bytes], Parsed]:
    def read_bytes(content: bytes) -> Parsed:
        path = tmp_path / NAME
        path.write_bytes(content)
        return read(SOURCE, path)

    return read_bytes


def refused(
    reading: Callable[[bytes], Parsed], rows: Table, kind: type[SourceError] = LayoutError
) -> str:
    with pytest.raises(kind) as caught:
        reading(text_of(rows))
    return str(caught.value)


def chosen(folder: Path, *addresses: str) -> str:
    """The one of the linked files that is asked for."""
    page = "<html>" + "".join(f'<a href="{address}">data</a>' for address in addresses)
    get = FakeGet(folder, lambda _: page.encode())
    SOURCE.fetch(get)
    return get.requests[1].url.removeprefix(f"{SITE}/")


class TestFetch:
    def test_the_newest_file_of_the_page_is_asked_for(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, lambda request: {LANDING: PAGE, ADDRESS: BYTES}.get(request.url))
        (file,) = SOURCE.fetch(get).files
        assert [(r.url, r.expect) for r in get.requests] == [(LANDING, "html"), (ADDRESS, "csv")]
        assert (get.requests[1].csv_anchor, get.requests[1].min_bytes) == (HEADER[ORIGIN], 1_000)
        assert file.name == NAME
        assert file.response.path.read_bytes() == BYTES

    @pytest.mark.parametrize(
        ("older", "newer"),
        [
            # folder by folder, years before months
            ("2025-09/sbo-encounters-fy22-fy25-aug.csv", "2025-11/sbo-encounters-fy22-fy25.csv"),
            (
                "2023-12/sbo-encounters-fy21-fy24-nov.csv",
                "2024-01/sbo-encounters-fy21-fy24-dec.csv",
            ),
            # the older scheme of folders names months
            (
                "assets/documents/2022-Oct/sbo-encounters-fy19-fy22.csv",
                "assets/documents/2023-Jul/sbo-encounters-fy20-fy23-jun.csv",
            ),
            (
                "assets/documents/2023-Nov/sbo-encounters-fy20-fy23.csv",
                "2024-01/sbo-encounters-fy21-fy24-dec.csv",
            ),
            # a second upload of one file
            (
                "2026-09/sbo-encounters-fy23-fy26-aug.csv",
                "2026-09/sbo-encounters-fy23-fy26-aug_0.csv",
            ),
            (
                "2026-09/sbo-encounters-fy23-fy26-aug_0.csv",
                "2026-09/sbo-encounters-fy23-fy26-aug_1.csv",
            ),
            (
                "2026-09/sbo-encounters-fy23-fy26-aug_9.csv",
                "2026-09/sbo-encounters-fy23-fy26-aug_10.csv",
            ),
            # two months in one folder: the data's month counts, not the alphabet or a re-upload
            (
                "2025-07/sbo-encounters-fy22-fy25-may.csv",
                "2025-07/sbo-encounters-fy22-fy25-jun.csv",
            ),
            (
                "2025-07/sbo-encounters-fy22-fy25-may_0.csv",
                "2025-07/sbo-encounters-fy22-fy25-jun.csv",
            ),
            (
                "2025-02/sbo-encounters-fy22-fy25-dec.csv",
                "2025-02/sbo-encounters-fy22-fy25-jan.csv",
            ),
            # a closed year names no month; the next year's October is newer
            ("2025-11/sbo-encounters-fy22-fy25-aug.csv", "2025-11/sbo-encounters-fy22-fy25.csv"),
            ("2025-11/sbo-encounters-fy22-fy25.csv", "2025-11/sbo-encounters-fy23-fy26-oct.csv"),
            # the name with or without hyphens, in capitals
            ("2026-06/sbo-encounters-fy23-fy26-may.csv", "2026-07/sboencountersfy23fy26jun.csv"),
            ("2026-06/sboencounters-fy23-fy26-may.csv", "2026-07/sboencounters-fy23-fy26-jun.csv"),
            ("2025-09/sboencountersfy22fy25aug_0.csv", "2025-11/sboencountersfy22fy25.csv"),
            (
                "2026-07/sbo-encounters-fy23-fy26-jun.csv",
                "2026-08/SBO-Encounters-FY23-FY26-July_0.CSV",
            ),
        ],
    )
    def test_the_newer_of_two_wins(self, tmp_path: Path, older: str, newer: str) -> None:
        for pair in ((older, newer), (newer, older)):
            assert chosen(tmp_path, *(f"{SITE}/{path}" for path in pair)) == newer

    @pytest.mark.parametrize(
        "name",
        [
            "2026-09/sw-border-encounters-fy23-fy26-aug.csv",
            "2026-09/sbo-encounters-fy23-fy26-xyz.csv",
            "2026-Sep/Encounters%20FY26.csv",
        ],
    )
    def test_a_newer_file_of_an_unknown_name_is_complained_of(
        self, tmp_path: Path, name: str
    ) -> None:
        """The newest known one is taken all the same."""
        page = PAGE.replace(b"</article>", f'<a href="/sites/default/files/{name}">n</a>'.encode())
        get = FakeGet(tmp_path, lambda request: {LANDING: page}.get(request.url, BYTES))
        fetched = SOURCE.fetch(get)
        assert [file.name for file in fetched.files] == [NAME]
        assert isinstance(fetched.complaint, LayoutError)
        assert name in str(fetched.complaint)
        assert "fcm ingest us_cbp_sbo" in str(fetched.complaint)

    def test_older_files_and_those_of_the_whole_nation_are_no_complaint(
        self, tmp_path: Path
    ) -> None:
        older = b'<a href="/sites/default/files/2023-11/sw-border-encounters-fy23.csv">o</a>'
        for page in (PAGE, PAGE.replace(b"</article>", older)):
            get = FakeGet(tmp_path, lambda r, page=page: {LANDING: page}.get(r.url, BYTES))
            assert SOURCE.fetch(get).complaint is None

    def test_a_query_is_asked_for_but_is_no_part_of_the_name(self, tmp_path: Path) -> None:
        page = PAGE.replace(b'nov.csv"', b'nov.csv?v=1"')
        get = FakeGet(tmp_path, lambda _: page)
        (file,) = SOURCE.fetch(get).files
        assert get.requests[1].url == f"{ADDRESS}?v=1"
        assert file.name == NAME

    def test_a_page_without_the_file_is_refused(self, tmp_path: Path) -> None:
        get = FakeGet(tmp_path, lambda _: PAGE.replace(b"sbo-encounters", b"swb-encounters"))
        with pytest.raises(LayoutError, match="links to no southwest border file") as caught:
            SOURCE.fetch(get)
        assert "none among 7 links, but ['swb-encounters-fy20" in str(caught.value)
        assert "fcm ingest us_cbp_sbo" in str(caught.value)
        assert len(get.requests) == 1

    def test_through_the_real_client(self, tmp_path: Path, release: Parsed) -> None:
        routes = {LANDING.split(".gov")[1]: PAGE, ADDRESS.split(".gov")[1]: BYTES}
        with FaultServer(routes=routes) as server, quick_client(tmp_path) as client:
            (file,) = SOURCE.fetch(through(client, server)).files
        assert same(read(SOURCE, file.response.path), release)

    def test_another_table_is_refused_by_its_first_line(self, tmp_path: Path) -> None:
        other = BYTES.replace(b"Citizenship Grouping", b"Citizenship")
        routes = {LANDING.split(".gov")[1]: PAGE, ADDRESS.split(".gov")[1]: other}
        with (
            FaultServer(routes=routes) as server,
            quick_client(tmp_path) as client,
            pytest.raises(FetchError) as caught,
        ):
            SOURCE.fetch(through(client, server))
        assert caught.value.outcome == "wrong_type"


class TestParse:
    def test_every_row_is_read_with_its_figure(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        assert frame.height == len(ROWS)
        assert frame["encounters_events"].sum() == sum(int(row[COUNT]) for row in ROWS)
        key = {
            "month_start_date": date(2022, 10, 1),
            "component": "U.S. Border Patrol",
            "title_of_authority": "Title 42",
        }
        assert figure(frame, "encounters_events", **key) == 5_000
        assert (release.marks, release.notes) == ({}, ())

    def test_months_are_fiscal_and_the_running_year_is_marked(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name]
        months = frame.group_by("fiscal_year", "is_fiscal_year_to_date").agg(
            pl.col("month_start_date").min().alias("first"),
            pl.col("month_start_date").max().alias("last"),
            pl.col("month_start_date").n_unique().alias("n"),
        )
        assert sorted(months.rows()) == [
            (2023, False, date(2022, 10, 1), date(2023, 9, 1), 12),
            (2024, True, date(2023, 10, 1), date(2023, 11, 1), 2),
        ]
        january = frame.filter(pl.col("month_start_date") == date(2023, 1, 1))
        assert january["month_grouping"].unique().to_list() == ["Remaining"]

    def test_title_42_ends_and_no_row_stands_for_zero(self, release: Parsed) -> None:
        frame = release.tables[TABLE.name].filter(pl.col("title_of_authority") == "Title 42")
        assert frame["month_start_date"].max() == date(2023, 5, 1)
        assert SOURCE.absent_is_zero

    def test_further_columns_are_told(self, reading: Callable[[bytes], Parsed]) -> None:
        rows = [[*row, "Note" if number == 0 else "x"] for number, row in enumerate(table())]
        assert reading(text_of(rows)).notes == ("Columns not read: Note.",)

    @pytest.mark.parametrize("label", ["UC", "UAC"])
    def test_both_words_for_unaccompanied_children(
        self, reading: Callable[[bytes], Parsed], flows: pl.DataFrame, label: str
    ) -> None:
        answer = reading(BYTES.replace(b",UAC,", f",{label},".encode()))
        assert set(answer.tables[TABLE.name]["demographic"]) >= {label}
        order = DRAFT_FLOWS.names()
        assert SOURCE.flows(answer.tables).sort(order).equals(flows.sort(order))

    @pytest.mark.parametrize("column", range(9))
    def test_a_renamed_column_is_refused(
        self, reading: Callable[[bytes], Parsed], column: int
    ) -> None:
        rows = table()
        rows[0][column] += "s"
        message = refused(reading, rows)
        assert f"{NAME}: columns are missing" in message
        assert message.endswith(f"without ['{HEADER[column]}']")

    def test_a_column_that_stands_twice_is_refused(
        self, reading: Callable[[bytes], Parsed]
    ) -> None:
        message = refused(reading, [[*row, row[COUNT]] for row in table()])
        assert "columns stand twice" in message
        assert message.endswith("got ['Encounter Count']")

    def test_an_empty_file_and_a_bare_header_are_refused(
        self, reading: Callable[[bytes], Parsed]
    ) -> None:
        assert "columns are missing" in refused(reading, [])
        assert "months are missing" in refused(reading, [HEADER])

    def test_an_unknown_month_is_refused(self, reading: Callable[[bytes], Parsed]) -> None:
        for label in ("Oct", "OCTOBER", "10", ""):
            rows = table()
            rows[1][MONTH] = label
            message = refused(reading, rows)
            assert f"{NAME}: month labels" in message
            assert message.endswith(f"got [{label!r}]")

    @pytest.mark.parametrize("text", ["FY23", "2023(FYTD)", "2023 FYTD", ""])
    def test_another_mark_of_the_running_year_is_refused(
        self, reading: Callable[[bytes], Parsed], text: str
    ) -> None:
        rows = table()
        rows[1][YEAR] = text
        assert f"got {text!r} x1 (rows [2])" in refused(reading, rows)

    def test_a_number_that_is_no_year_is_refused(self, reading: Callable[[bytes], Parsed]) -> None:
        rows = table()
        rows[1][YEAR] = "9999999"
        assert "numbers that are no years" in refused(reading, rows)

    def test_a_month_left_out_is_refused(self, reading: Callable[[bytes], Parsed]) -> None:
        message = refused(reading, [row for row in table() if row[MONTH] != "MAR"])
        assert "months are missing" in message
        assert "['2022-10-01'] first, 1 left out" in message

    def test_a_window_that_begins_within_a_year_is_refused(
        self, reading: Callable[[bytes], Parsed]
    ) -> None:
        gone = [["2023", "OCT"], ["2023", "NOV"]]
        message = refused(reading, [r for r in table() if [r[YEAR], r[MONTH]] not in gone])
        assert "['2022-12-01'] first, 0 left out" in message

    @pytest.mark.parametrize(
        ("column", "text", "words"),
        [
            (GROUPING, "Rest", "month_grouping: 1 value(s) outside"),
            (COMPONENT, "Air and Marine", "component: 1 value(s) outside"),
            (DEMOGRAPHIC, "Families", "demographic: 1 value(s) outside"),
            (TITLE, "Title 9", "title_of_authority: 1 value(s) outside"),
            (KIND, "Arrests", "encounter_type: 1 value(s) outside"),
            (COUNT, "-4", "encounters_events: 1 value(s) below 0"),
        ],
    )
    def test_an_unknown_category_is_refused_by_the_declaration(
        self, reading: Callable[[bytes], Parsed], column: int, text: str, words: str
    ) -> None:
        rows = table()
        rows[1][column] = text
        assert words in refused(reading, rows, ConformError)

    def test_no_release_date_is_made_up(self) -> None:
        assert SOURCE.release_date([]) is None


class TestFlows:
    def test_schema_and_what_the_figures_are(self, flows: pl.DataFrame) -> None:
        assert flows.schema == DRAFT_FLOWS
        constants = {
            "indicator": "land_border_encounters",
            "destination_iso3": "USA",
            "route": "southwest_land_border",
            "frequency": "M",
            "is_suppressed": False,
            "rounding": 1,
            "is_derived": True,
            "is_partial": False,
        }
        for column, value in constants.items():
            assert flows[column].unique().to_list() == [value], column
        assert TABLE.columns[-1].unit == "events"
        assert flows.null_count().sum_horizontal().item() == 0

    def test_each_breakdown_adds_up_to_the_total_of_each_month(
        self, flows: pl.DataFrame, release: Parsed
    ) -> None:
        key = ["origin_label", "place", "population_group", "period_start"]
        assert flows.select(key).is_unique().all()
        origin, place = pl.col("origin_label") != TOTAL, pl.col("place") != "all"
        group = pl.col("population_group") != "all"
        truth = dict(
            release.tables[TABLE.name]
            .group_by("month_start_date")
            .agg(pl.col("encounters_events").sum())
            .iter_rows()
        )
        assert len(truth) == 14
        alone = (~place & ~group, ~origin & ~group, ~origin & ~place)
        for part in (
            ~origin & ~place & ~group,
            *(one & rest for one, rest in zip((origin, place, group), alone, strict=True)),
            origin & place & ~group,
            place & group & ~origin,
        ):
            sums = flows.filter(part).group_by("period_start").agg(pl.col("value").sum())
            assert dict(sums.iter_rows()) == truth
        assert flows.filter(origin & group).is_empty()

    def test_figures_by_origin_component_and_group(self, flows: pl.DataFrame) -> None:
        every = {"origin_label": TOTAL, "place": "all", "population_group": "all"}
        month = {"period_start": date(2022, 10, 1)}
        assert figure(flows, "value", **month, **every) == 13_392
        mexico = every | {"origin_label": "Mexico"}
        assert figure(flows, "value", **month, **mexico) == 700 + 5_000 + 2_100
        patrol = every | {"place": "U.S. Border Patrol"}
        assert figure(flows, "value", **month, **patrol) == 12_391
        children = every | {"population_group": "unaccompanied_children"}
        assert figure(flows, "value", **month, **children) == 90
        accompanied = every | {"population_group": "accompanied_minors"}
        assert figure(flows, "value", **month, **accompanied) == 1
