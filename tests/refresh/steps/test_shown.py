"""The same forecasts are shown everywhere and on any day."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from fcm_migration import store
from fcm_migration.forecast.nowcast.tables import NOWCAST
from fcm_migration.forecast.scenarios.tables import SCENARIO_FORECASTS, SCENARIO_MATCHES
from fcm_migration.forecast.shown.tables import NOT_SHOWN
from fcm_migration.forecast.tables import QUANTILES
from fcm_migration.publish.query import connect
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.publishing import current_edition
from fcm_migration.refresh.run import refresh
from fcm_migration.reports.pictures.forecasts import forecast_picture
from fcm_migration.trends.corridors.tables import CORRIDORS
from tests.toy_home import give


@pytest.fixture
def ended(own_home: Context) -> Context:
    """The toy home after a newer release without newer figures: its series have ended."""
    give(own_home, "2024-04-01", last="3")
    refresh(own_home)
    return own_home


def test_series_that_ended_are_shown_nowhere_and_listed(ended: Context) -> None:
    home = ended.home
    listed = store.read(home.table("forecast", "not_shown"), NOT_SHOWN)
    quantiles = store.read(home.table("forecast", "quantiles"), QUANTILES)
    assert set(listed["series_id"]) == set(quantiles["series_id"])
    assert quantiles["is_published"].any(), "the full table keeps them"
    assert set(listed["age_months"]) == {9}
    with connect(home.root) as fcm:
        assert fcm.sql("FROM forecast.published").is_empty()
    for name, table in (("nowcast", NOWCAST), ("scenarios", SCENARIO_FORECASTS)):
        assert store.read(home.table("forecast", name), table).is_empty(), name
    matches = store.read(home.table("meta", "scenario_matches"), SCENARIO_MATCHES)
    assert set(matches["scenario_outcome"]) == {"no forecast"}
    corridors = store.read(home.table("trend", "corridors"), CORRIDORS)
    assert corridors["next_period"].is_null().all()
    assert forecast_picture(ended) is None


def test_series_that_are_reported_are_shown_everywhere(own_home: Context) -> None:
    home = own_home.home
    assert store.read(home.table("forecast", "not_shown"), NOT_SHOWN).is_empty()
    corridors = store.read(home.table("trend", "corridors"), CORRIDORS)
    assert corridors["next_period"].is_not_null().any()
    picture = forecast_picture(own_home)
    if picture is not None:  # the toy home may have no total
        assert " in June 2023" in picture.words
        assert "; forecast for " in picture.words


def test_two_refreshes_a_day_apart_give_the_same_content(own_home: Context) -> None:
    before = current_edition(own_home)
    refresh(replace(own_home, now=own_home.now + timedelta(days=1)))
    after = current_edition(own_home)
    assert before is not None
    assert after is not None
    differing = {name for name in before.tables if before.tables[name] != after.tables[name]}
    # meta keeps a record of every look at the publishers; no figure depends on the day
    assert {name for name in differing if not name.startswith("meta.")} == set()
    assert differing <= {"meta.attempts", "meta.sources", "meta.check_results"}
