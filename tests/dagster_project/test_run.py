"""A run of Dagster does what ``fcm refresh`` does: same code, same edition, same refusals.

One run is whole; the refusals are met by runs of the steps that meet them, and what a job runs is
read off its selection (test_definitions.py).
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from dagster_project import resources
from dagster_project.metadata import asset_key
from dagster_project.recovery import RETRIES_TAG
from fcm_migration.archive.lock import refresh_lock
from fcm_migration.notify import SETTINGS_NAME
from fcm_migration.refresh import journal
from fcm_migration.refresh.context import Context
from fcm_migration.refresh.publishing import current_edition
from fcm_migration.refresh.steps.harmonise import STEP as HARMONISE
from tests.dagster_project.toy_definitions import run
from tests.toy_home import FIRST, give, toy_context

pytestmark = pytest.mark.slow

DAY = FIRST
EDITION = "published/edition"
AGE = "data_age"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """Storage on disk, so that what a run leaves there can be looked at."""
    (tmp_path / "dagster").mkdir()
    quiet = {"telemetry": {"enabled": False}}
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster"), overrides=quiet) as made:
        yield made


def events(result: Any, kind: str) -> list[Any]:
    return [e for e in result.all_events if e.event_type_value == kind]


def test_a_run_in_another_home_gives_the_edition_of_the_command_line(
    tmp_path: Path, instance: dg.DagsterInstance, published: Context
) -> None:
    mine = toy_context(tmp_path / "a")
    give(mine, DAY)
    left = mine.home.root / "core" / ".of_a_killed_run.parquet.4711.fcm-part"
    left.parent.mkdir(parents=True, exist_ok=True)
    left.touch()
    result = run(mine, instance)
    assert result.success
    assert not left.exists()
    made, theirs = current_edition(mine), current_edition(published)
    assert made is not None
    assert theirs is not None
    assert {n for n, facts in made.tables.items() if facts != theirs.tables.get(n)} == set()
    assert made.edition_id == theirs.edition_id
    start = (mine.home.reports / "site" / "index.html").read_text(encoding="utf-8")
    assert made.edition_id in start
    (noted,) = journal.runs(mine.home)
    assert (noted.outcome, noted.edition_id) == ("done", made.edition_id)
    checks = events(result, "ASSET_CHECK_EVALUATION")
    by_table = {e.event_specific_data.asset_key.to_user_string() for e in checks}
    assert {"core/toy_claims", "history/toy_claims", "mart/flows", "meta/sources"} <= by_table
    (age,) = [e.event_specific_data for e in checks if e.event_specific_data.check_name == AGE]
    assert (age.passed, age.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert age.description == (
        "stale: newest figures to 2023-06-30, 351 days old (at most 100 are usual)"
    )
    told = {name: value.value for name, value in age.metadata.items()}
    assert (told["newest period end"], told["age in days"]) == ("2023-06-30", 351)
    assert (told["allowed age in days"], told["how obtained"]) == (100, "inbox")
    assert told["where to get it"].startswith("https://")
    materialised = events(result, "ASSET_MATERIALIZATION")
    flows = next(e for e in materialised if e.asset_key == dg.AssetKey(["core", "toy_claims"]))
    metadata = flows.materialization.metadata
    assert metadata["dagster/row_count"].value > 0
    assert len(metadata["recent"].value) < 1000  # the UI shows it inline only below that
    assert "people" in metadata["plot"].value
    stored = [p for part in ("a", "dagster") for p in (tmp_path / part).rglob("*")]
    files = [p for p in stored if p.is_file() and p.stat().st_size > 1]
    assert len(files) > 20
    assert [p for p in files if p.read_bytes()[:1] == b"\x80"] == []  # nothing was pickled


def test_a_source_that_was_never_obtained_fails_its_age(
    tmp_path: Path, instance: dg.DagsterInstance
) -> None:
    context = toy_context(tmp_path / "a")
    result = run(context, instance, "core/toy_claims", "history/toy_claims")
    checks = [e.event_specific_data for e in events(result, "ASSET_CHECK_EVALUATION")]
    (age,) = [check for check in checks if check.check_name == AGE]
    assert not age.passed
    assert age.description == "never obtained: no release has been obtained here"
    assert "age in days" not in age.metadata


def test_a_run_that_waited_in_vain_fails_and_is_not_started_again(
    tmp_path: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resources, "LONGEST_WAIT_SECONDS", 0.1)
    context = toy_context(tmp_path / "a")
    give(context, DAY)
    with refresh_lock(context.home.root, holder="somebody else"):
        result = run(context, instance, "archive/toy", EDITION)
    assert not result.success
    assert "somebody else" in str([e.event_specific_data for e in result.all_events])
    assert not context.home.published.exists()
    ended = instance.get_run_by_id(result.run_id)
    assert ended is not None
    assert ended.tags[RETRIES_TAG] == "0"


def expect_no_more_than(context: Context, table: str, column: str, highest: int) -> None:
    """Expect no value of a column above a number."""
    suite = {
        "name": table,
        "expectations": [
            {
                "type": "expect_column_values_to_be_between",
                "kwargs": {"column": column, "max_value": highest},
                "severity": "critical",
                "meta": {"id": "no more than that", "reason": "So that this test can fail."},
            }
        ],
        "meta": {},
    }
    (context.suites_dir / f"{table}.json").write_text(json.dumps(suite))


def test_a_critical_failure_is_red_and_publishes_nothing(
    instance: dg.DagsterInstance, own_home: Context, caplog: pytest.LogCaptureFixture
) -> None:
    context = own_home
    shutil.rmtree(context.home.published_dir)
    expect_no_more_than(context, "mart.flows", "value", 1)
    (context.home.root / SETTINGS_NAME).write_text('[log]\nlevel = "warning"\n')
    harmonised = [asset_key(table).to_user_string() for table in HARMONISE.makes]
    result = run(context, instance, *harmonised, EDITION)
    assert not result.success
    assert not context.home.published.exists()
    (ended,) = events(result, "STEP_FAILURE")
    assert "CheckFailedError" in str(ended.event_specific_data.error)
    failed = [
        e.event_specific_data
        for e in events(result, "ASSET_CHECK_EVALUATION")
        if not e.event_specific_data.passed and e.event_specific_data.check_name == "expectations"
    ]
    assert [e.asset_key.to_user_string() for e in failed] == ["mart/flows"]
    assert failed[0].severity == dg.AssetCheckSeverity.ERROR
    assert "no more than that" in str(failed[0].metadata["failed expectations"])
    # noted and told as a refresh of the command line is
    noted = journal.runs(context.home)[-1]
    assert (noted.holder, noted.outcome) == (f"dagster run {result.run_id}", "failed")
    assert noted.detail.startswith("step published__edition: ")
    assert "mart.flows" in noted.detail
    (told,) = [r.message for r in caplog.records if r.name == "fcm_migration.notify.refreshes"]
    assert "the published edition is missing" in told


def test_a_release_that_fails_is_set_aside_and_said(
    instance: dg.DagsterInstance, own_home: Context
) -> None:
    """As in ``fcm refresh``: the run goes on with the release before it."""
    expect_no_more_than(own_home, "core.toy_claims", "claims_persons", 5)
    give(own_home, "2024-05-01", last="9")
    result = run(own_home, instance, "core/toy_claims", "history/toy_claims")
    assert result.success
    for event in events(result, "ASSET_MATERIALIZATION"):
        (said,) = event.materialization.metadata["set aside"].value
        assert "no more than that failed: 1 of" in said
        assert "fcm review 2024-05-01_" in said
    held = [own_home.archive.refusal(s) for s in own_home.archive.snapshots("toy")]
    assert [refusal["outcome"] for refusal in held if refusal] == ["failed_checks"]


def test_with_the_suite_as_it_is_the_same_steps_publish(
    instance: dg.DagsterInstance, own_home: Context
) -> None:
    shutil.rmtree(own_home.home.published_dir)
    assert run(own_home, instance, EDITION).success
    assert own_home.home.published.exists()
    assert [run.sequence for run in journal.runs(own_home.home)] == [1, 2]
