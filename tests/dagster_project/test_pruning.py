"""Dagster's storage stays bounded, and the runs behind the UI's newest results are kept."""

import os
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import dagster as dg
import pytest
from dagster import DagsterRunStatus
from dagster._core.scheduler.instigation import InstigatorType, TickData, TickStatus
from dagster._core.test_utils import create_run_for_test

from dagster_project.maintenance import maintenance
from dagster_project.pruning import RETENTION, Retention, _bytes_below, prune
from fcm_migration.config import Home

ASSET, SELDOM = dg.AssetKey("often"), dg.AssetKey("seldom")
FEW = Retention(runs=2, failed_runs=1, days=30, checks=3, shrink_share=0.0, shrink_bytes=1)


@dg.asset(key=ASSET, check_specs=[dg.AssetCheckSpec("whole", asset=ASSET)])
def often(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """Made in every run."""
    print("said")  # noqa: T201
    passed = dg.AssetCheckResult(check_name="whole", asset_key=ASSET, passed=True)
    if context.run.tags.get("fails"):
        raise ValueError("so that this test has a failed run")
    return dg.MaterializeResult(metadata={"note": "x" * 20_000}, check_results=[passed])


@dg.asset(key=SELDOM)
def seldom() -> None:
    """Made once."""


def run(instance: dg.DagsterInstance, *assets: dg.AssetsDefinition, fails: bool = False) -> str:
    tags = {"fails": "yes"} if fails else {}
    result = dg.materialize(list(assets), instance=instance, raise_on_error=False, tags=tags)
    assert result.success is not fails
    return result.run_id


def runs_left(instance: dg.DagsterInstance) -> set[str]:
    return {run.run_id for run in instance.get_runs()}


def traces(home: Home) -> set[str]:
    """Runs of which files are left: events of SQLite, output."""
    places = (home.dagster_home / "history" / "runs", home.dagster_home / "storage")
    found = {path.name[:36] for place in places for path in place.iterdir()}
    return {name for name in found if name.count("-") == 4}


def test_old_runs_go_with_all_their_files_and_what_is_in_use_stays(
    empty_home: Home, instance: dg.DagsterInstance
) -> None:
    only = run(instance, seldom)
    failed = [run(instance, often, fails=True) for _ in range(2)]
    ended = [run(instance, often) for _ in range(4)]
    going_on = create_run_for_test(instance, status=DagsterRunStatus.STARTED).run_id
    starting = create_run_for_test(instance, status=DagsterRunStatus.STARTING).run_id
    folder = empty_home.dagster_home
    before = _bytes_below(folder)

    pruned = prune(instance, folder, FEW)

    kept = {only, failed[-1], *ended[-2:]}
    assert runs_left(instance) == kept | {going_on, starting}
    assert traces(empty_home) <= kept | {going_on, starting}
    assert (pruned.removed_runs, pruned.kept_runs) == (3, 4)
    assert pruned.bytes_before == before
    assert _bytes_below(folder) == pruned.bytes_after < before
    # what the UI shows of an asset is there, however long ago it was made
    for key, run_id in ((SELDOM, only), (ASSET, ended[-1])):
        made = instance.get_latest_materialization_event(key)
        assert made is not None
        assert made.run_id == run_id
        assert len(instance.all_logs(run_id)) > 5
    # the history of checks outlives its runs, and is bounded too
    check = dg.AssetCheckKey(ASSET, "whole")
    history = instance.event_log_storage.get_asset_check_execution_history(check, limit=10)
    assert [each.run_id for each in history] == ended[:0:-1]

    # much later nothing but what is in use or has not ended is left
    later = datetime.now(UTC) + timedelta(days=FEW.days + 1)
    prune(instance, folder, FEW, now=later)
    assert runs_left(instance) == {only, ended[-1], going_on, starting}
    assert prune(instance, folder, FEW, now=later).removed_runs == 0


def test_the_job_prunes_what_belongs_to_no_run_and_no_schedule(
    empty_home: Home, instance: dg.DagsterInstance
) -> None:
    """The daemon prunes ticks of a schedule when it fires: one that was removed never does."""
    now = datetime.now(UTC)
    for days in (1, 400):
        moment = (now - timedelta(days=days)).timestamp()
        kind, status = InstigatorType.SCHEDULE, TickStatus.SUCCESS
        instance.create_tick(TickData("gone", "gone", kind, status, moment, [], selector_id="gone"))
    storage = empty_home.dagster_home / "storage"
    old, new, other = storage / str(uuid4()), storage / str(uuid4()), storage / "kept_by_somebody"
    for folder in (old, new, other):
        (folder / "compute_logs").mkdir(parents=True)
    long_ago = time.time() - 3 * 86_400
    for folder in (old, other):
        os.utime(folder, (long_ago, long_ago))

    result = maintenance.execute_in_process(instance=instance)

    (output,) = [e for e in result.all_events if e.event_type_value == "STEP_OUTPUT"]
    said = output.event_specific_data.metadata["removed and kept"].value
    assert said.startswith("0 runs removed, 0 kept; 0 results of checks, 0 reports, 1 ticks and 1 ")
    assert len(instance.get_ticks("gone", "gone")) == 1
    assert [folder.exists() for folder in (old, new, other)] == [False, True, True]


def test_a_deletion_follows_no_link(
    tmp_path_factory: pytest.TempPathFactory, empty_home: Home, instance: dg.DagsterInstance
) -> None:
    precious = tmp_path_factory.mktemp("outside") / "precious"
    precious.write_text("figures")
    storage = empty_home.dagster_home / "storage"
    storage.mkdir(exist_ok=True)
    ended = create_run_for_test(instance, status=DagsterRunStatus.CANCELED).run_id
    (storage / ended).symlink_to(precious.parent)
    later = datetime.now(UTC) + timedelta(days=FEW.days + 1)
    assert prune(instance, empty_home.dagster_home, FEW, now=later).removed_runs == 1
    assert precious.read_text() == "figures"
    assert not (storage / ended).is_symlink()


@pytest.mark.parametrize("what", ["runs", "checks", "days"])
def test_what_is_kept_is_enough_to_look_back_a_week(what: str) -> None:
    """The shipped schedules start eleven runs a day."""
    assert getattr(RETENTION, what) >= (7 if what == "days" else 7 * 11)


def report(instance: dg.DagsterInstance, times: int) -> None:
    for _ in range(times):
        instance.report_runless_asset_event(
            dg.AssetMaterialization(ASSET, tags={"dagster/data_version": "c"})
        )
        told = dg.AssetCheckEvaluation(asset_key=ASSET, check_name="whole", passed=True)
        instance.report_runless_asset_event(told)


def events_without_run(home: Home) -> dict[str, int]:
    """Events without a run in each of SQLite's files, and tags of events."""
    folder, found = home.dagster_home / "history" / "runs", {}
    for name in ("index.db", ".db"):
        with closing(sqlite3.connect(folder / name)) as connection:
            asked = "SELECT count(*) FROM event_logs WHERE run_id = ''"
            (found[name],) = connection.execute(asked).fetchone()
    with closing(sqlite3.connect(folder / "index.db")) as connection:
        (found["tags"],) = connection.execute("SELECT count(*) FROM asset_event_tags").fetchone()
    return found


def test_old_reports_go_and_the_newest_word_stays(
    empty_home: Home, instance: dg.DagsterInstance
) -> None:
    report(instance, 5)
    assert events_without_run(empty_home) == {"index.db": 10, ".db": 10, "tags": 5}
    newest = instance.get_latest_materialization_event(ASSET)
    pruned = prune(instance, empty_home.dagster_home, replace(FEW, reports=2))
    assert pruned.removed_reports == 6
    assert "6 reports" in pruned.text
    assert events_without_run(empty_home) == {"index.db": 4, ".db": 4, "tags": 2}
    assert instance.get_latest_materialization_event(ASSET) == newest
    key = dg.AssetCheckKey(ASSET, "whole")
    known = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])
    assert known[key].event is not None
    assert prune(instance, empty_home.dagster_home, replace(FEW, reports=2)).removed_reports == 0
