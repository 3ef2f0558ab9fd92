"""A publisher that has stopped is asked once a month; every other at every refresh."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from fcm_migration.archive.snapshots import Attempt
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.due import why_not_due
from fcm_migration.refresh.obtain import CALM, obtain
from fcm_migration.sources.base import Fetched, Get
from tests.toy import TOY

STOPPED = dataclasses.replace(
    TOY, cadence=dataclasses.replace(TOY.cadence, discontinued_since="2018")
)


def looked(context: Context, outcome: str, days_ago: int) -> None:
    moment = context.now - timedelta(days=days_ago)
    context.archive.record(Attempt("toy", moment, outcome, "", None))


@pytest.mark.parametrize(
    ("outcome", "days_ago", "due"),
    [("unchanged", 27, False), ("ok", 1, False), ("unchanged", 28, True), ("timeout", 1, True)],
)
def test_after_an_answer_it_rests(context: Context, outcome: str, days_ago: int, due: bool) -> None:
    looked(context, outcome, days_ago)
    assert (why_not_due(context, STOPPED) is None) == due
    assert why_not_due(context, TOY) is None


def test_a_failure_after_an_answer_changes_nothing(context: Context) -> None:
    looked(context, "ok", 40)
    looked(context, "timeout", 2)
    assert why_not_due(context, STOPPED) is None
    looked(context, "unchanged", 1)
    looked(context, "offline", 0)
    assert why_not_due(context, STOPPED) is not None


def test_a_refresh_does_not_ask_it(context: Context) -> None:
    def fetch(_get: Get) -> Fetched:
        raise AssertionError("it was asked")

    looked(context, "unchanged", 3)
    online = dataclasses.replace(context, offline=False)
    outcome = obtain(online, dataclasses.replace(STOPPED, fetch=fetch))
    assert outcome.outcome == "not_due"
    assert outcome.outcome in CALM
    assert "once in 28 days" in outcome.detail
