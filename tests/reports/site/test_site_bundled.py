"""The site of the bundled edition: every page has its figures, each that of the file."""

# ruff: noqa: S608  (every piece is a constant, or of a page made here)
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from fcm_migration.config import Home
from fcm_migration.publish.query import Connection
from fcm_migration.reports.pages.templating import NONE
from fcm_migration.reports.site import write_site
from fcm_migration.reports.site.record_figures import ENOUGH
from tests.reports.brief_html import Element, assert_well_made, parsed
from tests.reports.site.crawling import assert_links_resolve
from tests.reports.site.test_site import PLAIN, page, policy

pytestmark = pytest.mark.slow
MOST_BYTES = 1_000_000  # of a page without script


@pytest.fixture(scope="module")
def site(bundled_home: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "site"
    write_site(bundled_home.published, folder)
    return folder


@pytest.fixture(scope="module")
def fcm(bundled_home: Home) -> Iterator[Connection]:
    with Connection(bundled_home.published) as connection:
        yield connection


@pytest.fixture(scope="module")
def record(site: Path) -> Element:
    return parsed(page(site, "record.html"))


def test_every_page_is_well_made_and_every_link_leads_somewhere(site: Path) -> None:
    for name in PLAIN:
        html = page(site, name)
        assert_well_made(html, policy(html), links=r"[\w/.#-]+")
        assert len(html.encode()) < MOST_BYTES
    assert assert_links_resolve(site) >= len(PLAIN) + 6


def test_the_record_of_the_main_series_is_that_of_the_file(
    record: Element, fcm: Connection
) -> None:
    rows = fcm.sql(
        "SELECT * FROM brief.forecast_record WHERE horizon IN (1, 3, 6, 12) "
        "AND scored_forecasts > 0 ORDER BY destination, horizon"
    ).rows(named=True)
    shown = [one.cells() for one in record.every("tr", data_view="forecast_record")]
    assert len(shown) == len(rows) > 10
    assert [cells[1] for cells in shown] == [
        f"{row['held']} of {row['scored_forecasts']}" for row in rows
    ]


def test_good_and_bad_years_stand_on_the_record(record: Element, fcm: Connection) -> None:
    held = fcm.sql(
        "SELECT i.destination_iso3, i.frequency = 'A' AS is_annual, year(t.target_period) AS year, "
        "count(*) AS judged, avg(CASE WHEN t.observed_value >= t.lower_80 "
        "AND t.observed_value <= t.upper_80 THEN 100.0 ELSE 0 END) AS held "
        "FROM forecast.track_record t JOIN mart.series_index i USING (series_id) "
        "WHERE t.record_kind = 'backtest' AND t.series_id IN (SELECT series_id FROM "
        "forecast.models WHERE series_class IN ('dense', 'short')) "
        "AND i.destination_iso3 IN ('AUS', 'CAN', 'GBR', 'NZL', 'USA') "
        f"GROUP BY ALL HAVING judged >= {ENOUGH}"
    )
    said = next(one.text for one in record.every("figcaption") if "8 figures in 10" in one.text)
    assert f"between {held['held'].min():.0f}% (" in said
    assert f"and {held['held'].max():.0f}% (" in said
    (behind,) = [
        one for one in record.every("table") if "inside the range of 8 in 10" in one.text
        and one.every("caption")
    ]  # fmt: skip
    rows = [row.cells() for row in behind.every("tr")][1:]
    assert sorted(row[3] for row in rows) == sorted(f"{value:.0f}%" for value in held["held"])
    best, worst = 5, 6
    for row in record.every("tr"):
        if "data-pool" in row.attributes and row.cells()[best] != NONE:
            years = fcm.sql(
                "SELECT year(origin_date) AS year, sum(series * ln(relative_wis_mean)) "
                "/ sum(series) AS log, count(DISTINCT origin_date) AS origins "
                "FROM forecast.origin_scores WHERE horizon <= 3 AND relative_wis_mean > 0 "
                f"AND pool = '{row.attributes['data-pool']}' GROUP BY ALL ORDER BY log, year"
            ).filter((pl.col("origins") > 1) | row.attributes["data-pool"].endswith("/A"))
            assert f" {years['year'][0]}, " in row.cells()[best]
            assert f" {years['year'][-1]}, " in row.cells()[worst]


def test_the_alerts_of_a_year_are_counted_as_their_record_counts_them(
    record: Element, fcm: Connection
) -> None:
    rows = record.every("tr", data_view="alert_record")
    asked = fcm.sql("FROM brief.alert_record").rows(named=True)
    for row in asked:
        source = "" if row["is_every_series"] else row["source_id"]
        (cells,) = [
            one.cells()
            for one in rows
            if one.attributes["data-source"] == source
            and one.text.startswith(row["what_is_counted"])
        ]
        cell = cells[1 if row["is_strong"] else 3]
        assert cell == f"{row['proved_right']:,} of {row['judged']:,}"
    assert len(rows) == len(
        {(row["what_is_counted"], row["is_every_series"] or row["source_id"]) for row in asked}
    )
    whole = fcm.sql(
        "SELECT sum(judged) AS judged, sum(judged - false_alarms) AS right "
        "FROM trend.track_record WHERE pool = 'all' AND alert_kind = 'all' AND span = 'all'"
    ).row(0)
    drawn = next(one for one in record.every("svg") if "Alerts of rises" in
                 one.attributes["aria-label"]).attributes["aria-label"]  # fmt: skip
    earlier = fcm.sql(
        "SELECT count(*) FILTER (outcome <> 'false') AS right, count(*) AS judged "
        "FROM trend.alerts WHERE direction = 'surge' AND is_counted AND outcome <> 'open' "
        f"AND year(period) < {drawn.split('rises, ')[1][:4]}"
    ).row(0)
    right, judged = whole[1] - earlier[0], whole[0] - earlier[1]
    assert f"{right:,} of {judged:,} proved right" in drawn


def test_every_source_and_country_is_there(site: Path, fcm: Connection) -> None:
    sources = parsed(page(site, "sources.html")).every("tr", data_view="sources")
    known = fcm.sql("SELECT source_id FROM meta.sources").to_series().to_list()
    assert sorted(one.every("code")[0].text for one in sources) == sorted(known)
    start = parsed(page(site, "index.html"))
    assert len(start.every("tr", data_view="main_series")) == 5
    every = fcm.sql("SELECT count(*) FROM main.newest_figures").item()
    assert len(start.every("tr", data_view="newest_figures")) == every


def test_what_may_be_passed_on_is_all_there(site: Path, fcm: Connection) -> None:
    """The bundled edition holds such sources alone."""
    for name, view in (("forecasts", "forecasts"), ("alerts", "whats_emerging")):
        frame = pl.read_parquet(site / "downloads" / f"{name}.parquet")
        assert frame.equals(fcm.sql(f"FROM main.{view}"))
    refused = parsed(page(site, "downloads.html")).every("table")[2]
    assert "Frontex" in refused.text
