"""Alerts of several releases: each period as the first release to hold it showed it."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from fcm_migration.catalog.derive import empty
from fcm_migration.marts.reviewed import OVERLAPS, SERIES_BREAKS
from fcm_migration.trends.alerts.events import COLUMNS
from fcm_migration.trends.alerts.headlines import headlined
from fcm_migration.trends.alerts.replay import (
    Release,
    Replayed,
    first_detected,
    replay,
)
from fcm_migration.trends.detection.settings import RULES
from fcm_migration.trends.watch.causes import near_policies, with_causes
from fcm_migration.trends.watch.panel import watched_panel
from tests.trends.panels import marts, months_on, one

FIRST = date(2015, 1, 1)
SHAPE = [40, 42, 38, 41, 39, 40, 43, 37, 40, 41, 39, 40]
MONTHS = 60
RISE = date(2019, 10, 1)
NO_EVENTS = pl.DataFrame(
    schema={name: pl.Date if name in ("onset", "peak") else pl.String for name in COLUMNS}
)
NO_FIGURES = pl.DataFrame(
    schema={
        "series_id": pl.String,
        "newer_period": pl.Date,
        "newer_value": pl.Float64,
        "newer_is_partial": pl.Boolean,
    }
)


def panel(months: int, *, last: list[int] | None = None) -> pl.DataFrame:
    """Five quiet simulated origins, one of them with other figures in its last months."""
    several = []
    for number, origin in enumerate(("AAA", "BBB", "CCC", "DDD", "EEE")):
        values: list[int | None] = [SHAPE[(m + number) % 12] for m in range(months)]
        if origin == "AAA" and last:
            values[-len(last) :] = last
        several.append(one(origin, values, first=FIRST))
    total = [
        sum(v for v in row if v is not None)
        for row in zip(*(e["values"] for e in several), strict=True)  # type: ignore[call-overload]
    ]
    several.append(one("total", total, first=FIRST))
    series, index = marts(several)
    return watched_panel(series, index)


def replayed(
    newest: pl.DataFrame, past: list[Release], breaks: pl.DataFrame | None = None
) -> Replayed:
    return replay(
        newest,
        {"us_ohss_usbp": past},
        lags={"us_ohss_usbp": 30},
        breaks=empty(SERIES_BREAKS) if breaks is None else breaks,
        policies=near_policies(pl.DataFrame(), None),
        events=NO_EVENTS,
        overlaps=empty(OVERLAPS),
        figures=NO_FIGURES,
        names={"USA": "United States"},
    )


def at_rise(made: Replayed) -> pl.DataFrame:
    return made.alerts.filter((pl.col("period") == RISE) & (pl.col("origin_iso3") == "AAA"))


def test_a_period_is_judged_by_the_release_that_first_held_it() -> None:
    """A figure published high and revised down since was an alert on its day, and still is."""
    months = 58  # to October 2019
    assert months_on(FIRST, months - 1) == RISE
    before = Release(date(2019, 10, 20), panel(months - 1))
    then = Release(date(2019, 11, 20), panel(months, last=[400]))
    newest = panel(MONTHS, last=[41, 40, 39])  # the same month, revised to 41
    alert = at_rise(replayed(newest, [before, then]))
    assert alert.height == 1
    assert alert.item(0, "observed") == 400
    assert alert.item(0, "public_from") == date(2019, 11, 20)
    assert alert.item(0, "is_lag_usual") is False
    assert at_rise(replayed(newest, [])).is_empty()


def test_a_figure_raised_later_was_no_alert_on_its_day() -> None:
    months = 58
    then = Release(date(2019, 11, 20), panel(months, last=[41]))
    newest = panel(MONTHS, last=[400, 40, 39])
    assert at_rise(replayed(newest, [then])).is_empty()
    alert = at_rise(replayed(newest, []))
    assert alert.height == 1
    assert alert.item(0, "is_lag_usual") is True
    assert alert.item(0, "public_from") == date(2019, 11, 30)  # the month's end and thirty days


def test_a_release_before_the_usual_lag_is_no_usual_lag() -> None:
    """The only release came ten days after the month: the day is the release's own."""
    newest = panel(58, last=[400]).with_columns(as_of_date=date(2019, 11, 10))
    alert = at_rise(replayed(newest, []))
    assert alert.item(0, "public_from") == date(2019, 11, 10)
    assert alert.item(0, "is_lag_usual") is False
    assert "public from 2019-11-10." in alert.item(0, "explanation")


def test_releases_of_the_same_figures_change_nothing_but_the_day() -> None:
    newest = panel(MONTHS, last=[400, 410, 420])
    past = [
        Release(months_on(FIRST, n), panel(n, last=[400, 410, 420][: max(0, n - 57)]))
        for n in (50, 57, 58, 59)
    ]
    days = ["release", "is_first"]
    one_release, many = first_detected(newest, {}), first_detected(newest, {"us_ohss_usbp": past})
    keys = ["series_id", "period", "direction"]
    assert many.drop(days).sort(keys).equals(one_release.drop(days).sort(keys))


