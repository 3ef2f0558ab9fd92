"""The pictures of policies and corridors in Dagster say what the published file says."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fcm_migration.config import Home
from fcm_migration.publish.query import Connection
from fcm_migration.refresh.context import Context
from fcm_migration.reports.charts.labels import change, figure
from fcm_migration.reports.pictures.evidence import corridors_picture, policies_picture
from fcm_migration.sources import SOURCES
from tests.bundled import NOW


@pytest.fixture(scope="module")
def context(bundled_home: Home) -> Context:
    return Context(bundled_home, NOW, SOURCES)


@pytest.fixture(scope="module")
def fcm(bundled_home: Home) -> Iterator[Connection]:
    with Connection(bundled_home.published) as connection:
        yield connection


def test_policies_are_drawn_with_their_changes_and_verdicts(
    context: Context, fcm: Connection
) -> None:
    drawn = policies_picture(context)
    assert drawn is not None
    assert drawn.png.startswith(b"\x89PNG")
    rows = fcm.sql(
        "SELECT * FROM trend.policy_effects WHERE change_pct IS NOT NULL "
        "AND verdict NOT LIKE 'none expected%' AND verdict <> 'not testable' "
        "ORDER BY policy_date DESC, policy_id, as_of_date DESC, periods_after DESC, series_id"
    ).rows(named=True)
    newest = rows[0]
    assert change(newest["change_pct"]) in drawn.words
    told = "can be told" if newest["verdict"] == "identified" else "cannot be told"
    assert f"of {newest['placebos']} other dates, {told} from chance" in drawn.words


def test_the_largest_corridors_of_one_source_are_drawn(context: Context, fcm: Connection) -> None:
    drawn = corridors_picture(context)
    assert drawn is not None
    largest = fcm.sql(
        "SELECT * FROM main.corridors WHERE indicator = 'asylum_applications_new' "
        "AND route = 'all' ORDER BY last_12_months DESC LIMIT 1"
    ).row(0, named=True)
    first = f"{largest['origin']} to {largest['destination']}"
    assert drawn.words.startswith(f"{first} is the largest corridor")
    assert f"{first} {figure(largest['last_12_months'])}" in drawn.words


def test_nothing_to_draw_is_no_picture(published: Context) -> None:
    """The toy home has a policy but nothing that could be tested."""
    assert policies_picture(published) is None
    drawn = corridors_picture(published)
    assert drawn is None or "largest corridor" in drawn.words
