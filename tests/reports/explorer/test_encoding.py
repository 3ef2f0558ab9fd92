"""What is packed for the page is what the published file says, figure by figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from fcm_migration.config import Home
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.reports.explorer.encoding import BOUNDS, content_of, packed, unpacked
from fcm_migration.reports.explorer.reading import (
    HELD_BACK,
    IMPLIED_ZERO,
    OF_THE_FIVE,
    SUPPRESSED,
    read_edition,
)

STEP = {"M": 1, "Q": 3, "A": 12}
FLAGS = ("is_suppressed", "is_held_back", "is_implied_zero")
DIMENSIONS = ("indicator", "destination_iso3", "origin_iso3", "route", "place", "population_group")


def keys_of(content: dict[str, Any]) -> list[str]:
    """Return the keys of the series, put together as the page does."""
    series, codes = content["series"], content["codes"]
    return [
        "/".join(
            [
                content["sources"][series["source"][number]]["id"],
                *(codes[name][series[name][number]] for name in DIMENSIONS),
                series["frequency"][number],
            ]
        )
        for number in range(len(content["figures"]))
    ]


def months(day: Any) -> int:
    return int(12 * day.year + day.month - 1)


@pytest.fixture(scope="module")
def fcm(bundled_home: Home) -> Iterator[Connection]:
    with Connection(bundled_home.published) as connection:
        yield connection


@pytest.fixture(scope="module")
def content(fcm: Connection) -> dict[str, Any]:
    return unpacked(packed(content_of(read_edition(fcm), fcm.edition, {})))


def test_every_figure_is_that_of_the_file(fcm: Connection, content: dict[str, Any]) -> None:
    rows = fcm.sql(f"FROM mart.series WHERE destination_iso3 IN ({OF_THE_FIVE})").select(
        "series_id", "period_start", "value", *FLAGS
    )
    number = {key: place for place, key in enumerate(keys_of(content))}
    first, frequency = content["series"]["first"], content["series"]["frequency"]
    seen = 0
    for key, day, value, suppressed, held, implied in rows.iter_rows():
        if key not in number:
            continue
        place = number[key]
        at = (months(day) - first[place]) // STEP[frequency[place]]
        known = content["figures"][place][at]
        expected = (
            SUPPRESSED if suppressed else HELD_BACK if held else IMPLIED_ZERO if implied else value
        )
        assert known == expected, (key, day)
        seen += 1
    assert seen == sum(len(figures) for figures in content["figures"])
    assert seen > 100_000
    left_out = rows.filter(~pl.col("series_id").is_in(list(number)))
    # only series of which nothing was ever printed are left out
    assert left_out.filter(pl.col("value").is_not_null() & ~pl.col("is_implied_zero")).is_empty()


def test_withheld_missing_and_zero_stay_apart(content: dict[str, Any]) -> None:
    every = [code for figures in content["figures"] for code in figures]
    assert {SUPPRESSED, IMPLIED_ZERO, None, 0} <= set(every)
    assert min(code for code in every if code is not None) == IMPLIED_ZERO


def test_every_bound_is_that_of_the_file(fcm: Connection, content: dict[str, Any]) -> None:
    rows = (
        fcm.sql(f"FROM forecast.published WHERE destination_iso3 IN ({OF_THE_FIVE})")
        .sort("series_id", "target_period")
        .rows(named=True)
    )
    number = {key: str(place) for place, key in enumerate(keys_of(content))}
    expected: dict[str, list[list[int]]] = {}
    for row in rows:
        own = [months(row["target_period"]), *(row[name] for name in BOUNDS)]
        expected.setdefault(number[row["series_id"]], []).append(own)
    assert {key: own["rows"] for key, own in content["ahead"].items()} == expected


def test_dates_and_alerts_are_those_of_the_file(fcm: Connection, content: dict[str, Any]) -> None:
    number = {key: str(place) for place, key in enumerate(keys_of(content))}
    breaks = fcm.sql("SELECT series_id, words FROM meta.series_breaks").rows()
    told = {
        (series, content["breaks"][place]["words"])
        for series, own in content["broken"].items()
        for place in own
    }
    assert told == {(number[key], words) for key, words in breaks if key in number}
    alerts = fcm.sql("SELECT series_id, headline FROM trend.alerts WHERE opens_episode").rows()
    said = {(series, row[3]) for series, own in content["alerts"].items() for row in own if row[3]}
    assert said == {(number[key], words) for key, words in alerts if key in number}
    assert content["touched"]


def test_the_page_begins_with_a_total_that_has_a_forecast(content: dict[str, Any]) -> None:
    start = content["start"]
    assert str(start) in content["ahead"]
    assert keys_of(content)[start].split("/")[3] == "total"


def test_the_toy_has_its_key(published: Context) -> None:
    with Connection(published.home.published) as connection:
        made = content_of(read_edition(connection), connection.edition, {})
        known = connection.sql("SELECT series_id FROM mart.series_index").to_series()
    assert set(keys_of(made)) <= set(known)


def test_sources_whose_newer_figures_are_overdue_say_so(
    fcm: Connection, content: dict[str, Any]
) -> None:
    known = dict(fcm.sql("SELECT source_id, freshness FROM meta.status").iter_rows())
    told = {source["id"]: source["overdue"] for source in content["sources"]}
    words = {"fresh": "", "stale": "newer ones are overdue"}
    for source_id, overdue in told.items():
        state = known.get(source_id)
        if state in words:
            assert overdue == words[state]
        elif state == "discontinued":
            assert overdue.startswith("nothing has been released since")
    assert {"", "newer ones are overdue"} <= set(told.values())
    assert content["population_source"]["publisher"].startswith("World Bank")


def test_origins_have_their_codes_and_other_names(content: dict[str, Any]) -> None:
    names = dict(zip(content["codes"]["origin_iso3"], content["search"], strict=True))
    for code, word in (("TUR", "turkey"), ("MMR", "burma"), ("COD", "drc"), ("GBR", "uk")):
        assert {word, code.lower()} <= set(names[code].split("|"))
    assert {"total", "unknown"} <= set(content["unnamed"])
    assert "HTI" not in content["unnamed"]


def test_a_period_counted_in_part_has_its_day_and_month(
    fcm: Connection, content: dict[str, Any]
) -> None:
    rows = fcm.sql(
        "SELECT series_id, target_period, counted_so_far, counted_to_date FROM forecast.published "
        "WHERE counted_so_far IS NOT NULL AND model = 'nowcast'"
    )
    number = {key: str(place) for place, key in enumerate(keys_of(content))}
    assert rows.height > 0
    for key, period, counted, day in rows.iter_rows():
        assert content["ahead"][number[key]]["counted"] == [counted, str(day), months(period)]