def test_the_same_alert_has_the_same_name() -> None:
    newest = panel(MONTHS, last=[400, 410, 420])
    first, again = replayed(newest, []), replayed(newest, [])
    assert first.alerts.equals(again.alerts)
    assert first.alerts.get_column("alert_id").is_unique().all()


def breaks(kind: str, day: date) -> pl.DataFrame:
    series = "us_ohss_usbp/border_encounters/USA/AAA/all/all/all/M"
    row = (series, "simulated", day, None, kind, "note", "Counted otherwise (simulated).")
    return pl.DataFrame([row], schema=empty(SERIES_BREAKS).schema, orient="row")


def test_a_change_of_counting_is_not_an_emergence() -> None:
    newest = panel(MONTHS, last=[400, 410, 420])
    alert = at_rise(replayed(newest, [], breaks("definition", RISE)))
    assert alert.item(0, "kind") == "definition"
    assert alert.item(0, "tier") == "alert"
    assert not alert.item(0, "is_headlined")
    assert "Counted otherwise" in alert.item(0, "explanation")
    policy = at_rise(replayed(newest, [], breaks("policy", RISE)))
    assert policy.item(0, "kind") == "own"
    assert policy.item(0, "is_headlined")
    assert "Counted otherwise" in policy.item(0, "causes")
    long_ago = at_rise(replayed(newest, [], breaks("definition", date(2017, 1, 1))))
    assert long_ago.item(0, "kind") == "own"
    assert long_ago.item(0, "causes") == ""


def test_policies_near_a_period_are_named() -> None:
    newest = panel(MONTHS, last=[400, 410, 420])
    _, index = marts([one("AAA", [1] * 24, first=FIRST)])
    entry = {
        "policy_id": "visa",
        "policy_date": date(2019, 9, 4),
        "policy_words": "A visa (simulated).",
        "expected_direction": "down",
        **{f"{name}_selector": "*" for name in (
            "source_id", "indicator", "destination_iso3", "route", "place", "population_group",
            "frequency")},
        "origin_iso3_selector": "AAA",
    }  # fmt: skip
    none = entry | {"policy_words": "Nothing.", "expected_direction": "none"}
    policies = near_policies(index, pl.DataFrame([entry, none]))
    assert policies.get_column("words").to_list() == ["A visa (simulated)."]
    rows = first_detected(newest, {})
    told = with_causes(rows, empty(SERIES_BREAKS), policies)
    said = dict(told.filter(pl.col("origin_iso3") == "AAA").select("period", "causes").iter_rows())
    assert said[RISE] == "2019-09-04: A visa (simulated)."
    assert said[date(2019, 12, 1)] == "2019-09-04: A visa (simulated)."


def test_nothing_watched_is_no_alert() -> None:
    nothing = panel(MONTHS).clear()
    made = replayed(nothing, [])
    assert made.alerts.is_empty()
    assert made.precedents.is_empty()
    assert made.record.is_empty()


def test_a_total_before_its_parts_is_no_fall_of_the_parts() -> None:
    """The newest total of a source came before its origins: they are not zero, but to come."""
    several = []
    for number, origin in enumerate(("AAA", "BBB", "CCC")):
        values: list[int | None] = [SHAPE[(m + number) % 12] for m in range(MONTHS - 3)]
        several.append(one(origin, values, first=FIRST))
    several.append(one("total", [120] * MONTHS, first=FIRST))
    made = replayed(watched_panel(*marts(several)), [])
    drops = made.alerts.filter(pl.col("direction") == "drop")
    assert drops.filter(pl.col("origin_iso3") != "total").is_empty()
    (scope,) = [scope for scope in made.scopes if scope.dimension == "origin"]
    assert not np.isnan(scope.values[: MONTHS - 3]).any()
    assert np.isnan(scope.values[MONTHS - 3 :]).all()


def test_a_row_left_out_is_zero_only_where_the_year_before_was_small() -> None:
    """Hundreds do not become none by leaving out a row; a handful does."""
    known: list[int | None] = [50] * MONTHS
    large: list[int | None] = [400] * MONTHS
    small: list[int | None] = [5] * MONTHS
    large[-2] = small[-2] = None
    several = [
        one("AAA", known, first=FIRST),
        one("BBB", large, first=FIRST),
        one("CCC", small, first=FIRST),
        one("total", [455] * MONTHS, first=FIRST),
    ]
    made = replayed(watched_panel(*marts(several)), [])
    (scope,) = [scope for scope in made.scopes if scope.dimension == "origin"]
    assert np.isnan(scope.values[-2, 1])
    assert scope.values[-2, 2] == 0
    assert made.alerts.is_empty()


