"""Current and last known alerts of the bundled edition."""

from __future__ import annotations

import pytest

from fcm_migration.catalog.columns import FIVE
from fcm_migration.publish.query import Connection

pytestmark = pytest.mark.slow


def test_current_is_of_the_last_twelve_months_and_last_known_is_older(bundled: Connection) -> None:
    """Edition of 1 September 2026: months since August 2025 are current, and the year 2025."""
    now, last = bundled.sql("FROM trend.current"), bundled.sql("FROM trend.last_known")
    assert now.columns == last.columns
    assert set(now["destination_iso3"]) | set(last["destination_iso3"]) <= set(FIVE)
    assert now["age_months"].max() <= 12 <= last["age_months"].min()
    assert set(now["source_id"]) == {"us_cbp_nationwide", "unhcr_asylum_applications"}
    assert {"us_ohss_usbp", "au_boat_arrivals"} <= set(last["source_id"])
    for rows in (now, last):
        episodes = rows.select("series_id", "direction", "episode_start")
        assert not episodes.is_duplicated().any()


def test_what_is_shown_is_the_newest_its_source_has(bundled: Connection) -> None:
    older = bundled.sql(
        "SELECT s.series_id FROM (FROM trend.current UNION ALL FROM trend.last_known) s "
        "JOIN mart.series_index i USING (series_id) WHERE s.period <> i.last_period"
    )
    assert older.is_empty()


def test_boats_turned_back_are_shown_with_what_is_known_since(bundled: Connection) -> None:
    row = bundled.sql("FROM trend.last_known WHERE source_id = 'au_boat_arrivals'")
    said = row.select("indicator", "observed", "newer_value", "newer_is_partial").row(0)
    assert said == ("maritime_returns", 260, 21, True)
    assert not row.item(0, "is_provisional")
