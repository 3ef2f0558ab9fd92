"""Small boats: the release found, read as printed, and turned into flows."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.catalog.derive import conform
from fcm_migration.errors import FetchError, LayoutError
from fcm_migration.http import Client, Request
from fcm_migration.sources.base import DRAFT_FLOWS, Parsed, ReleaseFile
from fcm_migration.sources.uk_home_office.small_boats import DAILY, SOURCE, WEEKLY
from fcm_migration.sources.uk_home_office.small_boats_releases import CONTENT_API, LANDING
from tests.fault_server import FaultServer
from tests.sources.fake_get import FakeGet, through
from tests.sources.small_boats import FOLDER, NAME, long_sheets, sheets, write

API = (FOLDER / "content_api.json").read_bytes()
PAGE = (FOLDER / "landing.html").read_bytes()
ASSET = f"https://assets.publishing.service.gov.uk/media/0123456789abcdef01234567/{NAME}"
WITHOUT_FILES = json.dumps({"details": {"attachments": []}}).encode()


def gov_uk(folder: Path, api: bytes | None = API, page: bytes | None = PAGE) -> FakeGet:
    """GOV.UK in small: the content API, the landing page, and a file at every other address."""
    known = {CONTENT_API: api, LANDING: page}
    return FakeGet(folder, lambda request: known.get(request.url, b"PK"))


@pytest.fixture(scope="session")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    return SOURCE.parse([write(tmp_path_factory.mktemp("uk"), sheets())])


@pytest.fixture(scope="session")
def flows(parsed: Parsed) -> pl.DataFrame:
    return SOURCE.flows(parsed.tables)


def test_the_release_is_found_by_the_content_api(tmp_path: Path) -> None:
    get = gov_uk(tmp_path)
    fetched = SOURCE.fetch(get)
    assert [request.url for request in get.requests] == [CONTENT_API, ASSET]
    assert [request.expect for request in get.requests] == ["json", "ods"]
    assert fetched.as_of == date(2018, 3, 9)
    (file,) = fetched.files
    assert (file.name, file.response.path.read_bytes()) == (NAME, b"PK")


@pytest.mark.parametrize("api", [None, WITHOUT_FILES], ids=["api gone", "api names none"])
def test_the_landing_page_serves_where_the_api_does_not(tmp_path: Path, api: bytes | None) -> None:
    get = gov_uk(tmp_path, api=api)
    assert SOURCE.fetch(get).as_of == date(2018, 3, 9)
    assert [request.url for request in get.requests] == [CONTENT_API, LANDING, ASSET]


@pytest.mark.parametrize("outcome", ["html_instead", "wrong_type"])
def test_a_content_api_of_another_kind_is_passed_over(tmp_path: Path, outcome: str) -> None:
    def answer(request: Request) -> bytes:
        if request.url == CONTENT_API:
            raise FetchError("not the API", outcome=outcome, where=request.url)
        return PAGE if request.url == LANDING else b"PK"

    assert SOURCE.fetch(FakeGet(tmp_path, answer)).as_of == date(2018, 3, 9)


def test_a_server_that_fails_is_not_asked_for_another_page(tmp_path: Path) -> None:
    def fail(request: Request) -> bytes:
        raise FetchError("status 500", outcome="server_error", where=request.url)

    get = FakeGet(tmp_path, fail)
    with pytest.raises(FetchError, match="status 500"):
        SOURCE.fetch(get)
    assert [request.url for request in get.requests] == [CONTENT_API]


def test_the_newest_of_several_releases_and_of_its_reissues_is_taken(tmp_path: Path) -> None:
    again = "09_March_2018_Small_boats_-_time_series_v2.ods"
    other = (
        "https://assets.publishing.service.gov.uk/media/1/23_February_2018_Small_boats_"
        "-_time_series.ods"
    )
    api = API.replace(b'"links": {}', f'"more": ["{other}", "{ASSET[:-4]}_v2.ods"]'.encode())
    get = gov_uk(tmp_path, api=api)
    assert [file.name for file in SOURCE.fetch(get).files] == [again]


def test_one_release_at_two_addresses_is_refused(tmp_path: Path) -> None:
    api = API.replace(b'"links": {}', f'"more": "{ASSET.replace("0123", "9999")}"'.encode())
    get = gov_uk(tmp_path, api=api)
    with pytest.raises(LayoutError, match="several addresses") as caught:
        SOURCE.fetch(get)
    assert ASSET in str(caught.value)


@pytest.mark.parametrize("renamed", [b"Small_boats_daily", b"Small_boats_-_time_series_v.x"])
def test_no_release_at_all_is_an_error_with_a_way_out(tmp_path: Path, renamed: bytes) -> None:
    get = gov_uk(
        tmp_path,
        API.replace(b"Small_boats_-_time_series", renamed),
        PAGE.replace(b"Small_boats_-_time_series", renamed),
    )
    with pytest.raises(LayoutError, match=r"names a time series workbook.*fcm ingest"):
        SOURCE.fetch(get)


def test_a_page_of_another_life_is_not_a_release(tmp_path: Path) -> None:
    """The legacy page answers 200 with a web page and no file, years after it died."""
    get = gov_uk(
        tmp_path, api=None, page=b"<!DOCTYPE html><html><body><a href='/'>Home</a></body></html>"
    )
    with pytest.raises(LayoutError, match="none among 1 addresses"):
        SOURCE.fetch(get)


def test_through_the_real_client(tmp_path: Path) -> None:
    """Discovery, download and reading, with a workbook as long as a real one."""
    book = write(tmp_path, long_sheets(400)).path.read_bytes()
    routes = {
        "/" + CONTENT_API.split("/", 3)[3]: API,
        "/" + ASSET.split("/", 3)[3]: book,
    }
    with (
        FaultServer(routes=routes) as server,
        Client(
            download_dir=tmp_path / "down",
            allowed_hosts=frozenset({server.host}),
            min_interval_seconds=0,
            allow_loopback=True,
        ) as client,
    ):
        fetched = SOURCE.fetch(through(client, server))
        server.routes["/" + ASSET.split("/", 3)[3]] = write(
            tmp_path, {"SB_01": []}
        ).path.read_bytes()
        with pytest.raises(FetchError, match="too small"):
            SOURCE.fetch(through(client, server))
    (file,) = fetched.files
    assert file.response.path.read_bytes() == book
    tables = SOURCE.parse([ReleaseFile(file.name, file.response.path)]).tables
    assert tables[DAILY.name].height == 2_800
    assert tables[WEEKLY.name].height == 400


def test_figures_dates_and_notes(parsed: Parsed) -> None:
    daily = conform(parsed.tables[DAILY.name], DAILY)
    weekly = conform(parsed.tables[WEEKLY.name], WEEKLY)
    assert (daily.height, weekly.height) == (65, 9)
    busiest = daily.filter(pl.col("arrivals_persons") == 1_305)
    assert busiest.rows() == [(date(2018, 2, 11), 1_305, 31, 1, "")]
    assert daily.filter(pl.col("note") != "").get_column("arrival_date").to_list() == [
        date(2018, 2, 8)
    ]
    assert weekly.row(6) == (date(2018, 2, 18), 417, 18, 1, 472, 20, "")
    assert daily.get_column("arrivals_persons").sum() == 3_933


def test_not_collected_is_neither_zero_nor_lost(parsed: Parsed) -> None:
    daily, weekly = parsed.tables[DAILY.name], parsed.tables[WEEKLY.name]
    assert parsed.marks == {"-": 31 + 4 + 4 + 4}
    null = daily.filter(pl.col("uncontrolled_landing_boats").is_null())
    assert null.get_column("arrival_date").max() == date(2018, 1, 31)
    assert daily.row(31, named=True)["uncontrolled_landing_boats"] == 0
    assert weekly.get_column("prevented_persons").to_list()[3:6] == [None, 189, 0]
    assert daily.get_column("arrivals_persons").null_count() == 0


def test_flows_are_days_weeks_and_months_of_the_whole_route(flows: pl.DataFrame) -> None:
    assert flows.schema == DRAFT_FLOWS
    for column, value in {
        "destination_iso3": "GBR",
        "origin_label": "@total",
        "route": "english_channel",
        "place": "all",
        "population_group": "all",
        "rounding": 1,
        "is_suppressed": False,
    }.items():
        assert flows.get_column(column).unique().to_list() == [value], column
    counts = flows.group_by("indicator", "frequency").len().rows()
    assert sorted(counts) == [
        ("small_boat_arrivals", "D", 65),
        ("small_boat_arrivals", "M", 3),
        ("small_boat_arrivals", "W", 9),
        ("small_boat_prevention_events", "W", 5),
        ("small_boat_preventions", "W", 5),
        ("small_boats", "D", 65),
        ("small_boats", "M", 3),
        ("small_boats", "W", 9),
    ]
    assert flows.get_column("value").null_count() == 0


def test_months_are_summed_from_days_and_the_running_one_is_partial(flows: pl.DataFrame) -> None:
    months = flows.filter(pl.col("frequency") == "M").sort("indicator", "period_start")
    assert months.select("period_start", "value", "is_partial", "is_derived").rows() == [
        (date(2018, 1, 1), 1_182, False, True),
        (date(2018, 2, 1), 2_439, False, True),
        (date(2018, 3, 1), 312, True, True),
        (date(2018, 1, 1), 58, False, True),
        (date(2018, 2, 1), 85, False, True),
        (date(2018, 3, 1), 14, True, True),
    ]
    rest = flows.filter(pl.col("frequency") != "M")
    assert not rest.get_column("is_derived").any()
    assert not rest.get_column("is_partial").any()


def test_a_month_is_whole_once_its_last_day_is_there(parsed: Parsed) -> None:
    daily = parsed.tables[DAILY.name].filter(pl.col("arrival_date") <= date(2018, 2, 28))
    months = SOURCE.flows({**parsed.tables, DAILY.name: daily}).filter(pl.col("frequency") == "M")
    assert not months.get_column("is_partial").any()


def test_weeks_start_on_monday_and_keep_their_own_figures(flows: pl.DataFrame) -> None:
    weeks = flows.filter(
        (pl.col("frequency") == "W") & (pl.col("indicator") == "small_boat_preventions")
    )
    assert weeks.get_column("period_start").dt.weekday().unique().to_list() == [1]
    assert weeks.select("period_start", "value").row(2) == (date(2018, 2, 12), 472)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        (NAME, date(2018, 3, 9)),
        ("20_February_2026_Small_boats_-_time_series_v2.ods", date(2026, 2, 20)),
        ("4_September_2026_Small_boats_-_time_series.ods", date(2026, 9, 4)),
        ("04_Septembre_2026_Small_boats_-_time_series.ods", None),
        ("31_February_2026_Small_boats_-_time_series.ods", None),
        ("data_small_boats_time_series.ods", None),
    ],
)
def test_the_release_date_is_in_the_name(name: str, day: date | None) -> None:
    assert SOURCE.release_date([ReleaseFile(name, Path(name))]) == day
