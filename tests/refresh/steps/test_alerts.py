"""Alerts of the bundled edition: every figure of every sentence is made again from the tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import nbinom

from fcm_migration import store
from fcm_migration.config import Home
from fcm_migration.marts.tables import SERIES
from fcm_migration.periods import period_words
from fcm_migration.refresh.context import Context
from fcm_migration.trends.alerts.detect import alert_id
from fcm_migration.trends.alerts.explanation import (
    FEWEST_JUDGED,
    KIND_EXPLANATIONS,
    OUTCOME_EXPLANATIONS,
)
from fcm_migration.trends.alerts.tables import ALERTS, PRECEDENTS, TRACK_RECORD
from tests.bundled import bundled_context
from tests.making import make

USED = ("us_ohss_usbp", "us_cbp_sbo", "uk_irregular_migration", "ca_ircc_asylum", "uk_small_boats")
YEAR = {"M": 12, "Q": 4, "A": 1}
RECENT = {"M": 2, "Q": 1, "A": 1}


@pytest.fixture(scope="module")
def context(bundled_home: Home) -> Context:
    """The bundled edition, whose alerts are made with the declared settings."""
    return bundled_context(bundled_home)


@pytest.fixture(scope="module")
def alerts(context: Context) -> pl.DataFrame:
    return store.read(context.home.table("trend", "alerts"), ALERTS)


@pytest.fixture(scope="module")
def precedents(context: Context) -> pl.DataFrame:
    return store.read(context.home.table("trend", "precedents"), PRECEDENTS)


@pytest.fixture(scope="module")
def record(context: Context) -> pl.DataFrame:
    return store.read(context.home.table("trend", "track_record"), TRACK_RECORD)


@pytest.fixture(scope="module")
def figures(context: Context) -> dict[str, tuple[date, np.ndarray]]:
    """First period and figures of every series of the panel; NaN where there is none."""
    series = store.read(context.home.table("mart", "series"), SERIES)
    return {
        str(name): (part.item(0, "period_start"), part.get_column("value").cast(float).to_numpy())
        for (name,), part in series.sort("series_id", "period_start").group_by("series_id")
    }


def row_of(first: date, period: date, frequency: str) -> int:
    months = (period.year - first.year) * 12 + period.month - first.month
    return months // (12 // YEAR[frequency])


def sampled(alerts: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """Some alerts of every source, kind and direction."""
    groups = alerts.group_by("source_id", "kind", "direction", maintain_order=True)
    for _, part in groups:
        yield from part.gather_every(max(1, part.height // 12)).iter_rows(named=True)


def test_there_is_every_kind_of_alert(alerts: pl.DataFrame) -> None:
    surges = alerts.filter(pl.col("direction") == "surge")
    assert set(surges.get_column("kind")) >= {"common", "own", "own_weak", "tide", "new_origin"}
    assert set(alerts.get_column("direction")) == {"surge", "drop"}
    assert alerts.get_column("source_id").n_unique() >= len(USED)


def test_figures_are_those_of_the_panel(
    alerts: pl.DataFrame, figures: dict[str, tuple[date, np.ndarray]]
) -> None:
    checked = 0
    for alert in sampled(alerts):
        first, values = figures[alert["series_id"]]
        year, recent = YEAR[alert["frequency"]], RECENT[alert["frequency"]]
        at = row_of(first, alert["period"], alert["frequency"])
        # before the first figure of a series its publisher counted none
        known = np.concatenate([np.zeros(2 * year), values])
        at += 2 * year
        assert alert["observed"] == known[at]
        before, lately = known[at - year : at], known[at + 1 - recent : at + 1]
        if np.isnan(before).any() or np.isnan(known[at - recent - year : at + 1]).any():
            continue  # a withheld month is left out of the means: see test_rolling
        assert alert["expected"] == pytest.approx(max(before.mean(), 1.0))
        base = known[at + 1 - recent - year : at + 1 - recent]
        growth = (lately.mean() + 2) / (base.mean() + 2)
        assert alert["ratio"] == pytest.approx(growth)
        assert alert["own_ratio"] == pytest.approx(growth / alert["common_factor"])
        level = 0.975 if alert["direction"] == "surge" else 0.025
        size = 1 / alert["dispersion"]
        bound = nbinom.ppf(level, size, size / (size + alert["expected"]))
        assert alert["bound"] == pytest.approx(bound)
        checked += 1
    assert checked > 150


def test_sentences_say_what_the_tables_say(
    alerts: pl.DataFrame, precedents: pl.DataFrame, record: pl.DataFrame
) -> None:
    by_id = {row["alert_id"]: row for row in alerts.iter_rows(named=True)}
    similar: dict[str, list[dict[str, Any]]] = {}
    for row in precedents.iter_rows(named=True):
        similar.setdefault(row["alert_id"], []).append(row)
    for alert in sampled(alerts):
        text = alert["explanation"]
        rises = alert["direction"] == "surge"
        tier = "Strong alert" if alert["tier"] == "strong" else "Alert"
        for said in (
            f"{tier} of a {'rise' if rises else 'fall'}, score {alert['score']:.0f} of 100.",
            f"({alert['indicator']} of {alert['source_id']}): {alert['observed']:,.0f} "
            f"{alert['unit']} {period_words(alert['period'], alert['frequency'])}.",
            f"The mean of the year before was {alert['expected']:,.0f}, and "
            f"{'up' if rises else 'down'} to {alert['bound']:,.0f} would not be unusual.",
            f"The recent level is {level_words(alert)} that of the year before",
            f"{KIND_EXPLANATIONS[alert['kind']]} (kind {alert['kind']})",
            f"The episode began {period_words(alert['episode_start'], alert['frequency'])} and was "
            f"public from {alert['first_public_from'].isoformat()}; this figure was public from "
            f"{alert['public_from'].isoformat()}",
            alert["causes"],
        ):
            assert said in text
        over = alert["observed"] - alert["bound"]
        is_within = over <= 0 if alert["direction"] == "surge" else over >= 0
        assert ("is within that bound" in text) == is_within
        assert ("the route as a whole explains." in text) == (alert["kind"] != "common")
        opener = by_id[alert_id(alert["series_id"], alert["episode_start"], alert["direction"])]
        assert alert["first_public_from"] == opener["public_from"]
        assert ("usual lag" in text) == alert["is_lag_usual"]
        if "usually revises" in text:
            assert f"until about {alert['revised_until'].isoformat()}." in text
        if alert["newer_period"] is not None:
            when = period_words(alert["newer_period"], alert["frequency"])
            figure = f"{alert['newer_value']:,.0f} {alert['unit']} {when}"
            assert f"Newest figure: {figure}" in text
            assert ("not over or not fully reported." in text) == alert["newer_is_partial"]
        assert right_words(alert, record) in text
        for item in similar.get(alert["alert_id"], []):
            other = by_id[item["other_alert_id"]]
            assert other["opens_episode"]
            assert other["period"] <= alert["period"] - timedelta(days=365)
            assert item["level_before"] == pytest.approx(other["expected"])
            when = period_words(other["period"], other["frequency"])
            said = f"{when} (mean {other['expected']:,.0f} before"
            assert said in text
            if other["outcome"]:
                assert OUTCOME_EXPLANATIONS[other["outcome"]] in text


HEADLINE = re.compile(
    r"^(?P<what>[A-Z].*?) (?:reached|fell to) (?P<figure>[\d,]+|none) (?P<when>in .*?), "
    r"(?P<change>.*?)\.(?: (?P<second>[^.]*\.))?$"
)


def test_headlines_say_what_the_tables_say(alerts: pl.DataFrame, record: pl.DataFrame) -> None:
    """Every figure of every headline is made again; no code of ours is left in one."""
    codes = re.compile(r"_|\b[A-Z]{3}\b|\btotal\b|\ball\b")
    for alert in alerts.iter_rows(named=True):
        text = alert["headline"]
        assert len(text) <= 240
        found = HEADLINE.match(text)
        assert found is not None, text
        assert codes.search(found["what"]) is None, text
        observed, expected = alert["observed"], alert["expected"]
        assert found["figure"] == (f"{observed:,.0f}" if observed else "none")
        assert found["when"] == period_words(alert["period"], alert["frequency"])
        assert text.startswith(found["what"] + (" reached" if rising(alert) else " fell to"))
        change, mean = found["change"], f"{expected:,.0f}"
        if expected >= 10:
            assert mean in change, text
        if change.startswith("up "):
            assert f"up {100 * (observed / expected - 1):.0f}% on" in change
        elif "down more than" not in change and change.startswith("down "):
            assert f"down {100 * (1 - observed / expected):.0f}% on" in change
        elif " times " in change:
            times = observed / expected
            assert change.startswith(f"{times:.0f} times" if times >= 10 else f"{times:.1f} times")
        else:
            assert "after" in change or "more than 99%" in change, text
        if found["second"] and rising(alert):
            assert right_words(alert, record) in found["second"], text


def rising(alert: dict[str, Any]) -> bool:
    return str(alert["direction"]) == "surge"


def level_words(alert: dict[str, Any]) -> str:
    """What the sentence says of the recent level: a fall in percent, never "0.0 times"."""
    if alert["direction"] == "surge":
        return f"{alert['ratio']:.1f} times"
    return f"down {100 * (1 - alert['ratio']):.0f}% on"


def right_words(alert: dict[str, Any], record: pl.DataFrame) -> str:
    """What the sentence says of the record, from the table."""
    if alert["direction"] == "drop":
        return "Alerts of falls are not scored yet."
    pool = f"{alert['source_id']}/{alert['indicator']}/{alert['frequency']}"
    for name, kind in ((pool, alert["kind"]), (pool, "all"), ("all", alert["kind"]), ("all",) * 2):
        row = record.filter(
            (pl.col("pool") == name)
            & (pl.col("alert_kind") == kind)
            & (pl.col("tier") == alert["tier"])
            & (pl.col("span") == "all")
        )
        if not row.is_empty() and row.item(0, "judged") >= FEWEST_JUDGED:
            judged, wrong = row.item(0, "judged"), row.item(0, "false_alarms")
            return f"{judged - wrong} of {judged} "
    raise AssertionError("no record with enough alerts")


def test_outcomes_in_half_years_after(
    precedents: pl.DataFrame, alerts: pl.DataFrame, figures: dict[str, tuple[date, np.ndarray]]
) -> None:
    """The level after a precedent is the mean of the half-year after it; annual: the next year."""
    rows = precedents.filter(pl.col("level_after").is_not_null()).gather_every(97)
    assert rows.height > 50
    by_id = {row["alert_id"]: row for row in alerts.iter_rows(named=True)}
    for item in rows.iter_rows(named=True):
        other = by_id[item["other_alert_id"]]
        first, values = figures[other["series_id"]]
        at = row_of(first, other["period"], other["frequency"])
        after = values[at + 1 : at + 1 + max(1, YEAR[other["frequency"]] // 2)]
        assert item["level_after"] == pytest.approx(np.nanmean(after))


def test_the_record_counts_the_alerts(alerts: pl.DataFrame, record: pl.DataFrame) -> None:
    opened = alerts.filter(pl.col("is_counted") & (pl.col("direction") == "surge"))
    whole = record.filter(
        (pl.col("pool") == "all") & (pl.col("alert_kind") == "all") & (pl.col("span") == "all")
    )
    for row in whole.iter_rows(named=True):
        own = opened.filter(pl.col("tier") == row["tier"])
        assert row["episodes"] == own.height
        assert row["false_alarms"] == own.filter(pl.col("outcome") == "false").height
        assert row["hits"] == own.filter(pl.col("outcome") == "hit").height
        low, high = row["confirmed_lower"], row["confirmed_upper"]
        assert low <= row["confirmed_precision"] <= high


def test_common_shocks_headline_few_and_not_the_wrong_ones(alerts: pl.DataFrame) -> None:
    boats = alerts.filter(
        (pl.col("source_id") == "uk_irregular_migration")
        & (pl.col("route") == "english_channel")
        & (pl.col("direction") == "surge")
        & (pl.col("kind") != "common")
        & (pl.col("is_headlined") | pl.col("same_movement_as").is_not_null())
    )
    by_quarter = {
        day: set(part.get_column("origin_iso3")) for (day,), part in boats.group_by("period")
    }
    for shock in (date(2020, 7, 1), date(2021, 7, 1)):
        assert 1 <= len(by_quarter[shock]) <= 3
    assert "ALB" in by_quarter[date(2021, 7, 1)]
    assert {"ALB", "IND", "TUR"} <= by_quarter[date(2022, 4, 1)]
    assert "VNM" in by_quarter[date(2020, 10, 1)] | by_quarter[date(2021, 1, 1)]


def test_listed_alerts_name_their_common_alert(alerts: pl.DataFrame) -> None:
    listed = alerts.filter(pl.col("common_alert_id").is_not_null())
    assert listed.height > 100
    common = alerts.select(
        pl.col("alert_id").alias("common_alert_id"),
        pl.col("kind").alias("whole"),
        pl.col("period").alias("when"),
        pl.col("direction").alias("way"),
    )
    met = listed.join(common, on="common_alert_id", how="left")
    assert (met.get_column("whole") == "common").all()
    assert (met.get_column("when") == met.get_column("period")).all()
    assert (met.get_column("way") == met.get_column("direction")).all()
    listed = (pl.col("kind") == "tide") & pl.col("common_alert_id").is_not_null()
    never = alerts.filter(listed | (pl.col("kind") == "definition"))
    assert never.height > 50
    assert not never.get_column("is_headlined").any()
    lone = alerts.filter((pl.col("kind") == "tide") & pl.col("common_alert_id").is_null())
    told = pl.col("is_headlined") | pl.col("same_movement_as").is_not_null()
    assert lone.select(told.all()).item()  # nothing else would show them


def test_administrative_labels_never_alert(alerts: pl.DataFrame) -> None:
    odd = {"unknown", "stateless", "other", "refugee"}
    assert not odd & set(alerts.get_column("origin_iso3"))


def test_known_causes_are_named(alerts: pl.DataFrame) -> None:
    cuba = alerts.filter(
        (pl.col("origin_iso3") == "CUB")
        & (pl.col("direction") == "drop")
        & (pl.col("period") == date(2023, 2, 1))
        & (pl.col("source_id") == "us_ohss_usbp")
        & (pl.col("route") == "all")
    )
    assert "2023-01-05" in cuba.item(0, "causes")
    border = alerts.filter(
        (pl.col("source_id") == "ca_ircc_asylum")
        & (pl.col("route") == "land_border")
        & (pl.col("period") == date(2023, 5, 1))
    )
    assert "Safe Third Country" in border.item(0, "causes")


def test_an_unchanged_home_is_not_replayed(context: Context) -> None:
    path = context.home.table("trend", "alerts")
    written = path.stat().st_mtime_ns
    make(context, "alerts")
    assert path.stat().st_mtime_ns == written


def test_no_alert_contradicts_its_own_figures(alerts: pl.DataFrame) -> None:
    """Seven did: a surge of 148,510 where 162,542 were expected was one of them."""
    sign = pl.when(pl.col("direction") == "surge").then(1).otherwise(-1)
    beyond = sign * (pl.col("observed") - pl.col("expected")) > 0
    grown = sign * (pl.col("ratio") - 1) > 0
    assert alerts.filter(~(beyond & grown)).is_empty()


def test_every_episode_says_its_first_month(alerts: pl.DataFrame) -> None:
    """No alert says a later beginning than an alert of the same episode before it."""
    gap = {"M": 3, "Q": 1, "A": 1}  # periods between two alerts of one episode, at most
    months = {"M": 1, "Q": 3, "A": 12}
    lasted = 0
    for _, own in alerts.sort("period").group_by("series_id", "direction", maintain_order=True):
        began = last = None
        for row in own.iter_rows(named=True):
            day, frequency = row["period"], row["frequency"]
            number = (day.year * 12 + day.month - 1) // months[frequency]
            if last is None or number - last > gap[frequency]:
                began = day
            assert row["episode_start"] == began
            assert row["opens_episode"] == (day == began)
            lasted += row["is_counted"] and day != began
            last = number
    assert lasted > 100  # episodes that count again: their alerts named a later beginning


def test_a_movement_at_one_border_and_in_all_is_headlined_once(alerts: pl.DataFrame) -> None:
    keys = ["source_id", "indicator", "destination_iso3", "origin_iso3", "period", "direction"]
    moved = (pl.col("observed") - pl.col("expected")).abs().alias("moved")
    shown = alerts.filter(pl.col("is_headlined") & (pl.col("place") == "all")).with_columns(moved)
    whole = shown.filter(route="all").select(*keys, "frequency", whole="moved")
    both = shown.filter(pl.col("route") != "all").join(whole, on=[*keys, "frequency"])
    assert both.filter(
        pl.min_horizontal("moved", "whole") * 2 >= pl.max_horizontal("moved", "whole")
    ).is_empty()
    named = alerts.filter(
        pl.col("same_movement_as").is_not_null() & (pl.col("source_id") == "us_ohss_usbp")
    )
    told = alerts.filter("is_headlined").select("alert_id")
    assert named.height > 300
    assert named.join(told, left_on="same_movement_as", right_on="alert_id").height == named.height


def test_boats_turned_back_are_not_compared_with_arrivals(alerts: pl.DataFrame) -> None:
    boats = alerts.filter(source_id="au_boat_arrivals").sort("period")
    arrived = boats.filter(indicator="irregular_maritime_arrivals")
    returned = boats.filter(indicator="maritime_returns")
    assert arrived.get_column("period").max() < date(2014, 1, 1)
    assert returned.get_column("period").min() > date(2014, 1, 1)
    surge = returned.row(-1, named=True)
    assert (surge["period"], surge["observed"]) == (date(2024, 1, 1), 260)
    assert (surge["newer_period"], surge["newer_value"], surge["newer_is_partial"]) == (
        date(2025, 1, 1), 21, True,
    )  # fmt: skip
    assert "Newest figure: 21 persons in 2025, a period not over" in surge["explanation"]
    assert "turned back or returned, not people who arrived" in surge["explanation"]
    assert "No earlier episode resembles it." in surge["explanation"]
