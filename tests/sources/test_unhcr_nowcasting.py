"""UNHCR's nowcast: one month a release, no origin, the releases together are the series."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from fcm_migration.archive.releases import usable_releases
from fcm_migration.catalog.columns import FIVE
from fcm_migration.config import REFERENCE_DIR, SUITES_DIR, Home
from fcm_migration.core.build import build_core
from fcm_migration.core.reading import read_latest
from fcm_migration.errors import ConformError, LayoutError
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.obtain import ingest
from fcm_migration.sources.base import DRAFT_FLOWS, SET_ASIDE, Parsed, ReleaseFile
from fcm_migration.sources.unhcr.nowcasting import SOURCE
from tests.sources.fake_get import FakeGet
from tests.sources.reading import conformed, figure, read, same
from tests.wire import unhcr_nowcasting as wire

Rows = list[dict[str, Any]]
Change = Callable[[Rows], object]


def write(folder: Path, change: Change = len) -> Path:
    (path,) = wire.release(folder)
    page = json.loads(path.read_bytes())
    change(page["items"])
    path.write_text(json.dumps(page))
    return path


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    return read(SOURCE, write(tmp_path_factory.mktemp("unhcr-nowcasting")))


@pytest.fixture(scope="module")
def table(release: Parsed) -> pl.DataFrame:
    return release.tables["unhcr_nowcasting"]


def every(**fields: object) -> Change:
    return lambda rows: [row.update(fields) for row in rows]


def test_one_month_and_codes_of_unhcr(release: Parsed, table: pl.DataFrame) -> None:
    assert table.height == 9
    assert set(table.get_column("month_start_date")) == {date(2025, 11, 1)}
    codes = dict(table.select("asylum_unhcr_code", "asylum_printed_iso3").rows())
    assert (codes["AUS"], codes["AUL"]) == ("AUT", "AUS")
    assert release.notes == ()
    assert "column month" in release.layout
    assert "column coo" not in release.layout


def test_zero_is_zero_and_a_dash_is_no_estimate(release: Parsed, table: pl.DataFrame) -> None:
    assert release.marks == {"-": 3}
    key = "asylum_unhcr_code"
    assert figure(table, "asylum_seekers_nowcast_persons", **{key: "IRQ"}) == 0
    assert figure(table, "asylum_seekers_nowcast_persons", **{key: "GFR"}) is None
    assert figure(table, "refugees_nowcast_persons", **{key: "CUW"}) is None
    assert figure(table, "asylum_name", **{key: "CUW"}) == "Curacao"
    assert figure(table, "asylum_seekers_nowcast_persons", **{key: "GBR"}) == 101_500
    assert figure(table, "estimate_source", **{key: "AUS"}) == "Simulated, UNHCR estimate"


def values(flows: pl.DataFrame, indicator: str) -> dict[str, int]:
    rows = flows.filter(indicator=indicator)
    return dict(rows.select("destination_iso3", "value").rows())


def test_flows_of_the_five_only(table: pl.DataFrame) -> None:
    flows = SOURCE.flows({"unhcr_nowcasting": table})
    assert flows.schema == DRAFT_FLOWS
    assert values(flows, "refugees_nowcast") == {
        "AUS": 45_200,
        "CAN": 148_000,
        "GBR": 515_000,
        "NZL": 5_400,
        "USA": 430_000,
    }
    # no estimate for New Zealand is no zero
    assert values(flows, "asylum_seekers_nowcast") == {
        "AUS": 38_100,
        "CAN": 296_500,
        "GBR": 101_500,
        "USA": 3_900_000,
    }
    assert set(flows.get_column("origin_label")) == {"@total"}
    assert set(flows.get_column("frequency")) == {"M"}
    assert not flows.get_column("is_derived").any()


@pytest.mark.parametrize(
    ("day", "partial"),
    [(date(2025, 11, 18), True), (date(2025, 11, 30), True), (date(2025, 12, 1), False)],
)
def test_a_month_that_was_not_over_is_partial(
    table: pl.DataFrame, day: date, partial: bool
) -> None:
    flows = SOURCE.flows({"unhcr_nowcasting": table.with_columns(as_of_date=pl.lit(day))})
    assert set(flows.get_column("is_partial")) == {partial}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[2].update(month="December"), r"not one month.*December 2025"),
        (lambda rows: rows[2].update(year=2024), "not one month.*November 2024"),
        (every(year="-"), "not one month"),
        (every(month=None), "not one month"),
        (every(month="novembre"), "no month.*novembre"),
        (every(year=20251), "are no years"),
        (lambda rows: rows[0].update(coa="-"), "countries are summed"),
        (lambda rows: [rows.pop(), rows.pop()], r"countries are missing.*\['GBR', 'USA'\]"),
        (lambda rows: rows[0].update(coa_iso="AUL"), r"countries are missing.*\['AUS'\]"),
        (lambda rows: rows[1].update(refugees="*"), r"neither a whole number.*\['\*'\]"),
        (lambda rows: rows[1].update(refugees="1,250"), "neither a whole number"),
        (lambda rows: rows[1].update(asylum_seekers=0.5), "neither a whole number"),
        (lambda rows: [row.pop("month") for row in rows], r"columns are missing.*\['month'\]"),
        (lambda rows: [row.pop("source") for row in rows], r"columns are missing.*\['source'\]"),
        (lambda rows: rows[1].pop("source"), "rows of different columns"),
        (lambda rows: rows.clear(), "the API answered without rows"),
    ],
)
def test_what_matters_is_refused_by_name(tmp_path: Path, change: Change, words: str) -> None:
    with pytest.raises(LayoutError, match=words):
        read(SOURCE, write(tmp_path, change))


@pytest.mark.parametrize(("row", "iso3"), [(-1, "USA"), (0, "AUS")])
def test_one_of_the_five_without_an_estimate_is_said(
    tmp_path: Path, release: Parsed, row: int, iso3: str
) -> None:
    answer = read(SOURCE, write(tmp_path, lambda rows: rows.pop(row)))
    whole = release.tables["unhcr_nowcasting"]
    assert answer.tables["unhcr_nowcasting"].equals(
        whole.filter(pl.col("asylum_printed_iso3") != iso3)
    )
    assert set(answer.notes) - set(release.notes) == {
        f"{SET_ASIDE}no estimate for {iso3} in this release."
    }
    assert iso3 not in SOURCE.flows(answer.tables)["destination_iso3"].to_list()


def test_a_country_twice_and_a_negative_estimate_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConformError, match="stand more than once"):
        read(SOURCE, write(tmp_path, lambda rows: rows.append(dict(rows[0]))))
    with pytest.raises(ConformError, match="below 0"):
        read(SOURCE, write(tmp_path, lambda rows: rows[0].update(refugees=-5)))


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.reverse(),
        every(month=" November "),
        every(month="Nov"),
        lambda rows: [row.update({key: str(row[key]) for key in row}) for row in rows],
        lambda rows: [row.pop("coo_iso") for row in rows],
    ],
)
def test_what_does_not_matter_changes_nothing(
    tmp_path: Path, release: Parsed, change: Change
) -> None:
    assert same(read(SOURCE, write(tmp_path, change)), release)


def test_html_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "page-001.json"
    path.write_text("<!doctype html><title>Nowcasting</title>")
    with pytest.raises(LayoutError, match="not JSON"):
        read(SOURCE, path)


def test_what_is_asked_for(tmp_path: Path, release: Parsed) -> None:
    get = FakeGet(tmp_path, wire.answer)
    assert SOURCE.fetch is not None
    fetched = SOURCE.fetch(get)
    (request,) = get.requests
    assert request.url == "https://api.unhcr.org/population/v1/nowcasting/"
    assert dict(request.params) == {
        "coa_all": "true",
        "cf_type": "ISO",
        "limit": "10000",
        "page": "1",
    }
    got = [ReleaseFile(file.name, file.response.path) for file in fetched.files]
    assert same(conformed(SOURCE, SOURCE.parse(got)), release)
    assert SOURCE.release_date(got) is None


def test_an_empty_answer_is_refused(tmp_path: Path) -> None:
    body = b'{"page":1,"short-url":"x","maxPages":0,"total":[],"items":[]}'
    assert SOURCE.fetch is not None
    with pytest.raises(LayoutError):
        SOURCE.fetch(FakeGet(tmp_path, lambda _: body))


def test_snapshots_add_up_to_a_series(tmp_path: Path) -> None:
    """Each release is one month; the newest table holds them all, each from its own release."""
    home = Home(tmp_path / "home")
    for number, month in enumerate(("August", "September", "October"), start=8):
        context = Context(
            home,
            datetime(2025, number + 1, 3, 12, tzinfo=UTC),
            (SOURCE,),
            offline=True,
            reference_dir=REFERENCE_DIR,
            suites_dir=SUITES_DIR,
            bundled_dir=tmp_path / "bundled",
            workers=1,
        )
        path = write(tmp_path, every(month=month, refugees=number))
        assert ingest(context, SOURCE, [path]).outcome == "ok"
    build_core(home, SOURCE, usable_releases(home, context.archive, SOURCE))
    latest = read_latest(home, SOURCE)
    flows = SOURCE.flows(latest)
    assert not flows.get_column("is_partial").any()
    for five in FIVE:
        rows = flows.filter(indicator="refugees_nowcast", destination_iso3=five)
        assert sorted(rows.select("period_start", "value").rows()) == [
            (date(2025, number, 1), number) for number in (8, 9, 10)
        ]
