"""Dagster's definitions: a snapshot of keys, and rules that hold for every asset."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from dagster_project.definitions import build, defs
from dagster_project.jobs import LONGEST_SECONDS
from dagster_project.metadata import asset_key
from dagster_project.resources import (
    LONGEST_WAIT_SECONDS,
    MOST_WORKERS,
    FcmHome,
    Server,
    this_server,
)
from dagster_project.sensors import NAMES
from dagster_project.serve import prepare, serve
from fcm_migration.config import Home
from fcm_migration.core.tables import core_tables
from fcm_migration.errors import UsageError
from fcm_migration.refresh.tables import warehouse_tables
from fcm_migration.sources import SOURCES
from fcm_migration.sources.base import Source
from tests.toy import TOY

SNAPSHOT = Path(__file__).with_name("definitions.json")
HEAVY = (
    "numpy",
    "great_expectations",
    "statsmodels",
    "pandas",
    "matplotlib",
    "altair",
    "vl_convert",
    "duckdb",
    "httpx",
    "scipy",
    "sqlalchemy",
)


def shape() -> dict[str, Any]:
    """Asset keys with their direct upstream keys, checks, jobs, schedules and sensors."""
    graph = defs.resolve_asset_graph()
    return {
        "assets": {
            key.to_user_string(): sorted(k.to_user_string() for k in graph.get(key).parent_keys)
            for key in sorted(graph.get_all_asset_keys())
        },
        "checks": sorted(
            f"{k.asset_key.to_user_string()}:{k.name}" for k in graph.asset_check_keys
        ),
        "jobs": sorted(job.name for job in defs.resolve_all_job_defs()),
        "schedules": {s.name: s.cron_schedule for s in defs.schedules or []},
        "sensors": sorted(s.name for s in defs.sensors or []),
    }


def test_definitions_load_and_are_those_reviewed() -> None:
    """To accept a change: python -m tests.dagster_project.test_definitions."""
    dg.Definitions.validate_loadable(defs)
    assert shape() == json.loads(SNAPSHOT.read_text())


def test_every_table_is_an_asset_with_one_check() -> None:
    graph = defs.resolve_asset_graph()
    checked = {k.asset_key for k in graph.asset_check_keys if k.name == "expectations"}
    tables = {dg.AssetKey([t.layer, t.name]) for t in warehouse_tables(SOURCES).values()}
    assert checked == tables


def test_the_age_of_figures_is_a_check_of_each_source_and_no_freshness_policy() -> None:
    """Dagster's freshness sees when an asset was made, and so called figures of 2023 fresh."""
    graph = defs.resolve_asset_graph()
    aged = sorted(k.asset_key for k in graph.asset_check_keys if k.name == "data_age")
    assert aged == sorted(asset_key(core_tables(source)[0]) for source in SOURCES)
    assert [k for k in graph.get_all_asset_keys() if graph.get(k).freshness_policy] == []


def test_assets_say_what_they_are() -> None:
    graph = defs.resolve_asset_graph()
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.owners, key
        assert node.kinds, key
        first = (node.description or "").splitlines()[0]
        assert first.endswith("."), (key, first)
        assert node.group_name in (
            *("publishers", "archive", "core", "history", "mart", "forecast", "trend", "meta"),
            "published",
        )
    for table in warehouse_tables(SOURCES).values():
        schema = graph.get(dg.AssetKey([table.layer, table.name])).metadata["dagster/column_schema"]
        assert [c.name for c in schema.columns] == list(table.column_names)


def test_every_path_begins_at_a_publisher_and_ends_in_the_edition_and_its_pages() -> None:
    graph = defs.resolve_asset_graph()
    edition, *pages = (dg.AssetKey(["published", name]) for name in ("edition", "briefs", "site"))
    assert all(graph.get(key).parent_keys == {edition} for key in pages)
    upstream = dg.AssetSelection.assets(*pages).upstream().resolve(graph)
    # the publishers' external assets cannot be materialised, so a selection leaves them out
    others = {k for k in graph.get_all_asset_keys() if k.path[0] != "publisher"}
    assert upstream == others
    for source in SOURCES:
        archive = graph.get(dg.AssetKey(["archive", source.source_id]))
        assert archive.parent_keys == {dg.AssetKey(["publisher", source.source_id])}


@pytest.mark.parametrize("sources", [SOURCES, (TOY,)], ids=["all", "toy"])
def test_a_source_s_own_job_runs_the_source_and_all_that_follows(
    sources: tuple[Source, ...],
) -> None:
    """Its archive, its core tables, every mart, forecast and trend, every check, the edition."""
    made = build(sources, FcmHome(server=this_server))
    graph = made.resolve_asset_graph()
    everything = made.resolve_job_def("refresh_all").asset_layer
    first = {s: dg.AssetKey(["archive", s.source_id]) for s in sources}
    own = {s: {first[s], *(asset_key(table) for table in core_tables(s))} for s in sources}
    assert everything.selected_asset_keys == graph.materializable_asset_keys
    for source in sources:
        others = set().union(*(own[s] for s in sources if s is not source))
        job = made.resolve_job_def(f"refresh_{source.source_id}").asset_layer
        assert job.selected_asset_keys == everything.selected_asset_keys - others
        checked = {key.asset_key for key in graph.asset_check_keys} - others
        assert {key.asset_key for key in job.asset_graph.asset_check_keys} == checked