def test_a_year_counted_alike_is_no_change_of_counting() -> None:
    """Annual: a break on 1 January makes that year's alert a definition, not the next one's."""
    for back, kind in ((0, "definition"), (1, "own")):
        values: list[int | None] = [300, 310, 290, 305, 300, 295, 310, 1500]
        several = [
            one("AAA", values, first=date(2012, 1, 1), frequency="A"),
            one("BBB", [300] * 8, first=date(2012, 1, 1), frequency="A"),
        ]
        series = several[0]["series_id"]
        day = date(2019 - back, 1, 1)
        row = (series, "simulated", day, None, "definition", "note", "Counted otherwise.")
        entry = pl.DataFrame([row], schema=empty(SERIES_BREAKS).schema, orient="row")
        made = replayed(watched_panel(*marts(several)), [], entry)
        alert = made.alerts.filter(pl.col("period") == date(2019, 1, 1))
        assert alert.get_column("kind").to_list() == [kind]


def test_of_alerts_equally_far_beyond_the_whole_the_first_by_name_are_headlined() -> None:
    names = [f"series {letter}" for letter in "ABCDEFGHIJ"]
    rows = pl.DataFrame({"series_id": names}).with_columns(
        scope=pl.lit("scope"),
        period=pl.lit(RISE),
        direction=pl.lit("surge"),
        kind=pl.lit("own"),
        common_alert_id=pl.lit("common"),
        share_ratio=pl.when(series_id="series J").then(9.0).otherwise(3.0),
    )
    for seed in range(8):
        mixed = rows.sample(fraction=1, shuffle=True, seed=seed)
        shown = headlined(mixed).filter("is_headlined").get_column("series_id")
        assert sorted(shown) == sorted(["series J", *names[: RULES.headlines - 1]])


def test_an_episode_begins_where_it_began_however_long_it_lasts() -> None:
    """People are told the true first month; evaluations count the episode every half-year."""
    newest = panel(MONTHS, last=[100 * (n + 1) for n in range(12)])
    own = replayed(newest, []).alerts.filter(origin_iso3="AAA", direction="surge").sort("period")
    began = own.item(0, "period")
    assert own.height >= 10
    assert own.get_column("episode_start").unique().to_list() == [began]
    assert own.get_column("opens_episode").sum() == 1
    counted = own.filter("is_counted").get_column("period").to_list()
    assert counted == [began, months_on(began, 6)]
    assert own.get_column("first_public_from").unique().to_list() == [own.item(0, "public_from")]
    said = own.item(-1, "explanation")
    assert (
        f"The episode began in February 2019 and was public from {own.item(0, 'public_from')};"
        in said
    )


def test_an_episode_is_no_precedent_of_itself() -> None:
    newest = panel(MONTHS + 30, last=[40 + 8 * n * n for n in range(30)])
    made = replayed(newest, [])
    own = made.alerts.filter(origin_iso3="AAA", direction="surge").sort("period")
    opener = own.item(0, "alert_id")
    late = own.filter(pl.col("period") > months_on(own.item(0, "period"), 13))
    assert not late.is_empty()
    assert set(late.get_column("episode_start")) == {own.item(0, "period")}
    others = made.precedents.filter(pl.col("alert_id").is_in(late.get_column("alert_id").implode()))
    assert opener not in others.get_column("other_alert_id").to_list()


def test_the_break_a_series_begins_with_is_told_however_long_ago() -> None:
    newest = panel(MONTHS, last=[400, 410, 420])
    series = "us_ohss_usbp/border_encounters/USA/AAA/all/all/all/M"
    row = (
        series,
        "simulated",
        FIRST,
        None,
        "definition",
        "cut",
        "Returns since 2015, no arrivals.",
    )
    alert = at_rise(
        replayed(newest, [], pl.DataFrame([row], schema=empty(SERIES_BREAKS).schema, orient="row"))
    )
    assert alert.item(0, "kind") == "own"
    assert "2015-01-01: Returns since 2015, no arrivals." in alert.item(0, "explanation")


def test_a_revision_is_expected_only_until_the_newest_release_is_later() -> None:
    newest = panel(MONTHS, last=[400, 410, 420])
    standing = breaks("partial", RISE).with_columns(
        pl.lit(None, dtype=pl.Date).alias("break_first_date")
    )
    soon = newest.with_columns(as_of_date=date(2020, 1, 20))
    own = replayed(soon, [], standing).alerts.filter(origin_iso3="AAA").sort("period")
    last = own.row(-1, named=True)
    assert last["revised_until"] == date(2020, 4, 20)
    assert "usually revises such a figure until about 2020-04-20." in last["explanation"]
    late = replayed(newest, [], standing).alerts.filter(origin_iso3="AAA")
    assert not late.get_column("explanation").str.contains("revises").any()
    assert late.get_column("revised_until").null_count() == 0
    never = replayed(newest, []).alerts.get_column("revised_until")
    assert never.null_count() == len(never) > 0
