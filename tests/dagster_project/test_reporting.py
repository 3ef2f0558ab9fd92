"""What `fcm refresh` made is known to Dagster: once for each state, and as a run would make it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster._core.definitions.data_version import CachingStaleStatusResolver, StaleStatus
from dagster._core.loader import LoadingContextForTest

from dagster_project.definitions import build
from dagster_project.metadata import EDITION, asset_key
from dagster_project.reporting import Reported, report
from dagster_project.resources import FcmHome, this_server
from dagster_project.serve import reported
from fcm_migration import store
from fcm_migration.archive.lock import refresh_lock
from fcm_migration.config import Home
from fcm_migration.marts.tables import FLOWS, SERIES
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.run import refresh
from fcm_migration.refresh.tables import warehouse_tables
from tests.dagster_project.toy_definitions import run
from tests.toy import TOY
from tests.toy_home import give

pytestmark = pytest.mark.slow

GRAPH = build((TOY,), FcmHome(server=this_server)).resolve_asset_graph()
ARCHIVE = dg.AssetKey(["archive", "toy"])


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def made_assets() -> set[dg.AssetKey]:
    """Every asset that the command line makes: all but the pages written after the edition."""
    tables = {asset_key(table) for table in warehouse_tables((TOY,)).values()}
    return {ARCHIVE, EDITION, *tables}


def newest(instance: dg.DagsterInstance, key: dg.AssetKey) -> dg.AssetMaterialization:
    event = instance.get_latest_materialization_event(key)
    assert event is not None
    assert event.asset_materialization is not None
    return event.asset_materialization


def version(instance: dg.DagsterInstance, key: dg.AssetKey) -> str:
    return (newest(instance, key).tags or {})["dagster/data_version"]


def states(instance: dg.DagsterInstance) -> dict[dg.AssetKey, StaleStatus]:
    """What the UI says of each asset the command line makes: fresh, stale or missing."""
    resolver = CachingStaleStatusResolver(instance, GRAPH, LoadingContextForTest(instance))
    return {key: resolver.get_status(key) for key in made_assets()}


def evaluations(instance: dg.DagsterInstance) -> dict[str, Any]:
    keys = list(GRAPH.asset_check_keys)
    found = instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return {
        f"{key.asset_key.to_user_string()}:{key.name}": record.event.asset_check_evaluation
        for key, record in found.items()
        if record.event is not None
    }


def test_every_asset_is_materialised_after_the_report_and_up_to_date(
    instance: dg.DagsterInstance, own_home: Context
) -> None:
    told = report(instance, own_home)
    assert told.assets == len(made_assets())
    assert Counter(states(instance).values()) == {StaleStatus.FRESH: len(made_assets())}
    assert "as made by `fcm refresh`" in told.words
    stored = store.facts(own_home.home.table(FLOWS.layer, FLOWS.name))
    flows = newest(instance, asset_key(FLOWS))
    assert flows.metadata["dagster/row_count"].value == stored.rows
    assert flows.metadata["content hash"].value == stored.content_hash[:12]
    assert flows.description == "Made by `fcm refresh`, reported."
    edition = newest(instance, EDITION).metadata
    assert flows.metadata["edition"] == edition["edition"]
    assert edition["file"].value == str(own_home.home.published)
    assert instance.get_runs() == []


def test_results_of_checks_are_those_that_were_found(
    instance: dg.DagsterInstance, own_home: Context
) -> None:
    told = report(instance, own_home)
    known = evaluations(instance)
    assert told.checks == len(known)
    tables = {f"{table.full_name.replace('.', '/')}:expectations"
              for table in warehouse_tables((TOY,)).values()}  # fmt: skip
    assert known.keys() == {*tables, "archive/toy:obtained"}
    flows = known["mart/flows:expectations"]
    assert flows.passed
    assert flows.metadata["expectations"].value > 5
    assert "(checked by `fcm refresh`, reported)" in flows.description
    record = instance.get_asset_records([asset_key(FLOWS)])[0].asset_entry
    assert record.last_materialization_record is not None
    target = flows.target_materialization_data
    assert target.storage_id == record.last_materialization_record.storage_id


def test_the_same_state_is_reported_once(instance: dg.DagsterInstance, own_home: Context) -> None:
    assert report(instance, own_home).assets
    assert report(instance, own_home) == Reported(0, 0, "`fcm refresh`")
    refresh(own_home)  # nothing has changed, but that the publisher was looked at
    assert report(instance, own_home).assets == 2  # meta.attempts, and the edition with it
    assert report(instance, own_home).assets == 0


def test_what_a_refresh_changed_is_reported_with_all_that_follows(
    instance: dg.DagsterInstance, own_home: Context
) -> None:
    """Also what gave the same rows again: otherwise it would be called outdated."""
    report(instance, own_home)
    before = version(instance, asset_key(FLOWS))
    give(own_home, "2024-05-01", last="9")
    refresh(own_home)
    again = report(instance, own_home)
    assert 0 < again.assets <= len(made_assets())
    assert version(instance, asset_key(FLOWS)) != before
    assert Counter(states(instance).values()) == {StaleStatus.FRESH: len(made_assets())}


def test_a_run_makes_the_versions_that_a_report_expects(
    instance: dg.DagsterInstance, own_home: Context
) -> None:
    """A run after a report, and a report after a run, find nothing new."""
    report(instance, own_home)
    looked = {EDITION, dg.AssetKey(["meta", "attempts"])}  # the run has looked once more
    versions = {key: version(instance, key) for key in made_assets() - looked}
    assert run(own_home, instance).success
    assert {key: version(instance, key) for key in versions} == versions
    assert Counter(states(instance).values()) == {StaleStatus.FRESH: len(made_assets())}
    assert report(instance, own_home).assets == 0
    assert report(instance, own_home).checks == 0


def test_what_is_made_again_alone_makes_the_rest_outdated(
    instance: dg.DagsterInstance, own_home: Context
) -> None:
    """Where arrows are left out a change upstream still shows, step by step."""
    report(instance, own_home)
    give(own_home, "2024-05-01", last="9")
    assert run(own_home, instance, "archive/toy", "core/toy_claims", "history/toy_claims").success
    assert states(instance)[asset_key(FLOWS)] is StaleStatus.STALE
    assert states(instance)[asset_key(SERIES)] is StaleStatus.FRESH  # until the flows are made


def test_nothing_is_reported_while_a_refresh_runs(
    instance: dg.DagsterInstance, own_home: Context
) -> None:
    with refresh_lock(own_home.home.root, holder="somebody"):
        assert report(instance, own_home) == Reported()
    assert report(instance, own_home).assets


def test_a_damaged_table_is_not_reported(instance: dg.DagsterInstance, own_home: Context) -> None:
    path = own_home.home.table(SERIES.layer, SERIES.name)
    body = bytearray(path.read_bytes())
    body[len(body) // 2] ^= 1
    path.write_bytes(body)
    assert report(instance, own_home).assets == len(made_assets()) - 1
    assert instance.get_latest_materialization_event(asset_key(SERIES)) is None


@pytest.mark.parametrize("state", ["missing", "empty", "damaged edition", "a file"])
def test_a_home_without_a_sound_edition_reports_nothing_and_the_server_starts(
    state: str, instance: dg.DagsterInstance, own_home: Context, tmp_path: Path
) -> None:
    home = own_home.home
    if state == "damaged edition":
        home.published.chmod(0o600)
        body = bytearray(home.published.read_bytes())
        body[-1] ^= 1
        home.published.write_bytes(body)
    elif state != "a file":
        home = Home(tmp_path / "other")
        if state == "empty":
            home.root.mkdir()
    else:
        (tmp_path / "other").write_text("no folder")
        home = Home(tmp_path / "other")
    assert reported(instance, replace(own_home, home=home)) == ""
    assert instance.all_asset_keys() == []