def test_schedules_are_in_utc_at_times_of_their_own() -> None:
    """No two publishers are asked in one minute, and none on the hour."""
    schedules = list(defs.schedules or [])
    assert {s.execution_timezone for s in schedules} == {"UTC"}
    times = [
        (minute, hour)
        for s in schedules
        for minute, hours in [str(s.cron_schedule).split()[:2]]
        for hour in hours.split(",")
    ]
    asked = [source for source in SOURCES if source.fetch is not None]
    assert len(schedules) == len(asked) + 2  # everything daily, and maintenance
    assert len(set(times)) == len(times)
    assert "0" not in {minute for minute, _ in times}


def test_nothing_is_on_unless_somebody_turns_it_on() -> None:
    assert {s.default_status for s in defs.schedules or []} == {dg.DefaultScheduleStatus.STOPPED}
    assert {s.default_status for s in defs.sensors or []} == {dg.DefaultSensorStatus.STOPPED}
    assert sorted(s.name for s in defs.sensors or []) == sorted(NAMES)
    assert all(str(s.description).endswith(".") for s in (*defs.schedules, *defs.sensors))


def test_definitions_load_without_the_heavy_libraries() -> None:
    code = (
        "import sys, dagster_project.definitions; "
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_instance_is_private_and_bounded(tmp_path: Path) -> None:
    environment = prepare(Home(tmp_path))
    settings = yaml.safe_load((tmp_path / "dagster_home" / "dagster.yaml").read_text())
    assert settings["telemetry"] == {"enabled": False}
    assert settings["run_monitoring"]["enabled"] is True
    assert settings["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert settings["run_retries"]["retry_on_asset_or_op_failure"] is False
    assert environment["FCM_HOME"] == str(tmp_path)
    with dg.DagsterInstance.from_config(environment["DAGSTER_HOME"]) as instance:
        assert instance.telemetry_enabled is False
        assert instance.run_monitoring_enabled is True
        assert instance.run_retries_enabled is True


def test_the_ui_is_not_served_to_a_network_without_a_login(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="has no login"):
        serve(Home(tmp_path), host="0.0.0.0")  # noqa: S104
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "config",
    [
        {"fcm": {"config": {"home_dir": "/elsewhere"}}},
        {"fcm": {"config": {"scheduler": "tcp://10.0.0.1:8786"}}},
        {"fcm": {"config": {"server": {"home": "/elsewhere"}}}},
        {"server": {"config": {"home": "/elsewhere"}}},
        {"io_manager": {"config": {"base_dir": "/elsewhere"}}},
    ],
    ids=str,
)
def test_a_run_cannot_name_a_path_or_an_address(config: dict[str, Any]) -> None:
    job = defs.resolve_job_def("refresh_all")
    with pytest.raises(dg.DagsterInvalidConfigError):
        dg.validate_run_config(job, {"resources": config})


@pytest.mark.parametrize(
    ("job", "resources"), [("refresh_all", {"offline", "workers"}), ("maintenance", set())]
)
def test_what_a_run_may_be_told_is_no_more_than_this(job: str, resources: set[str]) -> None:
    """Steps take nothing (`Any` is Dagster's type for a configuration nobody reads)."""
    schema = defs.resolve_job_def(job).run_config_schema.config_type
    leaves = {path: kind for path, kind in _leaves(schema) if path[0] in ("ops", "resources")}
    told = {path for path in leaves if path[0] == "resources"}
    assert {path[-1] for path in told} == resources
    assert {leaves[path] for path in leaves.keys() - told} == {"Any"}


def _leaves(kind: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each value that a run's configuration may hold, with its type."""
    fields = getattr(kind, "fields", None)
    if fields is None:
        yield path, str(kind.given_name or kind.key)
        return
    for name, inner in fields.items():
        yield from _leaves(inner.config_type, (*path, name))


def test_workers_are_bounded() -> None:
    for workers in (0, MOST_WORKERS + 1):
        with pytest.raises(ValueError, match="workers"):
            FcmHome(server=this_server, workers=workers)


def test_home_and_scheduler_are_what_the_server_was_started_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = prepare(Home(tmp_path), "tcp://10.0.0.1:8786")
    for name in ("FCM_HOME", "FCM_SCHEDULER"):
        monkeypatch.setenv(name, given[name])
    server = Server(Home(tmp_path), "tcp://10.0.0.1:8786")
    assert this_server(dg.build_init_resource_context()) == server
    monkeypatch.delenv("FCM_SCHEDULER")
    assert this_server(dg.build_init_resource_context()) == Server(Home(tmp_path))
    assert "FCM_SCHEDULER" not in prepare(Home(tmp_path))


def test_a_run_that_waits_for_the_lock_ends_by_itself_before_it_is_ended() -> None:
    assert int(LONGEST_SECONDS) >= 2 * LONGEST_WAIT_SECONDS


if __name__ == "__main__":
    SNAPSHOT.write_text(json.dumps(shape(), indent=1) + "\n")
