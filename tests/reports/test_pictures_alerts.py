"""Pictures of alerts: what is chosen, drawn and said, each from the published tables."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from fcm_migration.reports.pictures.alert_frames import SHOWN, alert_counts, histories, top_alerts
from fcm_migration.reports.pictures.alerts import alerts_picture, counts_picture
from tests.trends.doubling import alert_rows, doubling_alerts
from tests.trends.panels import marts, months_on, one

FIRST = date(2019, 1, 1)
MONTHS = 48
PNG = b"\x89PNG\r\n\x1a\n"
NAMES = {"ALB": "Albania", "GBR": "United Kingdom", "NZL": "New Zealand", "USA": "United States"}
PUBLISHERS = {"uk_irregular_migration": "UK Home Office"}
COPIED = ("series_id", "source_id", "indicator", "unit", "destination_iso3", "origin_iso3", "route",
          "place", "frequency")  # fmt: skip


def risen(level: int, times: int, months: int = 4) -> list[int | None]:
    return [*[level] * (MONTHS - months), *[level * times] * months]


@pytest.fixture(scope="module")
def panel() -> tuple[pl.DataFrame, pl.DataFrame]:
    names = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH")
    several = [one(name, risen(40 + n, 3 + n), first=FIRST) for n, name in enumerate(names)]
    quarterly = {"source": "uk_small_boats", "indicator": "small_boat_arrivals", "unit": "persons",
                 "destination": "GBR", "frequency": "Q"}  # fmt: skip
    several += [one("ALB", [100] * 14 + [900, 950], first=FIRST, **quarterly)]
    # ended years before the others
    old = {"source": "eurostat_asylum_monthly", "indicator": "asylum_applicants_first_time",
           "unit": "persons", "destination": "DEU"}  # fmt: skip
    several += [one("SYR", risen(50, 9)[-20:], first=date(2015, 1, 1), **old)]
    return marts(several)


@pytest.fixture(scope="module")
def alerts(panel: tuple[pl.DataFrame, pl.DataFrame]) -> pl.DataFrame:
    """Doublings as alerts, scored by their growth, of an episode that began with them."""
    found = doubling_alerts(*panel).with_columns(
        is_headlined=pl.lit(value=True), score=pl.col("observed")
    )
    start = pl.col("period").min().over("series_id")
    values = panel[0].select("series_id", pl.col("period_start").alias("period"), "value")
    return found.join(values, on=["series_id", "period"]).with_columns(
        observed=pl.col("value").cast(pl.Float64),
        expected=pl.lit(44.0),
        bound=pl.lit(70.0),
        score=pl.col("value") / 10.0,
        episode_start=start,
    )


def test_the_highest_scores_of_the_newest_periods_are_drawn(
    panel: tuple[pl.DataFrame, pl.DataFrame], alerts: pl.DataFrame
) -> None:
    chosen = top_alerts(alerts, panel[0])
    assert len(chosen) == SHOWN
    assert [row["origin_iso3"] for row in chosen] == ["ALB", "HHH", "GGG", "FFF", "EEE", "DDD"]
    newest = {row["frequency"]: row["period"] for row in chosen}
    assert newest == {"M": months_on(FIRST, MONTHS - 1), "Q": date(2022, 10, 1)}
    scores = [row["score"] for row in chosen]
    assert scores == sorted(scores, reverse=True)
    # an alert of half a year ago is none of the newest periods
    older = alerts.with_columns(pl.col("period").dt.offset_by("-6mo"))
    assert top_alerts(older, panel[0]) == []
    assert top_alerts(alerts.with_columns(is_headlined=pl.lit(value=False)), panel[0]) == []
    assert top_alerts(alerts, panel[0], "drop") == []


def test_a_movement_seen_by_two_sources_is_drawn_once() -> None:
    yearly = {"source": "unhcr_asylum_applications", "indicator": "asylum_applications_new",
              "unit": "persons", "frequency": "A"}  # fmt: skip
    several = [
        one("AAA", risen(40, 4), first=FIRST),
        one("AAA", [500, 500, 500, 5000], first=FIRST, **yearly),
    ]
    series, index = marts(several)
    facts = index.select(COPIED).to_dicts()
    ends = {"M": months_on(FIRST, MONTHS - 1), "A": date(2022, 1, 1)}
    rows: list[dict[str, Any]] = [
        {**fact, "period": ends[fact["frequency"]], "is_headlined": True} for fact in facts
    ]
    chosen = top_alerts(alert_rows(rows), series)
    assert [row["frequency"] for row in chosen] == ["M"]


def test_what_is_drawn_is_what_the_alerts_saw(
    panel: tuple[pl.DataFrame, pl.DataFrame], alerts: pl.DataFrame
) -> None:
    chosen = top_alerts(alerts, panel[0])
    drawn = histories(chosen, *panel)
    assert set(drawn) == {row["series_id"] for row in chosen}
    own = drawn[chosen[1]["series_id"]]  # HHH: 47 a month, then ten times as many for four months
    assert own.get_column("value").to_list() == risen(47, 10)
    assert own.get_column("expected").to_list()[:12] == [None] * 12
    assert own.get_column("expected")[12] == 47.0
    assert own.get_column("expected")[-1] == pytest.approx((9 * 47 + 3 * 470) / 12)


def test_the_pictures_say_in_words_what_they_show(
    panel: tuple[pl.DataFrame, pl.DataFrame], alerts: pl.DataFrame
) -> None:
    picture = alerts_picture(alerts, *panel, NAMES, PUBLISHERS)
    assert picture is not None
    assert picture.png.startswith(PNG)
    assert "Albania to United Kingdom: 950 in October\N{EN DASH}December 2022, " in picture.words
    # nine months at 47 and three at 470 before it
    assert "HHH to United States: 470 in December 2022, 153 expected (events a month)" in (
        picture.words
    )
    assert "Source: " in picture.words
    assert len(picture.sparkline) < 1000
    assert alerts_picture(alerts, *panel, NAMES, PUBLISHERS, direction="drop") is None
    # made of other alerts, it is another picture; of the same ones, the same bytes
    assert alerts_picture(alerts, *panel, NAMES, PUBLISHERS) == picture
    tiers = alerts.with_columns(tier=pl.lit("strong"))
    other = alerts_picture(tiers, *panel, NAMES, PUBLISHERS)
    assert other is not None
    assert other.png != picture.png


def test_a_picture_of_fewer_alerts_has_fewer_panels(
    panel: tuple[pl.DataFrame, pl.DataFrame], alerts: pl.DataFrame
) -> None:
    one_left = alerts.filter(origin_iso3="AAA")
    small, large = (
        alerts_picture(chosen, *panel, NAMES, PUBLISHERS) for chosen in (one_left, alerts)
    )
    assert small is not None
    assert large is not None
    assert _height(small.png) < _height(large.png)


def _height(png: bytes) -> int:
    return int.from_bytes(png[20:24], "big")


def test_alerts_are_counted_by_kind_and_never_across_rhythms() -> None:
    several = [
        one("AAA", [1] * 48),
        one("AAA", [1] * 16, frequency="Q"),
        one("BBB", [1] * 48),
        one("CCC", [1] * 16, destination="NZL", frequency="Q"),
    ]
    _, index = marts(several)
    rows = []
    for fact in index.select(COPIED).to_dicts():
        kind = "tide" if fact["origin_iso3"] == "BBB" else "own"
        rows += [{**fact, "period": months_on(FIRST, month), "kind": kind} for month in (0, 30, 45)]
    rows.append({**rows[0], "period": date(2005, 1, 1)})  # long ago
    found = alert_rows(rows)
    counts = alert_counts(found)
    usa = counts.filter(destination_iso3="USA")
    assert set(usa.get_column("frequency")) == {"M"}
    assert sorted(usa.select("kind", "number").unique().iter_rows()) == [("own", 1), ("tide", 1)]
    assert usa.get_column("number").sum() == 6
    assert counts.filter(destination_iso3="NZL").item(0, "frequency") == "Q"
    picture = counts_picture(found, NAMES)
    assert picture is not None
    assert picture.png.startswith(PNG)
    assert "New Zealand: 3 in 10 years" in picture.words
    assert "United States: 6 in 10 years, the most (2) in the month" in picture.words
    assert counts_picture(found, NAMES, "drop") is None
